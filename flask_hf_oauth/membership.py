"""Whether a user is in an organization, in which role, and what still stands in between."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from .user import HfOrg, HfUser, is_hub_id

#: The Hub's roles, the lowest first; custom ones have no rank.
RANKS = ("read", "contributor", "write", "admin")
MEMBERSHIPS = "read-memberships"  # the scope with which userinfo tells every role

# What the Hub's securityRestrictions ask for, in words.
_RESTRICTIONS = {
    "mfa": "two-factor authentication",
    "sso": "single sign-on",
    "ip": "a network that it trusts",
    "token-policy": "a token that fits its policy",
    "token-revoked": "the consent of its administrators, who took back this site's access",
    "unknown": "something that this site can't name",
}


class Obstacle(NamedTuple):
    """What keeps a user out; ``error_code`` is one of MembershipRequired's."""

    error_code: str
    reason: str


def find_obstacle(user: HfUser, org: str, role: str | None) -> Obstacle | None:
    """Find what keeps a user from counting as a member of an organization.

    Args:
        user: The signed-in user.
        org: A username, or an id of 24 hexadecimal digits.
        role: The lowest role that is enough; None takes each listing as a membership, also one
            whose role the Hub did not share.
    """
    found = user.org(org)
    if found is None:
        return Obstacle(error_code="membership_required", reason=_explain_membership(org))
    if found.security_restrictions:
        return Obstacle(error_code="membership_restricted", reason=_explain_restrictions(found))
    if role is not None and not _is_enough(found.role, role):
        return Obstacle(error_code="role_required", reason=_explain_role(found, role))
    return None


def _is_enough(role: str | None, wanted: str) -> bool:
    if role in RANKS and wanted in RANKS:
        return RANKS.index(role) >= RANKS.index(wanted)
    return role == wanted


def _explain_membership(org: str) -> str:
    name, it = ("an organization", "it") if is_hub_id(org) else (org, org)
    return (
        f"This page is for members of {name} at Hugging Face, and your sign-in does not show that "
        f"you are one. If you are, choose {it} on the next page."
    )


def _explain_restrictions(org: HfOrg) -> str:
    asked = [_RESTRICTIONS.get(name, name) for name in org.security_restrictions]
    return (
        f"{org.username} lets you in only with {' and '.join(asked)}. Settle that at Hugging Face, "
        "then try again."
    )


def _explain_role(org: HfOrg, wanted: str) -> str:
    if org.role is None:
        return (
            f"This page is for the role {wanted} in {org.username}, and your sign-in does not tell "
            f"which one you have. Choose {org.username} on the next page."
        )
    return f"This page is for the role {wanted} in {org.username}, and yours is {org.role}."


def is_admitted(user: HfUser, allowed_orgs: Collection[str]) -> bool:
    """Tell whether a user is in one of these organizations; none named means everybody."""
    return not allowed_orgs or any(
        find_obstacle(user, allowed, None) is None for allowed in allowed_orgs
    )
