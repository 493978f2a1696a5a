"""Signing a Flask test client in, without a provider and without a network."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timezone

from flask import Flask
from flask.testing import FlaskClient

from ..compact import build_compact
from ..session import LOGIN
from ..state import EXTENSION, State
from ..user import HfOrg, HfToken, HfUser, parse_user
from ..welcome import build_login
from .behaviour import Behaviour
from .claims import build_userinfo
from .demo_personas import PERSONAS_BY_USERNAME
from .grants import Grant
from .personas import Persona, build_stable_id

_ISSUER = "https://huggingface.co"


def login(
    client: FlaskClient,
    user: str | Persona | HfUser = "demo-free",
    *,
    scopes: Iterable[str] | None = None,
    orgs: Iterable[str | HfOrg] | None = None,
    expires_in: int = 28_800,
) -> HfUser:
    """Sign a test client in, as if the dance had taken place.

    Args:
        client: A test client of an app with ``HfOAuth``.
        user: The username of one of ``PERSONAS``, a ``Persona`` of your own, or the ready user.
        scopes: What was granted; HF_OAUTH_SCOPES when left out.
        orgs: The organizations: usernames, or ``HfOrg`` for more; those of the persona when left
            out.
        expires_in: Seconds that the access token still lasts; a negative number is an expired one.

    Returns:
        The user that ``current_hf_user`` will be.
    """
    app = client.application
    state: State = app.extensions[EXTENSION]
    granted = frozenset(state.settings.scopes if scopes is None else scopes)
    signed_in = _find_user(user, granted)
    if orgs is not None:
        signed_in = replace(signed_in, orgs=tuple(_find_org(org, signed_in) for org in orgs))
    text = _build_text(app, signed_in, expires_in)
    with client.session_transaction() as session:
        session[LOGIN] = text
    return signed_in


def _find_user(user: str | Persona | HfUser, granted: frozenset[str]) -> HfUser:
    if isinstance(user, HfUser):
        return replace(user, scopes=granted)
    persona = PERSONAS_BY_USERNAME[user] if isinstance(user, str) else user
    grant = Grant(
        client_id="test",
        sub=persona.id,
        scopes=tuple(granted),
        org_ids=frozenset(org.id for org in persona.orgs),
        auth_time=int(time.time()),
        nonce=None,
    )
    return parse_user(build_userinfo(persona, grant, Behaviour(), issuer=_ISSUER), granted)


def _find_org(org: str | HfOrg, user: HfUser) -> HfOrg:
    if isinstance(org, HfOrg):
        return org
    return user.org(org) or HfOrg(id=build_stable_id("org", org), username=org, role="read")


def _build_text(app: Flask, user: HfUser, expires_in: int) -> str:
    now = time.time()
    token = HfToken(
        access_token=f"hf_oauth_test-token-of-{user.id}",
        scopes=user.scopes,
        expires_at=datetime.fromtimestamp(int(now) + expires_in, tz=timezone.utc),
    )
    with app.app_context():
        return build_compact(build_login(user, token, now))
