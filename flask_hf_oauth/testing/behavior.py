"""Behavior: a switch of the embedded provider for each thing that the Hub may do either way."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    """How the provider behaves where Hugging Face's documents are silent.

    Attributes:
        access_token_format: A signed JWT, or an opaque string.
        access_token_lifetime: Seconds.
        announce_callback_iss: Discovery says that callbacks carry `iss` (RFC 9207 section 3).
        at_hash: The ID token carries `at_hash`.
        azp: The ID token carries `azp`.
        callback_iss: Callbacks carry `iss` (RFC 9207 section 2).
        client_id_metadata_key: How discovery spells its support of client id metadata documents.
        clock_offset: Seconds that the provider's clock is ahead of ours.
        code_lifetime: Seconds.
        cookie_samesite: The SameSite attribute of the provider's own session cookie.
        id_token_kid: The ID token's header names its key.
        id_token_lifetime: Seconds.
        id_token_on_refresh: A refresh answers a new ID token too.
        invalid_client_status: The HTTP status of `invalid_client`.
        key_set: One RSA key, or several RSA keys and an Ed25519 key.
        org_ids: How several organizations may be asked for: repeated, separated by commas, or
            either.
        orgs_without_memberships: What userinfo says of organizations that were not granted when
            read-memberships was not granted either: all of them, an empty list, null, or no
            `orgs` at all.
        refresh_token_lifetime: Seconds, from each use.
        refresh_tokens: What a refresh answers: a new refresh token (the old one is dead), the same
            one again, or none (the old one stays good); "never": logins get no refresh token.
        refuse_frames: Pages may be framed by the provider's own origin only.
        remember_consent: Whoever agreed before is sent straight back; otherwise everybody chooses
            and agrees each time.
        space_host: The host of the Space that owns the default clients; its own URLs are then
            accepted as redirect URIs.
        trickle_interval: Seconds between two bytes of the fault "trickle".
        unknown_scope: Where a scope that the client lacks is refused: on a page, or at the app.
        userinfo_401: The body of a 401: the Hub's JSON, OAuth's JSON, nothing, or HTML.
    """

    access_token_format: Literal["jwt", "opaque"] = "jwt"  # noqa: S105 - a choice
    access_token_lifetime: int = 28_800
    announce_callback_iss: bool = False
    at_hash: bool = False
    azp: bool = False
    callback_iss: bool = False
    client_id_metadata_key: Literal[
        "client_id_metadata_document_supported", "client_id_metadata_supported"
    ] = "client_id_metadata_document_supported"
    clock_offset: float = 0
    code_lifetime: int = 60
    cookie_samesite: Literal["Lax", "None", "Strict"] = "Lax"
    id_token_kid: bool = True
    id_token_lifetime: int = 3_600
    id_token_on_refresh: bool = True
    invalid_client_status: Literal[400, 401] = 401
    key_set: Literal["several", "single"] = "several"
    org_ids: Literal["either", "comma", "repeated"] = "either"
    orgs_without_memberships: Literal["all", "empty", "null", "absent"] = "all"
    refresh_token_lifetime: int = 90 * 86_400
    refresh_tokens: Literal["rotate", "repeat", "omit", "never"] = "rotate"
    refuse_frames: bool = True
    remember_consent: bool = True
    space_host: str | None = None
    trickle_interval: float = 1.0
    unknown_scope: Literal["page", "redirect"] = "redirect"
    userinfo_401: Literal["hub", "oauth", "empty", "html"] = "hub"

    def __post_init__(self) -> None:
        """Refuse a value that a switch does not have."""
        hints = get_type_hints(type(self))
        for field in fields(self):
            self._check_choice(field.name, hints[field.name])

    def _check_choice(self, name: str, hint: object) -> None:
        if get_origin(hint) is not Literal or getattr(self, name) in get_args(hint):
            return
        choices = ", ".join(map(repr, get_args(hint)))
        raise ValueError(f"{name} is {getattr(self, name)!r}; it can be {choices}.")
