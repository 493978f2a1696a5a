"""Signing a Flask test client in, without the dance and without a network."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, TypeVar

from flask import Flask
from flask.testing import FlaskClient

from ..claims import parse_user
from ..compact import Login, parse_compact
from ..membership import is_admitted
from ..revocation import find_start
from ..session import LOGIN, put_login
from ..state import find_state
from ..user import HfOrg, HfToken, HfUser, is_no_access
from ..welcome import build_login
from .behavior import Behavior
from .claims import build_userinfo
from .demo_personas import PERSONAS_BY_USERNAME
from .grants import Grant
from .issuing import Tokens
from .personas import Persona, PersonaOrg, build_stable_id

if TYPE_CHECKING:
    from .provider import HfProvider

_ISSUER = "https://huggingface.co"
_Word = TypeVar("_Word")


def login(  # noqa: PLR0913 - five of them by keyword, and hardly two in one test
    client: FlaskClient,
    user: str | Persona | HfUser = "demo-free",
    *,
    scopes: str | Iterable[str] | None = None,
    orgs: str | Iterable[str | HfOrg | PersonaOrg] | Mapping[str, str] | None = None,
    expires_in: int = 28_800,
    provider: HfProvider | None = None,
) -> HfUser:
    """Sign a test client in, as if the dance had taken place.

    Args:
        client: A test client of an app with ``HfOAuth``.
        user: The username of one of ``PERSONAS``, a ``Persona`` of your own, or the ready user.
        scopes: What was granted; HF_OAUTH_SCOPES when left out.
        orgs: The organizations: usernames, or the role in each, ``{"acme": "admin"}``; ``HfOrg`` or
            ``PersonaOrg`` for more; those of the persona when left out.
        expires_in: Seconds that the access token still lasts; a negative number is an expired one.
        provider: A running provider that knows the user and at which the app signs people in; the
            tokens are real ones there then, good for userinfo, a refresh and the Hub's endpoints.

    Returns:
        The user that ``current_hf_user`` will be.

    Raises:
        ValueError: There is no such user, or no such organization or app at the provider; or the
            login would not have come about, since the user is not admitted or does not fit.
    """
    __tracebackhide__ = True  # pytest shows the line of the test instead
    app = client.application
    settings = find_state(app).settings
    granted = frozenset(settings.scopes if scopes is None else _split(scopes))
    signed_in = _find_user(user, granted, provider, keep_scopes=scopes is None)
    if isinstance(orgs, Mapping):
        orgs = [replace(_find_org(org, signed_in), role=role) for org, role in orgs.items()]
    if orgs is not None:
        found = [_find_org(org, signed_in) for org in _split(orgs)]
        members = tuple(org for org in found if not is_no_access(org.role))  # as a real login does
        signed_in = replace(signed_in, orgs=members)
    if not is_admitted(signed_in, settings.allowed_orgs):
        raise ValueError(
            f"{signed_in.username} is not admitted by HF_OAUTH_ALLOWED_ORGS, with "
            f"{_describe(signed_in.orgs)}: give orgs=… to login()."
        )
    kept = _build_login(app, signed_in, _issue_tokens(app, signed_in, expires_in, provider))
    with client.session_transaction() as session:
        if _is_of_another(session.get(LOGIN), signed_in):
            session.clear()
        if not put_login(kept, session, app):
            raise ValueError(
                f"{signed_in.username} does not fit into a cookie, as at a real login."
            )
    return signed_in


def _split(words: str | Iterable[_Word]) -> list[str | _Word]:
    """Take a text as the settings do: words with spaces between them."""
    return [*words.replace(",", " ").split()] if isinstance(words, str) else [*words]


def _describe(orgs: Iterable[HfOrg]) -> str:
    return ", ".join(f"{org.username} ({org.role})" for org in orgs) or "no organizations"


def _is_of_another(text: str | None, user: HfUser) -> bool:
    return text is not None and parse_compact(text).user != user


def _find_user(
    user: str | Persona | HfUser,
    granted: frozenset[str],
    provider: HfProvider | None,
    *,
    keep_scopes: bool,
) -> HfUser:
    if isinstance(user, HfUser):
        return user if keep_scopes and user.scopes else replace(user, scopes=granted)
    persona = _find_persona(user) if provider is None else provider.find_persona(user)
    grant = Grant(
        client_id="test",
        sub=persona.id,
        scopes=tuple(granted),
        org_ids=frozenset(org.id for org in persona.orgs),
        auth_time=int(time.time()),
        nonce=None,
    )
    issuer = _ISSUER if provider is None else provider.url
    return parse_user(build_userinfo(persona, grant, Behavior(), issuer=issuer), granted)


def _find_persona(user: str | Persona) -> Persona:
    if isinstance(user, Persona):
        return user
    if user not in PERSONAS_BY_USERNAME:
        known = ", ".join(PERSONAS_BY_USERNAME)
        raise ValueError(
            f"There is no persona {user!r}; there are {known}. Pass a Persona of your own as it is."
        )
    return PERSONAS_BY_USERNAME[user]


def _find_org(org: str | HfOrg | PersonaOrg, user: HfUser) -> HfOrg:
    if isinstance(org, HfOrg):
        return org
    if isinstance(org, PersonaOrg):
        return HfOrg(
            id=org.id,
            username=org.username,
            name=org.name,
            plan=org.plan,
            role=org.role,
            security_restrictions=org.security_restrictions,
        )
    return user.org(org) or HfOrg(id=build_stable_id("org", org), username=org, role="read")


def _issue_tokens(app: Flask, user: HfUser, expires_in: int, provider: HfProvider | None) -> Tokens:
    """Issue tokens that are good at the provider; without one, some that look like tokens."""
    if provider is None:
        access_token = f"hf_oauth_test-token-of-{user.id}"
        return Tokens(access_token=access_token, refresh_token=None, expires_in=expires_in)
    settings = find_state(app).settings
    if settings.provider_url != provider.url:
        raise ValueError(
            f"The app signs people in at {settings.provider_url}, not at {provider.url}: "
            "app.config.update(provider.config()) before HfOAuth(app)."
        )
    return provider.issue_tokens(
        user.id,
        scopes=sorted(user.scopes),
        orgs=[org.username for org in user.orgs],
        expires_in=expires_in,
        client_id=str(settings.client_id),
    )


def _build_login(app: Flask, user: HfUser, tokens: Tokens) -> Login:
    now = time.time()
    token = HfToken(
        access_token=tokens.access_token,
        scopes=user.scopes,
        expires_at=datetime.fromtimestamp(int(now) + tokens.expires_in, tz=timezone.utc),
    )
    with app.test_request_context():  # of the very host that the test client asks by
        since = find_start(find_state(app), user.id)
        return build_login(user, token, since, tokens.refresh_token or "")
