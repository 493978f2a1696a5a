from __future__ import annotations

import socket

import pytest
import requests
from testing.relying_party import RelyingParty, decode_part

from flask_hf_oauth.testing import HfProvider

DISCOVERY = "/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("fault", "status", "content_type"),
    [
        ("status-500", 500, "application/json; charset=utf-8"),
        ("status-503", 503, "text/plain; charset=utf-8"),
        ("status-429", 429, "application/json; charset=utf-8"),
        ("html", 200, "text/html; charset=utf-8"),
        ("html-502", 502, "text/html; charset=utf-8"),
        ("empty", 200, "application/json"),
        ("redirect", 302, "text/plain; charset=utf-8"),
        ("not-json", 200, "application/json"),
        ("array", 200, "application/json; charset=utf-8"),
        ("cookie", 200, "application/json; charset=utf-8"),
    ],
)
def test_fault_comes_once(
    relying_party: RelyingParty, fault: str, status: int, content_type: str
) -> None:
    relying_party.provider.fail("discovery", fault)  # type: ignore[arg-type]  # a table of them
    broken, whole = relying_party.get(DISCOVERY), relying_party.get(DISCOVERY)

    assert (broken.status_code, broken.headers["Content-Type"]) == (status, content_type)
    assert (whole.status_code, whole.json()["issuer"]) == (200, relying_party.provider.url)


def test_too_many_requests_says_when_to_come_back(relying_party: RelyingParty) -> None:
    relying_party.provider.fail("userinfo", "status-429")
    headers = relying_party.userinfo("any").headers

    assert (headers["RateLimit"], headers["Retry-After"]) == ('"oauth";r=0;t=120', "120")


def test_array_is_json_but_no_object(relying_party: RelyingParty) -> None:
    relying_party.provider.fail("keys", "array")

    assert relying_party.get("/oauth/jwks").json() == ["an", "array"]


def test_huge_answer_is_five_megabytes(relying_party: RelyingParty) -> None:
    relying_party.provider.fail("keys", "huge")

    assert len(relying_party.get("/oauth/jwks").content) > 5_000_000


def test_cookie_comes_with_a_good_answer(relying_party: RelyingParty) -> None:
    relying_party.provider.fail("keys", "cookie")
    answer = relying_party.get("/oauth/jwks")

    assert "provider_session=must-not-be-kept" in answer.headers["Set-Cookie"]
    assert answer.json()["keys"]


def test_who_follows_the_redirect_is_seen(relying_party: RelyingParty) -> None:
    provider = relying_party.provider
    provider.fail("keys", "redirect")

    relying_party.http.get(f"{provider.url}/oauth/jwks", timeout=5)

    assert [record.endpoint for record in provider.requests] == ["keys", "elsewhere"]


@pytest.mark.parametrize("fault", ["truncated", "reset"])
def test_broken_transmission_ends_the_connection(relying_party: RelyingParty, fault: str) -> None:
    relying_party.provider.fail("keys", fault)  # type: ignore[arg-type]  # a table of them

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        relying_party.get("/oauth/jwks")

    assert relying_party.get("/oauth/jwks").status_code == 200
    assert relying_party.provider.connections == 2


def test_hanging_endpoint_never_answers(relying_party: RelyingParty) -> None:
    provider = relying_party.provider
    provider.fail("keys", "hang")

    with pytest.raises(requests.ReadTimeout):
        relying_party.http.get(f"{provider.url}/oauth/jwks", timeout=(5, 0.05))


def connect(provider: HfProvider) -> socket.socket:
    """Ask for the keys, and leave the reading to the caller."""
    host, _, port = provider.url.removeprefix("http://").partition(":")
    connection = socket.create_connection((host, int(port)), timeout=5)
    connection.sendall(b"GET /oauth/jwks HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return connection


def test_trickle_begins_with_a_byte(provider: HfProvider) -> None:
    provider.fail("keys", "trickle")

    with connect(provider) as connection:
        assert connection.recv(1) == b"H"


def test_trickle_ends_with_the_whole_answer(provider: HfProvider) -> None:
    provider.switch(trickle_interval=0, key_set="single")
    provider.fail("keys", "trickle")

    with connect(provider) as connection:
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))

    assert answer.endswith(b"}]}")


def test_fault_may_come_several_times(relying_party: RelyingParty) -> None:
    relying_party.provider.fail("keys", "status-500", times=2)

    assert [relying_party.get("/oauth/jwks").status_code for _ in range(3)] == [500, 500, 200]


