"""A login as one short string: every request of a signed-in user pays for each of its bytes.

The first line holds the login and the user, each further line an organization; fields are
separated by tabs. Ids of 24 hexadecimal digits take 16 characters, Hugging Face's long picture
addresses lose their constant beginning.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .user import HfOrg, HfUser, is_hub_id

_VERSION = "1"
_PREFIXES = (
    ("~", "https://cdn-avatars.huggingface.co/v1/production/uploads/"),
    ("^", "https://huggingface.co/"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who is signed in, since when and until when.

    ``binding`` is :func:`build_binding` of the provider and the client that it was made with.
    ``signed_in_at`` counts milliseconds and ``expires_at`` and ``token_expires_at`` seconds since
    the epoch, by our clock. ``sealed_token`` is empty when the app keeps no token.
    """

    user: HfUser
    binding: str
    signed_in_at: int
    expires_at: int
    token_expires_at: int
    sealed_token: str = field(default="", repr=False)


def build_binding(issuer: str, client_id: str) -> str:
    """Build 8 characters that tell the logins of one provider and client from all others.

    Two apps may share a SECRET_KEY, and one of them a provider where anybody is anybody.
    """
    digest = hashlib.sha256(f"{issuer} {client_id}".encode()).digest()
    return urlsafe_b64encode(digest)[:8].decode()


def build_variants(login: Login) -> Iterator[str]:
    """Yield ever shorter forms: whole, without organization pictures, without their names."""
    yield build_compact(login)
    bare = tuple(replace(org, avatar_url=None) for org in login.user.orgs)
    for orgs in (bare, tuple(replace(org, name=None) for org in bare)):
        yield build_compact(replace(login, user=replace(login.user, orgs=orgs)))


def build_compact(login: Login) -> str:
    """Write a login."""
    user = login.user
    first = (
        _VERSION,
        login.binding,
        str(login.signed_in_at),
        str(login.expires_at),
        str(login.token_expires_at),
        login.sealed_token,
        _shorten_id(user.id),
        user.username,
        user.name,
        user.email,
        _shorten_url(user.avatar_url),
        _shorten_url(user.profile_url),
        _shorten_url(user.website),
        "p" * user.is_pro + "c" * user.can_pay,
        " ".join(sorted(user.scopes)),
    )
    lines = [first, *(_org_fields(org) for org in user.orgs)]
    return "\n".join("\t".join(map(_clean, line)) for line in lines)


def _clean(text: str | None) -> str:
    """Keep a name of the app's own making from ending its field; parsed ones hold no controls."""
    return (text or "").replace("\t", " ").replace("\n", " ")


def _org_fields(org: HfOrg) -> tuple[str | None, ...]:
    return (
        _shorten_id(org.id),
        org.username,
        org.role,
        org.name,
        _shorten_url(org.avatar_url),
        org.plan,
        " ".join(org.security_restrictions),
    )


def parse_compact(text: str) -> Login:
    """Read a login.

    Raises:
        ValueError: It was written by another version of this library.
    """
    text.encode()  # half a surrogate pair, which no page can show, is a ValueError
    first, *lines = text.split("\n")
    version, binding, *rest = first.split("\t")
    if version != _VERSION:
        raise ValueError("a login of another version")
    signed_in_at, expires_at, token_expires_at, sealed, *fields = rest
    identity, username, name, email, avatar, profile, website, flags, scopes = fields
    user = HfUser(
        id=_restore_id(identity),
        username=username or None,
        name=name or None,
        email=email or None,
        avatar_url=_restore_url(avatar),
        profile_url=_restore_url(profile),
        website=_restore_url(website),
        is_pro="p" in flags,
        can_pay="c" in flags,
        orgs=tuple(_parse_org(line) for line in lines),
        scopes=frozenset(scopes.split()),
    )
    return Login(
        user=user,
        binding=binding,
        signed_in_at=int(signed_in_at),
        expires_at=int(expires_at),
        token_expires_at=int(token_expires_at),
        sealed_token=sealed,
    )


def _parse_org(line: str) -> HfOrg:
    identity, username, role, name, avatar, plan, restrictions = line.split("\t")
    return HfOrg(
        id=_restore_id(identity),
        username=username,
        role=role or None,
        name=name or None,
        avatar_url=_restore_url(avatar),
        plan=plan or None,
        security_restrictions=tuple(restrictions.split()),
    )


def _shorten_id(identity: str) -> str:
    if is_hub_id(identity):
        return urlsafe_b64encode(bytes.fromhex(identity)).decode()
    return "=" + identity


def _restore_id(short: str) -> str:
    return short[1:] if short.startswith("=") else urlsafe_b64decode(short).hex()


def _shorten_url(url: str | None) -> str | None:
    for sign, prefix in _PREFIXES:
        if url is not None and url.startswith(prefix):
            return sign + url.removeprefix(prefix)
    return url


def _restore_url(short: str) -> str | None:
    for sign, prefix in _PREFIXES:
        if short.startswith(sign):
            return prefix + short[1:]
    return short or None
