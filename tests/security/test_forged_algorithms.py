"""ID tokens signed with nothing, with a secret that everybody knows, or in an unasked way."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask.testing import FlaskClient
from oidc.forging import MISSING, change, encode, encode_json, make_ec_key, sign
from security.forgeries import ANY_ALGORITHM, Original, forged, sign_with_secret
from security.lies import check_refused, edited, together

from flask_hf_oauth.testing import HfProvider

NONE = {
    "none": "none",
    "None": "None",
    "NONE": "NONE",
    "nOnE": "nOnE",
    "with a space": "none ",
    "with a zero byte": "none\x00",
    "empty": "",
    "null": None,
    "missing": MISSING,
    "false": False,
    "zero": 0,
    "a list": ["none"],
    "a list with both": ["RS256", "none"],
    "an object": {"alg": "none"},
}


@pytest.mark.parametrize("spelling", NONE)
@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
def test_token_that_no_algorithm_signed_is_refused(
    spelling: str, client: FlaskClient, provider: HfProvider, *, signed: bool
) -> None:
    def forge(true: Original) -> str:
        head = encode_json(change(true.header, {"alg": NONE[spelling]}))
        return ".".join([head, true.parts[1], true.parts[2] if signed else ""])

    check_refused(client, provider, together(forged(forge), ANY_ALGORITHM), "id_token_alg")


def export_pkcs1(true: Original, encoding: Encoding) -> bytes:
    return true.provider.signing_key.public_key().public_bytes(encoding, PublicFormat.PKCS1)


SECRETS: dict[str, Callable[[Original], bytes]] = {
    "nothing": lambda _: b"",
    "the client secret": lambda true: true.provider.client_secret.encode(),
    "the client id": lambda true: true.provider.client_id.encode(),
    "the key in PEM": lambda true: true.key.as_pem(private=False),
    "the key in PEM, the last line open": lambda true: true.key.as_pem(private=False).rstrip(),
    "the key in PEM of PKCS 1": lambda true: export_pkcs1(true, Encoding.PEM),
    "the key in DER": lambda true: true.key.as_der(private=False),
    "the key in DER of PKCS 1": lambda true: export_pkcs1(true, Encoding.DER),
    "the key as a JWK": lambda true: json.dumps(true.key.as_dict(private=False)).encode(),
    "the modulus": lambda true: str(true.key.as_dict(private=False)["n"]).encode(),
}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_token_signed_with_a_secret_is_refused(
    algorithm: str, secret: str, client: FlaskClient, provider: HfProvider
) -> None:
    """RFC 8725 section 2.1: what everybody knows must not become a secret."""
    lie = forged(lambda true: sign_with_secret(true.claims, SECRETS[secret](true), algorithm))
    check_refused(client, provider, together(lie, ANY_ALGORITHM), "id_token_alg")


def test_published_secret_verifies_nothing(client: FlaskClient, provider: HfProvider) -> None:
    secret = b"known to everybody"
    key = {"kty": "oct", "kid": "oct", "alg": "HS256", "k": encode(secret)}
    lie = together(
        edited("keys", lambda key_set: {"keys": [key, *key_set["keys"]]}),
        forged(lambda true: sign_with_secret(true.claims, secret, "HS256")),
        ANY_ALGORITHM,
    )
    check_refused(client, provider, lie, "id_token_alg")


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256", "PS384", "PS512"])
def test_true_key_in_another_algorithm_is_refused(
    algorithm: str, client: FlaskClient, provider: HfProvider
) -> None:
    lie = forged(lambda true: sign(true.key, true.claims, algorithm=algorithm))
    check_refused(client, provider, together(lie, ANY_ALGORITHM), "id_token_alg")


def test_algorithm_that_discovery_does_not_name_is_refused(
    client: FlaskClient, provider: HfProvider
) -> None:
    key = make_ec_key("published")
    lie = together(
        forged(lambda true: sign(key, true.claims, algorithm="ES256")),
        edited("keys", lambda key_set: {"keys": [*key_set["keys"], key.as_dict(private=False)]}),
    )
    check_refused(client, provider, lie, "id_token_alg")
