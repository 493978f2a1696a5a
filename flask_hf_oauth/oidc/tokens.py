"""The token endpoint: a code and its verifier, or a refresh token, for tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import quote_plus

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from ..errors import CodeRejected, LoginError, ProviderUnavailable, TokenError
from .answers import parse_json_object
from .discovery import ProviderMetadata
from .http import Exchange, NoAuth

_DEFAULT_LIFETIME = 3600  # seconds, where the answer does not say
_MAX_LIFETIME = 366 * 86_400  # seconds; Hugging Face's longest are 30 days
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")  # RFC 6749 appendix A.12, without the space
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 section 3.3
_MAX_SCOPE = 2000  # characters; all scopes of Hugging Face together have 300
_ERROR = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """Who this app is to the provider; without a secret it is a public client (RFC 6749 2.1)."""

    client_id: str
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAnswer:
    """A checked answer of the token endpoint; the ID token in it is not verified yet.

    ``expires_in`` counts seconds from now; the provider's clock does not matter. ``refresh_token``
    is empty where none came, ``id_token`` after a refresh, where nobody needs it.
    """

    access_token: str = field(repr=False)
    scopes: frozenset[str]
    expires_in: int
    refresh_token: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)


def fetch_tokens(  # noqa: PLR0913 - the parameters of RFC 6749 section 4.1.3 and RFC 7636 section 4.5
    exchange: Exchange,
    metadata: ProviderMetadata,
    client: ClientCredentials,
    *,
    code: str,
    code_verifier: str,
    redirect_uri: str,
    requested_scopes: frozenset[str],
) -> TokenAnswer:
    """Exchange the code, once (RFC 6749 section 4.1.3, RFC 7636 section 4.5).

    Raises:
        CodeRejected: The provider does not know the code, or not with this verifier.
        TokenError: Any other refusal, or an answer that is none.
    """
    auth, names = _authenticate(metadata, client)
    form = {
        **names,
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": code_verifier,
        "redirect_uri": redirect_uri,
    }
    response = exchange.send("POST", metadata.token_endpoint, auth, form)
    document = parse_token_response(response)
    answer = parse_tokens(document, requested_scopes)
    return replace(answer, id_token=_parse_token(document, "id_token"))


def refresh_tokens(
    exchange: Exchange,
    metadata: ProviderMetadata,
    client: ClientCredentials,
    *,
    refresh_token: str,
    granted_scopes: frozenset[str],
) -> TokenAnswer:
    """Exchange a refresh token, which may be good for this once (RFC 6749 section 6).

    An ID token in the answer is left unread: who this is stands in the session, and what the
    provider says of them comes from userinfo, whose ``sub`` is compared.

    Raises:
        CodeRejected: The refresh token is dead: used, expired or taken back.
        TokenError: Any other refusal, or an answer that is none.
    """
    auth, names = _authenticate(metadata, client)
    form = {
        "client_id": client.client_id,  # Hugging Face wants it here too, beside Basic
        **names,
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
    }
    response = exchange.send("POST", metadata.token_endpoint, auth, form)
    answer = parse_tokens(parse_token_response(response), granted_scopes)
    # One that does not come is the old one (RFC 6749 section 6).
    return replace(answer, refresh_token=answer.refresh_token or refresh_token)


def _authenticate(
    metadata: ProviderMetadata, client: ClientCredentials
) -> tuple[AuthBase, dict[str, str]]:
    """Return how the app names itself, as a header and as a form (RFC 6749 section 2.3.1)."""
    if client.client_secret is None:
        return NoAuth(), {"client_id": client.client_id}
    if metadata.secret_in_body:
        names = {"client_id": client.client_id, "client_secret": client.client_secret}
        return NoAuth(), names
    # Form-encoded first, as the clause says: or a "+" or ":" would mean something else.
    return HTTPBasicAuth(quote_plus(client.client_id), quote_plus(client.client_secret)), {}


def parse_token_response(response: requests.Response) -> dict[str, object]:
    """Read an answer of the token endpoint; raise what it refuses."""
    document = parse_json_object(response, TokenError)
    if "error" in document or response.status_code != HTTPStatus.OK:
        raise _parse_error(document, response.status_code)
    return document


def _parse_error(document: Mapping[str, object], status: int) -> LoginError:
    """Name the error (RFC 6749 section 5.2); its description stays unread, it may echo the code."""
    error = document.get("error")
    name = error if isinstance(error, str) and _ERROR.fullmatch(error) else "unknown"
    detail = f"the token endpoint answered {name} with status {status}"
    if name == "invalid_grant":
        return CodeRejected(detail)
    if name == "invalid_client":
        remedy = (
            "Hugging Face does not know this client id and secret. Compare OAUTH_CLIENT_ID and "
            "OAUTH_CLIENT_SECRET with the app's settings page."
        )
        return TokenError(detail, error_code="token_invalid_client", remedy=remedy)
    if name == "temporarily_unavailable":
        return ProviderUnavailable(detail)
    return TokenError(detail, error_code="token_refused")


def parse_tokens(document: Mapping[str, object], requested_scopes: frozenset[str]) -> TokenAnswer:
    """Check a successful answer (RFC 6749 section 5.1), but for its ID token.

    A refresh token that is none counts as missing: most apps have no use for it.

    Raises:
        TokenError: A member is missing or has the wrong type.
    """
    token_type = document.get("token_type")
    if not isinstance(token_type, str) or token_type.lower() != "bearer":
        raise TokenError("token_type is not bearer", error_code="token_type")
    refresh_token = document.get("refresh_token")
    is_token = isinstance(refresh_token, str) and _TOKEN.fullmatch(refresh_token)
    return TokenAnswer(
        access_token=_parse_token(document, "access_token"),
        scopes=_parse_scope(document, requested_scopes),
        expires_in=_parse_lifetime(document.get("expires_in", _DEFAULT_LIFETIME)),
        refresh_token=str(refresh_token) if is_token else "",
    )


def _parse_token(document: Mapping[str, object], name: str) -> str:
    token = document.get(name)
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise TokenError(f"{name} is missing or no token", error_code=f"token_{name}")
    return token


def _parse_scope(document: Mapping[str, object], requested: frozenset[str]) -> frozenset[str]:
    """Read what was granted; absent means what was asked (RFC 6749 section 5.1)."""
    if "scope" not in document:
        return requested
    scope = document["scope"]
    if not isinstance(scope, str) or len(scope) > _MAX_SCOPE:
        raise TokenError("scope is not a text, or absurdly long", error_code="token_scope")
    return frozenset(token for token in scope.split() if _SCOPE.fullmatch(token))


def _parse_lifetime(seconds: object) -> int:
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise TokenError("expires_in is not a whole number", error_code="token_expires_in")
    if not 0 < seconds <= _MAX_LIFETIME:
        raise TokenError("expires_in is out of range", error_code="token_expires_in")
    return seconds
