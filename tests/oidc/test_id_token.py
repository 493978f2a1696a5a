from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import pytest
from oidc.forging import (
    ACCESS_TOKEN,
    CLIENT_ID,
    ISSUER,
    MISSING,
    NONCE,
    NOW,
    SUB,
    build_claims,
    change,
    encode,
    encode_json,
    make_ec_key,
    make_ed25519_key,
    make_rsa_key,
    read,
    sign,
)

from flask_hf_oauth.errors import IdTokenError
from flask_hf_oauth.oidc.discovery import KeySet, parse_keys
from flask_hf_oauth.oidc.id_token import (
    Expectation,
    UnknownKey,
    check_claims,
    check_signature,
    parse_header,
)

EXPECTED = Expectation(
    issuer=ISSUER,
    client_id=CLIENT_ID,
    nonce=NONCE,
    access_token=ACCESS_TOKEN,
    algorithms=("RS256", "ES256"),
)
AT_HASH = encode(hashlib.sha256(ACCESS_TOKEN.encode()).digest()[:16])


def read_provider_keys() -> KeySet:
    """Read several RSA keys, one on P-256 and an Ed25519 one, the one in use not the first."""
    rsa_keys = (make_rsa_key("other"), make_rsa_key("provider"))
    return read(*rsa_keys, make_ec_key("provider-ec"), make_ed25519_key("provider-ed"))


def verify(
    token: str,
    *,
    keys: KeySet | None = None,
    algorithms: tuple[str, ...] = ("RS256", "ES256"),
    now: float = NOW,
) -> str:
    header = parse_header(token, algorithms)
    claims = check_signature(token, header, keys or read_provider_keys())
    return check_claims(claims, EXPECTED, now=now)


def sign_true(**header: Any) -> str:
    return sign(make_rsa_key("provider"), build_claims(), **header)


def test_true_token_is_accepted() -> None:
    assert verify(sign_true()) == SUB


def replace_part(token: str, number: int, part: str) -> str:
    parts = token.split(".")
    parts[number] = part
    return ".".join(parts)


def sign_with_public_key() -> str:
    """Sign with HMAC, the secret being the provider's public key (RFC 8725 section 2.1)."""
    signing_input = f"{encode_json({'alg': 'HS256'})}.{encode_json(build_claims())}"
    secret = make_rsa_key("provider").as_pem(private=False)
    return f"{signing_input}.{encode(hmac.digest(secret, signing_input.encode(), 'sha256'))}"


def sign_by_itself(member: str, value: Any) -> str:  # noqa: ANN401 - any JSON
    """Sign with a foreign key that the header brings along."""
    return sign(make_rsa_key("foreign"), build_claims(), kid=MISSING, **{member: value})


def bring_own_key() -> str:
    key = make_rsa_key("foreign").as_dict(private=False)
    return sign_by_itself("jwk", key)


def leave_unsigned(name: str) -> str:
    return f"{encode_json({'alg': name})}.{encode_json(build_claims())}."


def nest_deeply() -> str:
    return "[" * 100_000 + "]" * 100_000


HEADER_FORGERIES: dict[str, tuple[Callable[[], str], str]] = {
    "none": (lambda: leave_unsigned("none"), "id_token_alg"),
    "none in other letters": (lambda: leave_unsigned("nOnE"), "id_token_alg"),
    "no signature": (lambda: leave_unsigned("RS256"), "id_token_signature"),
    "HMAC with the public key": (sign_with_public_key, "id_token_alg"),
    "RS256 over a longer hash": (
        lambda: sign(make_rsa_key("provider"), build_claims(), algorithm="RS512"),
        "id_token_alg",
    ),
    "RSA-PSS": (
        lambda: sign(make_rsa_key("provider"), build_claims(), algorithm="PS256"),
        "id_token_alg",
    ),
    "a published key of another kind": (
        lambda: sign(make_ed25519_key("provider-ed"), build_claims(), algorithm="EdDSA"),
        "id_token_alg",
    ),
    "alg missing": (lambda: sign_true(alg=MISSING), "id_token_alg"),
    "alg a list": (lambda: sign_true(alg=["RS256"]), "id_token_alg"),
    "alg in small letters": (lambda: sign_true(alg="rs256"), "id_token_alg"),
    "crit": (lambda: sign_true(crit=["exp"]), "id_token_header"),
    "crit empty": (lambda: sign_true(crit=[]), "id_token_header"),
    "crit null": (lambda: sign_true(crit=None), "id_token_header"),
    "jwk": (bring_own_key, "id_token_header"),
    "jku": (lambda: sign_by_itself("jku", "https://evil.example/keys"), "id_token_header"),
    "x5u": (lambda: sign_by_itself("x5u", "https://evil.example/chain"), "id_token_header"),
    "x5c": (lambda: sign_by_itself("x5c", ["MIIB"]), "id_token_header"),
    "kid null": (lambda: sign_true(kid=None), "id_token_header"),
    "kid a number": (lambda: sign_true(kid=5), "id_token_header"),
    "kid a list": (lambda: sign_true(kid=["provider"]), "id_token_header"),
    "one part": (lambda: "abc", "id_token_malformed"),
    "two parts": (lambda: sign_true().rpartition(".")[0], "id_token_malformed"),
    "encrypted, five parts": (lambda: "a.b.c.d.e", "id_token_malformed"),
    "header not base64": (lambda: replace_part(sign_true(), 0, "a"), "id_token_malformed"),
    "header not ASCII": (lambda: replace_part(sign_true(), 0, "é"), "id_token_malformed"),
    "header not UTF-8": (
        lambda: replace_part(sign_true(), 0, encode(b"\xff\xff")),
        "id_token_malformed",
    ),
    "header not JSON": (lambda: replace_part(sign_true(), 0, "YWJj"), "id_token_malformed"),
    "header an array": (
        lambda: replace_part(sign_true(), 0, encode_json([])),
        "id_token_malformed",
    ),
    "header nested deeply": (
        lambda: replace_part(sign_true(), 0, encode_json(nest_deeply())),
        "id_token_malformed",
    ),
}


