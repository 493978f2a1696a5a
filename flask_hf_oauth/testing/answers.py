"""Answers: what the provider sends, whole or broken on purpose."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING

from werkzeug import Response

if TYPE_CHECKING:
    import socket
    import threading
    from collections.abc import Callable

    from .faults import Fault

    Transmission = Callable[[socket.socket, bytes, threading.Event], None]

_HUGE_BYTES = 5_000_000
_HTML = "<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>"


class Answer(Response):
    """A response that may have a strange way of being sent.

    Attributes:
        transmission: Writes the bytes to the socket in place of the server; the connection is
            closed after it. None: the server sends them, as it should.
        delay: Seconds that the server waits before it sends.
    """

    transmission: Transmission | None = None
    delay: float = 0


def build_json_answer(value: object, status: int = 200) -> Answer:
    """Build a JSON answer that no cache keeps (RFC 6749 section 5.1)."""
    body = json.dumps(value, ensure_ascii=False)
    answer = Answer(body, status, content_type="application/json; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Pragma"] = "no-cache"
    return answer


def build_replacement(fault: Fault | None) -> Answer | None:
    """Build what is sent in place of an answer. None: this fault needs the answer."""
    build = _REPLACEMENTS.get(fault or "")
    return build() if build else None


def break_answer(answer: Answer, fault: Fault | None, trickle_interval: float) -> Answer:
    """Break the way in which an answer is sent, as a fault's name says."""
    if fault == "cookie":
        answer.set_cookie("provider_session", "must-not-be-kept", httponly=True)
    elif fault == "trickle":
        answer.transmission = functools.partial(_trickle, trickle_interval)
    else:
        answer.transmission = _TRANSMISSIONS.get(fault or "")
    return answer


def _build_too_many_requests() -> Answer:
    answer = build_json_answer({"error": "Too many requests"}, 429)
    answer.headers["RateLimit"] = '"oauth";r=0;t=120'
    answer.headers["Retry-After"] = "120"
    return answer


def _build_redirect() -> Answer:
    return Answer(status=302, headers={"Location": "/elsewhere"})


def _build_huge() -> Answer:
    return build_json_answer({"padding": "x" * _HUGE_BYTES})


_REPLACEMENTS: dict[str, Callable[[], Answer]] = {
    "status-500": lambda: build_json_answer({"message": "Internal error"}, 500),
    "status-503": lambda: Answer("Service unavailable", 503, mimetype="text/plain"),
    "status-429": _build_too_many_requests,
    "html": lambda: Answer(_HTML, mimetype="text/html"),
    "html-502": lambda: Answer(_HTML, 502, mimetype="text/html"),
    "empty": lambda: Answer(mimetype="application/json"),
    "redirect": _build_redirect,
    "huge": _build_huge,
    "array": lambda: build_json_answer(["an", "array"]),
    "not-json": lambda: Answer("{not json", mimetype="application/json"),
}


def _truncate(connection: socket.socket, message: bytes, _stopping: threading.Event) -> None:
    """Send less than Content-Length promises."""
    connection.sendall(message[:-10])


def _reset(_connection: socket.socket, _message: bytes, _stopping: threading.Event) -> None:
    """Send nothing; the server closes the connection."""


def _hang(_connection: socket.socket, _message: bytes, stopping: threading.Event) -> None:
    """Send nothing until the provider stops."""
    stopping.wait()


def _trickle(
    interval: float, connection: socket.socket, message: bytes, stopping: threading.Event
) -> None:
    """Send a byte at a time, headers too: no single read ever times out."""
    for position in range(len(message)):
        connection.sendall(message[position : position + 1])
        if stopping.wait(interval):
            return


_TRANSMISSIONS: dict[str, Transmission] = {
    "truncated": _truncate,
    "reset": _reset,
    "hang": _hang,
}
