"""Discovery documents of somebody else, or with addresses that nobody should open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from flow import error_code
from oidc.forging import MISSING
from security.lies import attempt, changed, check_accepted, check_refused, edited, lying

from flask_hf_oauth.testing import HfProvider

EVIL = "https://evil.example"

ISSUERS: dict[str, object] = {
    "missing": MISSING,
    "null": None,
    "empty": "",
    "a number": 5,
    "another": EVIL,
    "Hugging Face": "https://huggingface.co",
}


@pytest.mark.parametrize("issuer", ISSUERS)
def test_other_issuer_is_refused(issuer: str, client: FlaskClient, provider: HfProvider) -> None:
    """OpenID Connect Discovery section 4.3: or any host could speak for the provider."""
    check_refused(
        client, provider, changed("discovery", issuer=ISSUERS[issuer]), "discovery_issuer"
    )


NEARLY: dict[str, Callable[[str], object]] = {
    "with a slash": lambda issuer: f"{issuer}/",
    "with a path": lambda issuer: f"{issuer}/tenant",
    "with a query": lambda issuer: f"{issuer}?",
    "in capitals": str.upper,
    "by its other name": lambda issuer: issuer.replace("127.0.0.1", "localhost"),
    "in the other scheme": lambda issuer: issuer.replace("http:", "https:"),
    "in a list": lambda issuer: [issuer],
    "with a space": lambda issuer: f"{issuer} ",
}


@pytest.mark.parametrize("nearly", NEARLY)
def test_issuer_that_is_nearly_the_same_is_refused(
    nearly: str, client: FlaskClient, provider: HfProvider
) -> None:
    lie = edited("discovery", lambda true: {**true, "issuer": NEARLY[nearly](true["issuer"])})
    check_refused(client, provider, lie, "discovery_issuer")


ADDRESSES: dict[str, object] = {
    "missing": MISSING,
    "null": None,
    "empty": "",
    "a number": 5,
    "a list": [f"{EVIL}/x"],
    "in the clear": "http://evil.example/x",
    "in the clear, on the network": "http://192.0.2.1/x",
    "in the clear, nearly loopback": "http://127.0.0.1.evil.example/x",
    "in the clear, loopback as a name": "http://localhost@evil.example/x",
    "relative": "/oauth/x",
    "relative to the scheme": "//evil.example/x",
    "without a host": "https:///x",
    "with a user": "https://user@evil.example/x",
    "with a password": "https://user:password@evil.example/x",
    "with an empty user": "https://@evil.example/x",
    "with a fragment": f"{EVIL}/x#y",
    "with a space": f"{EVIL}/x y",
    "with a line break": f"{EVIL}/x\r\nX-Injected: yes",
    "with a backslash": "https://evil.example\\@provider.example/",
    "with an impossible port": "https://evil.example:99999/",
    "with letters for a port": "https://evil.example:port/",
    "with half an address": "https://[::1",
    "with more behind an address": "https://[::1]x/",
    "with an address of a later time": "https://[v1.a]/",
    "not ASCII": "https://\u0435vil.example/",
    "javascript": "javascript:alert(1)",
    "data": "data:application/json,{}",
    "file": "file:///etc/passwd",
    "ftp": "ftp://evil.example/x",
    "gopher": "gopher://127.0.0.1:6379/_x",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_address_that_nobody_should_open_is_refused(
    address: str, client: FlaskClient, provider: HfProvider
) -> None:
    lie = changed("discovery", token_endpoint=ADDRESSES[address])
    check_refused(client, provider, lie, "discovery_endpoint")


@pytest.mark.parametrize("address", ["missing", "in the clear", "relative", "javascript"])
@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "userinfo_endpoint", "jwks_uri"])
def test_no_endpoint_may_be_such_an_address(
    endpoint: str, address: str, client: FlaskClient, provider: HfProvider
) -> None:
    lie = changed("discovery", **{endpoint: ADDRESSES[address]})
    check_refused(client, provider, lie, "discovery_endpoint")


@pytest.mark.parametrize(
    "algorithms",
    [None, [], "RS256", ["none"], ["HS256"], ["rs256"], ["PS256", "EdDSA"], [["RS256"]]],
    ids=repr,
)
def test_provider_that_signs_in_no_good_way_is_refused(
    algorithms: object, client: FlaskClient, provider: HfProvider
) -> None:
    lie = changed("discovery", id_token_signing_alg_values_supported=algorithms)
    check_refused(client, provider, lie, "discovery_alg")


WELL_FORMED: dict[str, tuple[str, object, str]] = {
    "an algorithm that is not used": (
        "id_token_signing_alg_values_supported",
        ["ES256"],
        "id_token_alg",
    ),
    "an iss that never comes": (
        "authorization_response_iss_parameter_supported",
        True,
        "issuer_mismatch",
    ),
    "a token endpoint that is none": ("token_endpoint", "{}/oauth/userinfo", "token_not_json"),
    "a userinfo endpoint that is none": (
        "userinfo_endpoint",
        "{}/oauth/token",
        "userinfo_invalid",
    ),
    "a key set that is none": ("jwks_uri", "{}/oauth/userinfo", "keys_invalid"),
}


@pytest.mark.parametrize("lie", WELL_FORMED)
def test_well_formed_lie_is_gone_with_the_next_login(
    lie: str, client: FlaskClient, provider: HfProvider
) -> None:
    """Nobody can tell it from the truth, but the truth that comes next must be heard."""
    member, value, code = WELL_FORMED[lie]
    told = value.format(provider.url) if isinstance(value, str) else value
    with lying(provider, changed("discovery", **{member: told})):
        assert error_code(attempt(client, provider)) == code
    assert client.get("/private").status_code == 302
    check_accepted(client, provider)
