"""Fifteen seconds of wall time for one answer of ours, however slow the provider is."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeAlias

import pytest
from flask.testing import FlaskClient
from flow import AppMaker, begin, error_code, session_cookie
from werkzeug.test import TestResponse

from flask_hf_oauth.oidc import client as oidc_client
from flask_hf_oauth.testing import HfProvider

#: An answer of ours, and the seconds that it took.
Timed: TypeAlias = tuple[TestResponse, float]


def wait_five_seconds_at_each_answer(provider: HfProvider) -> None:
    provider.delay("discovery", 5)
    provider.delay("token", 5)
    provider.delay("keys", 5)
    provider.delay("userinfo", 5)


def trickle_a_byte_a_second(provider: HfProvider) -> None:
    provider.fail("token", "trickle")


def answer_late_and_trickle_then(provider: HfProvider) -> None:
    provider.delay("discovery", 9)
    provider.delay("token", 3)
    provider.fail("keys", "trickle")


SLOWNESSES: list[Callable[[HfProvider], None]] = [
    wait_five_seconds_at_each_answer,
    trickle_a_byte_a_second,
    answer_late_and_trickle_then,
]


def open_timed(browser: FlaskClient, url: str) -> Timed:
    begun = time.monotonic()
    return browser.get(url), time.monotonic() - begun


def test_callback_of_a_slow_provider_is_over_after_fifteen_seconds(make_app: AppMaker) -> None:
    def visit(provider: HfProvider, slow_down: Callable[[HfProvider], None]) -> Future[Timed]:
        browser = make_app(provider.config()).test_client()
        callback = provider.authorize(begin(browser))
        slow_down(provider)
        worker = make_app(provider.config()).test_client()  # just started: it knows no document
        worker.set_cookie("session", session_cookie(browser))
        return threads.submit(open_timed, worker, callback)

    with ThreadPoolExecutor(len(SLOWNESSES)) as threads, ExitStack() as providers:
        visits = [visit(providers.enter_context(HfProvider()), slow) for slow in SLOWNESSES]
        timed = [visit.result(timeout=20) for visit in visits]
    for page, seconds in timed:
        assert 14.5 < seconds < 16.5
        assert (page.status_code, error_code(page)) == (504, "provider_timeout")
        assert 1 <= int(page.headers["Retry-After"]) <= 60


@pytest.fixture
def black_hole() -> Iterator[int]:
    """Find a port that swallows what is sent to it: connections are neither made nor refused."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as queue:
        for _ in range(4):  # more than the queue takes
            waiting = queue.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_host_with_many_addresses_has_one_deadline(
    black_hole: int, make_app: AppMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hugging Face has twelve; a network that drops packets makes each of them wait."""
    look_up = socket.getaddrinfo
    addresses = look_up("127.0.0.1", black_hole, type=socket.SOCK_STREAM) * 12
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: addresses)
    monkeypatch.setattr(oidc_client, "DEADLINE", 0.6)
    app = make_app(HF_OAUTH_PROVIDER_URL="https://provider.example", HF_OAUTH_TIMEOUT=(0.4, 1))

    page, seconds = open_timed(app.test_client(), "/login")
    assert seconds < 2
    assert (page.status_code, error_code(page)) == (504, "provider_timeout")
