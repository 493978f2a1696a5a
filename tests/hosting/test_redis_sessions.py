"""Machines that share a Redis for everything: Flask-Session, and HF_OAUTH_CACHE."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hosting.conftest import Start
from hosting.machines import (
    NEW_KEY,
    NOBODY,
    OLD_KEY,
    REDIS_SESSIONS,
    SIGNED_IN,
    Browser,
    count_token_requests,
    during_the_exchange,
    error_code,
)
from hosting.servers import RedisServer
from redis import Redis

from flask_hf_oauth.testing import HfProvider

pytestmark = pytest.mark.redis


@pytest.fixture
def serve(start: Start, redis: RedisServer) -> Start:
    """Start machines whose sessions are on the Redis."""
    return lambda app=REDIS_SESSIONS, **environ: start(app, REDIS_URL=redis.url, **environ)


@pytest.fixture
def store(redis: RedisServer) -> Iterator[Redis]:
    """Look into the Redis."""
    url = f"{redis.url}?decode_responses=true&encoding_errors=replace"
    with Redis.from_url(url) as store:
        yield store


def session_ids(store: Redis) -> set[str]:
    return {str(key).removeprefix("session:") for key in store.keys("session:*")}


def test_login_begins_on_one_machine_returns_to_another_and_is_used_on_a_third(
    serve: Start, browser: Browser
) -> None:
    a, b, c = serve(), serve(), serve()

    callback = browser.begin(a)
    a.kill()
    assert browser.get(b, callback).headers["Location"] == "/who"
    b.kill()

    assert browser.name(c) == SIGNED_IN


ORDERS = {
    "Session(app) first": REDIS_SESSIONS,
    "HfOAuth(app) first": REDIS_SESSIONS.replace("Session(app)", "HELD", 1)
    .replace("HfOAuth(app, cache=RedisCache(redis))", "Session(app)")
    .replace("HELD", "HfOAuth(app, cache=RedisCache(redis))"),
}


@pytest.mark.parametrize("app", ORDERS.values(), ids=ORDERS)
def test_session_gets_another_id_at_the_login(
    serve: Start, browser: Browser, store: Redis, app: str
) -> None:
    machine = serve(app)
    callback = browser.begin(machine)
    before = browser.cookie()
    assert session_ids(store) == {before}

    browser.get(machine, callback)

    assert browser.cookie() != before
    assert session_ids(store) == {browser.cookie()}


def test_record_in_redis_holds_no_token_that_can_be_read(
    serve: Start, browser: Browser, store: Redis
) -> None:
    browser.sign_in(serve())

    record = str(store.get(f"session:{browser.cookie()}"))

    assert "demo-free" in record
    assert "hf_oauth_eyJ" not in record  # as each token of the provider's begins


def test_sign_out_on_one_machine_empties_the_record_of_all(
    serve: Start, browser: Browser, store: Redis
) -> None:
    a, b = serve(), serve()
    browser.sign_in(a)

    browser.post(b, "/logout")

    assert session_ids(store) == set()
    assert browser.name(a) == NOBODY


def test_callback_on_two_machines_at_once_spends_the_code_once(
    serve: Start, browser: Browser, provider: HfProvider
) -> None:
    a, b = serve(), serve()
    callback = browser.begin(a)
    with (
        browser.twin() as twin,
        during_the_exchange(provider, lambda: twin.get(b, callback)) as others,
    ):
        assert browser.get(a, callback).headers["Location"] == "/who"

    assert list(map(error_code, others)) == ["state_used"]
    assert "Set-Cookie" not in others[0].headers  # so that it does not undo the first's
    assert count_token_requests(provider) == 1
    assert browser.name(b) == SIGNED_IN


def test_callback_with_the_id_of_before_brings_no_old_session_back(
    serve: Start, browser: Browser, store: Redis
) -> None:
    a, b = serve(), serve()
    callback = browser.begin(a)
    with browser.twin() as twin:
        browser.get(a, callback)

        used = twin.get(b, callback)

    assert (used.status_code, error_code(used)) == (400, "state_used")
    assert session_ids(store) == {browser.cookie()}


def test_token_outlives_the_change_of_the_key(serve: Start, browser: Browser) -> None:
    old = serve(FLASK_SECRET_KEY=OLD_KEY, FLASK_SECRET_KEY_FALLBACKS=f'["{NEW_KEY}"]')
    new = serve(FLASK_SECRET_KEY=NEW_KEY, FLASK_SECRET_KEY_FALLBACKS=f'["{OLD_KEY}"]')

    for machine in (old, new):
        browser.sign_in(machine)
        assert [browser.name(old), browser.name(new)] == [SIGNED_IN, SIGNED_IN]
        browser.post(machine, "/logout")


@pytest.mark.usefixtures("crash_is_meant")
def test_nobody_is_signed_in_while_the_store_is_away(
    serve: Start, browser: Browser, redis: RedisServer, provider: HfProvider
) -> None:
    machine = serve()
    callback = browser.begin(machine)
    redis.stop()

    answers = [browser.get(machine, url) for url in ("/who", "/", "/login", callback)]
    with Browser(provider) as newcomer:
        assert newcomer.name(machine) == NOBODY
        answers.append(newcomer.get(machine, "/login"))

    assert [answer.status_code for answer in answers] == [500] * 5
    assert not any("Set-Cookie" in answer.headers for answer in answers)
    assert count_token_requests(provider) == 0
    redis.start()
    assert browser.name(machine) == NOBODY
    browser.sign_in(machine)
    assert browser.name(machine) == SIGNED_IN


@pytest.mark.usefixtures("crash_is_meant")
def test_store_that_dies_in_the_middle_of_a_callback_signs_nobody_in(
    serve: Start, browser: Browser, redis: RedisServer, provider: HfProvider
) -> None:
    machine = serve()
    callback, before = browser.begin(machine), browser.cookie()

    with during_the_exchange(provider, redis.stop):
        answer = browser.get(machine, callback)

    assert answer.status_code == 500
    assert browser.cookie() == before
    redis.start()
    assert browser.name(machine) == NOBODY
    browser.sign_in(machine)
    assert browser.name(machine) == SIGNED_IN


@pytest.mark.usefixtures("crash_is_meant")
def test_store_that_hangs_holds_a_page_no_longer_than_its_timeouts(
    serve: Start, browser: Browser, redis: RedisServer
) -> None:
    machine = serve()
    browser.sign_in(machine)

    with redis.hanging():
        answer = browser.get(machine, "/who")

    assert answer.status_code == 500
    assert answer.elapsed.total_seconds() < 8
    assert browser.name(machine) == SIGNED_IN


def test_store_that_comes_back_empty_leads_through_one_login(
    serve: Start, browser: Browser, redis: RedisServer, provider: HfProvider
) -> None:
    machine = serve()
    browser.sign_in(machine)
    redis.stop()
    redis.start()

    page, redirects = browser.open("/", machine)

    assert page.text == "Hello demo-free"
    assert redirects == ["/login", f"{provider.url}/oauth/authorize", "/"]


def test_login_under_way_when_the_store_is_emptied_begins_again_by_itself(
    serve: Start, browser: Browser, store: Redis, provider: HfProvider
) -> None:
    machine = serve()
    callback = browser.begin(machine)
    store.flushall()

    page, redirects = browser.open(callback, machine)

    assert page.text == SIGNED_IN
    assert redirects == [f"{provider.url}/oauth/authorize", "/who"]
    assert count_token_requests(provider) == 1


def test_store_that_is_emptied_at_every_step_ends_on_a_page(
    serve: Start, browser: Browser, store: Redis
) -> None:
    machine = serve()
    callback = browser.begin(machine)
    store.flushall()
    again = browser.get(machine, callback).headers["Location"]
    store.flushall()

    answer = browser.get(machine, browser.provider.authorize(again))

    assert (answer.status_code, error_code(answer)) == (400, "cookie_missing")


def test_missing_partitioned_is_warned_about_on_a_space(serve: Start, browser: Browser) -> None:
    machine = serve(SPACE_ID="demo-free/demo")

    answer = browser.get(machine, "/login")
    machine.stop()

    assert "SameSite=None" in answer.headers["Set-Cookie"]
    assert "Partitioned" not in answer.headers["Set-Cookie"]
    assert "the session cookie has no Partitioned" in machine.log.read_text()
