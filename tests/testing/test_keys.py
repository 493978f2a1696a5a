from __future__ import annotations

from base64 import urlsafe_b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc import jws
from joserfc.jwk import KeySet, RSAKey
from testing.relying_party import RelyingParty, decode_part

from flask_hf_oauth.testing import HfProvider


def fetch_keys(relying_party: RelyingParty) -> list[dict[str, str]]:
    keys: list[dict[str, str]] = relying_party.get("/oauth/jwks").json()["keys"]
    return keys


def test_id_token_is_signed_by_a_published_key(relying_party: RelyingParty) -> None:
    id_token = relying_party.sign_in()["id_token"]
    key_set = KeySet.import_key_set(relying_party.get("/oauth/jwks").json())

    assert jws.deserialize_compact(id_token, key_set, algorithms=["RS256"]).payload


def test_access_token_is_signed_with_ed25519(relying_party: RelyingParty) -> None:
    access_token = relying_party.sign_in()["access_token"].removeprefix("hf_oauth_")
    signed, _, signature = access_token.rpartition(".")
    point = urlsafe_b64decode(fetch_keys(relying_party)[-1]["x"] + "=")

    assert decode_part(access_token, 0)["alg"] == "EdDSA"
    Ed25519PublicKey.from_public_bytes(point).verify(
        urlsafe_b64decode(signature + "=="), signed.encode()
    )


def test_key_set_is_as_large_as_at_the_hub(relying_party: RelyingParty) -> None:
    keys = fetch_keys(relying_party)

    assert [key["kty"] for key in keys] == ["RSA", "RSA", "RSA", "OKP"]
    assert len({key["kid"] for key in keys}) == 4


def test_key_in_use_is_not_the_first(relying_party: RelyingParty) -> None:
    kid = decode_part(relying_party.sign_in()["id_token"], 0)["kid"]

    assert [key["kid"] for key in fetch_keys(relying_party)].index(str(kid)) == 1


def test_key_set_may_have_a_single_key(relying_party: RelyingParty) -> None:
    relying_party.provider.switch(key_set="single")

    assert [key["alg"] for key in fetch_keys(relying_party)] == ["RS256"]


def test_old_key_leaves_at_rotation(relying_party: RelyingParty) -> None:
    before = {key["kid"] for key in fetch_keys(relying_party)}
    old_kid = decode_part(relying_party.sign_in()["id_token"], 0)["kid"]

    relying_party.provider.rotate_keys()

    assert before - {key["kid"] for key in fetch_keys(relying_party)} == {old_kid}
    assert decode_part(relying_party.sign_in()["id_token"], 0)["kid"] not in before


def test_forgery_has_a_good_signature(provider: HfProvider) -> None:
    token = provider.sign({"alg": "RS256", "kid": "lie"}, {"sub": "anybody"})
    key = RSAKey.import_key(provider.signing_key)

    assert jws.deserialize_compact(token, key, algorithms=["RS256"]).payload == b'{"sub":"anybody"}'


@pytest.mark.parametrize("has_kid", [True, False])
def test_kid_may_be_missing(relying_party: RelyingParty, *, has_kid: bool) -> None:
    relying_party.provider.switch(id_token_kid=has_kid)

    assert ("kid" in decode_part(relying_party.sign_in()["id_token"], 0)) is has_kid
