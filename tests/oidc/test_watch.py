from __future__ import annotations

import gc
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from oidc.conftest import TransportMaker, refused_tunnel
from oidc.rough_server import RoughServer
from urllib3.poolmanager import PoolManager

from flask_hf_oauth.errors import ProviderTimeout, ProviderUnavailable
from flask_hf_oauth.oidc.http import Exchange
from flask_hf_oauth.oidc.watch import PooledAdapter
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
    "TLS record": (b"\x16\x03\x03\x40\x00", b"\0"),  # 16 kB of a handshake
    "a chunk's size": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
}


@contextmanager
def soon() -> Iterator[None]:
    """Expect that the deadline ends what is inside, and not the end of the trickle."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < 2


def trickle(kind: str, **options: Any) -> RoughServer:
    head, drop = TRICKLES[kind]
    return RoughServer(chain([head], repeat(drop, _DROPS)), interval=0.005, **options)


@pytest.mark.parametrize("kind", TRICKLES)
def test_deadline_holds_against_a_trickle(make_transport: TransportMaker, kind: str) -> None:
    with (
        trickle(kind) as server,
        make_transport(deadline=0.15).exchange() as exchange,
        soon(),
        pytest.raises(ProviderTimeout) as failure,
    ):
        exchange.fetch(server.url)
    assert failure.value.retry_after == 10


def test_deadline_holds_on_a_connection_that_was_kept(
    make_transport: TransportMaker, provider: HfProvider
) -> None:
    with make_transport(deadline=0.5).exchange() as exchange:
        exchange.fetch(provider.url + DISCOVERY)
        provider.switch(trickle_interval=0.01)
        provider.fail("discovery", "trickle")
        with soon(), pytest.raises(ProviderTimeout):
            exchange.fetch(provider.url + DISCOVERY)
    assert provider.connections == 1


def test_deadline_holds_against_a_trickled_handshake(make_transport: TransportMaker) -> None:
    with (
        trickle("TLS record", reads=False) as server,
        make_transport(deadline=0.15).exchange() as exchange,
        soon(),
        pytest.raises(ProviderTimeout),
    ):
        exchange.fetch(f"https://{server.address}/")


def test_deadline_holds_over_tls(
    make_transport: TransportMaker,
    tls: ssl.SSLContext,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with (
        trickle("body without a length", tls=tls) as server,
        make_transport(deadline=0.3).exchange() as exchange,
        soon(),
        pytest.raises(ProviderTimeout),
    ):
        exchange.fetch(server.url)


@refused_tunnel
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_deadline_holds_against_a_trickling_proxy(
    make_transport: TransportMaker, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with trickle("status line") as proxy, make_transport(deadline=0.15).exchange() as exchange:
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", proxy.url)
        with soon(), pytest.raises(ProviderTimeout):
            exchange.fetch(f"{scheme}://provider.invalid/keys")
    gc.collect()


def test_deadline_holds_while_nobody_accepts(make_transport: TransportMaker) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as queue:
        for _ in range(4):  # more than the queue takes: the next one gets no answer
            waiting = queue.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        with (
            make_transport(timeout=(3, 3), deadline=0.15).exchange() as exchange,
            soon(),
            pytest.raises(ProviderTimeout),
        ):
            exchange.fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/")


def test_cut_exchange_leaves_the_next_one_alone(
    make_transport: TransportMaker, provider: HfProvider
) -> None:
    transport = make_transport(deadline=0.5)
    provider.fail("discovery", "hang")
    with transport.exchange() as exchange, pytest.raises(ProviderTimeout):
        exchange.fetch(provider.url + DISCOVERY)

    with transport.exchange() as exchange:
        assert exchange.fetch(provider.url + DISCOVERY).ok


def test_connection_in_the_pool_is_not_cut_any_more() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with PooledAdapter().watch(60, 1) as watch:
            watch.look_at(ours)
        watch.cut()  # a timer that fired in the very moment of the end

        ours.sendall(b"x")
        assert theirs.recv(1) == b"x"


def test_connection_that_ended_by_itself_is_cut_without_a_word() -> None:
    with socket.socket() as unconnected, PooledAdapter().watch(60, 1) as watch:
        watch.look_at(unconnected)
        watch.cut()

    assert watch.is_over


def test_connection_that_comes_too_late_is_cut_at_once() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, PooledAdapter().watch(60, 1) as watch:
        watch.cut()
        watch.look_at(ours)

        theirs.settimeout(1)
        assert theirs.recv(1) == b""


def test_socks_proxy_keeps_its_own_pools() -> None:
    """PySocks is no dependency; its manager's connections take arguments of their own."""
    manager = PoolManager()
    own = manager.pool_classes_by_scheme
    adapter = PooledAdapter()
    adapter.proxy_manager["socks5://proxy.example"] = manager

    found = adapter.proxy_manager_for("socks5://proxy.example")
    assert found.pool_classes_by_scheme is own


@pytest.fixture
def deaf_address() -> Iterator[tuple[str, int]]:
    """Listen without accepting, with a full queue: who connects now waits for ever."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as queue:
        for _ in range(4):
            waiting = queue.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()


def test_addresses_of_a_host_share_the_deadline(
    make_transport: TransportMaker,
    deaf_address: tuple[str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = socket.getaddrinfo(*deaf_address, type=socket.SOCK_STREAM)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found * 30)
    transport = make_transport(timeout=(0.1, 2), deadline=0.3)

    with transport.exchange() as exchange, soon(), pytest.raises(ProviderTimeout):
        exchange.fetch("http://provider.example")


def test_address_that_answers_is_found_in_time_behind_silent_ones(
    make_transport: TransportMaker,
    deaf_address: tuple[str, int],
    provider: HfProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places = [*[deaf_address] * 4, ("127.0.0.1", urlsplit(provider.url).port)]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", place) for place in places]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)

    with make_transport(timeout=(60, 60), deadline=1).exchange() as exchange:
        assert exchange.fetch(provider.url + DISCOVERY).ok


def test_small_packets_are_sent_at_once(
    make_transport: TransportMaker, provider: HfProvider
) -> None:
    """Nagle's algorithm and a delayed acknowledgement cost 40 ms a request (RFC 896)."""
    transport = make_transport()
    with transport.exchange() as exchange:
        exchange.fetch(provider.url + DISCOVERY)

    pools = transport._pool.poolmanager.pools
    [key] = pools.keys()
    idle = pools[key].pool
    assert idle is not None
    connection = idle.get()
    assert connection.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    connection.close()


def test_address_that_answers_is_found_behind_one_that_does_not(
    make_transport: TransportMaker, provider: HfProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        refusing = nobody.getsockname()
    kinds = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
    found = [
        (socket.AF_UNSPEC, *kinds[1:], refusing),  # stands for a kind that this machine lacks
        (*kinds, refusing),
        (*kinds, ("127.0.0.1", urlsplit(provider.url).port)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)

    with make_transport().exchange() as exchange:
        assert exchange.fetch(provider.url + DISCOVERY).ok


def test_host_without_an_address_is_unavailable(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: [])

    with pytest.raises(ProviderUnavailable):
        exchange.fetch("http://provider.example")