@pytest.mark.parametrize("forgery", HEADER_FORGERIES)
def test_forged_header_is_refused(forgery: str) -> None:
    forge, error_code = HEADER_FORGERIES[forgery]

    with pytest.raises(IdTokenError) as refusal:
        verify(forge())
    assert refusal.value.error_code == error_code


def sign_on_another_key() -> str:
    return sign(make_rsa_key("foreign"), build_claims())


def swap_payload() -> str:
    return replace_part(sign_true(), 1, encode_json(build_claims(sub="somebody-else")))


def cut_signature() -> str:
    return sign_true()[:-4]


def borrow_signature() -> str:
    other = sign(make_rsa_key("provider"), build_claims(sub="somebody-else"))
    return replace_part(sign_true(), 2, other.split(".")[2])


def sign_with_zeros() -> str:
    """Sign with r = s = 0, which verified with any key in Java 15 to 18 (CVE-2022-21449)."""
    token = sign(make_ec_key("provider-ec"), build_claims(), algorithm="ES256")
    return replace_part(token, 2, encode(bytes(64)))


def name_a_key_of_another_kind() -> str:
    """Take the RSA key for the one on P-256."""
    return sign(make_rsa_key("provider"), build_claims(), alg="ES256")


UNKNOWN_KEYS: dict[str, Callable[[], str]] = {
    "foreign key, without its name": lambda: sign(
        make_rsa_key("foreign"), build_claims(), kid=MISSING
    ),
    "foreign key, with its name": sign_on_another_key,
    "foreign key under a known name": lambda: sign(
        make_rsa_key("foreign"), build_claims(), kid="provider"
    ),
    "known key under an unknown name": lambda: sign_true(kid="unknown"),
    "known key under an empty name": lambda: sign_true(kid=""),
    "known key under the name of another": lambda: sign_true(kid="other"),
    "algorithm of another key": name_a_key_of_another_kind,
    "payload changed": swap_payload,
    "header changed": lambda: replace_part(sign_true(), 0, encode_json({"alg": "RS256"})),
    "signature of another token": borrow_signature,
    "signature cut": cut_signature,
    "signature empty": lambda: replace_part(sign_true(), 2, ""),
    "signature not base64": lambda: replace_part(sign_true(), 2, "!"),
    "ES256 of zeros": sign_with_zeros,
    "ES256 with a foreign key": lambda: sign(
        make_ec_key("foreign-ec"), build_claims(), algorithm="ES256", kid="provider-ec"
    ),
}


@pytest.mark.parametrize("forgery", UNKNOWN_KEYS)
def test_signature_that_no_key_fits_is_refused(forgery: str) -> None:
    with pytest.raises(UnknownKey) as refusal:
        verify(UNKNOWN_KEYS[forgery]())
    assert refusal.value.error_code == "id_token_signature"


@pytest.mark.parametrize(
    "payload", ["", "not JSON", "[]", '"text"', "null", "9" * 5000, "[" * 60_000], ids=len
)
def test_signed_payload_that_is_no_object_is_refused(payload: str) -> None:
    with pytest.raises(IdTokenError) as refusal:
        verify(sign(make_rsa_key("provider"), payload))
    assert refusal.value.error_code == "id_token_malformed"


