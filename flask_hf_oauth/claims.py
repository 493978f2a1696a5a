"""The claims of a userinfo answer, read as a user; whatever stands there may be hostile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from .errors import UserinfoError
from .user import HfOrg, HfUser, is_no_access

_WEB_URL = re.compile(r"https?://[!#-&(-;=?-\[\]-~]{1,2000}")  # ASCII that needs no escape
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,255}")  # OpenID Connect Core section 2, without spaces
_SLUG = re.compile(r"[a-z0-9-]{1,40}")
_MAX_TEXT, _MAX_ORGS = 255, 1000  # each request unfolds the whole, however small its cookie
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


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
    barred = {org.id for org in orgs if is_no_access(org.role)}  # once is enough
    asking = {org.id: org.security_restrictions for org in orgs if org.security_restrictions}
    return tuple(
        replace(org, security_restrictions=asking.get(org.id, ()))
        for org in orgs
        if org.id not in barred
    )


def _parse_org(entry: object) -> HfOrg:
    if not isinstance(entry, dict):
        raise UserinfoError("an organization is not an object", error_code="userinfo_orgs")
    username = _parse_username(entry)
    if username is None:
        raise UserinfoError("an organization has no username", error_code="userinfo_orgs")
    role = entry.get("roleInOrg")
    if not isinstance(role, (str, type(None))):  # or what is odd would count as a membership
        raise UserinfoError("a role is not a text", error_code="userinfo_orgs")
    return HfOrg(
        id=_parse_id(entry.get("sub")),
        username=username,
        name=_parse_text(entry.get("name")),
        avatar_url=_parse_url(entry.get("picture")),
        plan=_parse_text(entry.get("plan")),
        role=_parse_role(role),
        security_restrictions=_parse_restrictions(entry.get("securityRestrictions")),
    )


def _parse_role(role: str | None) -> str | None:
    """Read a role as it stands; one that only looks like another, such as "admin ", is unknown."""
    readable = _parse_text(role)
    return readable if readable == role or is_no_access(readable) else None


def _parse_restrictions(words: object) -> tuple[str, ...]:
    """Read what an organization still asks for; what nobody can read is a restriction too."""
    listed = words if isinstance(words, list) else [] if words is None else [words]
    return tuple(
        word if isinstance(word, str) and _SLUG.fullmatch(word) else "unknown" for word in listed
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
