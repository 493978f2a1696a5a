"""Who is signed in: the user, the organizations, the token."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .errors import UserinfoError

_HUB_ID = re.compile(r"[0-9a-f]{24}")
_WEB_URL = re.compile(r"https?://[!#-&(-;=?-\[\]-~]{1,2000}")  # ASCII that needs no escape
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,255}")  # OpenID Connect Core section 2, without spaces
_SLUG = re.compile(r"[a-z0-9-]{1,40}")
_MAX_TEXT, _MAX_ORGS = 255, 1000  # each request unfolds the whole, however small its cookie
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def is_hub_id(text: str) -> bool:
    """Tell whether this has the form of a Hugging Face id: 24 hexadecimal digits."""
    return _HUB_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class HfOrg:
    """An organization of the signed-in user.

    ``role`` is "admin", "write", "contributor", "read" or a custom role's name, and None where the
    user did not share the membership with this app. ``security_restrictions`` names what still
    stands between the user and the organization's resources ("mfa", "sso", "ip", ...).
    ``name`` and ``avatar_url`` are None when a cookie session had no room for them.
    """

    id: str
    username: str
    name: str | None = None
    avatar_url: str | None = None
    plan: str | None = None
    role: str | None = None
    security_restrictions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class HfUser:
    """The signed-in Hugging Face user.

    ``id`` is the stable ``sub``; usernames can be renamed and taken again, so key your rows by
    ``id``. ``email`` is there only when Hugging Face verified it. Two users are equal when their
    ids are. The four members of Flask-Login's ``UserMixin`` are there too.
    """

    id: str
    username: str | None = None
    name: str | None = None
    email: str | None = None
    avatar_url: str | None = None
    profile_url: str | None = None
    website: str | None = None
    is_pro: bool = False
    can_pay: bool = False
    orgs: tuple[HfOrg, ...] = ()
    scopes: frozenset[str] = field(default_factory=frozenset)

    def __bool__(self) -> bool:
        """Be true; what ``current_hf_user`` is when signed out is false."""
        return True

    @property
    def is_authenticated(self) -> bool:
        """True: this is a signed-in user."""
        return True

    @property
    def is_active(self) -> bool:
        """True, for Flask-Login: an app bans users in its ``login_handler``."""
        return True

    @property
    def is_anonymous(self) -> bool:
        """False, for Flask-Login."""
        return False

    def get_id(self) -> str:
        """Return ``id``, for Flask-Login."""
        return self.id

    def has_scope(self, *scopes: str) -> bool:
        """Tell whether all these scopes were granted."""
        return self.scopes.issuperset(scopes)

    def org(self, username_or_id: str) -> HfOrg | None:
        """Find an organization of this user.

        Args:
            username_or_id: 24 hexadecimal digits match only an id, anything else only a username;
                never the display name, which anybody can set to anything.
        """
        if is_hub_id(username_or_id):
            return next((org for org in self.orgs if org.id == username_or_id), None)
        return next((org for org in self.orgs if org.username == username_or_id), None)

    def __eq__(self, other: object) -> bool:
        """Compare by ``id``."""
        return self.id == other.id if isinstance(other, HfUser) else NotImplemented

    def __hash__(self) -> int:
        """Hash by ``id``."""
        return hash(self.id)


class AnonymousHfUser:
    """Nobody: falsy, with every member of :class:`HfUser`, so that no attribute raises."""

    __slots__ = ()

    id = username = name = email = avatar_url = profile_url = website = None
    is_pro = can_pay = is_authenticated = is_active = False
    is_anonymous = True
    orgs: tuple[HfOrg, ...] = ()
    scopes: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Be false in ``{% if current_hf_user %}``."""
        return False

    def get_id(self) -> None:
        """Return None, for Flask-Login."""

    def has_scope(self, *scopes: str) -> bool:  # noqa: ARG002 - the same signature as HfUser's
        """Return False: nobody was granted anything."""
        return False

    def org(self, username_or_id: str) -> None:
        """Return None: nobody is a member of nothing."""

    def __repr__(self) -> str:
        """Say that nobody is signed in."""
        return "<AnonymousHfUser>"


