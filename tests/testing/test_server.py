from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from testing.relying_party import RelyingParty

from flask_hf_oauth.testing import HfProvider, PortTakenError


def talk(provider: HfProvider, *lines: str) -> str:
    """Send raw lines and read until the provider closes."""
    host, _, port = provider.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return b"".join(iter_chunks(connection)).decode()


def iter_chunks(connection: socket.socket) -> Iterable[bytes]:
    return iter(lambda: connection.recv(65_536), b"")


def threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.is_alive()}


def test_one_connection_carries_many_requests(relying_party: RelyingParty) -> None:
    relying_party.claims()
    relying_party.claims("demo-many-orgs")

    assert relying_party.provider.connections == 1
    assert {record.connection_id for record in relying_party.provider.requests} == {1}


def test_connections_are_counted(provider: HfProvider) -> None:
    for _ in range(3):
        requests.get(f"{provider.url}/oauth/jwks", timeout=5)

    assert provider.connections == 3
    assert [record.connection_id for record in provider.requests] == [1, 2, 3]


def test_records_are_reset(relying_party: RelyingParty) -> None:
    provider = relying_party.provider
    relying_party.claims()

    provider.reset_records()
    assert (provider.requests, provider.connections) == ([], 0)

    relying_party.claims()
    assert [record.endpoint for record in provider.requests] == ["token", "userinfo"]
    assert provider.connections == 0


def test_record_says_what_was_sent(relying_party: RelyingParty) -> None:
    relying_party.claims()
    token, userinfo = relying_party.provider.requests

    assert (token.method, token.path, token.form["grant_type"]) == (
        "POST",
        "/oauth/token",
        "authorization_code",
    )
    assert userinfo.headers["Authorization"].startswith("Bearer hf_oauth_")


def test_record_shows_no_secret(relying_party: RelyingParty) -> None:
    relying_party.claims()

    assert "code_verifier" not in repr(relying_party.provider.requests)
    assert "hf_oauth_" not in repr(relying_party.provider.requests)


def test_record_has_the_query(relying_party: RelyingParty) -> None:
    relying_party.get(relying_party.authorization_url())

    assert relying_party.provider.requests[0].args["state"] == "the-state"


def test_pages_are_not_recorded(relying_party: RelyingParty) -> None:
    relying_party.get("/")
    relying_party.get("/static/provider.css")

    assert relying_party.provider.requests == []


def test_many_people_at_once(relying_party: RelyingParty) -> None:
    codes = [relying_party.obtain_code() for _ in range(20)]

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(relying_party.exchange, codes))

    assert {answer.status_code for answer in answers} == {200}


def test_every_answer_says_how_long_it_is(relying_party: RelyingParty) -> None:
    paths = ["/", "/oauth/jwks", "/oauth/userinfo", "/nothing/here", "/static/provider.css"]

    assert all("Content-Length" in relying_party.get(path).headers for path in paths)


def test_head_has_no_body(provider: HfProvider) -> None:
    answer = talk(provider, "HEAD /oauth/jwks HTTP/1.1", "Host: localhost", "Connection: close")
    head, _, body = answer.partition("\r\n\r\n")

    assert ("Content-Length" in head, body) == (True, "")


def test_stop_leaves_no_thread(relying_party: RelyingParty) -> None:
    before = threads()
    with HfProvider() as provider:
        relying_party.get(f"{provider.url}/oauth/jwks")
        provider.fail("keys", "hang")
        with pytest.raises(requests.ReadTimeout):
            requests.get(f"{provider.url}/oauth/jwks", timeout=(5, 0.05))
        assert threads() - before

    assert not threads() - before  # those of other tests may have ended meanwhile


def test_stop_closes_connections_that_are_kept_alive(provider: HfProvider) -> None:
    host, _, port = provider.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"GET /oauth/jwks HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65_536)

        provider.stop()

        assert connection.recv(1) == b""


def test_stop_ends_a_trickle(provider: HfProvider) -> None:
    provider.fail("keys", "trickle")
    host, _, port = provider.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"GET /oauth/jwks HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(1) == b"H"

        provider.stop()

        assert connection.recv(1) == b""