@pytest.mark.parametrize(
    ("named", "algorithm"), [(("RS256",), "ES256"), (("ES256",), "RS256")], ids=["ES256", "RS256"]
)
def test_algorithm_that_discovery_does_not_name_is_refused(
    named: tuple[str, ...], algorithm: str
) -> None:
    key = make_ec_key("provider-ec") if algorithm == "ES256" else make_rsa_key("provider")

    with pytest.raises(IdTokenError) as refusal:
        verify(sign(key, build_claims(), algorithm=algorithm), algorithms=named)
    assert refusal.value.error_code == "id_token_alg"


TRUE_TWINS: dict[str, Callable[[], str]] = {
    "no kid among several keys": lambda: sign_true(kid=MISSING),
    "ES256": lambda: sign(make_ec_key("provider-ec"), build_claims(), algorithm="ES256"),
    "ES256 without kid": lambda: sign(
        make_ec_key("provider-ec"), build_claims(), algorithm="ES256", kid=MISSING
    ),
    "no typ": lambda: sign_true(typ=MISSING),
    "unknown header member": lambda: sign_true(hub="eu", **{"x5t#S256": "abc"}),
    "long unknown header member": lambda: sign_true(hub="e" * 600),
}


@pytest.mark.parametrize("twin", TRUE_TWINS)
def test_true_header_is_accepted(twin: str) -> None:
    assert verify(TRUE_TWINS[twin]()) == SUB


KEY_SETS: dict[str, Callable[[], KeySet]] = {
    "a single key": lambda: read(make_rsa_key("provider")),
    "keys without names": lambda: read(
        make_rsa_key("other"), make_rsa_key("provider"), kid=MISSING
    ),
    "two keys of one name": lambda: read(
        make_rsa_key("other"), make_rsa_key("provider"), kid="provider"
    ),
}


@pytest.mark.parametrize("key_set", KEY_SETS)
def test_token_without_kid_is_tried_with_each_key(key_set: str) -> None:
    assert verify(sign_true(kid=MISSING), keys=KEY_SETS[key_set]()) == SUB


def test_each_key_of_one_name_is_tried() -> None:
    assert verify(sign_true(), keys=KEY_SETS["two keys of one name"]()) == SUB


@pytest.mark.parametrize(
    "purpose",
    [{"alg": "RS512"}, {"alg": "PS256"}, {"key_ops": ["sign"]}, {"alg": "HS256"}],
    ids=str,
)
def test_keys_for_other_purposes_do_not_end_the_search(purpose: dict[str, object]) -> None:
    keys = parse_keys(
        {
            "keys": [
                change(make_rsa_key("other").as_dict(private=False), purpose),
                make_rsa_key("provider").as_dict(private=False),
            ]
        }
    )

    assert verify(sign_true(kid=MISSING), keys=keys) == SUB


@pytest.mark.parametrize(
    "header",
    [{"typ": 5}, {"cty": []}, {"b64": False}],
    ids=str,
)
def test_registered_header_member_of_a_wrong_type_is_refused(header: dict[str, object]) -> None:
    with pytest.raises(IdTokenError) as refusal:
        verify(sign_true(**header))
    assert refusal.value.error_code == "id_token_malformed"


