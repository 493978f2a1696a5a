"""Machines that share a Redis: one of them refreshes a token, or ends all sessions of somebody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeAlias

import pytest
import requests
from cachelib import RedisCache
from flask import Flask
from hosting.conftest import Start
from hosting.documentation import find_blocks
from hosting.machines import OLD_KEY
from hosting.servers import RedisServer, Server
from redis import Redis

from flask_hf_oauth import HfOAuth
from flask_hf_oauth.testing import HfProvider, login

pytestmark = pytest.mark.redis

MACHINES, REQUESTS = 4, 50
OVER, NEAR_ITS_END, FRESH = -1, 80, 28_800  # seconds that an access token still lasts
EXAMPLE = next(block for block in find_blocks("sessions.md", "python") if "RedisCache" in block)
SHOW_TOKEN = """

from flask_hf_oauth import get_hf_token


@app.get("/token")
def token():
    token = get_hf_token()
    return f"{current_hf_user.username or 'nobody'} {token and token.access_token}"


@app.get("/sign-out-everywhere")
def sign_out_everywhere():
    HfOAuth().revoke_sessions(current_hf_user.id)
    return "done"
"""

MakeCookie: TypeAlias = Callable[[int], str]


@pytest.fixture
def machines(start: Start, redis: RedisServer) -> list[Server]:
    return [start(EXAMPLE + SHOW_TOKEN, REDIS_URL=redis.url) for _ in range(MACHINES)]


@pytest.fixture
def two_machines(start: Start, redis: RedisServer) -> list[Server]:
    return [start(EXAMPLE + SHOW_TOKEN, REDIS_URL=redis.url) for _ in range(2)]


@pytest.fixture
def store(redis: RedisServer) -> Iterator[Redis]:
    with Redis.from_url(redis.url) as store:
        yield store


@pytest.fixture
def make_cookie(provider: HfProvider, store: Redis) -> MakeCookie:
    """Make the cookie of somebody whose access token lasts so many seconds more."""
    app = Flask("machine")
    app.config.update(SECRET_KEY=OLD_KEY, HF_OAUTH_REFRESH=True, **provider.config())
    HfOAuth(app, cache=RedisCache(store))

    def make_cookie(expires_in: int) -> str:
        client = app.test_client()
        login(client, expires_in=expires_in, provider=provider)
        cookie = client.get_cookie("session")
        assert cookie is not None
        return cookie.value

    return make_cookie


def visit(machine: Server, cookie: str, path: str = "/token") -> requests.Response:
    return requests.get(f"{machine.url}{path}", headers={"Cookie": f"session={cookie}"}, timeout=20)


def visit_at_once(machines: list[Server], cookie: str) -> list[requests.Response]:
    with ThreadPoolExecutor(REQUESTS) as browser:
        each = [machines[number % len(machines)] for number in range(REQUESTS)]
        return list(browser.map(visit, each, [cookie] * REQUESTS))


def count_refreshes(provider: HfProvider) -> int:
    return sum(sent.form.get("grant_type") == "refresh_token" for sent in provider.requests)


def let_time_pass(store: Redis) -> None:
    """Let the claims of machines that died end, as they do after half a minute."""
    store.delete(*store.keys("*hf_oauth:refreshing:*"))


def test_fifty_requests_with_a_token_that_is_over_refresh_it_once(
    machines: list[Server], make_cookie: MakeCookie, provider: HfProvider, store: Redis
) -> None:
    cookie = make_cookie(OVER)
    provider.delay("token", 0.5)

    answers = visit_at_once(machines, cookie)

    assert {answer.status_code for answer in answers} == {200}
    [said] = {answer.text for answer in answers}
    assert said.startswith("demo-free hf_oauth_ey")
    assert count_refreshes(provider) == 1
    newer = str(answers[0].cookies["session"])
    assert {visit(machines[0], kept).text for kept in (cookie, newer)} == {said}
    assert count_refreshes(provider) == 1
    kept = b"".join(store.dump(key) or b"" for key in store.scan_iter())
    assert b"hf_oauth_ey" not in kept
    assert b"hf_oauth__refresh_" not in kept


def test_fifty_requests_wait_for_nobody_while_their_token_lives(
    machines: list[Server], make_cookie: MakeCookie, provider: HfProvider
) -> None:
    cookie, begun, done = make_cookie(NEAR_ITS_END), Event(), Event()

    def wait(response: object) -> object:
        begun.set()
        done.wait(10)
        return response

    provider.change("token_response", wait)
    with ThreadPoolExecutor(1) as browser:
        first = browser.submit(visit, machines[0], cookie)
        assert begun.wait(10)
        answers = visit_at_once(machines, cookie)
        done.set()

    [old] = {answer.text for answer in answers}
    assert old.startswith("demo-free hf_oauth_ey")
    assert not any("Set-Cookie" in answer.headers for answer in answers)
    newer = first.result().text
    assert newer != old
    assert {answer.text for answer in visit_at_once(machines, cookie)} == {newer}
    assert count_refreshes(provider) == 1


def test_machine_that_dies_before_the_exchange_is_stood_in_for(
    two_machines: list[Server], make_cookie: MakeCookie, provider: HfProvider, store: Redis
) -> None:
    dying, other = two_machines
    cookie = make_cookie(OVER)

    def die(discovery: object) -> object:
        dying.kill()
        provider.heal("discovery")
        return discovery

    provider.change("discovery", die)
    with pytest.raises(requests.ConnectionError):
        visit(dying, cookie)
    with ThreadPoolExecutor(2) as browser:
        waiting = [browser.submit(visit, other, cookie) for _ in range(2)]
        let_time_pass(store)

    [said] = {answer.result().text for answer in waiting}
    assert said.startswith("demo-free hf_oauth_ey")
    assert count_refreshes(provider) == 1


def die_with_the_answer(dying: Server, cookie: str, provider: HfProvider) -> None:
    """Let a machine die when the refresh token is spent, and nobody has the new one."""
    provider.change("token_response", lambda _answer: dying.kill())
    with pytest.raises(requests.ConnectionError):
        visit(dying, cookie)
    provider.heal()


def test_machine_that_dies_with_the_new_token_takes_no_living_one_along(
    two_machines: list[Server], make_cookie: MakeCookie, provider: HfProvider, store: Redis
) -> None:
    (dying, other), cookie = two_machines, make_cookie(NEAR_ITS_END)
    die_with_the_answer(dying, cookie, provider)

    meanwhile = visit(other, cookie).text
    let_time_pass(store)

    assert meanwhile.startswith("demo-free hf_oauth_ey")
    assert {visit(other, cookie).text for _ in range(3)} == {meanwhile}


def test_machine_that_dies_with_the_only_token_that_lives_leaves_nobody_hanging(
    two_machines: list[Server], make_cookie: MakeCookie, provider: HfProvider, store: Redis
) -> None:
    (dying, other), cookie = two_machines, make_cookie(OVER)
    die_with_the_answer(dying, cookie, provider)
    let_time_pass(store)

    answers = [visit(other, cookie) for _ in range(3)]

    assert {answer.text for answer in answers} == {"nobody None"}
    assert max(answer.elapsed.total_seconds() for answer in answers) < 5


def test_sessions_that_one_machine_ends_are_over_on_another(
    two_machines: list[Server], make_cookie: MakeCookie
) -> None:
    cookies = [make_cookie(FRESH) for _ in range(2)]
    assert visit(two_machines[0], cookies[0], "/sign-out-everywhere").text == "done"

    answers = [visit(machine, cookie) for machine in two_machines for cookie in cookies]

    assert {answer.text for answer in answers} == {"nobody None"}
    newer = make_cookie(FRESH)
    assert {visit(machine, newer).text.split()[0] for machine in two_machines} == {"demo-free"}
