"""ID tokens that are none: garbage, too much of it, or a signed payload that says no claims."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient
from oidc.forging import encode, encode_json, sign
from security.forgeries import Forgery, Original, forged
from security.lies import changed, check_refused, edited

from flask_hf_oauth.testing import HfProvider


def with_header(header: bytes) -> Forgery:
    return lambda true: ".".join([encode(header), *true.parts[1:]])


GARBAGE: dict[str, Forgery] = {
    "one part": lambda _: "garbage",
    "two parts": lambda true: true.text.rpartition(".")[0],
    "four parts": lambda true: f"{true.text}.{true.parts[2]}",
    "five parts, as when encrypted": lambda _: ".".join(
        [encode_json({"alg": "RSA-OAEP", "enc": "A256GCM"}), *"abcd"]
    ),
    "dots": lambda _: "..",
    "one dot": lambda _: ".",
    "twice in one": lambda true: f"{true.text}{true.text}",
    "a JSON serialization": lambda _: '{"payload":"e30","signatures":[]}',
    "header not base64": lambda true: f"%%%.{true.parts[1]}.{true.parts[2]}",
    "header of one letter": lambda true: f"a.{true.parts[1]}.{true.parts[2]}",
    "header empty": with_header(b""),
    "header not UTF-8": with_header(b"\xff\xfe"),
    "header not JSON": with_header(b"alg: RS256"),
    "header a list": with_header(b'["RS256"]'),
    "header a text": with_header(b'"RS256"'),
    "header null": with_header(b"null"),
    "header deeply nested": with_header(b"[" * 5_000 + b"]" * 5_000),
    "header a large number": with_header(b"9" * 5_000),
}


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_refused(garbage: str, client: FlaskClient, provider: HfProvider) -> None:
    check_refused(client, provider, forged(GARBAGE[garbage]), "id_token_malformed")


PAYLOADS = {
    "empty": "",
    "not JSON": "sub=1",
    "a list": "[]",
    "a list with an object": '[{"sub": "x"}]',
    "a text": '"sub"',
    "a number": "1",
    "a large number": "9" * 5_000,
    "null": "null",
    "true": "true",
    "two objects": "{}{}",
    "deeply nested": "[" * 5_000 + "]" * 5_000,
    "cut": '{"sub": "x"',
}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_signed_payload_that_is_no_object_is_refused(
    payload: str, client: FlaskClient, provider: HfProvider
) -> None:
    def forge(true: Original) -> str:
        return sign(true.key, PAYLOADS[payload])

    check_refused(client, provider, forged(forge), "id_token_malformed")


STRANGE_JSON: dict[str, tuple[str, str]] = {
    "iss twice": ('"iss": "https://evil.example"', "iss"),
    "aud twice": ('"aud": "another-app"', "aud"),
    "nonce twice": ('"nonce": "another"', "nonce"),
    "nonce half a surrogate pair": ('"nonce": "\\ud800"', "nonce"),
    "exp twice": ('"exp": 1', "exp"),
    "exp no number": ('"exp": NaN', "exp"),
    "exp infinite": ('"exp": Infinity', "exp"),
    "exp beyond floats": ('"exp": 1e400', "exp"),
    "iat minus infinite": ('"iat": -Infinity', "iat"),
    "sub twice": ('"sub": ""', "sub"),
}


@pytest.mark.parametrize("strange", STRANGE_JSON)
def test_last_of_two_members_counts(
    strange: str, client: FlaskClient, provider: HfProvider
) -> None:
    """RFC 7519 section 4 lets a parser take the last: then no check may see the first."""
    member, claim = STRANGE_JSON[strange]

    def forge(true: Original) -> str:
        return sign(true.key, f"{json.dumps(true.claims)[:-1]}, {member}}}")

    check_refused(client, provider, forged(forge), f"id_token_{claim}")


NO_TOKENS: dict[str, object] = {
    "empty": "",
    "null": None,
    "a number": 5,
    "true": True,
    "a list": ["a.b.c"],
    "an object": {"sub": "x"},
    "with a space": "a.b.c ",
    "with a line break": "a.b.c\n",
    "with a zero byte": "a.b\x00.c",
    "not ASCII": "é.é.é",
    "of 20 kB": "a" * 20_000,
    "of 900 kB": "a" * 900_000,
    "of dots": "." * 900_000,
}


@pytest.mark.parametrize("token", NO_TOKENS)
def test_what_is_no_token_is_refused(token: str, client: FlaskClient, provider: HfProvider) -> None:
    lie = edited("id_token", lambda _: NO_TOKENS[token])
    check_refused(client, provider, lie, "token_id_token")


def test_true_signature_makes_a_huge_token_no_better(
    client: FlaskClient, provider: HfProvider
) -> None:
    lie = changed("id_token_claims", padding="x" * 20_000)
    check_refused(client, provider, lie, "token_id_token")


def test_token_beyond_any_measure_is_not_read(client: FlaskClient, provider: HfProvider) -> None:
    lie = edited("id_token", lambda _: "a" * 1_100_000)
    check_refused(client, provider, lie, "provider_too_large")
