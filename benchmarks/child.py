"""The process in which an app is measured: `python -m benchmarks.child`.

It reads one JSON object per line from its standard input, an `Order`, and answers each with one
line. It calls the app directly, without a server and without a socket, so that nothing but the app
is measured.
"""

from __future__ import annotations

import asyncio
import gc
import io
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from werkzeug.test import EnvironBuilder

from .apps import SUBJECTS, Provider

#: A function of the C library that nothing else here calls: callgrind writes down its count there.
MARKER = "sched_yield"
_mark: Callable[[], None] = getattr(os, MARKER, lambda: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Handle one request, many times.

    Args:
        subject: The name of the subject.
        options: What its app is made with.
        provider: The arguments of its `Provider`.
        path: Which page is asked for, with its query.
        headers: The headers of the request.
        times: How many requests there are, in each thread.
        threads: How many threads ask at once.
    """

    subject: str
    provider: dict[str, Any]
    path: str
    options: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    threads: int = 1

    def write(self) -> str:
        """Write it as one line."""
        return json.dumps(asdict(self)) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an order came to.

    Args:
        status: The status of the last answer.
        headers: Its headers.
        text: The beginning of its body.
        seconds: How long all requests took.
    """

    status: int
    headers: list[tuple[str, str]]
    text: str
    seconds: float

    def write(self) -> str:
        """Write it as one line."""
        return json.dumps(asdict(self)) + "\n"


_Response = tuple[int, list[tuple[str, str]], bytes]
_Handle = Callable[[int], _Response]


def main() -> None:
    """Carry out orders until there are no more."""
    for line in sys.stdin:
        sys.stdout.write(carry_out(Order(**json.loads(line))).write())
        sys.stdout.flush()


def carry_out(order: Order) -> Answer:
    """Handle what is ordered, between two marks."""
    handle = _build_handle(order)
    gc.collect()  # its rounds come with the same requests each time, as they would in the long run
    _mark()
    before = time.perf_counter()
    status, headers, body = _handle_at_once(handle, order)
    seconds = time.perf_counter() - before
    _mark()
    text = body[:100].decode(errors="replace")
    return Answer(status=status, headers=headers, text=text, seconds=seconds)


def _handle_at_once(handle: _Handle, order: Order) -> _Response:
    others = [
        threading.Thread(target=handle, args=(order.times,)) for _ in range(order.threads - 1)
    ]
    for thread in others:
        thread.start()
    response = handle(order.times)
    for thread in others:
        thread.join()
    return response


def _build_handle(order: Order) -> _Handle:
    app = _make_app(order.subject, json.dumps(order.provider), json.dumps(order.options))
    if SUBJECTS[order.subject].is_asgi:
        return _build_asgi_handle(app, order)
    return _build_wsgi_handle(app, order)


@cache
def _make_app(subject: str, provider: str, options: str) -> Any:  # noqa: ANN401 - WSGI or ASGI
    return SUBJECTS[subject].make_app(Provider(**json.loads(provider)), **json.loads(options))


def _build_wsgi_handle(app: Callable[..., Any], order: Order) -> _Handle:
    environ = EnvironBuilder(order.path, headers=list(order.headers.items())).get_environ()

    def handle_once() -> _Response:
        started: list[Any] = []
        body = app({**environ, "wsgi.input": io.BytesIO()}, lambda *start: started.extend(start))
        text = b"".join(body)
        body.close()
        return int(started[0][:3]), started[1], text

    def handle(times: int) -> _Response:
        for _ in range(times - 1):
            handle_once()
        return handle_once()

    return handle


def _build_asgi_handle(app: Callable[..., Any], order: Order) -> _Handle:
    path, _, query = order.path.partition("?")
    host, _, port = order.headers["Host"].partition(":")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(k.lower().encode(), v.encode()) for k, v in order.headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": (host, int(port or 80)),
    }

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def handle_once() -> _Response:
        messages: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        await app({**scope, "state": {}}, receive, send)
        headers = [(name.decode(), value.decode()) for name, value in messages[0]["headers"]]
        return messages[0]["status"], headers, b"".join(m.get("body", b"") for m in messages)

    async def handle_all(times: int) -> _Response:
        for _ in range(times - 1):
            await handle_once()
        return await handle_once()

    return lambda times: _make_loop().run_until_complete(handle_all(times))


@cache
def _make_loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


if __name__ == "__main__":
    main()
