"""Fifteen seconds of wall time for one answer of ours, however slow the provider is."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeAlias

from flask.testing import FlaskClient
from flow import AppMaker, begin, error_code, session_cookie
from werkzeug.test import TestResponse

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
        timed = [visit.result(timeout=30) for visit in visits]
    for page, seconds in timed:
        assert 14.5 < seconds < 20
        assert (page.status_code, error_code(page)) == (504, "provider_timeout")
        assert 1 <= int(page.headers["Retry-After"]) <= 60
