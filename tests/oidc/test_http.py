from __future__ import annotations

import gc
import gzip
import logging
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
import requests
from oidc.conftest import TransportMaker, refused_tunnel
from oidc.rough_server import RoughServer, build_answer

from flask_hf_oauth.errors import (
    LoginBusy,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
)
from flask_hf_oauth.oidc.http import (
    MAX_ANSWER,
    BearerAuth,
    Deadline,
    Exchange,
    Transport,
)
from flask_hf_oauth.testing import HfProvider

DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def free_address() -> str:
    """Find an address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def test_document_is_fetched(exchange: Exchange, provider: HfProvider) -> None:
    assert exchange.fetch(provider.url + DISCOVERY).json()["issuer"] == provider.url


# Failures of the network


def test_refused_connection_is_unavailable(exchange: Exchange, free_address: str) -> None:
    with pytest.raises(ProviderUnavailable) as failure:
        exchange.fetch(f"http://{free_address}/")
    assert failure.value.retry_after == 10


@pytest.mark.parametrize("fault", ["reset", "truncated"])
def test_broken_connection_is_unavailable(
    exchange: Exchange, provider: HfProvider, fault: str
) -> None:
    provider.fail("discovery", fault)  # type: ignore[arg-type]  # one of its faults

    with pytest.raises(ProviderUnavailable) as failure:
        exchange.fetch(provider.url + DISCOVERY)
    assert failure.value.error_code == "provider_unavailable"


def test_broken_connection_is_not_used_again(exchange: Exchange, provider: HfProvider) -> None:
    provider.fail("discovery", "truncated")
    with pytest.raises(ProviderUnavailable):
        exchange.fetch(provider.url + DISCOVERY)

    assert exchange.fetch(provider.url + DISCOVERY).ok


BROKEN_ANSWERS = {
    "no HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
    "header too long": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
    "headers too many": b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 200 + b"\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\n{}",
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
}


@pytest.mark.parametrize("answer", BROKEN_ANSWERS)
def test_broken_answer_is_unavailable(exchange: Exchange, answer: str) -> None:
    with (
        RoughServer([BROKEN_ANSWERS[answer]]) as server,
        pytest.raises(ProviderUnavailable),
    ):
        exchange.fetch(server.url)


def test_failure_names_the_url_and_no_more(exchange: Exchange, free_address: str) -> None:
    url = f"http://{free_address}/oauth/token"
    with pytest.raises(ProviderUnavailable) as failure:
        exchange.fetch(url, BearerAuth("the-access-token"))

    assert failure.value.detail == f"{url}: the connection failed (ConnectionError)"


@pytest.mark.parametrize("host", ["x..y", "a" * 70], ids=["empty label", "long label"])
def test_host_that_cannot_be_is_unavailable(exchange: Exchange, host: str) -> None:
    with pytest.raises(ProviderUnavailable):
        exchange.fetch(f"https://{host}/")


# Too late


@pytest.mark.parametrize(
    "settings", [{"timeout": (2, 0.1)}, {"deadline": 0.1}], ids=["read timeout", "deadline"]
)
def test_silent_provider_times_out(
    make_transport: TransportMaker, provider: HfProvider, settings: dict[str, object]
) -> None:
    provider.fail("discovery", "hang")

    with make_transport(**settings).exchange() as exchange, pytest.raises(ProviderTimeout):
        exchange.fetch(provider.url + DISCOVERY)


def test_deadline_is_one_for_all_requests(
    make_transport: TransportMaker, provider: HfProvider
) -> None:
    with make_transport(deadline=0.5).exchange() as exchange:
        exchange.fetch(provider.url + DISCOVERY)
        provider.fail("discovery", "hang")
        with pytest.raises(ProviderTimeout):
            exchange.fetch(provider.url + DISCOVERY)

        provider.reset_records()
        with pytest.raises(ProviderTimeout):
            exchange.fetch(provider.url + DISCOVERY)
        assert provider.requests == []


def test_deadline_counts_down() -> None:
    assert 9 < Deadline(10).remaining() <= 10

    with pytest.raises(ProviderTimeout):
        Deadline(0).remaining()


# Too much


def fetch_body(exchange: Exchange, answer: bytes) -> bytes:
    with RoughServer([answer]) as server:
        return exchange.fetch(server.url).content


def chunk(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def test_answer_of_almost_1_mb_is_read(exchange: Exchange) -> None:
    body = b"x" * (MAX_ANSWER - 100)  # the headers count too

    assert fetch_body(exchange, build_answer(body)) == body


TOO_MUCH = b"x" * (MAX_ANSWER + 1)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LARGE_ANSWERS = {
    "a byte above 1 MB": build_answer(TOO_MUCH),
    "chunked": chunk(TOO_MUCH),
    "without a length": b"HTTP/1.1 200 OK\r\n\r\n" + TOO_MUCH,
    "an error page": build_answer(TOO_MUCH, status="404 Not Found"),
    "a chunk of a length below zero": CHUNKED + b"-1\r\n" + TOO_MUCH,
    "chunks of a byte": CHUNKED + b"1\r\nx\r\n" * (MAX_ANSWER // 6),
    "chunk extensions": CHUNKED + (b"1;" + b"x" * 4000 + b"\r\nx\r\n") * 250,
    "trailers": CHUNKED + b"2\r\n{}\r\n0\r\n" + b"X: y\r\n" * (MAX_ANSWER // 6),
    "interim answers": b"HTTP/1.1 100 Continue\r\n\r\n" * (MAX_ANSWER // 20),
    "headers of interim answers": (
        b"HTTP/1.1 100 Continue\r\n" + (b"X: " + b"x" * 60_000 + b"\r\n") * 90 + b"\r\n"
    ),
}


@pytest.mark.parametrize("answer", LARGE_ANSWERS)
def test_answer_above_1_mb_is_refused(exchange: Exchange, answer: str) -> None:
    with pytest.raises(ProviderError) as refusal:
        fetch_body(exchange, LARGE_ANSWERS[answer])
    assert refusal.value.error_code == "provider_too_large"


def test_5_mb_are_not_read(exchange: Exchange, provider: HfProvider) -> None:
    provider.fail("discovery", "huge")

    with pytest.raises(ProviderError) as refusal:
        exchange.fetch(provider.url + DISCOVERY)
    assert refusal.value.error_code == "provider_too_large"
    assert exchange.fetch(provider.url + DISCOVERY).ok


def test_json_is_asked_for_and_no_compression(exchange: Exchange, provider: HfProvider) -> None:
    exchange.fetch(provider.url + DISCOVERY)

    headers = provider.requests[0].headers
    assert (headers["Accept"], headers["Accept-Encoding"]) == ("application/json", "identity")


@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip", "deflate", "identity, gzip", "GZIP"])
def test_compressed_answer_is_not_unfolded(exchange: Exchange, encoding: str) -> None:
    body = gzip.compress(gzip.compress(bytes(1_000_000)))

    with pytest.raises(ProviderError) as refusal:
        fetch_body(exchange, build_answer(body, f"Content-Encoding: {encoding}"))
    assert refusal.value.error_code == "provider_encoding"


def test_answer_that_says_it_is_not_compressed_is_read(exchange: Exchange) -> None:
    assert fetch_body(exchange, build_answer(b"{}", "Content-Encoding: identity")) == b"{}"


# Redirects, cookies and credentials


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
def test_redirect_is_refused(exchange: Exchange, status: str) -> None:
    with RoughServer([b""]) as elsewhere:
        answer = build_answer(b"", f"Location: {elsewhere.url}", status=f"{status} Elsewhere")
        with RoughServer([answer]) as server, pytest.raises(ProviderError) as refusal:
            exchange.fetch(server.url)

    assert refusal.value.error_code == "provider_redirect"
    assert elsewhere.heads == []


def test_redirect_is_not_followed(exchange: Exchange, provider: HfProvider) -> None:
    provider.fail("discovery", "redirect")

    with pytest.raises(ProviderError):
        exchange.fetch(provider.url + DISCOVERY)
    assert [request.endpoint for request in provider.requests] == ["discovery"]


def test_cookies_are_never_sent_back(transport: Transport, provider: HfProvider) -> None:
    provider.fail("discovery", "cookie", times=None)
    for _ in range(2):
        with transport.exchange() as exchange:
            exchange.fetch(provider.url + DISCOVERY)
            exchange.fetch(provider.url + DISCOVERY)

    assert len(provider.requests) == 4
    assert not any("Cookie" in request.headers for request in provider.requests)


@pytest.fixture
def poisoned_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))


def test_netrc_would_be_read(poisoned_netrc: None, provider: HfProvider) -> None:
    """Or the next two tests prove nothing."""
    requests.get(provider.url + DISCOVERY, timeout=2)

    assert provider.requests[0].headers["Authorization"].startswith("Basic ")


def test_netrc_adds_no_credentials(
    poisoned_netrc: None, exchange: Exchange, provider: HfProvider
) -> None:
    exchange.fetch(provider.url + DISCOVERY)

    assert "Authorization" not in provider.requests[0].headers


def test_netrc_replaces_no_credentials(
    poisoned_netrc: None, exchange: Exchange, provider: HfProvider
) -> None:
    exchange.fetch(provider.url + DISCOVERY, BearerAuth("the-token"))

    assert provider.requests[0].headers["Authorization"] == "Bearer the-token"


# TLS and proxies


def test_answer_comes_over_tls(
    exchange: Exchange, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))

    with RoughServer([build_answer(b'{"over": "tls"}')], tls=tls) as server:
        assert exchange.fetch(server.url).json() == {"over": "tls"}


def test_unknown_certificate_is_refused(exchange: Exchange, tls: ssl.SSLContext) -> None:
    with (
        RoughServer([build_answer()], tls=tls) as server,
        pytest.raises(ProviderUnavailable) as failure,
    ):
        exchange.fetch(server.url)

    assert failure.value.detail.endswith("(SSLError)")
    assert server.heads == []


def test_proxy_variable_is_obeyed(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    with RoughServer([build_answer(b'{"by": "proxy"}')]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert exchange.fetch("http://provider.invalid/keys").json() == {"by": "proxy"}

    assert proxy.heads[0].startswith("GET http://provider.invalid/keys HTTP/1.1\r\n")


@refused_tunnel
def test_proxy_tunnels_https(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    with RoughServer([b"HTTP/1.1 403 Forbidden\r\n\r\n"]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(ProviderUnavailable):
            exchange.fetch("https://provider.invalid/keys")

    assert proxy.heads[0].startswith("CONNECT provider.invalid:443 ")
    gc.collect()


def test_proxy_may_have_an_ipv6_address(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def find_no_address(host: str, *_args: object, **_options: object) -> list[object]:
        asked.append(host)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", find_no_address)
    monkeypatch.setenv("HTTPS_PROXY", "http://[fd00::1]:3128")
    with pytest.raises(ProviderUnavailable):
        exchange.fetch("https://provider.invalid/keys")
    assert asked == ["fd00::1"]


def test_socks_proxy_out_of_reach_is_unavailable(
    exchange: Exchange, free_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"socks5://{free_address}")

    with pytest.raises(ProviderUnavailable):
        exchange.fetch("http://provider.invalid/keys")


def test_password_of_a_proxy_stays_secret(
    exchange: Exchange,
    free_address: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "flask_hf_oauth")
    monkeypatch.setenv("HTTP_PROXY", f"http://user:proxy-password@{free_address}")
    with pytest.raises(ProviderUnavailable) as failure:
        exchange.fetch("http://provider.invalid/keys")

    assert "proxy-password" not in f"{failure.value!r} {failure.value.detail} {caplog.text}"


# Connections and the bulkhead


def test_connection_is_kept_over_exchanges(transport: Transport, provider: HfProvider) -> None:
    for _ in range(3):
        with transport.exchange() as exchange:
            exchange.fetch(provider.url + DISCOVERY)

    assert provider.connections == 1


def test_closed_transport_opens_a_new_connection(
    transport: Transport, provider: HfProvider
) -> None:
    for _ in range(2):
        with transport.exchange() as exchange:
            exchange.fetch(provider.url + DISCOVERY)
        transport.close()

    assert provider.connections == 2


def test_connection_that_the_provider_closed_is_replaced(
    transport: Transport, provider: HfProvider
) -> None:
    with transport.exchange() as exchange:
        exchange.fetch(provider.url + DISCOVERY)
    provider.stop()
    provider.start()

    with transport.exchange() as exchange:
        assert exchange.fetch(provider.url + DISCOVERY).ok


def test_one_exchange_too_many_is_refused(make_transport: TransportMaker) -> None:
    transport = make_transport(max_exchanges=2)
    transport.patience = 0.01

    with (
        transport.exchange(),
        transport.exchange(),
        pytest.raises(LoginBusy) as refusal,
        transport.exchange(),
    ):
        pass
    assert refusal.value.retry_after == 5


def fail_inside(transport: Transport) -> None:
    with transport.exchange():
        raise ProviderUnavailable


def test_failed_exchange_gives_its_place_back(make_transport: TransportMaker) -> None:
    transport = make_transport(max_exchanges=1)
    transport.patience = 0.01
    for _ in range(3):
        with pytest.raises(ProviderUnavailable):
            fail_inside(transport)


def assert_waits_for_its_place(transport: Transport) -> None:
    through = threading.Event()

    def wait_for_a_place() -> None:
        with transport.exchange():
            through.set()

    with transport.exchange():
        waiting = threading.Thread(target=wait_for_a_place)
        waiting.start()
        assert not through.is_set()
    assert through.wait(1)
    waiting.join(1)


def test_waiting_exchange_gets_the_next_place(make_transport: TransportMaker) -> None:
    assert_waits_for_its_place(make_transport(max_exchanges=1))


def test_nobody_waits_while_the_provider_hangs(make_transport: TransportMaker) -> None:
    """gunicorn has eight threads: four that hang and four that wait leave the site none."""
    transport = make_transport(max_exchanges=1)
    transport.patience = 0.01
    with transport.exchange():
        with pytest.raises(LoginBusy), transport.exchange():
            pass
        transport.patience = 60

        with pytest.raises(LoginBusy), transport.exchange():
            pass


def test_waiting_begins_again_once_an_exchange_ends(make_transport: TransportMaker) -> None:
    transport = make_transport(max_exchanges=1)
    transport.patience = 0
    with transport.exchange(), pytest.raises(LoginBusy), transport.exchange():
        pass

    transport.patience = 60
    assert_waits_for_its_place(transport)


def test_nobody_waits_after_an_exchange_that_timed_out(make_transport: TransportMaker) -> None:
    transport = make_transport(max_exchanges=1)
    transport.patience = 60
    with pytest.raises(ProviderTimeout), transport.exchange():
        raise ProviderTimeout

    with transport.exchange(), pytest.raises(LoginBusy), transport.exchange():
        pass


@pytest.mark.parametrize("status", ["101 Switching Protocols", "102 Processing", "103 Early Hints"])
def test_answer_after_an_interim_one_reaches_nobody_else(exchange: Exchange, status: str) -> None:
    late = build_answer(b"of the first request")
    with RoughServer([f"HTTP/1.1 {status}\r\n\r\n".encode(), late], interval=0.05) as server:
        with pytest.raises(ProviderError) as refusal:
            exchange.fetch(server.url)
        assert refusal.value.error_code == "provider_error"

        with pytest.raises(ProviderError):
            exchange.fetch(server.url)
    assert len(server.heads) == 2  # each on a line of its own


def test_machine_without_a_thread_left_is_a_login_without_success(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(ProviderUnavailable):
        exchange.fetch("http://127.0.0.1:9")


def test_malformed_headers_do_not_get_into_the_log(
    exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    answer = b"HTTP/1.1 200 OK\r\nno header\r\nX-Echo: the-secret\r\nContent-Length: 2\r\n\r\n{}"
    with RoughServer([answer]) as server, pytest.raises(ProviderUnavailable):
        exchange.fetch(server.url)

    assert "the-secret" not in caplog.text


def test_waiting_for_a_place_counts_into_the_deadline(make_transport: TransportMaker) -> None:
    transport = make_transport(deadline=60, max_exchanges=1)
    taken = threading.Event()

    def hold_the_place() -> None:
        with transport.exchange():
            taken.set()
            threading.Event().wait(0.1)  # nobody sets it

    holder = threading.Thread(target=hold_the_place)
    holder.start()
    assert taken.wait(5)
    begun = time.monotonic()
    with transport.exchange() as exchange:
        waited = time.monotonic() - begun
        assert exchange.deadline.remaining() < 60 - waited / 2
    holder.join(5)
