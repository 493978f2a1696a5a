"""The process in which an app is measured: `python -m benchmarks.child`.

It reads one JSON object per line from its standard input, an `Order`, and answers each with one
line. It calls the app directly, without a server and without a socket, so that nothing but the app
is measured.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from .handlers import Handle, Response, build_handle

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


def main() -> None:
    """Carry out orders until there are no more."""
    for line in sys.stdin:
        sys.stdout.write(carry_out(Order(**json.loads(line))).write())
        sys.stdout.flush()


def carry_out(order: Order) -> Answer:
    """Handle what is ordered, between two marks."""
    handle = build_handle(order)
    gc.collect()  # its rounds come with the same requests each time, as they would in the long run
    _mark()
    before = time.perf_counter()
    status, headers, body = _handle_at_once(handle, order)
    seconds = time.perf_counter() - before
    _mark()
    text = body[:100].decode(errors="replace")
    return Answer(status=status, headers=headers, text=text, seconds=seconds)


def _handle_at_once(handle: Handle, order: Order) -> Response:
    others = [
        threading.Thread(target=handle, args=(order.times,)) for _ in range(order.threads - 1)
    ]
    for thread in others:
        thread.start()
    response = handle(order.times)
    for thread in others:
        thread.join()
    return response


if __name__ == "__main__":
    main()
