"""The provider is down, slow or broken: a page in time, no code spent twice, and no aftermath."""

from __future__ import annotations

import logging
import time
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flow import (
    AppMaker,
    begin,
    error_code,
    name_on_page,
    parameters,
    session_cookie,
    sign_in,
)
from security.broken_lines import FAULTS, SLOW, Line, answer_with, reset
from security.broken_provider import BrokenProvider, run_broken_provider
from werkzeug.test import TestResponse

from flask_hf_oauth.oidc import client as oidc_client
from flask_hf_oauth.oidc import kept

DEADLINE = 0.6  # seconds, in place of 15, where something is slow
SLACK = 3.0  # seconds for everything that is not waiting; what is slow takes five
PLACES = ["discovery at /login", "discovery at the callback", "keys", "token", "userinfo"]

every_fault = pytest.mark.parametrize("fault", FAULTS)
every_place = pytest.mark.parametrize("place", PLACES)

provider = pytest.fixture(run_broken_provider)


@pytest.fixture
def deadline(fault: str, monkeypatch: pytest.MonkeyPatch) -> float:
    """Shorten the deadline where it is what ends the login."""
    if fault in SLOW:
        monkeypatch.setattr(oidc_client, "DEADLINE", DEADLINE)
        return DEADLINE
    return 0


class Login(NamedTuple):
    """A browser, and the address at which it will meet the fault."""

    browser: FlaskClient
    url: str

    def go_on(self) -> TestResponse:
        return self.browser.get(self.url)


def begin_broken(
    place: str, line: Line | None, make_app: AppMaker, provider: BrokenProvider
) -> Login:
    """Begin a login that meets a broken line at a place."""
    browser, endpoint = make_app().test_client(), place.split(maxsplit=1)[0]
    if place == "discovery at the callback":  # it arrives at a worker that was just started
        callback = provider.authorize(begin(browser, "/login?next=/private"))
        worker = make_app().test_client()
        worker.set_cookie("session", session_cookie(browser))
        provider.break_line(endpoint, line)
        return Login(worker, callback)
    provider.break_line(endpoint, line)
    if place == "discovery at /login":
        return Login(browser, "/login?next=/private")
    return Login(browser, provider.authorize(begin(browser, "/login?next=/private")))


@every_place
@every_fault
def test_broken_network_ends_in_a_page_in_time(  # noqa: PLR0913, PLR0917 - fixtures
    fault: str,
    place: str,
    deadline: float,
    make_app: AppMaker,
    provider: BrokenProvider,
    caplog: pytest.LogCaptureFixture,
) -> None:
    line, status = FAULTS[fault]
    login = begin_broken(place, line, make_app, provider)

    begun = time.monotonic()
    page = login.go_on()
    assert time.monotonic() - begun < deadline + SLACK
    check_page(page, status, place.split(maxsplit=1)[0])
    check_warning(caplog, error_code(page), login.url)
    assert name_on_page(login.browser) == "nobody"

    login.go_on()
    assert provider.count("token") <= 1
    provider.mend()
    sign_in(login.browser, provider)
    assert name_on_page(login.browser) == "demo-free"


def check_page(page: TestResponse, status: int, endpoint: str) -> None:
    """Check that it says what happened and what to do, for people and for machines."""
    codes = {503: "provider_unavailable", 504: "provider_timeout", 502: f"{endpoint}_not_json"}
    advice = "unexpected" if status == 502 else "Please try again in a little while."
    assert (page.status_code, error_code(page)) == (status, codes[status])
    assert advice in page.text
    assert 'href="/login?next=/private">Sign in again</a>' in page.text
    assert ("Retry-After" in page.headers) == (status != 502)
    assert 0 <= int(page.headers.get("Retry-After", 0)) <= 3600


