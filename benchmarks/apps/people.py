"""Who signs in: people who differ only in how many organizations they belong to."""

from __future__ import annotations

from dataclasses import replace

from flask_hf_oauth.testing import PERSONAS_BY_USERNAME, Persona, PersonaOrg

#: The longer of the two forms in which Hugging Face makes access tokens.
ACCESS_TOKEN_BYTES = 825

_HUNDRED = PERSONAS_BY_USERNAME["demo-hundred-orgs"].orgs


def build_person(organizations: int, access_token_bytes: int = ACCESS_TOKEN_BYTES) -> Persona:
    """Build a member of so many organizations, 100 at most."""
    return Persona(
        username=f"demo-member-{organizations}",
        name="Demo Member",
        orgs=tuple(_as_member(org) for org in _HUNDRED[:organizations]),
        access_token_bytes=access_token_bytes,
    )


def _as_member(org: PersonaOrg) -> PersonaOrg:
    """Give an organization the username of its kind, and a membership, which not all have."""
    role = "labeller" if org.role == "no_access" else org.role
    return replace(org, username=org.username.removeprefix(f"{org.id[:9]}-"), role=role)
