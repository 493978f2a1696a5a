"""Machines that share a secret key, and no more: sessions in cookies."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from hosting.conftest import Start
from hosting.machines import (
    COMMAND,
    COOKIES,
    MAKE_KEY,
    NEW_KEY,
    NOBODY,
    OLD_KEY,
    SIGNED_IN,
    Browser,
    count_token_requests,
    dying_at_the_exchange,
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
    with dying_at_the_exchange(provider, a.kill), pytest.raises(requests.ConnectionError):
        browser.get(a, callback)

    answer = browser.get(b, callback)

    assert (answer.status_code, error_code(answer)) == (400, "code_rejected")
    browser.sign_in(b)
    assert browser.name(b) == SIGNED_IN


def test_sign_out_counts_on_every_machine(start: Start, browser: Browser) -> None:
    a, b = start(COOKIES), start(COOKIES)
    browser.sign_in(a)

    browser.post(b, "/logout")

    assert browser.name(a) == NOBODY


def test_second_callback_on_another_machine_is_refused_by_the_provider(
    start: Start, browser: Browser, provider: HfProvider
) -> None:
    a, b = start(COOKIES), start(COOKIES)
    callback = browser.begin(a)
    with Browser(provider) as twin:
        twin.session.cookies.update(browser.session.cookies)
        assert browser.get(a, callback).status_code == 302

        assert error_code(twin.get(b, callback)) == "code_rejected"
    assert count_token_requests(provider) == 2
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


@pytest.mark.parametrize("turn", [1, -1], ids=["forwards", "backwards"])
@pytest.mark.parametrize("keys", ROUNDS.values(), ids=ROUNDS)
def test_no_login_is_lost_while_the_key_is_changed(
    start: Start, browser: Browser, keys: tuple[dict[str, str], ...], turn: int
) -> None:
    first, second = (start(COOKIES, **environ) for environ in keys[::turn])

    assert browser.get(second, browser.begin(first)).headers["Location"] == "/who"

    assert [browser.name(first), browser.name(second)] == [SIGNED_IN, SIGNED_IN]


def test_machine_with_the_new_key_ends_a_login_of_one_that_does_not_know_it(
    start: Start, browser: Browser
) -> None:
    old = start(COOKIES)
    new = start(COOKIES, **ROUNDS["the new key signs"][1])

    assert browser.get(new, browser.begin(old)).headers["Location"] == "/who"

    assert browser.name(new) == SIGNED_IN


def test_machine_that_does_not_know_the_new_key_says_so(start: Start, browser: Browser) -> None:
    new = start(COOKIES, **ROUNDS["the new key signs"][1])
    old = start(COOKIES)

    answer = browser.get(old, browser.begin(new))

    assert (answer.status_code, error_code(answer)) == (400, "state_invalid")


def test_different_keys_end_on_a_page_with_a_way_on(start: Start, browser: Browser) -> None:
    a, b = start(COOKIES), start(COOKIES, FLASK_SECRET_KEY=NEW_KEY)

    answer = browser.get(b, browser.begin(a))

    assert (answer.status_code, error_code(answer)) == (400, "state_invalid")
    assert 'href="/login"' in answer.text
    assert "login failed: state_invalid (the state is not signed" in b.log.read_text()
    browser.sign_in(b)
    assert browser.name(b) == SIGNED_IN


def test_command_of_the_page_serves_its_app_with_its_key(
    browser: Browser, provider: HfProvider, tmp_path: Path
) -> None:
    key = subprocess.run(
        [sys.executable, *shlex.split(MAKE_KEY)[1:]], check=True, capture_output=True, text=True
    )
    (tmp_path / "app.py").write_text(COOKIES, encoding="utf-8")
    environ = {**provider.environ(), "FLASK_SECRET_KEY": key.stdout.strip()}

    with serve(tmp_path, shlex.split(COMMAND), environ) as site:
        page, ways = browser.open(site, "/")
    assert page == "Hello demo-free"
    assert ways == ["/login", f"{provider.url}/oauth/authorize", "/"]
