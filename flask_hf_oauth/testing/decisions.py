"""Decisions: an authorization request is granted or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .authorization import build_callback_url
from .grants import Grant, IssuedCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .authorization import AuthorizationRequest
    from .personas import Persona
    from .realm import Realm


def grant_request(
    realm: Realm,
    request: AuthorizationRequest,
    persona: Persona,
    *,
    scopes: Iterable[str],
    org_ids: Iterable[str],
) -> str:
    """Grant a request, and build the callback URL with the code."""
    grant = Grant(
        client_id=request.client.client_id,
        sub=persona.id,
        scopes=tuple(scopes),
        org_ids=frozenset(org_ids),
        auth_time=int(realm.now()),
        nonce=request.nonce,
    )
    realm.consents.remember(grant.client_id, grant.sub, {*grant.scopes, *grant.org_ids})
    code = realm.grants.issue_code(
        IssuedCode(
            grant=grant,
            redirect_uri=request.redirect_uri,
            code_challenge=request.code_challenge,
            expires_at=realm.now() + realm.behavior.code_lifetime,
        )
    )
    return build_callback_url(realm, request, {"code": code})


def grant_again(realm: Realm, request: AuthorizationRequest, persona: Persona) -> str | None:
    """Grant what a person agreed to before. None: they have to be asked."""
    granted = realm.consents.get(request.client.client_id, persona.id)
    asked_orgs = request.find_asked_orgs(persona)
    is_covered = bool(granted) and granted >= {*request.scopes, *asked_orgs}
    if not realm.behavior.remember_consent or request.prompt == "consent" or not is_covered:
        return None
    org_ids = granted & {org.id for org in persona.orgs}
    return grant_request(realm, request, persona, scopes=request.scopes, org_ids=org_ids)


def refuse_request(realm: Realm, request: AuthorizationRequest) -> str:
    """Build the callback URL of a person who said no, in the Hub's words."""
    parameters = {
        "error": "access_denied",
        "error_description": "The user denied the request",
    }
    return build_callback_url(realm, request, parameters)
