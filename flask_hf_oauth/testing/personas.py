"""Personas: the people who can sign in at the embedded provider."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

RepoKind = Literal["model", "dataset", "space"]
SIMPLE_ACCESS_TOKEN_BYTES = 480


class HasId(Protocol):
    """Somebody by their `sub`: a `Persona`, or the `HfUser` that an app made of one."""

    @property
    def id(self) -> str:
        """The stable identifier."""


def build_stable_id(kind: str, username: str) -> str:
    """Build the 24 hex digits that identify a person or an organization, from a first username.

    A hash looks as random as the Hub's identifiers and compresses as badly, yet is the same in
    every run.
    """
    return hashlib.sha256(f"{kind}:{username}".encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceGroup:
    """A resource group of an organization, with the persona's role in it."""

    name: str
    role: str = "read"
    id: str = ""

    def __post_init__(self) -> None:
        """Derive the identifier unless it is given."""
        object.__setattr__(self, "id", self.id or build_stable_id("group", self.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaOrg:
    """An organization, with a persona's place in it.

    Attributes:
        username: The name in URLs.
        name: The display name; the username unless given.
        id: 24 hex digits, the `sub` claim; derived from the username unless given.
        picture: The URL of the picture; None: the provider draws one.
        plan: "team", "enterprise", "plus" or "academia"; None is the free plan.
        role: "admin", "write", "contributor", "read", "no_access" or a custom role's name.
        can_pay: Whether the organization has a payment method.
        billing_mode: "prepaid" or "postpaid".
        security_restrictions: Of "mfa", "sso", "ip", "token-policy", "token-revoked".
        resource_groups: The groups that the persona belongs to.
    """

    username: str
    name: str = ""
    id: str = ""
    picture: str | None = None
    plan: str | None = None
    role: str = "read"
    can_pay: bool = False
    billing_mode: str = "prepaid"
    security_restrictions: tuple[str, ...] = ()
    resource_groups: tuple[ResourceGroup, ...] = ()

    def __post_init__(self) -> None:
        """Derive the identifier and the display name unless they are given."""
        object.__setattr__(self, "id", self.id or build_stable_id("org", self.username))
        object.__setattr__(self, "name", self.name or self.username)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaRepo:
    """A repository of a persona, at the Hub that the embedded provider plays.

    Attributes:
        name: The name behind the owner's username.
        kind: "model", "dataset" or "space".
        private: Whether only the owner sees it.
        likes: How many people like it.
        downloads: How often it was downloaded in the last month; Spaces have no such number.
        tags: What the Hub's lists can be filtered by.
        sdk: "gradio", "docker" or "static", of a Space.
        edited_at: When it was last changed, as the Hub writes times: ISO 8601 in UTC.
    """

    name: str
    kind: RepoKind = "model"
    private: bool = False
    likes: int = 0
    downloads: int = 0
    tags: tuple[str, ...] = ()
    sdk: str = "gradio"
    edited_at: str = "2026-03-01T09:00:00.000Z"

    def __post_init__(self) -> None:
        """Refuse a kind that the Hub does not have."""
        if self.kind not in get_args(RepoKind):
            choices = ", ".join(map(repr, get_args(RepoKind)))
            raise ValueError(f"kind is {self.kind!r}; it can be {choices}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A person with an account at the embedded provider.

    Attributes:
        username: The name in URLs; it can change, see `HfProvider.rename`.
        name: The full name; the username unless given.
        id: 24 hex digits, the `sub` claim; derived from the username unless given.
        email: None for somebody without an e-mail address.
        email_verified: Whether the address is known to be theirs.
        picture: The URL of the avatar; None: the provider draws one.
        website: Their own site, if they named one.
        is_pro: Whether they have a PRO subscription.
        can_pay: Whether they have a payment method.
        billing_mode: "prepaid" or "postpaid".
        orgs: The organizations that they belong to.
        repos: Their models, datasets and Spaces.
        access_token_bytes: Access tokens of theirs are at least this long; the Hub's are 480 to
            more than 825 bytes long.
        note: What this persona is good for; the consent page shows it.
    """

    username: str
    name: str = ""
    id: str = ""
    email: str | None = None
    email_verified: bool = True
    picture: str | None = None
    website: str | None = None
    is_pro: bool = False
    can_pay: bool = False
    billing_mode: str = "prepaid"
    orgs: tuple[PersonaOrg, ...] = ()
    repos: tuple[PersonaRepo, ...] = ()
    access_token_bytes: int = SIMPLE_ACCESS_TOKEN_BYTES
    note: str = ""

    def __post_init__(self) -> None:
        """Derive the identifier and the full name unless they are given."""
        object.__setattr__(self, "id", self.id or build_stable_id("user", self.username))
        object.__setattr__(self, "name", self.name or self.username)
