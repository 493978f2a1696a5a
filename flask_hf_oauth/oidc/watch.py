"""Connections with an end: at a deadline, or after so many bytes, whatever still comes in."""

from __future__ import annotations

import io
import socket
import threading
import time
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError
from urllib3.poolmanager import PoolManager, ProxyManager

from .timekeeper import Timekeeper


class _Current(threading.local):
    """The watch that looks at the connection which this thread is using."""

    watch: Watch | None = None


_current = _Current()


class Watch:
    """Cuts the connection in use at the deadline, and ends an answer that is too long.

    Read timeouts begin anew with each byte, so a provider that trickles could hold a worker for
    ever; a socket that is shut down from another thread ends the read at once. Bytes count as they
    come from the line: interim answers, headers, chunk sizes and trailers have no end of their own.

    Args:
        timekeeper: That of the pool.
        seconds: From now to the deadline.
        length: Bytes that may come.
    """

    def __init__(self, timekeeper: Timekeeper, seconds: float, length: int) -> None:
        self.is_over = self.is_flooded = False
        self.end = time.monotonic() + seconds
        self._timekeeper = timekeeper
        self._left = length
        self._lines: list[socket.socket] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Watch:
        self._timekeeper.add(self)
        _current.watch = self
        return self

    def __exit__(self, *_exception: object) -> None:
        _current.watch = None
        self._timekeeper.remove(self)
        with self._lock:
            for line in self._lines:
                line.close()
            self._lines.clear()  # the connections are back in the pool, for others

    def share(self, parts: int) -> float:
        """Return an equal part of the seconds left; never 0, which would not wait at all."""
        return max((self.end - time.monotonic()) / parts, 0.001)

    def count(self, length: int) -> None:
        """Take note of bytes that came.

        Raises:
            OSError: They are too many by now.
        """
        self._left -= length
        if self._left < 0:
            self.is_flooded = True
            raise OSError("the answer is too long")

    def look_at(self, line: socket.socket) -> None:
        """Hold a line of its own: the connection closes its one before the body is read."""
        with self._lock:
            self._lines.append(line.dup())
            if self.is_over:
                _shut_down(self._lines[-1])

    def cut(self) -> None:
        """End whatever is under way."""
        with self._lock:
            self.is_over = True
            for line in self._lines:
                _shut_down(line)


def _shut_down(line: socket.socket) -> None:
    with suppress(OSError):  # it may have ended by itself in this very moment
        line.shutdown(socket.SHUT_RDWR)


class _CountedLine(io.RawIOBase):
    """What comes from a connection, shown to the watch."""

    def __init__(self, line: io.RawIOBase) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - whatever has a buffer
        length: int | None = self._line.readinto(buffer)
        if length and _current.watch is not None:
            _current.watch.count(length)
        return length

    def close(self) -> None:
        self._line.close()
        super().close()


class _CountedResponse(HTTPResponse):
    """An answer counted below http.client's own buffer: a chunk's size or a header has no end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fp = io.BufferedReader(_CountedLine(self.fp.detach()))

    def begin(self) -> None:
        """Refuse malformed headers, which urllib3 would write to the log, whatever stands there."""
        super().begin()
        if self.headers.defects or self.headers.get_payload():
            raise HTTPException("malformed headers")


class _WatchedConnection(HTTPConnection):
    """A connection whose line can be cut from outside.

    The line is a duplicate of the socket from before TLS wraps it: shutting it down ends a
    handshake too, and needs no lock on what the reading thread holds.
    """

    response_class = _CountedResponse
    _duplicate: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        try:
            connection = self._connect()
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "no connection in time") from error
        self._duplicate = connection.dup()
        self._show()
        return connection

    def _connect(self) -> socket.socket:
        """Try one address after the other: a host may have a dozen, all of them silent but one."""
        failure = OSError("the host has no address")
        host = self.host.strip("[]")  # those of a proxy's address are still there
        found = socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
        for tried, (family, kind, protocol, _name, address) in enumerate(found):
            try:
                connection = socket.socket(family, kind, protocol)
                return self._open(connection, address, len(found) - tried)
            except OSError as error:  # noqa: PERF203 - also of a family that this machine lacks
                failure = error
        raise failure

    def _open(self, connection: socket.socket, address: Any, parts: int) -> socket.socket:  # noqa: ANN401 - as its family wants it
        share = None if _current.watch is None else _current.watch.share(parts)
        try:
            for option in self.socket_options or ():
                connection.setsockopt(*option)
            connection.settimeout(min(filter(None, (self.timeout, share)), default=None))
            connection.connect(address)
        except OSError:
            connection.close()
            raise
        return connection

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._show()
        super().request(*args, **kwargs)

    def close(self) -> None:
        super().close()
        if self._duplicate is not None:
            self._duplicate.close()
            self._duplicate = None

    def _show(self) -> None:
        if _current.watch is not None and self._duplicate is not None:
            _current.watch.look_at(self._duplicate)


class _WatchedTlsConnection(_WatchedConnection, HTTPSConnection):
    """The same over TLS."""


class _WatchedPool(HTTPConnectionPool):
    ConnectionCls = _WatchedConnection


class _WatchedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTlsConnection


_POOLS = {"http": _WatchedPool, "https": _WatchedTlsPool}


class PooledAdapter(HTTPAdapter):
    """The connections of one app, straight and through proxies."""

    def __init__(self, **options: Any) -> None:
        """Open nothing yet."""
        super().__init__(**options)
        self._timekeeper = Timekeeper()
        self._ways: dict[tuple[str, str], dict[str, Any]] = {}

    def ask(
        self, request: requests.PreparedRequest, timeout: tuple[float, float]
    ) -> requests.Response:
        """Send a request, through a proxy and with the certificates that the environment names."""
        way = self._find_way(str(request.url))
        return self.send(request, stream=True, timeout=timeout, **way)

    def _find_way(self, url: str) -> dict[str, Any]:
        """Find them once for each host: a session would read all variables twice a request."""
        parts = urlsplit(url)
        host = parts.scheme, parts.netloc
        if host not in self._ways:
            with requests.Session() as session:
                way = session.merge_environment_settings(url, {}, None, None, None)
            self._ways[host] = {name: way[name] for name in ("proxies", "verify", "cert")}
        return self._ways[host]

    def watch(self, seconds: float, length: int) -> Watch:
        """Return the watch of a request that may take so long and be answered with so much."""
        return Watch(self._timekeeper, seconds, length)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> PoolManager:
        """Make the pools of connections through a proxy."""
        manager: PoolManager = super().proxy_manager_for(*args, **kwargs)
        if type(manager) is ProxyManager:  # SOCKS has pools of its own; read timeouts bound those
            manager.pool_classes_by_scheme = _POOLS
        return manager
