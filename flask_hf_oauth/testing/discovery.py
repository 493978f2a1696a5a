"""Discovery: the provider's description of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .realm import Realm


def build_discovery(realm: Realm) -> dict[str, object]:
    """Build the document (OpenID Connect Discovery section 3) with the Hub's members, no others."""
    issuer = realm.issuer
    document: dict[str, object] = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "userinfo_endpoint": f"{issuer}/oauth/userinfo",
        "jwks_uri": f"{issuer}/oauth/jwks",
        "device_authorization_endpoint": f"{issuer}/oauth/device",
        "registration_endpoint": f"{issuer}/oauth/register",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "grant_types_supported": [
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ],
        realm.behavior.client_id_metadata_key: True,
    }
    if realm.behavior.announce_callback_iss:
        document["authorization_response_iss_parameter_supported"] = True
    return document