def check_warning(caplog: pytest.LogCaptureFixture, code: str, url: str) -> None:
    """Check that the owner reads of it, once, and reads no secret."""
    [warning] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert (warning.name, warning.levelname) == ("flask_hf_oauth", "WARNING")
    assert warning.getMessage().startswith(f"login failed: {code} (")
    asked = parameters(url)
    assert not [value for name, value in asked.items() if name != "next" and value in caplog.text]


def test_code_that_was_not_spent_is_good_for_a_reload(
    make_app: AppMaker, provider: BrokenProvider
) -> None:
    login = begin_broken("discovery at the callback", reset, make_app, provider)
    assert login.go_on().status_code == 503
    provider.mend()

    assert login.go_on().location == "/private"
    assert name_on_page(login.browser) == "demo-free"
    assert provider.count("token") == 1


@pytest.mark.parametrize("endpoint", ["token", "userinfo", "keys"])
def test_reload_of_a_callback_that_spent_its_code_offers_a_new_login(
    endpoint: str, make_app: AppMaker, provider: BrokenProvider
) -> None:
    login = begin_broken(endpoint, reset, make_app, provider)
    login.go_on()
    provider.mend()

    pages = [login.go_on() for _ in range(3)]
    assert {(page.status_code, error_code(page)) for page in pages} == {(400, "state_used")}
    assert 'href="/login?next=/private">Sign in again</a>' in pages[0].text
    assert provider.count("token") == 1


WAITS = {
    "seconds": (["Retry-After: 7"], 7),
    "a date": (["Retry-After: Fri, 31 Dec 2049 23:59:59 GMT"], 10),
    "absent": ([], 10),
    "negative": (["Retry-After: -120"], 10),
    "a billion": (["Retry-After: 1000000000"], 10),
    "a fortnight": (["Retry-After: 1209600"], 10),
    "a day": (["Retry-After: 86400"], 3600),
    "garbage": (["Retry-After: \x01soon<script>"], 10),
    "Hugging Face's": (['RateLimit: "oauth";r=0;t=30'], 30),
    "without a name": (["RateLimit: r=0;t=30"], 30),
    "without a time": (["RateLimit: r=0"], 10),
}


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize("place", ["discovery at /login", "token"])
@pytest.mark.parametrize("wait", WAITS)
def test_time_to_wait_is_passed_on_if_it_is_sane(
    wait: str, place: str, status: str, make_app: AppMaker, provider: BrokenProvider
) -> None:
    headers, seconds = WAITS[wait]
    login = begin_broken(place, answer_with(status, *headers), make_app, provider)

    page = login.go_on()
    assert page.status_code == 503
    assert page.headers.getlist("Retry-After") == [str(seconds)]


@pytest.fixture
def app_with_old_documents(
    deadline: float, make_app: AppMaker, provider: BrokenProvider, monkeypatch: pytest.MonkeyPatch
) -> Flask:
    """Make an app that has signed somebody in, and finds that all documents are due again."""
    monkeypatch.setattr(kept, "_KEPT_FOR", 0.0)
    app = make_app(HF_OAUTH_TIMEOUT=(2, DEADLINE / 2))
    sign_in(app.test_client(), provider)
    return app


@every_fault
def test_old_endpoints_serve_while_discovery_fails(
    fault: str,
    app_with_old_documents: Flask,
    provider: BrokenProvider,
    caplog: pytest.LogCaptureFixture,
) -> None:
    provider.break_line("discovery", FAULTS[fault].line)
    begun = time.monotonic()

    assert begin(app_with_old_documents.test_client()).startswith(provider.url)
    assert time.monotonic() - begun < DEADLINE + SLACK
    assert "keeping an old document" in caplog.text


@every_fault
def test_old_keys_serve_while_new_ones_are_not_to_be_had(
    fault: str,
    app_with_old_documents: Flask,
    provider: BrokenProvider,
    caplog: pytest.LogCaptureFixture,
) -> None:
    provider.break_line("keys", FAULTS[fault].line)
    browser = app_with_old_documents.test_client()

    sign_in(browser, provider)
    assert name_on_page(browser) == "demo-free"
    assert "keeping an old document" in caplog.text
