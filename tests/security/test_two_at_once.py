"""Requests of one browser at the same time: whichever answer arrives last, the person is whole."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from flow import AppMaker, begin, error_code, name_on_page, session_cookie, sign_in
from werkzeug.test import TestResponse

from flask_hf_oauth import HfOAuth, HfToken, HfUser
from flask_hf_oauth.process_cache import ProcessCache
from flask_hf_oauth.testing import HfProvider


class Meeting(ProcessCache):
    """A cache at which callbacks wait for each other before any of them claims its login."""

    def __init__(self, guests: int) -> None:
        super().__init__()
        self.door = threading.Barrier(guests, timeout=5)

    def add(self, key: str, value: object, timeout: int | None = None) -> bool:  # type: ignore[override]  # as ProcessCache
        self.door.wait()
        return super().add(key, value, timeout)


def get_at_once(browser: FlaskClient, urls: Iterable[str]) -> list[TestResponse]:
    """Send requests of one browser at once: each takes the cookies along that there are now."""
    tabs = [(open_tab(browser), url) for url in urls]
    with ThreadPoolExecutor(len(tabs)) as threads:
        return list(threads.map(lambda tab: tab[0].get(tab[1]), tabs))


def open_tab(browser: FlaskClient) -> FlaskClient:
    tab = browser.application.test_client()
    if browser.get_cookie("session") is not None:
        tab.set_cookie("session", session_cookie(browser))
    return tab


def receive(browser: FlaskClient, answers: Iterable[TestResponse]) -> None:
    """Let a browser keep the cookies of answers that arrive in this order."""
    for answer in answers:
        assert browser._cookies is not None
        browser._update_cookies_from_response(
            "localhost", "/", answer.headers.getlist("Set-Cookie")
        )


def exchanges(provider: HfProvider) -> int:
    return [sent.endpoint for sent in provider.requests].count("token")


@pytest.fixture(params=[False, True], ids=["until the end", "permanent"])
def permanent(request: pytest.FixtureRequest) -> bool:
    """A permanent session is saved with every answer, be it changed or not."""
    return bool(request.param)


def make_permanent(app: Flask) -> None:
    @app.before_request
    def choose_lifetime() -> None:
        session.permanent = True


in_both_orders = pytest.mark.parametrize("step", [1, -1], ids=["winner last", "loser last"])


@in_both_orders
@pytest.mark.parametrize("count", [2, 8])
def test_callback_that_runs_twice_signs_in_once(
    count: int, step: int, *, permanent: bool, make_app: AppMaker, provider: HfProvider
) -> None:
    app = make_app(HF_OAUTH_CACHE=Meeting(count), HF_OAUTH_MAX_EXCHANGES=count)
    if permanent:
        make_permanent(app)
    browser = app.test_client()
    callback = provider.authorize(begin(browser, "/login?next=/private"))

    answers = get_at_once(browser, [callback] * count)
    winner, *losers = sorted(answers, key=lambda answer: answer.status_code)
    assert (winner.status_code, winner.location) == (302, "/private")
    assert {(loser.status_code, error_code(loser)) for loser in losers} == {(400, "state_used")}
    assert all('href="/private">Continue' in loser.text for loser in losers)
    assert exchanges(provider) == 1
    receive(browser, [*losers, winner][::step])
    assert name_on_page(browser) == "demo-free"


@in_both_orders
def test_step_up_that_runs_twice_keeps_the_person(
    step: int, make_app: AppMaker, provider: HfProvider
) -> None:
    app = make_app(HF_OAUTH_CACHE=Meeting(1))
    make_permanent(app)
    browser = app.test_client()
    sign_in(browser, provider)
    browser.get("/cart")
    app.extensions["hf_oauth"].cache.door = threading.Barrier(2, timeout=5)
    callback = provider.authorize(begin(browser, "/login?prompt=consent"))

    answers = get_at_once(browser, [callback] * 2)
    receive(browser, sorted(answers, key=lambda answer: -answer.status_code)[::step])
    assert browser.get("/cart").text == "cart of demo-free"
    assert name_on_page(browser) == "demo-free"


@pytest.mark.parametrize("step", [1, -1], ids=["first last", "second last"])
@pytest.mark.parametrize(
    "names",
    [["demo-free"] * 2, ["demo-free", "demo-pro"]],
    ids=["one person", "two people"],
)
def test_two_tabs_at_once_leave_one_whole_person(
    names: list[str], step: int, make_app: AppMaker, provider: HfProvider
) -> None:
    browser = make_app(HF_OAUTH_CACHE=Meeting(2)).test_client()
    begin(browser)  # binds both tabs to one browser key
    callbacks = [provider.authorize(begin(browser), name) for name in names]

    answers = get_at_once(browser, callbacks)
    assert [answer.location for answer in answers] == ["/", "/"]
    receive(browser, answers[::step])
    assert name_on_page(browser) == names[::step][-1]
    assert browser.get("/cart").text == f"cart of {name_on_page(browser)}"


@pytest.mark.parametrize("step", [1, -1], ids=["sign-out last", "sign-in last"])
def test_sign_out_in_the_middle_of_a_callback_leaves_no_half(
    step: int, make_app: AppMaker, provider: HfProvider
) -> None:
    hf = HfOAuth()
    browser = make_app(hf=hf).test_client()
    sign_in(browser, provider)
    browser.get("/cart")
    callback = provider.authorize(begin(browser, "/login?prompt=consent"), "demo-pro")
    sent: list[TestResponse] = []

    @hf.login_handler
    def sign_out(_user: HfUser, _token: HfToken, _claims: object) -> None:
        other = open_tab(browser)
        with ThreadPoolExecutor(1) as thread:
            sent.append(thread.submit(partial(other.post, "/logout")).result(5))

    tab = open_tab(browser)
    answer = tab.get(callback)
    assert [answer.status_code, sent[0].status_code] == [302, 303]
    receive(browser, [answer, sent[0]][::step])
    assert name_on_page(browser) == ("nobody" if step == 1 else "demo-pro")
    assert browser.get("/cart").text != "cart of demo-free"
    assert sign_in(browser, provider, url="/login?prompt=consent").location == "/"


@in_both_orders
def test_callback_and_its_forgery_at_once_sign_in(
    step: int, app: Flask, provider: HfProvider
) -> None:
    make_permanent(app)
    browser = app.test_client()
    callback = provider.authorize(begin(browser))

    answers = get_at_once(browser, [callback + "&code=another", callback])
    receive(browser, answers[::step])
    assert name_on_page(browser) == "demo-free"


def test_first_logins_of_two_tabs_at_once_both_come_to_an_end(
    app: Flask, provider: HfProvider
) -> None:
    browser = app.test_client()
    answers = get_at_once(browser, ["/login?next=/?tab=0", "/login?next=/?tab=1"])
    receive(browser, answers)

    callbacks = [provider.authorize(answer.location) for answer in answers]
    again = browser.get(callbacks[0])  # bound to a key that the other tab has overwritten
    assert browser.get(provider.authorize(again.location)).location == "/?tab=0"
    assert browser.get(callbacks[1]).location == "/?tab=1"
    assert name_on_page(browser) == "demo-free"
    assert exchanges(provider) == 1
