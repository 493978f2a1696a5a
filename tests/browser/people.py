"""People whom the demo personas leave out."""

from __future__ import annotations

from flask_hf_oauth.testing import Persona, PersonaOrg

BUSY = Persona(
    username="demo-busy",
    name="Demo Busy",
    orgs=tuple(PersonaOrg(username=f"demo-organization-{number}") for number in range(600)),
    note="Member of more organizations than any cookie holds",
)
