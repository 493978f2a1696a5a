"""The demo personas: one for each kind of person that an app should know how to greet."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

from .personas import Persona, PersonaOrg, PersonaRepo, ResourceGroup, build_stable_id

_LONG_ACCESS_TOKEN_BYTES = 825
_ROLES = ("admin", "write", "contributor", "read", "read", "write", "read", "labeller")
_PLANS = (None, None, "team", None, "enterprise", None, "academia", "plus")
_FIRST_WORDS = (
    ("northern", "Northern"),
    ("cafe", "Café"),
    ("zurich", "Zürich"),
    ("open", "Open"),
    ("lodz", "Łódź"),
    ("tokyo", "東京"),
    ("malmo", "Malmö"),
    ("quiet", "Quiet"),
    ("sao-paulo", "São Paulo"),
    ("kyiv", "Київ"),
)
_SECOND_WORDS = (
    ("speech-lab", "Speech Lab"),
    ("vision", "Vision Group"),
    ("nlp", "NLP Community"),
    ("robotics", "Robotics Club"),
    ("datasets", "Datasets"),
    ("climate", "Climate Models"),
    ("audio", "Audio Research"),
    ("bio", "Bio Institute"),
    ("maths", "Maths Circle"),
    ("archive", "Archive"),
)


def _build_cdn_picture(username: str) -> str:
    """Build a picture URL of the length that Hugging Face's image host gives."""
    digest = hashlib.sha256(f"picture:{username}".encode()).digest()
    name = base64.urlsafe_b64encode(digest).decode()[:21]
    owner = build_stable_id("owner", username)
    return f"https://cdn-avatars.huggingface.co/v1/production/uploads/{owner}/{name}.png"


def _build_org(number: int) -> PersonaOrg:
    slug, word = _FIRST_WORDS[number % 10]
    second_slug, second_word = _SECOND_WORDS[number // 10]
    username = f"demo-{slug}-{second_slug}"
    return PersonaOrg(
        username=username,
        name=f"{word} {second_word}",
        picture=_build_cdn_picture(username),
        plan=_PLANS[number % 8],
        role=_ROLES[(number * 3) % 8],
    )


def _build_orgs(count: int) -> tuple[PersonaOrg, ...]:
    return tuple(_build_org(number) for number in range(count))


def _build_unlike_orgs(count: int) -> tuple[PersonaOrg, ...]:
    """Build organizations whose usernames have as little in common as people's own choices."""
    orgs = _build_orgs(count)
    return tuple(replace(org, username=f"{org.id[:9]}-{org.username}") for org in orgs)


PERSONAS = (
    Persona(
        username="demo-free",
        name="Demo Free",
        email="demo-free@example.com",
        note="A free account without organizations",
    ),
    Persona(
        username="demo-pro",
        name="Demo Pro",
        email="demo-pro@example.com",
        website="https://demo-pro.example",
        is_pro=True,
        can_pay=True,
        billing_mode="postpaid",
        orgs=(PersonaOrg(username="demo-guild", name="Demo Guild", role="contributor"),),
        repos=(
            PersonaRepo(
                name="demo-tiny-writer", likes=12, downloads=340, tags=("text-generation",)
            ),
            PersonaRepo(name="demo-next-writer", private=True, tags=("text-generation",)),
            PersonaRepo(name="demo-letters", kind="dataset", likes=3, downloads=71),
            PersonaRepo(name="demo-diary", kind="dataset", private=True),
            PersonaRepo(name="demo-playground", kind="space", likes=5),
        ),
        note="PRO, with a website and a payment method",
    ),
    Persona(
        username="demo-org-admin",
        name="Demo Admin",
        email="demo-org-admin@example.com",
        orgs=(
            PersonaOrg(
                username="demo-enterprise",
                name="Demo Enterprise",
                plan="enterprise",
                role="admin",
                can_pay=True,
                billing_mode="postpaid",
                resource_groups=(
                    ResourceGroup(name="demo-models", role="admin"),
                    ResourceGroup(name="demo-datasets", role="write"),
                ),
            ),
            PersonaOrg(username="demo-guild", name="Demo Guild"),
            PersonaOrg(username="demo-studio", name="Demo Studio", role="data-labeller"),
            PersonaOrg(username="demo-locked", name="Demo Locked", role="no_access"),
        ),
        repos=(
            PersonaRepo(name="demo-notes", kind="dataset", likes=1),
            PersonaRepo(name="demo-budget", kind="space", private=True, sdk="docker"),
        ),
        note="Admin of an enterprise organization, member of others",
    ),
    Persona(
        username="demo-sso-pending",
        name="Demo SSO Pending",
        email="demo-sso-pending@example.com",
        orgs=(
            PersonaOrg(
                username="demo-enterprise",
                name="Demo Enterprise",
                plan="enterprise",
                role="write",
                security_restrictions=("sso",),
            ),
            PersonaOrg(username="demo-guild", name="Demo Guild"),
        ),
        note="Member of an organization that still wants single sign-on",
    ),
    Persona(
        username="demo-many-orgs",
        name="Demo Many Orgs",
        email="demo-many-orgs@example.com",
        orgs=_build_orgs(40),
        access_token_bytes=_LONG_ACCESS_TOKEN_BYTES,
        note="Member of 40 organizations, long access token",
    ),
    Persona(
        username="demo-hundred-orgs",
        name="Demo Hundred Orgs",
        email="demo-hundred-orgs@example.com",
        orgs=_build_unlike_orgs(100),
        access_token_bytes=_LONG_ACCESS_TOKEN_BYTES,
        note="Member of 100 organizations: more than a cookie holds",
    ),
    Persona(username="demo-no-email", name="Demo No Email", note="Has no e-mail address"),
    Persona(
        username="demo-unverified",
        name="Demo Unverified",
        email="demo-unverified@example.com",
        email_verified=False,
        note="Has an e-mail address that nobody has verified",
    ),
)

PERSONAS_BY_USERNAME = {persona.username: persona for persona in PERSONAS}
