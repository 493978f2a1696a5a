from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from oidc.forging import SUB
from oidc.rough_server import RoughServer, build_answer

from flask_hf_oauth.errors import UserinfoError
from flask_hf_oauth.oidc.discovery import ProviderMetadata
from flask_hf_oauth.oidc.http import Exchange
from flask_hf_oauth.oidc.userinfo import check_userinfo, fetch_userinfo


def fetch(exchange: Exchange, answer: bytes) -> tuple[Mapping[str, object], str]:
    """Fetch userinfo, and show the request too."""
    with RoughServer([answer]) as server:
        metadata = ProviderMetadata(
            issuer=server.url,
            authorization_endpoint=server.url,
            token_endpoint=server.url,
            userinfo_endpoint=f"{server.url}/oauth/userinfo",
            jwks_uri=server.url,
            signing_algorithms=("RS256",),
            secret_in_body=False,
            iss_parameter_supported=False,
        )
        claims = fetch_userinfo(exchange, metadata, access_token="the-access-token", sub=SUB)
    return claims, server.heads[0]


@pytest.mark.parametrize(
    "orgs", [{}, {"orgs": None}, {"orgs": []}, {"orgs": [{"sub": "1"}]}], ids=str
)
def test_claims_are_those_of_the_answer(exchange: Exchange, orgs: dict[str, object]) -> None:
    expected = {"sub": SUB, "isPro": True, "unknown": {"a": [1]}, **orgs}

    assert fetch(exchange, build_answer(json.dumps(expected).encode()))[0] == expected


def test_access_token_travels_as_a_bearer_token(exchange: Exchange) -> None:
    body = json.dumps({"sub": SUB}).encode()
    head = fetch(exchange, build_answer(body))[1]

    assert head.startswith("GET /oauth/userinfo HTTP/1.1\r\n")
    assert "Authorization: Bearer the-access-token\r\n" in head


def test_claims_are_read_only() -> None:
    claims: Any = check_userinfo({"sub": SUB}, SUB)

    with pytest.raises(TypeError):
        claims["sub"] = "somebody-else"


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"sub": None},
        {"sub": ""},
        {"sub": "somebody-else"},
        {"sub": SUB.upper()},
        {"sub": f"{SUB} "},
        {"sub": [SUB]},
        {"sub": {SUB: 1}},
        {"id": SUB},
    ],
    ids=str,
)
def test_userinfo_of_somebody_else_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(UserinfoError) as refusal:
        check_userinfo(claims, SUB)
    assert refusal.value.error_code == "userinfo_sub"


REFUSALS: dict[str, tuple[bytes, str]] = {
    "401": (build_answer(b"{}", status="401 Unauthorized"), "userinfo_unauthorized"),
    "401 in HTML": (build_answer(b"<p>", status="401 Unauthorized"), "userinfo_unauthorized"),
    "403": (build_answer(b"{}", status="403 Forbidden"), "userinfo_invalid"),
    "404": (build_answer(b"{}", status="404 Not Found"), "userinfo_invalid"),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", "userinfo_invalid"),
    "201": (build_answer(json.dumps({"sub": SUB}).encode(), status="201 OK"), "userinfo_invalid"),
    "HTML": (build_answer(b"<!doctype html>"), "userinfo_not_json"),
    "signed": (build_answer(b"eyJhbGciOiJub25lIn0.e30."), "userinfo_not_json"),
    "an array": (build_answer(b"[]"), "userinfo_not_object"),
    "empty": (build_answer(b""), "userinfo_not_json"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_answer_that_is_no_userinfo_is_refused(exchange: Exchange, refusal: str) -> None:
    answer, error_code = REFUSALS[refusal]

    with pytest.raises(UserinfoError) as error:
        fetch(exchange, answer)
    assert error.value.error_code == error_code
