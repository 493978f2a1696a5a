"""The token endpoint: a code or a refresh token in, tokens out."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from typing import TYPE_CHECKING

from .authentication import TokenRefusal, authenticate_client
from .issuing import Tokens, issue_access_token, issue_tokens, renew_refresh_token
from .jose import encode_base64url
from .tokens import build_id_token

if TYPE_CHECKING:
    from werkzeug import Request
    from werkzeug.datastructures import MultiDict

    from .clients import Client
    from .grants import Grant
    from .realm import Realm


def exchange(realm: Realm, request: Request) -> dict[str, object]:
    """Answer a token request.

    Raises:
        TokenRefusal: The request is not in order, or what it presents is not good.
    """
    form = request.form
    _check_form(request)
    client = authenticate_client(realm, request)
    match form.get("grant_type"):
        case "authorization_code":
            return _exchange_code(realm, client, form)
        case "refresh_token":
            return _exchange_refresh_token(realm, client, form)
        case None:
            raise TokenRefusal("invalid_request", "grant_type is missing")
        case _:
            text = "grant_type must be authorization_code or refresh_token"
            raise TokenRefusal("unsupported_grant_type", text)


def _check_form(request: Request) -> None:
    if request.mimetype != "application/x-www-form-urlencoded":
        text = "The body must be application/x-www-form-urlencoded"
        raise TokenRefusal("invalid_request", text)
    for name, values in request.form.lists():
        if len(values) > 1:
            raise TokenRefusal("invalid_request", f"{name} comes {len(values)} times")
    if "client_secret" in request.args:
        # RFC 6749 section 2.3.1: URLs end in logs.
        raise TokenRefusal("invalid_request", "client_secret must not be in the URL")


def _get_parameter(form: MultiDict[str, str], name: str) -> str:
    if not form.get(name):
        raise TokenRefusal("invalid_request", f"{name} is missing")
    return form[name]


def _exchange_code(realm: Realm, client: Client, form: MultiDict[str, str]) -> dict[str, object]:
    issued = realm.grants.take_code(_get_parameter(form, "code"), client.client_id)
    if issued is None or realm.now() >= issued.expires_at:
        raise TokenRefusal("invalid_grant", "The code is unknown, used or expired")
    if form.get("redirect_uri") != issued.redirect_uri:
        raise TokenRefusal("invalid_grant", "redirect_uri is not the one of the authorization")
    if not _is_verifier(form.get("code_verifier"), issued.code_challenge):
        raise TokenRefusal("invalid_grant", "code_verifier does not fit code_challenge")
    answer = _build_answer(issued.grant, issue_tokens(realm, issued.grant))
    return _add_id_token(realm, issued.grant, answer)


def _is_verifier(code_verifier: str | None, code_challenge: str | None) -> bool:
    """Check PKCE (RFC 7636 section 4.6).

    RFC 9700 section 2.1.1: a verifier without a challenge is refused too, or an attacker strips
    the challenge from the authorization request.
    """
    if code_verifier is None or code_challenge is None:
        return code_verifier is None and code_challenge is None
    challenge = encode_base64url(hashlib.sha256(code_verifier.encode()).digest())
    return hmac.compare_digest(challenge, code_challenge)


def _exchange_refresh_token(
    realm: Realm, client: Client, form: MultiDict[str, str]
) -> dict[str, object]:
    refresh_token = _get_parameter(form, "refresh_token")
    issued = realm.grants.find_refresh_token(refresh_token, client.client_id, realm.now())
    if issued is None:
        raise TokenRefusal("invalid_grant", "The refresh token is unknown, used or expired")
    grant = dataclasses.replace(issued.grant, scopes=_parse_scopes(issued.grant, form), nonce=None)
    lifetime = realm.behavior.access_token_lifetime
    tokens = Tokens(
        refresh_token=renew_refresh_token(realm, refresh_token, issued.grant),
        access_token=issue_access_token(realm, grant, lifetime),
        expires_in=lifetime,
    )
    answer = _build_answer(grant, tokens)
    return _add_id_token(realm, grant, answer) if realm.behavior.id_token_on_refresh else answer


def _parse_scopes(grant: Grant, form: MultiDict[str, str]) -> tuple[str, ...]:
    """Parse the scopes of a refresh: what was granted, or less (RFC 6749 section 6)."""
    scopes = tuple(dict.fromkeys(form.get("scope", "").split())) or grant.scopes
    if not set(scopes) <= set(grant.scopes):
        raise TokenRefusal("invalid_scope", "A refresh cannot ask for more than was granted")
    return scopes


def _build_answer(grant: Grant, tokens: Tokens) -> dict[str, object]:
    answer: dict[str, object] = {
        "access_token": tokens.access_token,
        "token_type": "bearer",
        "expires_in": tokens.expires_in,
        "scope": " ".join(grant.scopes),
    }
    if tokens.refresh_token is not None:
        answer["refresh_token"] = tokens.refresh_token
    return answer


def _add_id_token(realm: Realm, grant: Grant, answer: dict[str, object]) -> dict[str, object]:
    if "openid" in grant.scopes:
        answer["id_token"] = build_id_token(realm, grant, str(answer["access_token"]))
    return answer
