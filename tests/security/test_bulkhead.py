"""Logins that hang hold four places and no more, and each place is given back."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

import pytest
from flask import Flask
from flow import AppMaker, begin, error_code, name_on_page, sign_in
from security.broken_lines import FAULTS, SLOW, hang
from security.broken_provider import BrokenProvider, run_broken_provider

from flask_hf_oauth.oidc import client as oidc_client

PLACES = 4  # MAX_EXCHANGES, where it is not set
DEADLINE = 0.5  # seconds, in place of 15, where something is slow

provider = pytest.fixture(run_broken_provider)


class Dam:
    """A line that holds all answers back until the block ends, and loses them then."""

    def __init__(self) -> None:
        self._arrived = threading.Semaphore(0)
        self._opened = threading.Event()

    def hold(self, _connection: socket.socket, _message: bytes, _stopping: threading.Event) -> None:
        self._arrived.release()
        self._opened.wait(10)

    def wait_for(self, answers: int) -> None:
        for _ in range(answers):
            assert self._arrived.acquire(timeout=5)

    def __enter__(self) -> Dam:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._opened.set()


@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
def test_fifth_login_is_asked_to_come_back_and_the_site_goes_on(
    endpoint: str, app: Flask, provider: BrokenProvider
) -> None:
    *browsers, fifth = [app.test_client() for _ in range(PLACES + 1)]
    *callbacks, last = [provider.authorize(begin(one)) for one in (*browsers, fifth)]
    dam = Dam()
    provider.break_line(endpoint, dam.hold)

    with ThreadPoolExecutor(PLACES) as threads, dam:
        hanging = [
            threads.submit(browser.get, callback)
            for browser, callback in zip(browsers, callbacks, strict=True)
        ]
        dam.wait_for(PLACES)
        begun = time.monotonic()
        page = fifth.get(last)
        assert 0.9 < time.monotonic() - begun < 8
        assert name_on_page(fifth) == "nobody"
        assert begin(fifth)  # the way to the provider is known, and needs no place
        assert not any(visit.done() for visit in hanging)
    assert (page.status_code, error_code(page)) == (503, "login_busy")
    assert page.headers["Retry-After"] == "5"
    assert {visit.result().status_code for visit in hanging} == {503}

    provider.mend()
    assert fifth.get(last).location == "/"  # its code was not spent
    for browser in browsers:
        sign_in(browser, provider)
    assert {name_on_page(browser) for browser in (*browsers, fifth)} == {"demo-free"}


def test_logins_that_wait_for_the_same_document_are_told_when_to_come_back(
    make_app: AppMaker, provider: BrokenProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc_client, "DEADLINE", DEADLINE)
    app = make_app()
    provider.break_line("discovery", hang)

    with ThreadPoolExecutor(PLACES) as threads:
        visits = [threads.submit(app.test_client().get, "/login") for _ in range(PLACES)]
        pages = [visit.result(10) for visit in visits]
    assert {(page.status_code, error_code(page)) for page in pages} == {(504, "provider_timeout")}
    assert {page.headers.get("Retry-After") for page in pages} == {"10"}


@pytest.mark.parametrize("endpoint", ["discovery", "token"])
@pytest.mark.parametrize("fault", FAULTS)
def test_failed_logins_give_their_places_back(
    fault: str,
    endpoint: str,
    make_app: AppMaker,
    provider: BrokenProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if fault in SLOW:
        monkeypatch.setattr(oidc_client, "DEADLINE", DEADLINE)
    browser = make_app(HF_OAUTH_MAX_EXCHANGES=1).test_client()
    urls = ["/login", "/login"]
    if endpoint == "token":
        urls = [provider.authorize(begin(browser)) for _ in urls]
    line, status = FAULTS[fault]
    provider.break_line(endpoint if line else "discovery", line)

    pages = [browser.get(url) for url in urls]
    assert {page.status_code for page in pages} == {status}
    assert "login_busy" not in map(error_code, pages)
    provider.mend()
    sign_in(browser, provider)
    assert name_on_page(browser) == "demo-free"
