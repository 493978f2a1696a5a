from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import ECKey
from oidc.forging import (
    MISSING,
    change,
    make_ec_key,
    make_ed25519_key,
    make_rsa_key,
    publish,
)

from flask_hf_oauth.errors import DiscoveryError, KeysError
from flask_hf_oauth.oidc.discovery import (
    ProviderMetadata,
    fetch_keys,
    fetch_metadata,
    parse_keys,
    parse_metadata,
)
from flask_hf_oauth.oidc.http import Exchange
from flask_hf_oauth.testing import HfProvider

ISSUER = "https://provider.example"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
DOCUMENT: dict[str, object] = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/oauth/authorize",
    "token_endpoint": f"{ISSUER}/oauth/token",
    "userinfo_endpoint": f"{ISSUER}/oauth/userinfo",
    "jwks_uri": f"{ISSUER}/oauth/jwks",
    "id_token_signing_alg_values_supported": ["RS256"],
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
}


def parse(**changes: object) -> ProviderMetadata:
    return parse_metadata(change(DOCUMENT, changes), ISSUER)


def test_document_of_the_provider_is_read(provider: HfProvider, exchange: Exchange) -> None:
    assert fetch_metadata(exchange, provider.url) == ProviderMetadata(
        issuer=provider.url,
        authorization_endpoint=f"{provider.url}/oauth/authorize",
        token_endpoint=f"{provider.url}/oauth/token",
        userinfo_endpoint=f"{provider.url}/oauth/userinfo",
        jwks_uri=f"{provider.url}/oauth/jwks",
        signing_algorithms=("RS256",),
        secret_in_body=False,
        iss_parameter_supported=False,
    )


@pytest.mark.parametrize(
    "issuer",
    [
        MISSING,
        None,
        "",
        "https://evil.example",
        f"{ISSUER}/",
        f"{ISSUER}:443",
        "HTTPS://provider.example",
        "http://provider.example",
        [ISSUER],
    ],
    ids=repr,
)
def test_other_issuer_is_refused(issuer: object) -> None:
    with pytest.raises(DiscoveryError) as refusal:
        parse(issuer=issuer)
    assert refusal.value.error_code == "discovery_issuer"


def test_provider_cannot_name_another_issuer(provider: HfProvider, exchange: Exchange) -> None:
    provider.change("discovery", lambda document: {**document, "issuer": ISSUER})

    with pytest.raises(DiscoveryError) as refusal:
        fetch_metadata(exchange, provider.url)
    assert refusal.value.error_code == "discovery_issuer"


BAD_ENDPOINTS = [
    MISSING,
    None,
    5,
    ["https://provider.example/x"],
    "",
    "/oauth/token",
    "//provider.example/oauth/token",
    "https:",
    "https:///oauth/token",
    "http://provider.example/oauth/token",
    "ftp://provider.example/oauth/token",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "http://127.0.0.1/oauth/token",
    "http://localhost:6379/",
    "http://[::1]/",
    "HTTP://127.0.0.1/oauth/token",
    "https://localhost/oauth/token",
    "https://user@provider.example/oauth/token",
    "https://user:password@provider.example/oauth/token",
    "https://provider.example/oauth/token#fragment",
    "https://provider.example:port/",
    "https://provider.example:99999/",
    "https://[::1",
    "https://*.provider.example/",
    "https://.provider.example/",
    "https://provider.example\\@evil.example/",
    "https://provider.example/oauth token",
    " https://provider.example/oauth/token",
    "https://provider.example/oauth/token\n",
    "https://provider.example/\x00",
]


@pytest.mark.parametrize("url", BAD_ENDPOINTS, ids=repr)
@pytest.mark.parametrize("name", ENDPOINTS)
def test_endpoint_that_is_no_https_address_is_refused(name: str, url: object) -> None:
    with pytest.raises(DiscoveryError) as refusal:
        parse(**{name: url})
    assert refusal.value.error_code == "discovery_endpoint"
    assert refusal.value.detail.startswith(name)


@pytest.mark.parametrize(
    "url",
    [
        "https://another-host.example/token",
        "HTTPS://provider.example/token",
        "https://provider.example:8443/token",
        "https://provider.example/token?tenant=1",
        "https://192.0.2.1/token",
        "https://[2001:db8::1]/token",
    ],
)
@pytest.mark.parametrize("name", ENDPOINTS)
def test_endpoint_may_be_on_any_https_host(name: str, url: str) -> None:
    assert getattr(parse(**{name: url}), name) == url


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000"])
def test_provider_on_loopback_may_do_without_tls(host: str) -> None:
    document = {
        name: value.replace(ISSUER, f"http://{host}") if isinstance(value, str) else value
        for name, value in DOCUMENT.items()
    }

    assert parse_metadata(document, f"http://{host}").jwks_uri == f"http://{host}/oauth/jwks"


