from __future__ import annotations

import socket
import ssl
import threading
import time
from itertools import chain, repeat
from pathlib import Path

import pytest
from oidc.conftest import TransportMaker
from oidc.rough_server import RoughServer

from flask_hf_oauth.errors import ProviderTimeout
from flask_hf_oauth.oidc.watch import Watch
from flask_hf_oauth.testing import HfProvider

DISCOVERY = "/.well-known/openid-configuration"

# Nothing lasts longer than 3 s even where the deadline does not hold.
_DROPS = 600
TRICKLES: dict[str, tuple[bytes, bytes]] = {
    "status line": (b"HTTP/1.1 ", b"2"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a header": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "headers": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", b"X: x\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", b" "),
    "body of a last answer": (
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 999\r\n\r\n",
        b" ",
    ),
    "body without a length": (b"HTTP/1.1 200 OK\r\n\r\n{}", b" "),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a chunk's size": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
}


@pytest.mark.parametrize("trickle", TRICKLES)
def test_deadline_holds_against_a_trickle(make_transport: TransportMaker, trickle: str) -> None:
    head, drop = TRICKLES[trickle]
    begun = time.monotonic()
    with (
        RoughServer(chain([head], repeat(drop, _DROPS)), interval=0.005) as server,
        make_transport(deadline=0.15).exchange() as exchange,
        pytest.raises(ProviderTimeout) as failure,
    ):
        exchange.fetch(server.url)

    assert time.monotonic() - begun < 1
    assert failure.value.retry_after == 10


def test_deadline_holds_against_the_provider_s_own_trickle(
    make_transport: TransportMaker, provider: HfProvider
) -> None:
    provider.switch(trickle_interval=0.01)
    provider.fail("discovery", "trickle")

    with make_transport(deadline=0.1).exchange() as exchange, pytest.raises(ProviderTimeout):
        exchange.fetch(provider.url + DISCOVERY)


def test_deadline_holds_against_a_trickled_handshake(make_transport: TransportMaker) -> None:
    record = b"\x16\x03\x03\x40\x00"  # the header of a TLS record of 16 kB
    begun = time.monotonic()
    with (
        RoughServer(chain([record], repeat(b"\0", _DROPS)), interval=0.005, reads=False) as server,
        make_transport(deadline=0.15).exchange() as exchange,
        pytest.raises(ProviderTimeout),
    ):
        exchange.fetch(f"https://{server.address}/")

    assert time.monotonic() - begun < 1


def test_deadline_holds_over_tls(
    make_transport: TransportMaker,
    tls: ssl.SSLContext,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    head, drop = TRICKLES["body without a length"]
    with (
        RoughServer(chain([head], repeat(drop, _DROPS)), interval=0.005, tls=tls) as server,
        make_transport(deadline=0.3).exchange() as exchange,
        pytest.raises(ProviderTimeout),
    ):
        exchange.fetch(server.url)


def test_deadline_holds_against_a_trickling_proxy(
    make_transport: TransportMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, drop = TRICKLES["status line"]
    with RoughServer(chain([head], repeat(drop, _DROPS)), interval=0.005) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with (
            make_transport(deadline=0.15).exchange() as exchange,
            pytest.raises(ProviderTimeout),
        ):
            exchange.fetch("https://provider.invalid/keys")


def test_cut_exchange_leaves_the_next_one_alone(
    make_transport: TransportMaker, provider: HfProvider
) -> None:
    transport = make_transport(deadline=0.15)
    provider.fail("discovery", "hang")
    with transport.exchange() as exchange, pytest.raises(ProviderTimeout):
        exchange.fetch(provider.url + DISCOVERY)

    with transport.exchange() as exchange:
        assert exchange.fetch(provider.url + DISCOVERY).ok


def test_kept_connection_outlives_the_deadline_of_its_exchange(
    make_transport: TransportMaker, provider: HfProvider
) -> None:
    transport = make_transport(deadline=0.1)
    with transport.exchange() as exchange:
        exchange.fetch(provider.url + DISCOVERY)
        threading.Event().wait(0.15)  # the first watch would cut by now

    with transport.exchange() as exchange:
        exchange.fetch(provider.url + DISCOVERY)
    assert provider.connections == 1


def test_connection_that_comes_too_late_is_cut_at_once() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Watch(0) as watch:
        watch._timer.join(1)
        watch.look_at(ours)

        theirs.settimeout(1)
        assert theirs.recv(1) == b""
