"""Every way in which the line to a provider breaks."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

#: Sends the bytes of an answer, or does not; the event tells when the provider stops.
Line: TypeAlias = Callable[[socket.socket, bytes, threading.Event], None]

# A trickle: seconds between two drops, which no read timeout ends, and how many drops there are,
# or a test of a deadline that does not hold would take minutes to fail.
_TICK, _DROPS = 0.1, 50
_NO_LINGERING = struct.pack("ii", 1, 0)
_HTML = "<!doctype html><title>Welcome</title>"


def hang(_connection: socket.socket, _message: bytes, stopping: threading.Event) -> None:
    stopping.wait()


def reset(connection: socket.socket, _message: bytes, _stopping: threading.Event) -> None:
    """Send RST in place of an answer: what a crashed machine or a firewall does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
    socket.close(connection.detach())


def truncate(connection: socket.socket, message: bytes, _stopping: threading.Event) -> None:
    connection.sendall(message[:-10])


def trickle_headers(connection: socket.socket, message: bytes, stopping: threading.Event) -> None:
    """Send a line of the headers at a time, and many more than the answer had."""
    status, *lines = message.splitlines(keepends=True)
    _drip(connection, [status, *[b"X-Slow: yes\r\n"] * 90, *lines], stopping)


def trickle_body(connection: socket.socket, message: bytes, stopping: threading.Event) -> None:
    head, end, body = message.partition(b"\r\n\r\n")
    _drip(connection, [head + end, *(bytes([byte]) for byte in body)], stopping)


def _drip(connection: socket.socket, drops: list[bytes], stopping: threading.Event) -> None:
    for drop in drops[:_DROPS]:
        connection.sendall(drop)
        if stopping.wait(_TICK):
            return


def answer_with(status: str, *headers: str, body: str = "") -> Line:
    """Send another answer in place of the true one."""
    lines = [f"HTTP/1.1 {status}", *headers, "Connection: close", f"Content-Length: {len(body)}"]

    def send(connection: socket.socket, _message: bytes, _stopping: threading.Event) -> None:
        connection.sendall("\r\n".join([*lines, "", body]).encode())

    return send


class Fault(NamedTuple):
    """What happens to an answer (None: nobody listens), and the status of our page."""

    line: Line | None
    status: int


FAULTS = {
    "refused": Fault(None, 503),
    "hanging": Fault(hang, 504),
    "trickled headers": Fault(trickle_headers, 504),
    "trickled body": Fault(trickle_body, 504),
    "reset": Fault(reset, 503),
    "truncated": Fault(truncate, 503),
    "429": Fault(answer_with("429 Too Many Requests", "Retry-After: 7", body="{}"), 503),
    "500": Fault(answer_with("500 Internal Server Error", body='{"error": "no"}'), 503),
    "502": Fault(answer_with("502 Bad Gateway", body=_HTML), 503),
    "503": Fault(answer_with("503 Service Unavailable"), 503),
    "504": Fault(answer_with("504 Gateway Timeout", body=_HTML), 503),
    "HTML": Fault(answer_with("200 OK", "Content-Type: text/html", body=_HTML), 502),
    "nothing": Fault(answer_with("200 OK", "Content-Type: application/json"), 502),
}
SLOW = {"hanging", "trickled headers", "trickled body"}
