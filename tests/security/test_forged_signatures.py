"""ID tokens that somebody else signed, or nobody, or the provider in another way."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from joserfc import jws
from oidc.forging import (
    MISSING,
    encode,
    encode_json,
    make_ec_key,
    make_rsa_key,
    sign,
)
from security.forgeries import ANY_ALGORITHM, Forgery, Original, forged, sign_with_secret
from security.lies import check_refused, together

from flask_hf_oauth.testing import HfProvider

FOREIGN, FOREIGN_CURVE = make_rsa_key("foreign"), make_ec_key("foreign-curve")


def sign_foreign(true: Original, **header: object) -> str:
    return sign(FOREIGN, true.claims, **header)  # type: ignore[arg-type]  # no algorithm in it


def borrow_signature(true: Original) -> str:
    other = sign(true.key, {**true.claims, "sub": "somebody-else"}).split(".")
    return ".".join([*true.parts[:2], other[2]])


def swap_payload(true: Original) -> str:
    header, _, signature = true.parts
    return ".".join([header, encode_json({**true.claims, "sub": "somebody-else"}), signature])


def swap_header(true: Original) -> str:
    return ".".join([encode_json({"alg": "RS256"}), *true.parts[1:]])


def replace_signature(signature: bytes) -> Forgery:
    return lambda true: ".".join([*true.parts[:2], encode(signature)])


NO_KEY_FITS: dict[str, Forgery] = {
    "another key": sign_foreign,
    "another key, unnamed": lambda true: sign_foreign(true, kid=MISSING),
    "another key under the name of the true one": lambda true: sign_foreign(true, kid=true.key.kid),
    "the true key under an unknown name": lambda true: sign(true.key, true.claims, kid="unknown"),
    "the true key under no letters": lambda true: sign(true.key, true.claims, kid=""),
    "the true key under a path": lambda true: sign(true.key, true.claims, kid="../../dev/null"),
    "the true key under an address": lambda true: sign(
        true.key, true.claims, kid="https://evil.example/keys"
    ),
    "a longer hash than it says": lambda true: sign(
        true.key, true.claims, algorithm="RS512", alg="RS256"
    ),
    "RSA-PSS, and does not say so": lambda true: sign(
        true.key, true.claims, algorithm="PS256", alg="RS256"
    ),
    "HMAC, and does not say so": lambda true: sign_with_secret(
        true.claims, true.key.as_pem(private=False), "HS256", alg="RS256"
    ),
    "none": replace_signature(b""),
    "that of another token": borrow_signature,
    "zeros": replace_signature(bytes(256)),
    "one": replace_signature(bytes(255) + b"\1"),
    "half": lambda true: true.text[:-171],
    "with more behind": lambda true: f"{true.text}AAAA",
    "not base64": lambda true: ".".join([*true.parts[:2], "!"]),
    "of another payload": swap_payload,
    "of another header": swap_header,
}


@pytest.mark.parametrize("signature", NO_KEY_FITS)
def test_signature_that_no_key_fits_is_refused(
    signature: str, client: FlaskClient, provider: HfProvider
) -> None:
    check_refused(client, provider, forged(NO_KEY_FITS[signature]), "id_token_signature")


ON_ANOTHER_CURVE: dict[str, Forgery] = {
    "the RSA key": lambda true: sign(true.key, true.claims, alg="ES256"),
    "the RSA key, unnamed": lambda true: sign(true.key, true.claims, alg="ES256", kid=MISSING),
    "a foreign curve": lambda true: sign(FOREIGN_CURVE, true.claims, algorithm="ES256"),
    "a foreign curve under the RSA key's name": lambda true: sign(
        FOREIGN_CURVE, true.claims, algorithm="ES256", kid=true.key.kid
    ),
    "zeros": lambda true: replace_signature(bytes(64))(
        Original(true.provider, sign(FOREIGN_CURVE, true.claims, algorithm="ES256", kid=MISSING))
    ),
}


@pytest.mark.parametrize("signature", ON_ANOTHER_CURVE)
def test_curve_against_an_rsa_key_is_refused(
    signature: str, client: FlaskClient, provider: HfProvider
) -> None:
    lie = together(forged(ON_ANOTHER_CURVE[signature]), ANY_ALGORITHM)
    check_refused(client, provider, lie, "id_token_signature")


OWN_KEY = FOREIGN.as_dict(private=False)
HEADERS: dict[str, dict[str, object]] = {
    "jwk": {"jwk": OWN_KEY},
    "jwk null": {"jwk": None},
    "jku": {"jku": "https://evil.example/keys"},
    "jku empty": {"jku": ""},
    "x5u": {"x5u": "https://evil.example/chain"},
    "x5c": {"x5c": ["MIIB"]},
    "x5c empty": {"x5c": []},
    "crit": {"crit": ["exp"], "exp": 1},
    "crit empty": {"crit": []},
    "crit null": {"crit": None},
    "crit of b64": {"crit": ["b64"], "b64": True},
    "crit of an unencoded payload": {"crit": ["b64"], "b64": False},
    "kid null": {"kid": None},
    "kid a number": {"kid": 5},
    "kid false": {"kid": False},
    "kid a list": {"kid": ["x"]},
    "kid an object": {"kid": {}},
}


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("is_true", [True, False], ids=["true key", "foreign key"])
def test_header_that_chooses_its_own_verification_is_refused(
    header: str, client: FlaskClient, provider: HfProvider, *, is_true: bool
) -> None:
    def forge(true: Original) -> str:
        key = true.key if is_true else FOREIGN
        return sign(key, true.claims, **HEADERS[header])  # type: ignore[arg-type]  # no algorithm in it

    check_refused(client, provider, forged(forge), "id_token_header")


def sign_unencoded(true: Original) -> str:
    """Sign the payload as it is (RFC 7797); it must hold no dot."""
    head = encode_json({"alg": "RS256", "b64": False, "crit": ["b64"]})
    payload = '{"sub":"somebody-else"}'
    signature = jws.JWSRegistry.algorithms["RS256"].sign(f"{head}.{payload}".encode(), true.key)
    return f"{head}.{payload}.{encode(signature)}"


def test_unencoded_payload_is_refused(client: FlaskClient, provider: HfProvider) -> None:
    check_refused(client, provider, forged(sign_unencoded), "id_token_header")