CLAIM_FORGERIES: dict[str, tuple[dict[str, object], str]] = {
    "iss missing": ({"iss": MISSING}, "iss"),
    "iss another provider": ({"iss": "https://evil.example"}, "iss"),
    "iss with a slash": ({"iss": f"{ISSUER}/"}, "iss"),
    "iss a list": ({"iss": [ISSUER]}, "iss"),
    "aud missing": ({"aud": MISSING}, "aud"),
    "aud another app": ({"aud": "another-client"}, "aud"),
    "aud begins like us": ({"aud": f"{CLIENT_ID}-2"}, "aud"),
    "aud empty list": ({"aud": []}, "aud"),
    "aud nested list": ({"aud": [[CLIENT_ID]]}, "aud"),
    "aud an object": ({"aud": {CLIENT_ID: 1}}, "aud"),
    "aud null": ({"aud": None}, "aud"),
    "aud several without us": ({"aud": ["a", "b"], "azp": CLIENT_ID}, "aud"),
    "aud several without azp": ({"aud": [CLIENT_ID, "b"]}, "azp"),
    "aud several, one no text": ({"aud": [CLIENT_ID, 5]}, "azp"),
    "azp another app": ({"azp": "another-client"}, "azp"),
    "azp another of several": ({"aud": [CLIENT_ID, "b"], "azp": "b"}, "azp"),
    "azp null": ({"azp": None}, "azp"),
    "azp a list": ({"azp": [CLIENT_ID]}, "azp"),
    "exp missing": ({"exp": MISSING}, "exp"),
    "exp over, beyond the leeway": ({"exp": NOW - 120}, "exp"),
    "exp a text": ({"exp": str(NOW + 3600)}, "exp"),
    "exp true": ({"exp": True}, "exp"),
    "exp null": ({"exp": None}, "exp"),
    "exp infinite": ({"exp": float("inf")}, "exp"),
    "exp no number": ({"exp": float("nan")}, "exp"),
    "iat missing": ({"iat": MISSING}, "iat"),
    "iat in the future, beyond the leeway": ({"iat": NOW + 120}, "iat"),
    "iat true": ({"iat": True}, "iat"),
    "nbf false": ({"nbf": False}, "nbf"),
    "iat a text": ({"iat": "now"}, "iat"),
    "iat minus infinite": ({"iat": float("-inf")}, "iat"),
    "nbf in the future": ({"nbf": NOW + 120}, "nbf"),
    "nbf null": ({"nbf": None}, "nbf"),
    "nonce missing": ({"nonce": MISSING}, "nonce"),
    "nonce of another login": ({"nonce": "another-nonce"}, "nonce"),
    "nonce empty": ({"nonce": ""}, "nonce"),
    "nonce null": ({"nonce": None}, "nonce"),
    "nonce a list": ({"nonce": [NONCE]}, "nonce"),
    "nonce half a surrogate pair": ({"nonce": "\ud800"}, "nonce"),
    "at_hash of another token": ({"at_hash": AT_HASH[::-1]}, "at_hash"),
    "at_hash padded": ({"at_hash": f"{AT_HASH}=="}, "at_hash"),
    "at_hash null": ({"at_hash": None}, "at_hash"),
    "at_hash empty": ({"at_hash": ""}, "at_hash"),
    "sub missing": ({"sub": MISSING}, "sub"),
    "sub empty": ({"sub": ""}, "sub"),
    "sub a number": ({"sub": 5}, "sub"),
    "sub null": ({"sub": None}, "sub"),
}


@pytest.mark.parametrize("forgery", CLAIM_FORGERIES)
def test_wrong_claim_is_refused(forgery: str) -> None:
    changes, claim = CLAIM_FORGERIES[forgery]

    with pytest.raises(IdTokenError) as refusal:
        verify(sign(make_rsa_key("provider"), build_claims(**changes)))
    assert refusal.value.error_code == f"id_token_{claim}"


CLAIM_TWINS: dict[str, dict[str, object]] = {
    "aud a list of one": {"aud": [CLIENT_ID]},
    "aud several, and azp us": {"aud": ["another", CLIENT_ID], "azp": CLIENT_ID},
    "azp us": {"azp": CLIENT_ID},
    "exp 60 s ago by our clock": {"exp": NOW - 60},
    "exp with a fraction": {"exp": NOW + 0.5},
    "exp far away": {"exp": 10**400},
    "iat 60 s ahead of our clock": {"iat": NOW + 60},
    "iat an hour ago": {"iat": NOW - 3600},
    "nbf 60 s ahead of our clock": {"nbf": NOW + 60},
    "nbf now": {"nbf": NOW},
    "at_hash of the token": {"at_hash": AT_HASH},
    "unknown claims": {"orgs": None, "https://hub.example/x": {"y": [1]}, "name": "Zoë 🤗"},
}


@pytest.mark.parametrize("twin", CLAIM_TWINS)
def test_true_claims_are_accepted(twin: str) -> None:
    assert verify(sign(make_rsa_key("provider"), build_claims(**CLAIM_TWINS[twin]))) == SUB


def test_at_hash_is_checked_under_es256_too() -> None:
    claims = build_claims(at_hash=AT_HASH)

    assert verify(sign(make_ec_key("provider-ec"), claims, algorithm="ES256")) == SUB


def test_exp_is_judged_by_the_given_clock() -> None:
    assert verify(sign_true(), now=NOW + 3600 + 119) == SUB

    with pytest.raises(IdTokenError):
        verify(sign_true(), now=NOW + 3600 + 120)


def test_refusal_quotes_nothing_of_the_token() -> None:
    with pytest.raises(IdTokenError) as refusal:
        verify(sign(make_rsa_key("provider"), build_claims(nonce="another-nonce")))

    error = refusal.value
    assert "another-nonce" not in f"{error} {error.detail} {error!r} {error.remedy}"


def test_expectation_hides_its_secrets() -> None:
    assert NONCE not in repr(EXPECTED)
    assert ACCESS_TOKEN not in repr(EXPECTED)