@pytest.mark.parametrize(
    ("named", "algorithms"),
    [
        (MISSING, ("RS256",)),
        (["RS256"], ("RS256",)),
        (["ES256"], ("ES256",)),
        (["ES256", "RS256"], ("RS256", "ES256")),
        (["none", "HS256", "RS256", "EdDSA", 5], ("RS256",)),
    ],
    ids=str,
)
def test_allowed_algorithms_are_those_that_discovery_names(
    named: object, algorithms: tuple[str, ...]
) -> None:
    parsed = parse(id_token_signing_alg_values_supported=named)

    assert parsed.signing_algorithms == algorithms


@pytest.mark.parametrize(
    "named",
    [
        [],
        ["none"],
        ["HS256", "RS512", "EdDSA"],
        ["rs256"],
        "RS256",
        None,
        {"RS256": 1},
        [["RS256"]],
    ],
    ids=str,
)
def test_provider_without_an_allowed_algorithm_is_refused(named: object) -> None:
    with pytest.raises(DiscoveryError) as refusal:
        parse(id_token_signing_alg_values_supported=named)
    assert refusal.value.error_code == "discovery_alg"


@pytest.mark.parametrize(
    ("methods", "in_body"),
    [
        (MISSING, False),
        (["client_secret_basic"], False),
        (["client_secret_basic", "client_secret_post"], False),
        (["client_secret_post"], True),
        (["private_key_jwt"], False),
        ("client_secret_post", False),
    ],
    ids=str,
)
def test_secret_goes_into_the_body_where_only_that_is_known(
    methods: object, *, in_body: bool
) -> None:
    assert parse(token_endpoint_auth_methods_supported=methods).secret_in_body is in_body


@pytest.mark.parametrize(
    ("value", "supported"), [(True, True), (False, False), (MISSING, False), ("true", False)]
)
def test_iss_is_expected_where_it_is_announced(value: object, *, supported: bool) -> None:
    parsed = parse(authorization_response_iss_parameter_supported=value)

    assert parsed.iss_parameter_supported is supported


def test_unknown_members_are_passed_over() -> None:
    assert parse(device_authorization_endpoint=5, x=None) == parse()


@pytest.mark.parametrize(
    ("fault", "error_code"),
    [
        ("html", "discovery_not_json"),
        ("empty", "discovery_not_json"),
        ("array", "discovery_not_object"),
    ],
)
def test_document_that_is_none_is_refused(
    provider: HfProvider, exchange: Exchange, fault: str, error_code: str
) -> None:
    provider.fail("discovery", fault)  # type: ignore[arg-type]  # one of its faults

    with pytest.raises(DiscoveryError) as refusal:
        fetch_metadata(exchange, provider.url)
    assert refusal.value.error_code == error_code


def test_document_that_is_not_there_is_refused(provider: HfProvider, exchange: Exchange) -> None:
    with pytest.raises(DiscoveryError) as refusal:
        fetch_metadata(exchange, f"{provider.url}/nowhere")
    assert refusal.value.error_code == "discovery_invalid"


# Keys


def encode_modulus(number: int, *, length: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(length, "big")).rstrip(b"=").decode()


