"""The seal on the tokens."""

from __future__ import annotations

import json
import secrets
import zlib
from base64 import urlsafe_b64encode

import pytest
from cryptography.fernet import Fernet
from flow import AppMaker, begin

from flask_hf_oauth.sealing import _derive_key, seal, unseal
from flask_hf_oauth.testing import HfProvider, Persona
from flask_hf_oauth.user import TokenPair

KEY, OLD_KEY = b"newest key", b"older key"
TOKENS = TokenPair("token", "refresh token")


@pytest.fixture(scope="module")
def hub_token() -> str:
    """Return an access token as the Hub makes them: a JSON Web Token of 825 bytes."""
    persona = Persona(username="demo-long", access_token_bytes=825)
    with HfProvider(personas=[persona]) as provider:
        maker = AppMaker(provider)
        client = maker().test_client()
        client.get(provider.authorize(begin(client), persona))
        maker.close()
        return provider.requests[-1].headers["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("hf_oauth_opaque", id="opaque"),
        pytest.param("hf_oauth_YQ.YQ.YQ", id="small JWT"),
        pytest.param("YQ.YQ.YQ", id="JWT of another provider"),
        pytest.param("hf_oauth_YR.YQ.YQ", id="base64 with spare bits"),
        pytest.param("hf_oauth_YQ==.YQ.YQ", id="base64 with padding"),
        pytest.param("hf_oauth_a.b.c", id="parts that are no base64"),
        pytest.param("hf_oauth_!.~.^", id="characters that base64 has not"),
        pytest.param("hf_oauth_..", id="empty parts"),
        pytest.param("hf_oauth_YQ.YQ.YQ.YQ", id="four parts"),
        pytest.param("hf_oauth_hf_oauth_YQ.YQ.YQ", id="prefix twice"),
        pytest.param("x" * 16_384, id="longest"),
        pytest.param("t", id="shortest"),
    ],
)
@pytest.mark.parametrize("refresh_token", ["", "hf_oauth__refresh_abc", "r" * 16_384], ids=len)
def test_any_tokens_come_back_letter_by_letter(token: str, refresh_token: str) -> None:
    tokens = TokenPair(token, refresh_token)

    assert unseal(seal(tokens, [KEY]), [KEY]) == tokens


def test_token_of_the_hub_comes_back_letter_by_letter(hub_token: str) -> None:
    assert unseal(seal(TokenPair(hub_token), [KEY]), [KEY]) == TokenPair(hub_token)


def test_token_of_the_hub_is_packed_before_it_is_sealed(hub_token: str) -> None:
    plain = Fernet(Fernet.generate_key()).encrypt(hub_token.encode())

    assert len(seal(TokenPair(hub_token), [KEY])) < len(plain) - 200


def test_token_that_cannot_be_packed_grows_by_a_few_bytes_only() -> None:
    token = secrets.token_urlsafe(600)
    plain = Fernet(Fernet.generate_key()).encrypt(token.encode())

    assert len(seal(TokenPair(token), [KEY])) < len(plain) + 40


def test_same_token_is_sealed_differently_each_time() -> None:
    assert seal(TOKENS, [KEY]) != seal(TOKENS, [KEY])


def test_newest_key_seals_and_older_ones_open() -> None:
    assert unseal(seal(TOKENS, [OLD_KEY]), [KEY, OLD_KEY]) == TOKENS
    assert unseal(seal(TOKENS, [KEY, OLD_KEY]), [KEY]) == TOKENS


@pytest.mark.parametrize(
    "sealed",
    [
        pytest.param(seal(TOKENS, [OLD_KEY]), id="key that is gone"),
        pytest.param("", id="empty"),
        pytest.param("token", id="not sealed"),
        pytest.param(seal(TOKENS, [KEY])[:-8], id="cut off"),
        pytest.param(seal(TOKENS, [KEY])[::-1], id="changed"),
    ],
)
def test_what_no_key_sealed_is_none(sealed: str) -> None:
    assert unseal(sealed, [KEY]) is None


def test_signing_key_itself_never_encrypts() -> None:
    key = Fernet.generate_key()

    assert unseal(Fernet(key).encrypt(b"T").decode(), [key]) is None


def test_tokens_that_the_first_release_sealed_are_still_read() -> None:
    sealed = (
        "gAAAAABrAW9OBKEbqw7HZnZeG7IKLHabeQR6rSJjalpozja9DGhpbSpzzGgRObSnnmbwRnG0IVqUTD_7"
        "G8HsOtaX55OCOOsmtlzzEg4dqW2OJo1lmT4Bbwc="
    )
    expected = TokenPair("hf_oauth_YQ.Yg.Yw", "hf_oauth__refresh_abc")

    assert unseal(sealed, [b"key of the first release"]) == expected


def test_token_that_another_version_packed_is_none() -> None:
    box = Fernet(_derive_key(KEY))

    assert unseal(box.encrypt(b"T" + zlib.compress(b"token")).decode(), [KEY]) is None


def test_what_every_token_says_takes_hardly_any_room() -> None:
    header, claims = {"alg": "EdDSA", "typ": "JWT"}, {"scope": ["openid", "profile"]}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in (header, claims)]
    encoded = [urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    tokens = TokenPair(f"hf_oauth_{'.'.join(encoded)}.", "hf_oauth__refresh_")

    assert len(seal(tokens, [KEY])) - len(seal(TokenPair(""), [KEY])) < 45


def test_tokens_stay_out_of_repr() -> None:
    assert "token" not in repr(TOKENS).removeprefix("TokenPair")


def test_half_a_surrogate_pair_is_no_seal() -> None:
    assert unseal("\ud800", [KEY]) is None
