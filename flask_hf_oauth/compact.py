"""A login as one short string: every request of a signed-in user pays for each of its bytes.

First the fields of the login, then those of the user, then seven for each organization, all
separated by a character that JSON does not escape. Ids of 24 hexadecimal digits take 16 characters,
Hugging Face's long picture addresses lose their constant beginning.
"""

from __future__ import annotations

import hashlib
import time
from base64 import b64encode, urlsafe_b64encode
from binascii import a2b_base64
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from functools import partial
from typing import Any, NoReturn

from .user import HfOrg, HfUser, is_hub_id

EARLY = 30  # seconds before its end at which a token is over: a page takes time to use it

_VERSION = "2"
_SEPARATOR = "|"
_STAND_IN = "\x1f"  # for a separator within a name; names hold no control characters
_LOGIN_FIELDS, _USER_FIELDS, _ORG_FIELDS = 7, 9, 7  # of a user, without the organizations
_PREFIXES = {
    "~": "https://cdn-avatars.huggingface.co/v1/production/uploads/",
    "^": "https://huggingface.co/",
}


@dataclass(slots=True)
class Login:
    """Who is signed in, since when and until when.

    ``binding`` is :func:`build_binding` of the provider and the client that it was made with.
    ``signed_in_at`` counts milliseconds and the others seconds since the epoch, by our clock;
    ``expires_at`` is when the login is over, EARLY seconds before its token where it ends with it.
    ``checked_at`` is when userinfo was asked last. ``sealed_tokens`` is empty when the app keeps
    no token.
    """

    user: HfUser
    binding: str
    signed_in_at: int
    expires_at: int
    token_expires_at: int
    checked_at: int
    sealed_tokens: str = field(default="", repr=False)

    def is_over(self) -> bool:
        """Tell whether the login has ended by itself."""
        return self.expires_at <= time.time()

    def is_token_over(self, early: int = EARLY) -> bool:
        """Tell whether the access token is over, or will be in so many seconds."""
        return self.token_expires_at - early <= time.time()

    def build_key(self, kind: str) -> str:
        """Build the key in CACHE under which word is left of this login."""
        return build_key(kind, self.binding, self.user.id, self.signed_in_at)


def build_key(kind: str, binding: str, user_id: str, signed_in_at: int) -> str:
    """Build the key in CACHE under which word is left of one login."""
    return f"hf_oauth:{kind}:{binding}:{user_id}:{signed_in_at}"


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
    parts = [
        _VERSION,
        login.binding,
        str(login.signed_in_at),
        str(login.expires_at),
        "" if login.token_expires_at == login.expires_at + EARLY else str(login.token_expires_at),
        "" if login.checked_at == login.signed_in_at // 1000 else str(login.checked_at),
        login.sealed_tokens,
        _shorten_id(user.id),
        user.username,
        user.name,
        user.email,
        _shorten_url(user.avatar_url),
        _shorten_url(user.profile_url),
        _shorten_url(user.website),
        "p" * user.is_pro + "c" * user.can_pay,
        " ".join(sorted(user.scopes)),
    ]
    for org in user.orgs:
        parts += _org_parts(org)
    text = _SEPARATOR.join((part or "").replace(_SEPARATOR, _STAND_IN) for part in parts)
    # Of an app's own making, a name may hold half a surrogate pair, which no page can show.
    text = text.encode("utf-8", "replace").decode()
    return text if user.orgs else text + _SEPARATOR


def _org_parts(org: HfOrg) -> tuple[str | None, ...]:
    return (
        _shorten_id(org.id),
        org.username,
        org.role,
        org.name,
        _shorten_url(org.avatar_url),
        org.plan,
        " ".join(org.security_restrictions),
    )


def _shorten_id(identity: str) -> str:
    if is_hub_id(identity):
        return b64encode(bytes.fromhex(identity)).decode()
    return "=" + identity


def _shorten_url(url: str | None) -> str | None:
    for sign, prefix in _PREFIXES.items():
        if url is not None and url.startswith(prefix):
            return sign + url.removeprefix(prefix)
    return url