def build_rsa_entry(bits: int, *, zeros: int = 0) -> dict[str, object]:
    """Build an RSA key of any size, with leading zeros that make it look longer."""
    modulus = rsa.generate_private_key(65537, bits).public_key().public_numbers().n
    return {"kty": "RSA", "e": "AQAB", "n": encode_modulus(modulus, length=bits // 8 + zeros)}


RSA_ENTRY = make_rsa_key("good").as_dict(private=False)
EC_ENTRY = make_ec_key("good-ec").as_dict(private=False)

UNUSABLE_KEYS: dict[str, object] = {
    "no object": 5,
    "null": None,
    "a list": [RSA_ENTRY],
    "empty": {},
    "Ed25519": make_ed25519_key("ed").as_dict(private=False),
    "symmetric": {"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"},
    "kty unknown": {"kty": "PQC"},
    "kty a list": {**RSA_ENTRY, "kty": ["RSA"]},
    "for encryption": {**RSA_ENTRY, "use": "enc"},
    "use a list": {**RSA_ENTRY, "use": ["sig"]},
    "RSA of 1024 bits": build_rsa_entry(1024),
    "RSA of 1024 bits, with leading zeros": build_rsa_entry(1024, zeros=128),
    "RSA of 2040 bits": build_rsa_entry(2040, zeros=1),
    "RSA of 8200 bits": {**RSA_ENTRY, "n": encode_modulus(2**8199 + 1, length=1025)},
    "RSA with an exponent of 65 bits": {**RSA_ENTRY, "e": encode_modulus(2**64 + 1, length=9)},
    "RSA with its private part": make_rsa_key("leaked").as_dict(private=True),
    "EC with its private part": make_ec_key("leaked-ec").as_dict(private=True),
    "RSA without a modulus": {"kty": "RSA", "e": "AQAB"},
    "RSA without an exponent": {"kty": "RSA", "n": RSA_ENTRY["n"]},
    "RSA with an exponent of 1": {**RSA_ENTRY, "e": "AQ"},
    "RSA with an even exponent": {**RSA_ENTRY, "e": "Ag"},
    "RSA with a number for a modulus": {**RSA_ENTRY, "n": 5},
    "RSA with a list for a modulus": {**RSA_ENTRY, "n": ["x"] * 400},
    "RSA with letters that are no base64": {**RSA_ENTRY, "n": "é" * 400},
    "RSA with half a surrogate pair": {**RSA_ENTRY, "n": "\ud800" * 400},
    "P-384": ECKey.generate_key("P-384").as_dict(private=False),
    "P-256 that says P-384": {**EC_ENTRY, "crv": "P-384"},
    "EC without a point": {"kty": "EC", "crv": "P-256"},
    "EC with a point off the curve": {**EC_ENTRY, "y": EC_ENTRY["x"]},
    "EC with a short point": {**EC_ENTRY, "x": "AQ", "y": "AQ"},
    "EC with numbers for a point": {**EC_ENTRY, "x": 5, "y": 5},
}


@pytest.mark.parametrize("key", UNUSABLE_KEYS)
def test_weak_or_strange_key_is_passed_over(key: str) -> None:
    keys = parse_keys({"keys": [UNUSABLE_KEYS[key], RSA_ENTRY, UNUSABLE_KEYS[key]]})

    assert [key.kid for key in keys] == ["good"]


@pytest.mark.parametrize("key", UNUSABLE_KEYS)
def test_key_set_with_nothing_usable_is_refused(key: str) -> None:
    with pytest.raises(KeysError) as refusal:
        parse_keys({"keys": [UNUSABLE_KEYS[key]]})
    assert refusal.value.error_code == "keys_unusable"


@pytest.mark.parametrize(
    "document", [{}, {"keys": None}, {"keys": {}}, {"keys": "RSA"}, RSA_ENTRY], ids=len
)
def test_document_without_a_list_of_keys_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(KeysError) as refusal:
        parse_keys(document)
    assert refusal.value.error_code == "keys_invalid"


def test_empty_key_set_is_refused() -> None:
    with pytest.raises(KeysError) as refusal:
        parse_keys({"keys": []})
    assert refusal.value.error_code == "keys_unusable"


@pytest.mark.parametrize(
    "changes",
    [
        {"use": MISSING},
        {"alg": "RS256"},
        {"key_ops": ["verify"]},
        {"x5t": "abc", "hub": "eu"},
    ],
    ids=str,
)
def test_key_may_say_more_or_less(changes: dict[str, object]) -> None:
    [key] = parse_keys(publish(make_rsa_key("good"), **changes))

    assert (key.kid, key.key_type) == ("good", "RSA")


def test_key_may_have_no_name() -> None:
    [key] = parse_keys(publish(make_rsa_key("good"), kid=MISSING))

    assert key.kid is None


def test_key_on_p_256_is_read() -> None:
    [key] = parse_keys({"keys": [EC_ENTRY]})

    assert (key.kid, key.key_type) == ("good-ec", "EC")


def test_no_more_than_50_keys_are_looked_at() -> None:
    entries = [{**RSA_ENTRY, "kid": str(number)} for number in range(60)]

    assert [key.kid for key in parse_keys({"keys": entries})] == [str(n) for n in range(50)]


def test_private_members_are_never_computed_with() -> None:
    """Out of n, e and d of 4 kB joserfc would search p and q for minutes."""
    entry = {**RSA_ENTRY, "p": "AQAB", "q": "AQAB", "dp": "AQ", "dq": "AQ", "qi": "AQ"}

    [key] = parse_keys({"keys": [entry]})
    assert key.is_private is False


def test_keys_of_the_provider_are_read(provider: HfProvider, exchange: Exchange) -> None:
    metadata = fetch_metadata(exchange, provider.url)

    assert [key.key_type for key in fetch_keys(exchange, metadata)] == ["RSA"] * 3


@pytest.mark.parametrize(
    ("fault", "error_code"),
    [("html", "keys_not_json"), ("not-json", "keys_not_json"), ("array", "keys_not_object")],
)
def test_key_set_that_is_none_is_refused(
    provider: HfProvider, exchange: Exchange, fault: str, error_code: str
) -> None:
    metadata = fetch_metadata(exchange, provider.url)
    provider.fail("keys", fault)  # type: ignore[arg-type]  # one of its faults

    with pytest.raises(KeysError) as refusal:
        fetch_keys(exchange, metadata)
    assert refusal.value.error_code == error_code


def test_key_set_that_is_not_there_is_refused(provider: HfProvider, exchange: Exchange) -> None:
    provider.change(
        "discovery", lambda document: {**document, "jwks_uri": f"{provider.url}/nowhere/keys"}
    )
    metadata = fetch_metadata(exchange, provider.url)

    with pytest.raises(KeysError) as refusal:
        fetch_keys(exchange, metadata)
    assert refusal.value.error_code == "keys_invalid"
