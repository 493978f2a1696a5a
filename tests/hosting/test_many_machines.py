"""Machines that share a secret key, and no more: sessions in cookies."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest
import requests
from hosting.conftest import Start
from hosting.machines import (
    COMMAND,
    COOKIES,
    MAKE_KEY,
    NEW_KEY,
    OLD_KEY,
    REDIS_SESSIONS,
    SIGNED_IN,
    Browser,
    count_token_requests,
    during_the_exchange,
    error_code,
)
from hosting.servers import serve

from flask_hf_oauth.testing import HfProvider


def test_login_begins_on_one_machine_returns_to_another_and_is_used_on_a_third(
    start: Start, browser: Browser
) -> None:
    a, b, c = start(COOKIES), start(COOKIES), start(COOKIES)

    callback = browser.begin(a)
    a.kill()
    assert browser.get(b, callback).headers["Location"] == "/who"
    b.kill()

    assert browser.name(c) == SIGNED_IN


def test_machine_dies_in_the_middle_of_a_callback(
    start: Start, browser: Browser, provider: HfProvider
) -> None:
    a, b = start(COOKIES), start(COOKIES)
    callback = browser.begin(a)
    with during_the_exchange(provider, a.kill), pytest.raises(requests.ConnectionError):
        browser.get(a, callback)

    answer = browser.get(b, callback)

    assert (answer.status_code, error_code(answer)) == (400, "code_rejected")
    browser.sign_in(b)
    assert browser.name(b) == SIGNED_IN


def test_second_callback_on_another_machine_is_refused_by_the_provider(
    start: Start, browser: Browser, provider: HfProvider
) -> None:
    a, b = start(COOKIES), start(COOKIES)
    callback = browser.begin(a)
    with browser.twin() as twin:
        browser.get(a, callback)

        assert error_code(twin.get(b, callback)) == "code_rejected"
    assert count_token_requests(provider) == 2
    assert browser.name(b) == SIGNED_IN


def test_second_callback_at_the_same_time_costs_the_first_its_token(
    start: Start, browser: Browser, provider: HfProvider
) -> None:
    a, b = start(COOKIES), start(COOKIES)
    callback = browser.begin(a)
    with (
        browser.twin() as twin,
        during_the_exchange(provider, lambda: twin.get(b, callback)) as refused,
    ):
        answers = [browser.get(a, callback), *refused]

    assert list(map(error_code, answers)) == ["userinfo_unauthorized", "code_rejected"]
    browser.sign_in(a)
    assert browser.name(b) == SIGNED_IN


def test_second_callback_of_the_same_browser_goes_on_to_the_page(
    start: Start, browser: Browser, provider: HfProvider
) -> None:
    a, b = start(COOKIES), start(COOKIES)
    callback = browser.begin(a)

    answers = [browser.get(machine, callback) for machine in (a, b)]

    assert [answer.headers["Location"] for answer in answers] == ["/who", "/who"]
    assert count_token_requests(provider) == 1


ROUNDS = {
    "the new key is known": (
        {"FLASK_SECRET_KEY": OLD_KEY},
        {"FLASK_SECRET_KEY": OLD_KEY, "FLASK_SECRET_KEY_FALLBACKS": f'["{NEW_KEY}"]'},
    ),
    "the new key signs": (
        {"FLASK_SECRET_KEY": OLD_KEY, "FLASK_SECRET_KEY_FALLBACKS": f'["{NEW_KEY}"]'},
        {"FLASK_SECRET_KEY": NEW_KEY, "FLASK_SECRET_KEY_FALLBACKS": f'["{OLD_KEY}"]'},
    ),
    "the old key is gone": (
        {"FLASK_SECRET_KEY": NEW_KEY, "FLASK_SECRET_KEY_FALLBACKS": f'["{OLD_KEY}"]'},
        {"FLASK_SECRET_KEY": NEW_KEY},
    ),
}


@pytest.mark.parametrize("keys", ROUNDS.values(), ids=ROUNDS)
def test_no_login_is_lost_while_the_key_is_changed(
    start: Start, browser: Browser, keys: tuple[dict[str, str], ...]
) -> None:
    late, early = (start(COOKIES, **environ) for environ in keys)

    for first, second in ((late, early), (early, late)):
        assert browser.get(second, browser.begin(first)).headers["Location"] == "/who"
        assert [browser.name(first), browser.name(second)] == [SIGNED_IN, SIGNED_IN]
        browser.post(first, "/logout")


def test_without_round_one_some_logins_end_on_a_page(start: Start, browser: Browser) -> None:
    late, early = start(COOKIES), start(COOKIES, **ROUNDS["the new key signs"][1])

    refused = browser.get(late, browser.begin(early))
    accepted = browser.get(early, browser.begin(late))

    assert (refused.status_code, error_code(refused)) == (400, "state_invalid")
    assert accepted.headers["Location"] == "/who"
    assert browser.name(early) == SIGNED_IN


def test_different_keys_end_on_a_page_with_a_way_on(start: Start, browser: Browser) -> None:
    a, b = start(COOKIES), start(COOKIES, FLASK_SECRET_KEY=NEW_KEY)

    answer = browser.get(b, browser.begin(a))

    assert (answer.status_code, error_code(answer)) == (400, "state_invalid")
    assert 'href="/login"' in answer.text
    assert "login failed: state_invalid (the state is not signed" in b.log.read_text()
    browser.sign_in(b)
    assert browser.name(b) == SIGNED_IN


def test_machines_that_disagree_in_turn_end_on_a_page(start: Start, browser: Browser) -> None:
    a, b = start(COOKIES), start(COOKIES, FLASK_SECRET_KEY=NEW_KEY)
    browser.sign_in(a)

    page, _redirects = browser.open("/", b, a)

    assert (page.status_code, error_code(page)) == (503, "login_loop")


APPS = [
    pytest.param(COOKIES, id="cookies"),
    pytest.param(REDIS_SESSIONS, id="redis", marks=pytest.mark.redis),
]


@pytest.mark.parametrize("app", APPS)
def test_command_of_the_page_serves_its_app_with_its_key(
    browser: Browser, site_environ: dict[str, str], tmp_path: Path, app: str
) -> None:
    (tmp_path / "app.py").write_text(app, encoding="utf-8")

    with serve(tmp_path, shlex.split(COMMAND), site_environ) as site:
        page, redirects = browser.open("/", site)

    assert page.text == "Hello demo-free"
    assert redirects == ["/login", f"{browser.provider.url}/oauth/authorize", "/"]


@pytest.fixture
def site_environ(request: pytest.FixtureRequest, provider: HfProvider) -> dict[str, str]:
    """Give what the page says that an app needs; a Redis, where the test is marked so."""
    key = subprocess.run(shlex.split(MAKE_KEY), check=True, capture_output=True, text=True)
    environ = {**provider.environ(), "FLASK_SECRET_KEY": key.stdout.strip()}
    if request.node.get_closest_marker("redis") is None:
        return environ
    return {**environ, "REDIS_URL": request.getfixturevalue("redis").url}
