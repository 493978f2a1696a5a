"""The way to a provider: https, and time for each new connection and each request.

The proxy is a process of its own, so that an app that is measured shares no interpreter with it. It
ends TLS, counts, waits, and passes on.
"""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from .tls import HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    from .tls import Certificates

# A child that is forked would inherit the locks of its parent's threads.
_SPAWN = get_context("spawn")
_BACKLOG = 128
PATIENCE = 30.0  # seconds for a child to start, to answer, or to end
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_LAST = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


@contextmanager
def run_child(run: Callable[..., None], *args: object) -> Iterator[Connection]:
    """Run a function in a process that ends when we let go of it, be it because we end."""
    ours, theirs = _SPAWN.Pipe()
    child = _SPAWN.Process(target=run, args=(*args, theirs), daemon=True)
    child.start()
    theirs.close()  # or the child's end would stay open with ours
    try:
        yield ours
    finally:
        ours.close()
        child.join(PATIENCE)
        child.kill()  # does nothing to one that has ended
        child.join()
        child.close()


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
        """Pass on what comes over one connection.

        It waits after the handshake: to the client that is as long as before it.
        """
        self._counters.connections.value += 1
        # The last of these ends a connection that is still open when the process ends.
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await asyncio.sleep(self._counters.connection_delay.value)
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
    with run_child(_run_proxy, listener, certificates, address, counters):
        yield counters


def listen() -> socket.socket:
    """Listen on a free port.

    Accepted connections inherit TCP_NODELAY. asyncio leaves it off where the protocol number of a
    socket is 0, and every other answer over a new connection would wait 40 ms for a delayed ACK.
    """
    listener = socket.create_server((HOST, 0), backlog=_BACKLOG)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
