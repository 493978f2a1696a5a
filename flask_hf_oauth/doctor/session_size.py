"""The size of a login: whether somebody with many organizations fits into the cookie."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from hashlib import sha256, sha512

from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from ..compact import build_variants
from ..session import LOGIN, put_login
from ..state import this_app
from ..user import HfOrg, HfToken, HfUser
from ..welcome import build_login
from .report import Finding, passed, warned
from .setup import Setup

_ORGS, _TOKEN_BYTES = 50, 825
_AVATARS = "https://cdn-avatars.huggingface.co/v1/production/uploads"
_FORMS = ("", ", without their pictures", ", without their pictures and names")


def examine_session_size(setup: Setup) -> Iterator[Finding]:
    """Put somebody with many organizations into a session, as a login does."""
    if not setup.app.secret_key:
        return  # its own finding says it
    if not isinstance(setup.app.session_interface, SecureCookieSessionInterface):
        yield passed("session_size", "any: the cookie holds only its id")
        return
    form = setup.visit(_find_form)
    who = f"a user with {_ORGS} organizations and a token of {_TOKEN_BYTES} bytes"
    if form is None:
        yield warned(
            "session_size",
            f"{who} does not fit into the cookie",
            "Keep sessions on the server (Flask-Session), or set HF_OAUTH_STORE_TOKEN = False.",
        )
    else:
        yield passed("session_size", f"{who} fits into the cookie{_FORMS[form]}")


def _find_form() -> int | None:
    """Return which form of the login fits, the longest first; None: none does."""
    expires_at = datetime.now(timezone.utc) + timedelta(hours=8)
    token = HfToken(access_token=_make_token(), scopes=_USER.scopes, expires_at=expires_at)
    login, kept = build_login(_USER, token, time.time()), SecureCookieSession()
    fits = put_login(login, kept, this_app())
    return list(build_variants(login)).index(kept[LOGIN]) if fits else None


def _make_token() -> str:
    """Make a token of Hugging Face's form that can be deflated as little as theirs."""
    claims: dict[str, object] = {"sub": _make_id("user"), "scope": sorted(_USER.scopes), "jti": ""}
    short = _sign(claims)
    claims["jti"] = _spell("jti")[: (_TOKEN_BYTES - len(short)) * 3 // 4]
    return _sign(claims)


def _sign(claims: dict[str, object]) -> str:
    header = {"alg": "EdDSA", "typ": "JWT"}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in (header, claims)]
    encoded = [urlsafe_b64encode(part) for part in (*parts, sha512(b"signature").digest())]
    return "hf_oauth_" + b".".join(part.rstrip(b"=") for part in encoded).decode()


def _spell(seed: str) -> str:
    return "".join(sha512(f"{seed} {number}".encode()).hexdigest() for number in range(5))


def _make_id(seed: str) -> str:
    return sha256(seed.encode()).hexdigest()[:24]


def _make_org(number: int) -> HfOrg:
    identity = _make_id(f"org {number}")
    return HfOrg(
        id=identity,
        username=f"demo-organization-{number}",
        name=f"Demo Organization {number}",
        avatar_url=f"{_AVATARS}/{identity}/{_spell(identity)[:21]}.png",
        role="contributor",
    )


_USER = HfUser(
    id=_make_id("user"),
    username="demo-heavy-user",
    name="Demo Heavy User",
    email="demo-heavy-user@example.com",
    avatar_url=f"{_AVATARS}/{_make_id('user')}/{_spell('picture')[:21]}.png",
    profile_url="https://huggingface.co/demo-heavy-user",
    orgs=tuple(map(_make_org, range(_ORGS))),
    scopes=frozenset({"openid", "profile", "email", "read-memberships"}),
)
