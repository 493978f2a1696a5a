"""Signing keys of the embedded provider, and the JSON Web Tokens signed with them.

Written on `cryptography` alone: what the provider signs must not be checked by the code that made
it.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from .jose import build_signing_input, encode_base64url


class SigningKeys:
    """The private keys of one provider, and the key set that it publishes."""

    def __init__(self) -> None:
        self.signing_key = _get_shared_rsa_key(0)
        self._idle_rsa_keys = (_get_shared_rsa_key(1), _get_shared_rsa_key(2))
        self._ed25519_key = ed25519.Ed25519PrivateKey.generate()

    @property
    def kid(self) -> str:
        """The name of the key that signs ID tokens."""
        return str(_build_rsa_jwk(self.signing_key)["kid"])

    def rotate(self) -> None:
        """Sign with a new RSA key from now on; the old one leaves the key set."""
        self.signing_key = _generate_rsa_key()

    def build_key_set(self, *, several: bool) -> dict[str, object]:
        """Build the published key set (RFC 7517 section 5).

        Args:
            several: As at the Hub: other RSA keys around the one in use, and an Ed25519 key.
        """
        if not several:
            return {"keys": [_build_rsa_jwk(self.signing_key)]}
        first, last = self._idle_rsa_keys
        rsa_keys = [_build_rsa_jwk(key) for key in (first, self.signing_key, last)]
        return {"keys": [*rsa_keys, _build_ed25519_jwk(self._ed25519_key)]}

    def sign_id_token(self, header: Mapping[str, object], claims: Mapping[str, object]) -> str:
        """Sign with RS256, whatever the header says: a test may lie in it."""
        signing_input = build_signing_input(header, claims)
        signature = self.signing_key.sign(signing_input.encode(), padding.PKCS1v15(), SHA256())
        return f"{signing_input}.{encode_base64url(signature)}"

    def sign_access_token(self, claims: Mapping[str, object]) -> str:
        """Sign with EdDSA, as the Hub signs access tokens."""
        signing_input = build_signing_input({"typ": "JWT", "alg": "EdDSA"}, claims)
        signature = self._ed25519_key.sign(signing_input.encode())
        return f"{signing_input}.{encode_base64url(signature)}"


def _generate_rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def _get_shared_rsa_key(number: int) -> rsa.RSAPrivateKey:
    """Get one of the process's first keys: making one for every provider would take 100 ms."""
    del number
    return _generate_rsa_key()


def _build_rsa_jwk(key: rsa.RSAPrivateKey) -> dict[str, object]:
    numbers = key.public_key().public_numbers()
    modulus = _encode_integer(numbers.n)
    kid = hashlib.sha256(modulus.encode()).hexdigest()[:16]
    exponent = _encode_integer(numbers.e)
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": modulus, "e": exponent}


def _build_ed25519_jwk(key: ed25519.Ed25519PrivateKey) -> dict[str, object]:
    point = encode_base64url(key.public_key().public_bytes_raw())
    kid = hashlib.sha256(point.encode()).hexdigest()[:16]
    return {"kty": "OKP", "use": "sig", "alg": "EdDSA", "crv": "Ed25519", "kid": kid, "x": point}


def _encode_integer(number: int) -> str:
    return encode_base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
