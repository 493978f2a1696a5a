"""Userinfo: what the provider tells about the person, and that it is the same person."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from ..errors import UserinfoError
from .answers import check_ok, parse_json_object
from .discovery import ProviderMetadata
from .http import BearerAuth, Exchange


def fetch_userinfo(
    exchange: Exchange, metadata: ProviderMetadata, *, access_token: str, sub: str
) -> Mapping[str, object]:
    """Fetch the claims about the person of the ID token, as a read-only mapping.

    Raises:
        UserinfoError: The token is refused, the answer is not JSON, or about somebody else.
    """
    response = exchange.fetch(metadata.userinfo_endpoint, BearerAuth(access_token))
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        detail = "userinfo refuses the access token"
        raise UserinfoError(detail, error_code="userinfo_unauthorized")
    check_ok(response, UserinfoError)
    return check_userinfo(parse_json_object(response, UserinfoError), sub)


def check_userinfo(claims: Mapping[str, object], sub: str) -> Mapping[str, object]:
    """Compare the person, or tokens could be swapped (OpenID Connect Core section 5.3.2)."""
    if claims.get("sub") != sub:
        detail = "sub is not that of the ID token"
        raise UserinfoError(detail, error_code="userinfo_sub")
    return MappingProxyType(dict(claims))
