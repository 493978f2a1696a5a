"""Claims: what the provider says about a person, in the ID token and in userinfo.

https://huggingface.co/docs/hub/oauth lists what comes with which scope.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .behavior import Behavior
    from .grants import Grant
    from .personas import Persona, PersonaOrg

_ORGS_NOT_SHOWN: dict[str, dict[str, object]] = {
    "empty": {"orgs": []},
    "null": {"orgs": None},
    "absent": {},
}


def build_id_token_claims(
    persona: Persona, grant: Grant, behavior: Behavior, *, issuer: str, now: float
) -> dict[str, object]:
    """Build the claims of an ID token: never isPro, canPay or orgs."""
    claims: dict[str, object] = {
        "sub": persona.id,
        **_build_person_claims(persona, grant, issuer),
        "aud": grant.client_id,
        "auth_time": grant.auth_time,
        "iat": int(now),
        "exp": int(now) + behavior.id_token_lifetime,
        "iss": issuer,
    }
    if grant.nonce is not None:
        claims["nonce"] = grant.nonce
    if behavior.azp:
        claims["azp"] = grant.client_id
    return claims


def build_userinfo(
    persona: Persona, grant: Grant, behavior: Behavior, *, issuer: str
) -> dict[str, object]:
    """Build the userinfo answer."""
    billing: dict[str, object] = {}
    if "read-billing" in grant.scopes:
        billing = {"canPay": persona.can_pay, "billingMode": persona.billing_mode}
    return {
        "sub": persona.id,
        **_build_person_claims(persona, grant, issuer),
        "isPro": persona.is_pro,
        **billing,
        **_build_orgs_claim(persona, grant, behavior, issuer),
    }


def build_whoami(persona: Persona, grant: Grant, *, issuer: str) -> dict[str, object]:
    """Build the part of `/api/whoami-v2` that apps read."""
    return {
        "type": "user",
        "id": persona.id,
        "name": persona.username,
        "fullname": persona.name,
        "avatarUrl": build_picture_url(persona, issuer),
        "isPro": persona.is_pro,
        "canPay": persona.can_pay,
        "billingMode": persona.billing_mode,
        "orgs": [_build_whoami_org(org, issuer) for org in persona.orgs],
        "auth": {"type": "oauth", "clientId": grant.client_id, "scopes": list(grant.scopes)},
        **_build_whoami_email(persona, grant),
    }


def build_picture_url(owner: Persona | PersonaOrg, issuer: str) -> str:
    """Build the URL of a picture: their own, or one that the provider draws."""
    return owner.picture or f"{issuer}/avatars/{owner.username}.svg"


def _build_person_claims(persona: Persona, grant: Grant, issuer: str) -> dict[str, object]:
    claims: dict[str, object] = {}
    if "profile" in grant.scopes:
        claims["name"] = persona.name
        claims["preferred_username"] = persona.username
        claims["profile"] = f"{issuer}/{persona.username}"
        claims["picture"] = build_picture_url(persona, issuer)
    if "profile" in grant.scopes and persona.website:
        claims["website"] = persona.website
    if "email" in grant.scopes and persona.email:
        claims["email"] = persona.email
        claims["email_verified"] = persona.email_verified
    return claims


def _build_orgs_claim(
    persona: Persona, grant: Grant, behavior: Behavior, issuer: str
) -> dict[str, object]:
    shows_all = "read-memberships" in grant.scopes or behavior.orgs_without_memberships == "all"
    shown = [org for org in persona.orgs if shows_all or org.id in grant.org_ids]
    if not shown and not shows_all:
        return _ORGS_NOT_SHOWN[behavior.orgs_without_memberships]
    return {"orgs": [_build_org(org, grant, issuer) for org in shown]}


def _build_org(org: PersonaOrg, grant: Grant, issuer: str) -> dict[str, object]:
    claims: dict[str, object] = {
        "sub": org.id,
        "name": org.name,
        "preferred_username": org.username,
        "picture": build_picture_url(org, issuer),
    }
    if org.plan is not None:
        claims["plan"] = org.plan
    if "read-memberships" in grant.scopes or org.id in grant.org_ids:
        claims["roleInOrg"] = org.role
    if org.id in grant.org_ids:
        claims |= _build_granted_org_details(org)
    return claims


def _build_granted_org_details(org: PersonaOrg) -> dict[str, object]:
    return {
        "canPay": org.can_pay,
        "billingMode": org.billing_mode,
        "securityRestrictions": list(org.security_restrictions),
        "resourceGroups": [
            {"sub": group.id, "name": group.name, "role": group.role}
            for group in org.resource_groups
        ],
    }


def _build_whoami_org(org: PersonaOrg, issuer: str) -> dict[str, object]:
    return {
        "type": "org",
        "id": org.id,
        "name": org.username,
        "fullname": org.name,
        "avatarUrl": build_picture_url(org, issuer),
        "roleInOrg": org.role,
    }


def _build_whoami_email(persona: Persona, grant: Grant) -> dict[str, object]:
    if "email" not in grant.scopes or persona.email is None:
        return {}
    return {"email": persona.email, "emailVerified": persona.email_verified}
