"""What the provider says of itself: its endpoints and its keys."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import requests
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from ..errors import DiscoveryError, KeysError
from ..loopback import is_loopback, is_secure_url
from .answers import check_ok, parse_json_object
from .http import Exchange

#: Algorithms that an ID token may be signed with, and the key type of each. Symmetric ones and
#: "none" are not there: RFC 8725 section 3.1 wants a list that the client chose, not the token.
SIGNING_KEY_TYPES: Mapping[str, str] = {"RS256": "RSA", "ES256": "EC"}

_MIN_RSA_BITS, _MAX_RSA_BITS = 2048, 8192  # RFC 7518 section 3.3; the time that a check may take
_MAX_EXPONENT_BITS = 64
_MAX_KEYS = 50
_KEY_MEMBERS = ("kty", "kid", "alg", "use", "key_ops", "n", "e", "crv", "x", "y")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMetadata:
    """The checked part of a discovery document (OpenID Connect Discovery section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str
    signing_algorithms: tuple[str, ...]
    secret_in_body: bool
    iss_parameter_supported: bool


VerificationKey: TypeAlias = RSAKey | ECKey
KeySet: TypeAlias = tuple[VerificationKey, ...]


def fetch_metadata(exchange: Exchange, issuer: str) -> ProviderMetadata:
    """Fetch and check the discovery document of an issuer."""
    response = fetch_discovery(exchange, issuer)
    return parse_metadata(parse_json_object(response, DiscoveryError), issuer)


def fetch_discovery(exchange: Exchange, issuer: str) -> requests.Response:
    """Fetch the discovery document, unread (OpenID Connect Discovery section 4)."""
    response = exchange.fetch(f"{issuer}/.well-known/openid-configuration")
    check_ok(response, DiscoveryError)
    return response


def fetch_keys(exchange: Exchange, metadata: ProviderMetadata) -> KeySet:
    """Fetch the key set (RFC 7517) that the discovery document names."""
    response = exchange.fetch(metadata.jwks_uri)
    check_ok(response, KeysError)
    return parse_keys(parse_json_object(response, KeysError))


def parse_metadata(document: Mapping[str, object], issuer: str) -> ProviderMetadata:
    """Check a discovery document.

    Raises:
        DiscoveryError: Another issuer, or an endpoint that is missing or in the clear.
    """
    # OpenID Connect Discovery section 4.3: or any host could speak for Hugging Face.
    if document.get("issuer") != issuer:
        raise DiscoveryError("it names another issuer", error_code="discovery_issuer")
    auth_methods = _parse_texts(document, "token_endpoint_auth_methods_supported")
    return ProviderMetadata(
        issuer=issuer,
        authorization_endpoint=_parse_endpoint(document, "authorization_endpoint", issuer),
        token_endpoint=_parse_endpoint(document, "token_endpoint", issuer),
        userinfo_endpoint=_parse_endpoint(document, "userinfo_endpoint", issuer),
        jwks_uri=_parse_endpoint(document, "jwks_uri", issuer),
        signing_algorithms=_parse_algorithms(document),
        secret_in_body="client_secret_post" in auth_methods
        and "client_secret_basic" not in auth_methods,
        iss_parameter_supported=document.get("authorization_response_iss_parameter_supported")
        is True,
    )


def _parse_endpoint(document: Mapping[str, object], name: str, issuer: str) -> str:
    url = document.get(name)
    if not isinstance(url, str) or not is_secure_url(url):
        raise DiscoveryError(f"{name} is not an https URL", error_code="discovery_endpoint")
    # A provider on the network has no business with services on this machine.
    if is_loopback(url) and not is_loopback(issuer):
        raise DiscoveryError(f"{name} is on this machine", error_code="discovery_endpoint")
    return url


def _parse_algorithms(document: Mapping[str, object]) -> tuple[str, ...]:
    name = "id_token_signing_alg_values_supported"
    if name not in document:
        return ("RS256",)  # OpenID Connect Core section 15.1: every provider has it
    named = _parse_texts(document, name)
    algorithms = tuple(algorithm for algorithm in SIGNING_KEY_TYPES if algorithm in named)
    if not algorithms:
        raise DiscoveryError("it signs with neither RS256 nor ES256", error_code="discovery_alg")
    return algorithms


def _parse_texts(document: Mapping[str, object], name: str) -> tuple[str, ...]:
    values = document.get(name)
    if not isinstance(values, list):
        return ()
    return tuple(value for value in values if isinstance(value, str))


def parse_keys(document: Mapping[str, object]) -> KeySet:
    """Read the keys that can verify an ID token, and pass over all others (RFC 7517 section 5).

    Raises:
        KeysError: None of them can.
    """
    entries = document.get("keys")
    if not isinstance(entries, list):
        raise KeysError("it has no list of keys")
    keys = tuple(key for entry in entries[:_MAX_KEYS] if (key := _parse_key(entry)) is not None)
    if not keys:
        raise KeysError("none of its keys can verify an ID token", error_code="keys_unusable")
    return keys


def _parse_key(entry: object) -> VerificationKey | None:
    """Read the public members of a key; one whose private part is published is anybody's."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or "d" in entry:
        return None
    try:
        return _import_key({name: entry[name] for name in _KEY_MEMBERS if name in entry})
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None  # a broken key must not take the good ones with it


def _import_key(entry: dict[str, Any]) -> VerificationKey | None:
    # Judged before joserfc sees it, which warns of a short key: a warning may be an error.
    if entry.get("kty") == "RSA" and _is_reasonable(entry["n"], entry["e"]):
        key: RSAKey = RSAKey.import_key(entry)
        return key
    if entry.get("kty") == "EC" and entry.get("crv") == "P-256":
        curve_key: ECKey = ECKey.import_key(entry)
        return curve_key
    return None


def _is_reasonable(modulus: str, exponent: str) -> bool:
    """Tell whether an RSA key is neither weak nor made to keep us busy."""
    return (
        _MIN_RSA_BITS <= _count_bits(modulus) <= _MAX_RSA_BITS
        and _count_bits(exponent) <= _MAX_EXPONENT_BITS
    )


def _count_bits(number: str) -> int:
    return int.from_bytes(urlsafe_b64decode(number + "=="), "big").bit_length()
