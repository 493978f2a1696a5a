"""A server that sends bytes as they are: what no well-behaved server would send."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType


class _Handler(socketserver.StreamRequestHandler):
    server: RoughServer
    timeout = 5

    def handle(self) -> None:
        """Read a request unless the first byte is to come unasked, and send the pieces."""
        head = b"".join(iter(self.rfile.readline, b"\r\n")) if self.server.reads else b""
        self.server.heads.append(head.decode("latin-1"))
        with suppress(OSError):  # the client hung up
            for piece in self.server.pieces:
                self.connection.sendall(piece)
                if self.server.stopping.wait(self.server.interval):
                    return


class RoughServer(socketserver.ThreadingTCPServer):
    """Answers each connection with the same pieces, and closes it.

    Attributes:
        heads: The request lines and headers that came.
    """

    def __init__(
        self,
        pieces: Iterable[bytes],
        *,
        interval: float = 0,
        reads: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.pieces = list(pieces)
        self.interval = interval
        self.reads = reads
        self.tls = tls
        self.heads: list[str] = []
        self.stopping = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)
        self._acceptor = threading.Thread(target=self.serve_forever, args=(0.01,))

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        """The address, with its scheme."""
        return f"{'https' if self.tls else 'http'}://{self.address}"

    def __enter__(self) -> RoughServer:
        self._acceptor.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self.shutdown()
        self._acceptor.join()
        self.server_close()  # waits for the handlers

    def get_request(self) -> tuple[socket.socket, object]:
        """Wrap a new connection in TLS, if it is to be; its thread will shake hands."""
        connection, address = super().get_request()
        if self.tls is not None:
            connection = self.tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet: clients that hang up are what this is for."""


def build_answer(body: bytes = b"{}", *headers: str, status: str = "200 OK") -> bytes:
    """Build an answer, with its Content-Length."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
