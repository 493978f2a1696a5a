"""The size of a login: whether somebody with many organizations fits into the cookie."""

from __future__ import annotations

from base64 import b32encode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from hashlib import shake_256

from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from ..compact import build_variants
from ..here import this_app
from ..session import LOGIN, put_login
from ..user import HfOrg, HfToken, HfUser
from ..welcome import build_login
from .report import Finding, passed, warned
from .setup import Setup

_ORGS, _TOKEN_BYTES = 50, 825
_CLAIMS_BYTES = 519  # of such a token
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
    since = int(datetime.now(timezone.utc).timestamp() * 1000)
    login, kept = build_login(_USER, token, since, _make_refresh_token()), SecureCookieSession()
    fits = put_login(login, kept, this_app())
    return list(build_variants(login)).index(kept[LOGIN]) if fits else None


def _make_refresh_token() -> str:
    return "hf_oauth__refresh_" + b32encode(_draw("refresh", 34)).decode()[:34]


def _make_token() -> str:
    """Make a token of Hugging Face's form whose claims deflate no better than theirs."""
    claims = b32encode(_draw("claims", _CLAIMS_BYTES))[:_CLAIMS_BYTES]
    parts = (b'{"alg":"EdDSA","typ":"JWT"}', claims, _draw("signature", 64))
    return "hf_oauth_" + b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts).decode()


def _draw(seed: str, length: int) -> bytes:
    """Draw bytes that cannot be deflated, the same in every run."""
    return shake_256(seed.encode()).digest(length)


def _make_id(seed: str) -> str:
    return _draw(seed, 12).hex()


def _make_avatar_url(owner: str) -> str:
    return f"{_AVATARS}/{owner}/{_draw(owner, 16).hex()[:21]}.png"


def _make_org(number: int) -> HfOrg:
    identity = _make_id(f"org {number}")
    return HfOrg(
        id=identity,
        username=f"demo-organization-{number}",
        name=f"Demo Organization {number}",
        avatar_url=_make_avatar_url(identity),
        role="contributor",
    )


_USER_ID = _make_id("user")
_USER = HfUser(
    id=_USER_ID,
    username="demo-heavy-user",
    name="Demo Heavy User",
    email="demo-heavy-user@example.com",
    avatar_url=_make_avatar_url(_USER_ID),
    profile_url="https://huggingface.co/demo-heavy-user",
    orgs=tuple(map(_make_org, range(_ORGS))),
    scopes=frozenset({"openid", "profile", "email", "read-memberships"}),
)
