"""Key sets that hold nothing to verify with, or the keys of somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient
from flow import error_code
from joserfc.jwk import ECKey
from oidc.forging import MISSING, encode, make_ec_key, make_ed25519_key, make_rsa_key, publish
from security.lies import (
    Lie,
    attempt,
    changed,
    check_accepted,
    check_refused,
    edited,
    lying,
    pass_a_minute,
)

from flask_hf_oauth.testing import HfProvider


def tiny_key(bits: int) -> dict[str, object]:
    modulus = rsa.generate_private_key(65_537, bits).public_key().public_numbers().n
    return {"kty": "RSA", "e": "AQAB", "n": encode(modulus.to_bytes(bits // 8, "big"))}


UNUSABLE: dict[str, object] = {
    "none": MISSING,
    "a secret": {"kty": "oct", "k": encode(b"s" * 32), "alg": "HS256"},
    "Ed25519": make_ed25519_key("ed").as_dict(private=False),
    "P-384": ECKey.generate_key("P-384").as_dict(private=False),
    "of 1024 bits": tiny_key(1024),
    "of an unknown kind": {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
    "whose private part is published": make_rsa_key("good").as_dict(private=True),
    "on a curve, whose private part is published": make_ec_key("good").as_dict(private=True),
    "for encryption": {**make_rsa_key("good").as_dict(private=False), "use": "enc"},
    "of half a key": {"kty": "RSA", "e": "AQAB"},
    "without numbers": {"kty": "RSA", "e": 65_537, "n": 5},
    "with an exponent of one": {**make_rsa_key("good").as_dict(private=False), "e": "AQ"},
    "a text": "RSA",
    "null": None,
    "a list": [make_rsa_key("good").as_dict(private=False)],
}


@pytest.mark.parametrize("key", UNUSABLE)
def test_key_set_with_nothing_to_verify_with_is_refused(
    key: str, client: FlaskClient, provider: HfProvider
) -> None:
    keys = [] if UNUSABLE[key] is MISSING else [UNUSABLE[key]]
    check_refused(client, provider, changed("keys", keys=keys), "keys_unusable")


@pytest.mark.parametrize("keys", [MISSING, None, {}], ids=["missing", "null", "an object"])
def test_key_set_without_a_list_of_keys_is_refused(
    keys: object, client: FlaskClient, provider: HfProvider
) -> None:
    check_refused(client, provider, changed("keys", keys=keys), "keys_invalid")


def foreign_keys_under_true_names(key_set: Any) -> dict[str, object]:  # noqa: ANN401 - any JSON
    names = [key["kid"] for key in key_set["keys"]]
    return publish(*(make_rsa_key("foreign") for _ in names), kid=names[1])


FOREIGN_KEYS: dict[str, Lie] = {
    "under other names": changed("keys", **publish(make_rsa_key("foreign"))),
    "under the true name": edited("keys", foreign_keys_under_true_names),
    "without names": changed("keys", **publish(make_rsa_key("foreign"), kid=MISSING)),
}


@pytest.mark.parametrize("names", FOREIGN_KEYS)
def test_keys_of_somebody_else_verify_nothing_and_are_gone_a_minute_later(
    names: str, client: FlaskClient, provider: HfProvider
) -> None:
    with lying(provider, FOREIGN_KEYS[names]):
        answer = attempt(client, provider)
    assert (error_code(answer), answer.status_code) == ("id_token_signature", 502)
    assert client.get("/private").status_code == 302

    pass_a_minute(client)
    check_accepted(client, provider)