def parse_compact(text: str) -> Login:
    """Read a login.

    Raises:
        ValueError: It was written by another version of this library.
    """
    version, binding, signed_in_at, expires_at, token_expires_at, checked_at, sealed, *of_user = (
        text.split(_SEPARATOR, _LOGIN_FIELDS + _USER_FIELDS)
    )
    if version != _VERSION or len(of_user) != _USER_FIELDS + 1:  # the last: all organizations
        raise ValueError("a login of another version")
    user = object.__new__(KeptUser)
    read = user.__dict__
    read["kept"], read["id"] = of_user, _restore_id(of_user[0])
    since, expires = int(signed_in_at), int(expires_at)
    token_expires = int(token_expires_at) if token_expires_at else expires + EARLY
    checked = int(checked_at) if checked_at else since // 1000
    return Login(user, binding, since, expires, token_expires, checked, sealed)


def _restore(part: str) -> str:
    text = part.replace(_STAND_IN, _SEPARATOR)
    # Half a surrogate pair is what no page can show; all at once, long texts would take too long.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _restore_text(part: str) -> str | None:
    return _restore(part) or None


def _restore_words(part: str) -> list[str]:
    return _restore(part).split()


def _restore_id(short: str) -> str:
    return _restore(short[1:]) if short.startswith("=") else a2b_base64(short).hex()


def _restore_url(short: str) -> str | None:
    prefix = _PREFIXES.get(short[:1])
    return _restore_text(short) if prefix is None else prefix + _restore(short[1:])


def _restore_orgs(folded: str) -> tuple[HfOrg, ...]:
    parts = iter(folded.split(_SEPARATOR) if folded else ())
    try:
        return tuple(map(_restore_org, *[parts] * _ORG_FIELDS))
    except ValueError:  # whoever wrote this, it is no membership
        return ()


def _restore_org(  # noqa: PLR0913, PLR0917 - the fields of an organization, as they are written
    identity: str, username: str, role: str, name: str, avatar: str, plan: str, restrictions: str
) -> HfOrg:
    return HfOrg(
        id=_restore_id(identity),
        username=_restore(username),
        role=_restore_text(role),
        name=_restore_text(name),
        avatar_url=_restore_url(avatar),
        plan=_restore_text(plan),
        security_restrictions=tuple(_restore_words(restrictions)),
    )


class _Kept:
    """A field of a user that is read at the first look, and then stands in the user's own place.

    As ``functools.cached_property``, which up to Python 3.11 takes a lock for each.
    """

    def __init__(self, position: int, restore: Callable[[str], object]) -> None:
        self._position, self._restore = position, restore

    def __set_name__(self, owner: type[HfUser], name: str) -> None:
        self._name = name

    def __get__(self, user: KeptUser | None, owner: type[HfUser]) -> Any:  # noqa: ANN401 - as the field's
        if user is None:
            return self
        value = user.__dict__[self._name] = self._restore(user.kept[self._position])
        return value


class KeptUser(HfUser):
    """A user out of the session; each field is read when somebody asks for it.

    Most pages show a name and nothing else, and reading forty organizations takes longer than the
    rest of a request.
    """

    kept: list[str]

    username = _Kept(1, _restore_text)
    name = _Kept(2, _restore_text)
    email = _Kept(3, _restore_text)
    avatar_url = _Kept(4, _restore_url)
    profile_url = _Kept(5, _restore_url)
    website = _Kept(6, _restore_url)
    is_pro = _Kept(7, lambda flags: "p" in flags)
    can_pay = _Kept(7, lambda flags: "c" in flags)
    scopes = _Kept(8, lambda scopes: frozenset(_restore_words(scopes)))
    orgs = _Kept(9, _restore_orgs)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse; a frozen dataclass leaves its subclasses whatever is no field."""
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __repr__(self) -> str:
        """Show a user like any other."""
        return repr(copy(self))  # which is one, see __reduce__

    def __reduce__(self) -> tuple[Any, ...]:
        """Be copied and pickled as a user like any other, which later versions can read."""
        return partial(HfUser, **{each.name: getattr(self, each.name) for each in fields(self)}), ()
