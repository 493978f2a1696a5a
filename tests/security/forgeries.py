"""Forgeries: an ID token that takes the place of the one that a login would have got."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import RSAKey
from oidc.forging import encode, encode_json
from security.lies import Lie, changed

from flask_hf_oauth.testing import HfProvider

#: The provider names every algorithm that there is: what is refused is refused by our own list.
ANY_ALGORITHM = changed(
    "discovery",
    id_token_signing_alg_values_supported=[
        *("none", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512"),
        *("PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"),
    ],
)


@dataclass(frozen=True)
class Original:
    """The true ID token of a login, and the provider that signed it."""

    provider: HfProvider
    text: str

    @property
    def parts(self) -> list[str]:
        """Header, payload and signature, encoded."""
        return self.text.split(".")

    @property
    def header(self) -> dict[str, object]:
        """The header, to be changed."""
        return _decode_json(self.parts[0])

    @property
    def claims(self) -> dict[str, object]:
        """The claims, to be changed."""
        return _decode_json(self.parts[1])

    @cached_property
    def key(self) -> RSAKey:
        """The provider's private key, under its name."""
        return read_signing_key(self.provider, kid=str(self.header["kid"]))


def read_signing_key(provider: HfProvider, kid: str) -> RSAKey:
    """Take the private key of a provider, and give it a name."""
    private = provider.signing_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key: RSAKey = RSAKey.import_key(private, {"kid": kid})
    return key


Forgery: TypeAlias = Callable[[Original], str]


def forged(forge: Forgery) -> Lie:
    """Put a forgery in the place of the ID token."""
    return lambda provider: provider.change(
        "id_token", lambda token: forge(Original(provider, token))
    )


def sign_with_secret(
    claims: Mapping[str, object], secret: bytes, algorithm: str, **header: object
) -> str:
    """Sign with HMAC: HS256, HS384 or HS512; the header may lie about it."""
    protected = {"alg": algorithm, "typ": "JWT", **header}
    signing_input = f"{encode_json(protected)}.{encode_json(claims)}"
    digest = hmac.digest(secret, signing_input.encode(), f"sha{algorithm[2:]}")
    return f"{signing_input}.{encode(digest)}"


def _decode_json(part: str) -> dict[str, object]:
    content: dict[str, object] = json.loads(urlsafe_b64decode(part + "=="))
    return content
