"""A stand-in for a person in a browser: it agrees or refuses without HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from werkzeug.datastructures import MultiDict

from .authorization import (
    AuthorizationRequest,
    CallbackRefusal,
    PageRefusal,
    build_error_callback,
    parse_authorization_request,
)
from .decisions import grant_again, grant_request, refuse_request
from .grants import Grant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .personas import HasId, Persona
    from .realm import Realm


class ProviderRefusal(Exception):
    """The provider answered an error page, and the app was never called.

    Attributes:
        status: The HTTP status.
        text: What the page says.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text


def agree(
    realm: Realm,
    authorization_url: str | None,
    user: str | HasId,
    scopes: Iterable[str] | None,
    orgs: Iterable[str] | None,
) -> str:
    """Agree; see `HfProvider.authorize`."""
    persona = realm.accounts.get(user)
    try:
        asked = _parse_authorization_url(realm, authorization_url)
    except CallbackRefusal as refusal:
        return refusal.callback_url
    if asked.prompt == "none":
        return _agree_silently(realm, asked, persona)
    return grant_request(
        realm,
        asked,
        persona,
        scopes=asked.scopes if scopes is None else split_names(scopes),
        org_ids=asked.find_asked_orgs(persona) if orgs is None else _find_orgs(persona, orgs),
    )


def disagree(realm: Realm, authorization_url: str | None) -> str:
    """Refuse; see `HfProvider.refuse`."""
    try:
        return refuse_request(realm, _parse_authorization_url(realm, authorization_url))
    except CallbackRefusal as refusal:
        return refusal.callback_url


def build_grant(
    realm: Realm,
    client_id: str,
    user: str | HasId,
    scopes: Iterable[str],
    orgs: Iterable[str],
) -> Grant:
    """Build what a person would have granted; see `HfProvider.issue_tokens`."""
    if client_id not in realm.clients:
        raise ValueError(
            f"The provider knows no client_id {client_id!r}: make the app with config(), or "
            "register it with add_client()."
        )
    persona = realm.accounts.get(user)
    return Grant(
        client_id=client_id,
        sub=persona.id,
        scopes=split_names(scopes),
        org_ids=frozenset(_find_orgs(persona, orgs)),
        auth_time=int(realm.now()),
        nonce=None,
    )


def _agree_silently(realm: Realm, asked: AuthorizationRequest, persona: Persona) -> str:
    text = "The user has to be asked"
    refusal = build_error_callback(realm, asked, "consent_required", text)
    return grant_again(realm, asked, persona) or refusal.callback_url


def _parse_authorization_url(realm: Realm, authorization_url: str | None) -> AuthorizationRequest:
    if not authorization_url or not authorization_url.startswith(
        f"{realm.issuer}/oauth/authorize?"
    ):
        raise ValueError(
            f"{authorization_url!r} is no authorization request to {realm.issuer!r}. /login leads "
            "to one, unless somebody is signed in, or the app lacks `provider.config()`."
        )
    query = urlsplit(authorization_url).query
    try:
        args = MultiDict(parse_qsl(query, keep_blank_values=True))
        return parse_authorization_request(realm, args)
    except PageRefusal as refusal:
        raise ProviderRefusal(400, f"{refusal.title}: {refusal.text}") from refusal


def _find_orgs(persona: Persona, orgs: Iterable[str]) -> set[str]:
    """Find organizations of a person by username or identifier."""
    known = {org.username: org.id for org in persona.orgs}
    try:
        return {org if org in known.values() else known[org] for org in split_names(orgs)}
    except KeyError as error:
        raise ValueError(
            f"{persona.username} belongs to no organization {error}, but to {list(known)}."
        ) from error


def split_names(names: Iterable[str]) -> tuple[str, ...]:
    """Split names that came as one string: mypy takes a string for its letters."""
    return tuple(names.split() if isinstance(names, str) else names)
