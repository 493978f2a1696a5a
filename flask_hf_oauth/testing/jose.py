"""JOSE: the encodings of JSON Web Tokens; what needs a key is in `keys`."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping


def build_signing_input(header: Mapping[str, object], claims: Mapping[str, object]) -> str:
    """Build the first two parts of a JSON Web Token (RFC 7515 section 5.1)."""
    return f"{_encode_json(header)}.{_encode_json(claims)}"


def build_at_hash(access_token: str) -> str:
    """Build the half hash of an access token (OpenID Connect Core section 3.1.3.6)."""
    return encode_base64url(hashlib.sha256(access_token.encode()).digest()[:16])


def encode_base64url(data: bytes) -> str:
    """Encode without padding, as RFC 7515 section 2 defines."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _encode_json(value: Mapping[str, object]) -> str:
    return encode_base64url(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
