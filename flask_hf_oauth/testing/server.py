"""The HTTP server: threads, keep-alive, counted connections, and a stop that leaves nothing."""

from __future__ import annotations

import contextlib
import io
import logging
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from werkzeug import Request
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from .answers import Answer
from .records import CONNECTION_ID

if TYPE_CHECKING:
    from collections.abc import Callable

_BODY_LIMIT = 100_000
_POLL_SECONDS = 0.02
_STOP_SECONDS = 5.0
_logger = logging.getLogger(__name__)


class PortTakenError(RuntimeError):
    """The provider cannot listen where it was told to; choose another port, or 0 for any."""


class ProviderServer(ThreadedWSGIServer):
    """One listening socket, and a thread for each connection.

    Attributes:
        connections: How many TCP connections were accepted so far.
        stopping: Set when the server stops; whoever waits, waits on it.
    """

    def __init__(self, host: str, port: int, answer_request: Callable[[Request], Answer]) -> None:
        self.answer_request = answer_request
        self.connections = 0
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[socket.socket, int] = {}
        self._workers: list[threading.Thread] = []
        # werkzeug wants a WSGI application; the handler below asks `answer_request` instead.
        super().__init__(host, port, Answer(status=404), _Handler)
        self._acceptor = threading.Thread(
            target=self.serve_forever, args=(_POLL_SECONDS,), name="hf-provider", daemon=True
        )

    def server_bind(self) -> None:
        """Bind; a port in use is an exception, where werkzeug would end the process."""
        try:
            super().server_bind()
        except OSError as error:
            raise PortTakenError(
                f"Cannot listen on {self.host} port {self.port}: {error.strerror}."
            ) from error

    def start(self) -> None:
        """Answer requests from now on."""
        self._acceptor.start()

    def stop(self) -> None:
        """Close everything, also the connections that clients keep alive."""
        self.stopping.set()
        with contextlib.suppress(OSError):  # wakes the acceptor, where the system allows it
            self.socket.shutdown(socket.SHUT_RDWR)
        self.shutdown()
        self._acceptor.join(_STOP_SECONDS)
        self._hang_up()
        deadline = time.monotonic() + _STOP_SECONDS
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's
        """Give a new connection its number and its thread."""
        with self._lock:
            self.connections += 1
            self._open[request] = self.connections
        worker = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self._workers = [other for other in self._workers if other.is_alive()] + [worker]
        worker.start()

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - socketserver's
        """Close a connection."""
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def get_connection_id(self, connection: socket.socket) -> int:
        """Get the number of an open connection."""
        return self._open[connection]

    def _hang_up(self) -> None:
        """Wake the threads that wait for another request; each closes its own socket."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):  # the client may have been faster
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(WSGIRequestHandler):
    """One connection.

    werkzeug's own `run_wsgi` closes the connection after each answer, and waits 10 ms for more of
    the body; this one reads the body first, and so can keep the connection.
    """

    server: ProviderServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answer one request."""
        environ = self.make_environ()
        environ[CONNECTION_ID] = self.server.get_connection_id(self.connection)
        body = self._read_body()
        if body is None:
            self.close_connection = True
            answer = Answer("The body is too long, or does not say how long it is.", 413)
        else:
            environ["wsgi.input"] = io.BytesIO(body)
            answer = self._answer(Request(environ))
        self._send(answer, environ)

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Keep quiet: tests read `HfProvider.requests`."""

    def _read_body(self) -> bytes | None:
        """Read the body. None: it is too long, or does not say how long it is."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            return None
        return self.rfile.read(int(length)) if int(length) <= _BODY_LIMIT else None

    def _answer(self, request: Request) -> Answer:
        try:
            return self.server.answer_request(request)
        except Exception:  # a mistake of ours or in a test's function: for the log, not for a page
            _logger.exception("The provider failed on %s %s", request.method, request.path)
            return Answer("Internal error of the test provider; its log says more.", 500)

    def _send(self, answer: Answer, environ: dict[str, Any]) -> None:
        message = self._build_message(answer, environ)
        if answer.delay:
            self.server.stopping.wait(answer.delay)
        if answer.transmission is None:
            self.wfile.write(message)
            return
        answer.transmission(self.connection, message, self.server.stopping)
        self.close_connection = True

    def _build_message(self, answer: Answer, environ: dict[str, Any]) -> bytes:
        """Build the bytes of an answer, to go out in one write."""
        chunks, status, headers = answer.get_wsgi_response(environ)
        headers = [*headers, ("Date", self.date_time_string())]
        if self.close_connection:
            headers.append(("Connection", "close"))
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        head = "\r\n".join(lines) + "\r\n\r\n"
        return head.encode("latin-1") + b"".join(chunks)
