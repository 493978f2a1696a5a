"""A provider at a distance: https, and time for each connection and each request.

The embedded provider and the proxy in front of it are processes of their own, so that an app that
is measured shares no interpreter with them. The proxy ends TLS, waits, counts, and passes on.
"""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from flask_hf_oauth.testing import HfProvider

from .tls import HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    from flask_hf_oauth.testing import Persona

    from .tls import Certificates

# A child that is forked would inherit the locks of its parent's threads.
_SPAWN = get_context("spawn")
_BACKLOG = 128
_PATIENCE = 30.0  # seconds for a child to start, to answer, or to end
_CODE_LIFETIME = 600  # seconds; codes may be fetched long before the callbacks that are measured
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_LAST = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


@contextmanager
def _run_child(run: Callable[..., None], *args: object) -> Iterator[Connection]:
    """Run a function in a process that ends when we let go of it, be it because we end."""
    ours, theirs = _SPAWN.Pipe()
    child = _SPAWN.Process(target=run, args=(*args, theirs), daemon=True)
    child.start()
    theirs.close()  # or the child's end would stay open with ours
    try:
        yield ours
    finally:
        ours.close()
        child.join(_PATIENCE)
        child.kill()  # does nothing to one that has ended
        child.join()
        child.close()


class Authorizer:
    """A person who agrees to whatever an app asks for, at a provider in another process."""

    def __init__(self, line: Connection) -> None:
        self._line = line
        self._lock = threading.Lock()

    def authorize(self, authorization_url: str) -> str:
        """Turn an authorization URL into the callback URL, as `HfProvider.authorize` does."""
        with self._lock:
            self._line.send(authorization_url)
            return str(_receive(self._line))


def _receive(line: Connection) -> Any:  # noqa: ANN401 - whatever the other end sends
    """Wait for an answer.

    Raises:
        TimeoutError: There is none.
    """
    if not line.poll(_PATIENCE):
        raise TimeoutError("the embedded provider does not answer")
    return line.recv()


class _HiddenProvider(HfProvider):
    """The embedded provider, whose issuer is the address of the proxy in front of it."""

    def __init__(self, public_url: str, persona: Persona) -> None:
        super().__init__(personas=[persona], code_lifetime=_CODE_LIFETIME)
        self._public_url = public_url

    @property
    def url(self) -> str:
        """The address that apps know, and that stands in tokens."""
        return self._public_url

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, over http."""
        return HOST, int(super().url.rpartition(":")[2])


@dataclass(frozen=True, slots=True)
class _Started:
    """What the provider's process tells once it listens."""

    address: tuple[str, int]
    client_id: str
    client_secret: str


def _run_provider(public_url: str, persona: Persona, line: Connection) -> None:
    """Be the provider's process, and the person's."""
    provider = _HiddenProvider(public_url, persona)
    with provider, suppress(EOFError):
        line.send(_Started(provider.address, provider.client_id, provider.client_secret))
        while True:
            line.send(provider.authorize(line.recv(), persona))


@dataclass(frozen=True, slots=True)
class Counters:
    """What the proxy's process counts and what it waits; both processes see these numbers.

    Attributes:
        requests: Requests that came so far; the proxy writes it.
        connections: Connections that came so far; the proxy writes it.
        request_delay: Seconds that each request waits before it is passed on; we write it.
        connection_delay: Seconds that each new connection waits before that; we write it.
    """

    requests: Any
    connections: Any
    request_delay: Any
    connection_delay: Any


def _make_counters() -> Counters:
    return Counters(*(_SPAWN.RawValue(kind, 0) for kind in "QQdd"))


class _Proxy:
    """The proxy, in its own process: an event loop costs the least on a machine of two cores."""

    def __init__(self, address: tuple[str, int], counters: Counters) -> None:
        self._address = address
        self._counters = counters
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def serve(self, listener: socket.socket, certificates: Certificates, line: int) -> None:
        """Serve until the other end of the line is closed."""
        over = asyncio.Event()
        asyncio.get_running_loop().add_reader(line, over.set)
        context = certificates.build_server_context()
        await asyncio.start_server(self._talk, sock=listener, ssl=context, backlog=_BACKLOG)
        await over.wait()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what comes over one connection."""
        self._counters.connections.value += 1
        await asyncio.sleep(self._counters.connection_delay.value)
        # The last of these ends a connection that is still open when the process ends.
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while not writer.is_closing():
                request = await _read_message(reader)
                self._counters.requests.value += 1
                await asyncio.sleep(self._counters.request_delay.value)
                answer = await self._pass_on(request)
                writer.write(answer)
                if _LAST.search(answer):
                    break
        writer.close()

    async def _pass_on(self, request: bytes) -> bytes:
        """Ask the provider, on a connection that is kept: it has a thread for each of them."""
        reader, writer = (
            self._idle.pop() if self._idle else await asyncio.open_connection(*self._address)
        )
        writer.write(request)
        answer = await _read_message(reader)
        if _LAST.search(answer):
            writer.close()
        else:
            self._idle.append((reader, writer))
        return answer


async def _read_message(reader: asyncio.StreamReader) -> bytes:
    """Read a request or an answer; all that pass here say how long their body is, or have none."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return head + (await reader.readexactly(int(length[1])) if length else b"")


def _run_proxy(
    listener: socket.socket,
    certificates: Certificates,
    address: tuple[str, int],
    counters: Counters,
    line: Connection,
) -> None:
    """Be the proxy's process."""
    asyncio.run(_Proxy(address, counters).serve(listener, certificates, line.fileno()))


@contextmanager
def run_proxy(
    listener: socket.socket, certificates: Certificates, address: tuple[str, int]
) -> Iterator[Counters]:
    """Run the proxy: https at the listener, http at the address behind it."""
    counters = _make_counters()
    with _run_child(_run_proxy, listener, certificates, address, counters):
        yield counters


@dataclass(frozen=True, slots=True, kw_only=True)
class DistantProvider:
    """A provider behind the proxy.

    Attributes:
        url: The issuer, over https.
        client_id: The app that is registered there.
        client_secret: Its secret.
        certificates: What has to be trusted.
        person: Who agrees.
        counters: What came by, and how long it waits.
    """

    url: str
    client_id: str
    client_secret: str
    certificates: Certificates
    person: Authorizer
    counters: Counters

    def delay(self, *, connection: float, request: float) -> None:
        """Say how many seconds each new connection and each request takes from now on."""
        self.counters.connection_delay.value = connection
        self.counters.request_delay.value = request


def listen() -> socket.socket:
    """Listen on a free port.

    Accepted connections inherit TCP_NODELAY. asyncio leaves it off where the protocol number of a
    socket is 0, and every other answer over a new connection would wait 40 ms for a delayed ACK.
    """
    listener = socket.create_server((HOST, 0), backlog=_BACKLOG)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@contextmanager
def run_distant_provider(certificates: Certificates, persona: Persona) -> Iterator[DistantProvider]:
    """Run the embedded provider and the proxy in front of it."""
    with listen() as listener:
        url = f"https://{HOST}:{listener.getsockname()[1]}"
        with _run_child(_run_provider, url, persona) as line:
            started: _Started = _receive(line)
            with run_proxy(listener, certificates, started.address) as counters:
                yield DistantProvider(
                    url=url,
                    client_id=started.client_id,
                    client_secret=started.client_secret,
                    certificates=certificates,
                    person=Authorizer(line),
                    counters=counters,
                )