def test_stop_twice_is_no_mistake() -> None:
    provider = HfProvider().start()

    provider.stop()
    provider.stop()

    with pytest.raises(requests.ConnectionError):
        requests.get(provider.url, timeout=5)


def test_start_twice_is_no_mistake(provider: HfProvider) -> None:
    url = provider.url

    assert provider.start().url == url


def test_restart_keeps_the_address_and_the_tokens(relying_party: RelyingParty) -> None:
    provider = relying_party.provider
    url, tokens = provider.url, relying_party.sign_in()

    provider.stop()
    provider.start()

    assert provider.url == url
    assert relying_party.userinfo(tokens["access_token"]).status_code == 200
    assert provider.connections == 2


def test_port_in_use_is_said(provider: HfProvider) -> None:
    port = int(provider.url.rpartition(":")[2])

    with pytest.raises(PortTakenError, match=f"Cannot listen on 127.0.0.1 port {port}"):
        HfProvider(port=port).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "", "192.168.0.1", "huggingface.co"])  # noqa: S104 - refused
def test_other_hosts_than_loopback_are_refused(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        HfProvider(host=host)


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_ipv6_loopback_is_spelt_with_brackets() -> None:
    try:
        provider = HfProvider(host="::1").start()
    except PortTakenError:
        pytest.skip("this machine has no ::1")
    with provider:
        document = requests.get(f"{provider.url}/.well-known/openid-configuration", timeout=5)

    assert document.json()["issuer"] == provider.url
    assert provider.url.startswith("http://[::1]:")


def test_address_before_the_start_is_a_mistake() -> None:
    with pytest.raises(RuntimeError, match="call start"):
        _ = HfProvider().url


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(("GET / HTTP/1.1", "Host: evil.example"), id="another host"),
        pytest.param(("GET / HTTP/1.1", "Host: 127.0.0.1.evil.example"), id="longer host"),
        pytest.param(("GET / HTTP/1.1", "Host: [::1"), id="broken host"),
        pytest.param(("GET / HTTP/1.1",), id="no host"),
        pytest.param(("GET / HTTP/1.1", "Host: localhost", "Host: evil.example"), id="two hosts"),
        pytest.param(("GET http://evil.example/ HTTP/1.1", "Host: localhost"), id="absolute"),
    ],
)
def test_dns_rebinding_is_refused(provider: HfProvider, lines: tuple[str, ...]) -> None:
    answer = talk(provider, *lines, "Connection: close")

    assert answer.startswith("HTTP/1.1 400 ")
    assert "Wrong host" in answer


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1", "[::1]:80"])
def test_loopback_hosts_are_welcome(provider: HfProvider, host: str) -> None:
    answer = talk(provider, "GET / HTTP/1.1", f"Host: {host}", "Connection: close")

    assert answer.startswith("HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        pytest.param(("Content-Length: 100001",), 413, id="too long"),
        pytest.param(("Content-Length: -1",), 413, id="negative"),
        pytest.param(("Content-Length: ten",), 413, id="no number"),
        pytest.param(("Transfer-Encoding: chunked",), 413, id="unknown length"),
    ],
)
def test_body_has_a_limit(provider: HfProvider, lines: tuple[str, ...], status: int) -> None:
    answer = talk(provider, "POST /oauth/token HTTP/1.1", "Host: localhost", *lines)

    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert "Connection: close" in answer


def test_nonsense_is_answered_quietly(
    provider: HfProvider, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = talk(provider, "NONSENSE")

    assert "400" in answer
    assert "Traceback" not in answer
    assert capfd.readouterr() == ("", "")


def test_mistake_in_a_change_is_logged_and_not_shown(
    relying_party: RelyingParty, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> object:
        raise LookupError("the test's own mistake")

    relying_party.provider.change("keys", fail)
    with caplog.at_level(logging.ERROR):
        answer = relying_party.get("/oauth/jwks")

    assert (answer.status_code, "mistake" in answer.text) == (500, False)
    assert "the test's own mistake" in caplog.text


def test_requests_are_not_logged(
    relying_party: RelyingParty, capfd: pytest.CaptureFixture[str]
) -> None:
    relying_party.claims()

    assert capfd.readouterr() == ("", "")