@dataclass(frozen=True, slots=True, kw_only=True)
class HfToken:
    """An access token for the Hub: pass ``access_token`` to ``huggingface_hub``.

    ``expires_at`` is an aware datetime in UTC. The token never shows in a ``repr``.
    """

    access_token: str = field(repr=False)
    scopes: frozenset[str]
    expires_at: datetime


def is_admitted(user: HfUser, allowed_orgs: Collection[str]) -> bool:
    """Tell whether a user is in one of these organizations; none named means everybody."""
    return not allowed_orgs or any(user.org(allowed) for allowed in allowed_orgs)


def parse_user(claims: Mapping[str, object], scopes: frozenset[str]) -> HfUser:
    """Read a user out of a userinfo answer, which is taken as untrusted.

    Args:
        claims: The JSON object of the userinfo endpoint.
        scopes: What was granted.

    Raises:
        UserinfoError: ``sub`` is not a text, or ``orgs`` is not a list of organizations.
    """
    verified = claims.get("email_verified") is True
    return HfUser(
        id=_parse_id(claims.get("sub")),
        username=_parse_username(claims),
        name=_parse_text(claims.get("name")),
        email=_parse_text(claims.get("email")) if verified else None,
        avatar_url=_parse_url(claims.get("picture")),
        profile_url=_parse_url(claims.get("profile")),
        website=_parse_url(claims.get("website")),
        is_pro=claims.get("isPro") is True,
        can_pay=claims.get("canPay") is True,
        orgs=_parse_orgs(claims.get("orgs")),
        scopes=scopes,
    )


def _parse_orgs(entries: object) -> tuple[HfOrg, ...]:
    """Read the organizations; null and absent both mean none."""
    if entries is None:
        return ()
    if not isinstance(entries, list) or len(entries) > _MAX_ORGS:
        raise UserinfoError("orgs is not a list, or absurdly long", error_code="userinfo_orgs")
    orgs = [_parse_org(entry) for entry in entries]
    # "no_access" is the Hub's word for somebody who is listed but is no member; once is enough.
    barred = {org.id for org in orgs if org.role and org.role.lower() == "no_access"}
    return tuple(org for org in orgs if org.id not in barred)


def _parse_org(entry: object) -> HfOrg:
    if not isinstance(entry, dict):
        raise UserinfoError("an organization is not an object", error_code="userinfo_orgs")
    username = _parse_username(entry)
    if username is None:
        raise UserinfoError("an organization has no username", error_code="userinfo_orgs")
    role = entry.get("roleInOrg")
    if not isinstance(role, (str, type(None))):  # or what is odd would count as a membership
        raise UserinfoError("a role is not a text", error_code="userinfo_orgs")
    restrictions = entry.get("securityRestrictions")
    return HfOrg(
        id=_parse_id(entry.get("sub")),
        username=username,
        name=_parse_text(entry.get("name")),
        avatar_url=_parse_url(entry.get("picture")),
        plan=_parse_text(entry.get("plan")),
        role=_parse_text(role),
        security_restrictions=tuple(
            text
            for text in (restrictions if isinstance(restrictions, list) else ())
            if isinstance(text, str) and _SLUG.fullmatch(text)
        ),
    )


def _parse_id(value: object) -> str:
    if not isinstance(value, str) or not _VISIBLE_ASCII.fullmatch(value):
        raise UserinfoError("sub is not an id", error_code="userinfo_sub")
    return value


def _parse_username(claims: Mapping[str, object]) -> str | None:
    """Return a username as it is: cleaned, two of them could become one, and open a door."""
    value = claims.get("preferred_username")
    return value if isinstance(value, str) and _VISIBLE_ASCII.fullmatch(value) else None


def _parse_text(value: object) -> str | None:
    """Return a text without control characters; anything else, empty or absurdly long, is None."""
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        return None
    text = _CONTROL.sub(" ", value.encode("utf-8", "replace").decode()).strip()
    return text or None


def _parse_url(value: object) -> str | None:
    """Return an http(s) URL; a ``javascript:`` one from somebody's profile must never be a link."""
    return value if isinstance(value, str) and _WEB_URL.fullmatch(value) else None
