"""ID tokens, true ones and forgeries: any header over any claims, signed with any key."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from flask_hf_oauth.oidc.discovery import KeySet, parse_keys

ISSUER = "https://provider.example"
CLIENT_ID = "the-client"
NONCE = "the-nonce"
ACCESS_TOKEN = "hf_oauth_the-access-token"
SUB = "0123456789abcdef01234567"
NOW = 1_800_000_000

MISSING = object()


@cache
def make_rsa_key(name: str) -> RSAKey:
    """Make a private key, once for each name."""
    key: RSAKey = RSAKey.generate_key(2048, {"kid": name, "use": "sig"})
    return key


@cache
def make_ec_key(name: str) -> ECKey:
    """Make a private key on P-256, once for each name."""
    key: ECKey = ECKey.generate_key("P-256", {"kid": name, "use": "sig"})
    return key


@cache
def make_ed25519_key(name: str) -> OKPKey:
    """Make a private key, once for each name."""
    key: OKPKey = OKPKey.generate_key("Ed25519", {"kid": name, "use": "sig"})
    return key


def publish(*keys: Any, **changes: object) -> dict[str, object]:
    """Build the key set that a provider shows of its private keys."""
    return {"keys": [change(key.as_dict(private=False), changes) for key in keys]}


def read(*keys: Any, **changes: object) -> KeySet:
    """Publish keys, and read them as the client does."""
    return parse_keys(publish(*keys, **changes))


def build_claims(**changes: object) -> dict[str, object]:
    """Build the claims of a true token, changed; MISSING takes one away."""
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": CLIENT_ID,
        "sub": SUB,
        "exp": NOW + 3600,
        "iat": NOW,
        "nonce": NONCE,
    }
    return change(claims, changes)


def change(values: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """Change members; MISSING takes one away."""
    return {name: value for name, value in {**values, **changes}.items() if value is not MISSING}


def sign(
    key: RSAKey | ECKey | OKPKey,
    claims: object,
    *,
    algorithm: str = "RS256",
    **header: object,
) -> str:
    """Sign claims; the header may lie about the algorithm."""
    protected = change({"alg": algorithm, "typ": "JWT", "kid": key.kid}, header)
    signing_input = f"{encode_json(protected)}.{encode_json(claims)}"
    signature = jws.JWSRegistry.algorithms[algorithm].sign(signing_input.encode(), key)
    return f"{signing_input}.{encode(signature)}"


def encode_json(value: object) -> str:
    """Encode a part of a JWS; a text is taken for ready JSON."""
    text = value if isinstance(value, str) else json.dumps(value)
    return encode(text.encode())


def encode(data: bytes) -> str:
    """Encode as base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
