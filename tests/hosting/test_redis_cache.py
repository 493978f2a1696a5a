"""Machines that share a Redis for the logins that were used: HF_OAUTH_CACHE."""

from __future__ import annotations

import pytest
from hosting.conftest import Start
from hosting.machines import (
    SHARED_CACHE,
    SIGNED_IN,
    Browser,
    count_token_requests,
    during_the_exchange,
    error_code,
)
from hosting.servers import RedisServer, Server

from flask_hf_oauth.testing import HfProvider

pytestmark = pytest.mark.redis


@pytest.fixture
def machines(start: Start, redis: RedisServer) -> list[Server]:
    return [start(SHARED_CACHE, REDIS_URL=redis.url) for _ in range(2)]


def test_callback_on_two_machines_at_once_spends_the_code_once(
    machines: list[Server], browser: Browser, provider: HfProvider
) -> None:
    a, b = machines
    callback = browser.begin(a)
    with (
        browser.twin() as twin,
        during_the_exchange(provider, lambda: twin.get(b, callback)) as others,
    ):
        assert browser.get(a, callback).headers["Location"] == "/who"

    [used] = others
    assert (used.status_code, error_code(used)) == (400, "state_used")
    assert "Set-Cookie" not in used.headers
    assert count_token_requests(provider) == 1
    assert browser.name(b) == SIGNED_IN


def test_callback_with_the_cookies_of_before_is_told_that_it_was_used(
    machines: list[Server], browser: Browser, provider: HfProvider
) -> None:
    callback = browser.begin(machines[0])
    with browser.twin() as twin:
        browser.get(machines[0], callback)

        used = twin.get(machines[1], callback)

    assert (used.status_code, error_code(used)) == (400, "state_used")
    assert 'href="/who">Continue' in used.text
    assert count_token_requests(provider) == 1
    assert browser.name(machines[1]) == SIGNED_IN


def test_callback_waits_for_a_redis_that_is_away_and_nothing_else_does(
    machines: list[Server], browser: Browser, redis: RedisServer, provider: HfProvider
) -> None:
    machine = machines[0]
    with Browser(provider) as regular:
        regular.sign_in(machine)
        callback = browser.begin(machine)
        redis.stop()

        refused = browser.get(machine, callback)

        assert (refused.status_code, error_code(refused)) == (503, "cache_unavailable")
        assert int(refused.headers["Retry-After"]) > 0
        assert browser.name(machine) == "nobody"
        assert browser.begin(machine)
        assert regular.name(machine) == SIGNED_IN
    assert "cache_unavailable (HF_OAUTH_CACHE does not answer" in machine.log.read_text()

    redis.start()
    assert count_token_requests(provider) == 1  # so that the code is still good
    assert browser.get(machine, callback).headers["Location"] == "/who"
    assert browser.name(machine) == SIGNED_IN


def test_redis_that_hangs_holds_a_callback_no_longer_than_its_timeouts(
    machines: list[Server], browser: Browser, redis: RedisServer, provider: HfProvider
) -> None:
    machine = machines[0]
    callback = browser.begin(machine)
    with redis.hanging():
        refused = browser.get(machine, callback)

        assert (refused.status_code, error_code(refused)) == (503, "cache_unavailable")
        assert refused.elapsed.total_seconds() < 8
        assert browser.begin(machine)
    assert browser.name(machine) == "nobody"
    assert count_token_requests(provider) == 0

    browser.sign_in(machine)
    assert browser.name(machine) == SIGNED_IN
