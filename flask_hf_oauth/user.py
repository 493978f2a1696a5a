"""Who is signed in: the user, the organizations, the token."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

_HUB_ID = re.compile(r"[0-9a-f]{24}")
_LIKE_HUB_ID = re.compile(r"[0-9A-Fa-f]{24}")


def is_hub_id(text: str) -> bool:
    """Tell whether this has the form of a Hugging Face id: 24 hexadecimal digits."""
    return _HUB_ID.fullmatch(text) is not None


def is_no_access(role: str | None) -> bool:
    """Tell whether somebody with this role is listed, and no member, in the Hub's words."""
    return role is not None and role.lower() == "no_access"


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
        """Find an organization of this user; with the role "no_access" they are no member.

        Args:
            username_or_id: 24 hexadecimal digits match only an id, anything else only a username;
                never the display name, which anybody can set to anything.
        """
        is_id = _LIKE_HUB_ID.fullmatch(username_or_id) is not None
        for org in self.orgs:
            if (org.id if is_id else org.username) == username_or_id:
                return None if is_no_access(org.role) else org
        return None

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
        """Return None: nobody is a member of anything."""

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


@dataclass(frozen=True, slots=True)
class TokenPair:
    """The two texts that are sealed together; ``refresh_token`` is empty where there is none."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