def test_fault_may_last_until_healed(relying_party: RelyingParty) -> None:
    provider = relying_party.provider
    provider.fail("keys", "status-500", times=None)
    provider.fail("userinfo", "status-503", times=None)
    assert [relying_party.get("/oauth/jwks").status_code for _ in range(3)] == [500] * 3

    provider.heal("keys")

    assert relying_party.get("/oauth/jwks").status_code == 200
    assert relying_party.userinfo("any").status_code == 503


def test_unspent_code_survives_a_fault(relying_party: RelyingParty) -> None:
    relying_party.provider.fail("token", "status-503")
    code = relying_party.obtain_code()

    assert [relying_party.exchange(code).status_code for _ in range(2)] == [503, 200]


def test_delay_holds_the_answer_back(relying_party: RelyingParty) -> None:
    provider = relying_party.provider
    provider.delay("keys", 60)
    with pytest.raises(requests.ReadTimeout):
        relying_party.http.get(f"{provider.url}/oauth/jwks", timeout=(5, 0.05))

    provider.delay("keys", 0.001)
    assert relying_party.get("/oauth/jwks").status_code == 200


def test_delay_is_healed(relying_party: RelyingParty) -> None:
    relying_party.provider.delay("keys", 60)

    relying_party.provider.heal()

    assert relying_party.get("/oauth/jwks").status_code == 200


@pytest.mark.parametrize(
    ("endpoint", "fault", "message"),
    [
        ("nowhere", "reset", "no endpoint 'nowhere'; there is discovery, keys"),
        ("keys", "fire", "no fault 'fire'; there is status-500"),
    ],
)
def test_unknown_fault_is_refused(
    provider: HfProvider, endpoint: str, fault: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        provider.fail(endpoint, fault)  # type: ignore[arg-type]  # the mistake under test


def test_unknown_names_are_refused_everywhere(provider: HfProvider) -> None:
    with pytest.raises(ValueError, match="no endpoint"):
        provider.delay("nowhere", 1)  # type: ignore[arg-type]  # the mistake under test
    with pytest.raises(ValueError, match="no endpoint"):
        provider.heal("nowhere")  # type: ignore[arg-type]  # the mistake under test
    with pytest.raises(ValueError, match="no change 'color'; there is id_token_header"):
        provider.change("color", str)  # type: ignore[arg-type]  # the mistake under test


@pytest.mark.parametrize(
    ("name", "path"),
    [("discovery", DISCOVERY), ("keys", "/oauth/jwks")],
)
def test_document_may_lie(relying_party: RelyingParty, name: str, path: str) -> None:
    relying_party.provider.change(name, lambda document: [*document])  # type: ignore[arg-type]  # a table

    assert isinstance(relying_party.get(path).json(), list)


def test_userinfo_may_lie(relying_party: RelyingParty) -> None:
    relying_party.provider.change("userinfo", lambda userinfo: {**userinfo, "sub": "another"})

    assert relying_party.claims()["sub"] == "another"


def test_token_response_may_lie(relying_party: RelyingParty) -> None:
    relying_party.provider.change("token_response", lambda tokens: {**tokens, "token_type": "mac"})

    assert relying_party.sign_in()["token_type"] == "mac"


def test_id_token_may_lie_and_stay_signed(relying_party: RelyingParty) -> None:
    provider = relying_party.provider
    provider.change("id_token_header", lambda header: {**header, "alg": "none"})
    provider.change("id_token_claims", lambda claims: {**claims, "aud": ["another"]})
    id_token = relying_party.sign_in()["id_token"]

    assert decode_part(id_token, 0)["alg"] == "none"
    assert decode_part(id_token, 1)["aud"] == ["another"]
    assert len(id_token.split(".")[2]) == 342


def test_id_token_may_be_replaced(relying_party: RelyingParty) -> None:
    relying_party.provider.change("id_token", lambda id_token: id_token[:-1])

    assert len(relying_party.sign_in()["id_token"].split(".")[2]) == 341


@pytest.mark.parametrize(
    ("healed", "is_honest"), [(None, True), ("token", True), ("userinfo", False)]
)
def test_lies_are_healed(relying_party: RelyingParty, healed: str, *, is_honest: bool) -> None:
    relying_party.provider.change("id_token", lambda _: "a lie")

    relying_party.provider.heal(healed)  # type: ignore[arg-type]  # a table of them

    assert (relying_party.sign_in()["id_token"] != "a lie") is is_honest
