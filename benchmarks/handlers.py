"""Handlers: how an app is called, without a server."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from werkzeug.test import EnvironBuilder

from .apps import SUBJECTS, Provider

if TYPE_CHECKING:
    from .child import Order

#: Status, headers and body.
Response = tuple[int, list[tuple[str, str]], bytes]
#: Handles a request so many times, and returns the last answer.
Handle = Callable[[int], Response]


def build_handle(order: Order) -> Handle:
    """Make the app of an order, unless it is there already, and prepare its request."""
    app = _make_app(order.subject, json.dumps(order.provider), json.dumps(order.options))
    if SUBJECTS[order.subject].is_asgi:
        return _build_asgi_handle(app, order)
    return _build_wsgi_handle(app, order)


@cache
def _make_app(subject: str, provider: str, options: str) -> Any:  # noqa: ANN401 - WSGI or ASGI
    return SUBJECTS[subject].make_app(Provider(**json.loads(provider)), **json.loads(options))


def _build_wsgi_handle(app: Callable[..., Any], order: Order) -> Handle:
    environ = EnvironBuilder(order.path, headers=list(order.headers.items())).get_environ()

    def handle_once() -> Response:
        started: list[Any] = []
        body = app({**environ, "wsgi.input": io.BytesIO()}, lambda *start: started.extend(start))
        text = b"".join(body)
        body.close()
        return int(started[0][:3]), started[1], text

    def handle(times: int) -> Response:
        for _ in range(times - 1):
            handle_once()
        return handle_once()

    return handle


def _build_asgi_handle(app: Callable[..., Any], order: Order) -> Handle:
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

    async def handle_once() -> Response:
        messages: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        await app({**scope, "state": {}}, receive, send)
        headers = [(name.decode(), value.decode()) for name, value in messages[0]["headers"]]
        return messages[0]["status"], headers, b"".join(m.get("body", b"") for m in messages)

    async def handle_all(times: int) -> Response:
        for _ in range(times - 1):
            await handle_once()
        return await handle_once()

    return lambda times: _make_loop().run_until_complete(handle_all(times))


@cache
def _make_loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()
