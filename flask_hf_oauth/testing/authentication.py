"""Client authentication at the token endpoint, and the refusals of that endpoint."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

if TYPE_CHECKING:
    from werkzeug import Request

    from .clients import Client
    from .realm import Realm


class TokenRefusal(Exception):
    """The token endpoint refuses (RFC 6749 section 5.2)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


def authenticate_client(realm: Realm, request: Request) -> Client:
    """Find out which client asks, by Basic, post, or none for a public client."""
    client_id, client_secret = _parse_credentials(request)
    client = realm.clients.get(client_id)
    if client is None or not _is_secret(client, client_secret):
        text = "Client authentication failed"
        raise TokenRefusal("invalid_client", text, realm.behavior.invalid_client_status)
    return client


def _parse_credentials(request: Request) -> tuple[str, str | None]:
    form = request.form
    if "Authorization" not in request.headers:
        return form.get("client_id", ""), form.get("client_secret")
    if "client_secret" in form:
        # RFC 6749 section 2.3: one way of authentication at a time.
        raise TokenRefusal("invalid_request", "client_secret comes in the body and in the header")
    client_id, client_secret = _parse_basic(request.headers["Authorization"])
    if form.get("client_id", client_id) != client_id:
        raise TokenRefusal("invalid_request", "client_id differs between body and header")
    return client_id, client_secret


def _parse_basic(header: str) -> tuple[str, str | None]:
    """Parse HTTP Basic; RFC 6749 section 2.3.1 has both halves form-encoded."""
    scheme, _, credentials = header.partition(" ")
    try:
        decoded = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", None
    if scheme.lower() != "basic":
        return "", None
    client_id, _, client_secret = decoded.partition(":")
    return unquote_plus(client_id), unquote_plus(client_secret)


def _is_secret(client: Client, client_secret: str | None) -> bool:
    if client.client_secret is None or client_secret is None:
        return client.client_secret is None and not client_secret
    return hmac.compare_digest(client.client_secret.encode(), client_secret.encode())
