"""The doctor beside a real Redis, which keeps the sessions and the cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cachelib import RedisCache
from doctor.patient import find, make_app
from flask import Flask
from flask_session import Session  # type: ignore[import-untyped]  # ships no types
from hosting.servers import RedisServer, redis_server
from redis import Redis

from flask_hf_oauth.doctor.report import FAILED

pytestmark = pytest.mark.redis


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as server:
        yield server


@pytest.fixture
def redis(server: RedisServer) -> Iterator[Redis]:
    with Redis.from_url(server.url) as redis:
        yield redis


@pytest.fixture
def app(redis: Redis) -> Flask:
    app = make_app(HF_OAUTH_CACHE=RedisCache(host=redis))
    app.config.update(SESSION_TYPE="redis", SESSION_REDIS=redis)
    Session(app)
    return app


def test_redis_is_asked_and_keeps_no_session(app: Flask, redis: Redis) -> None:
    assert find(app, "session").found == "on the server, kept by RedisSessionInterface"
    assert find(app, "cache").found == "RedisCache, which answers"
    assert redis.keys("session:*") == []


@pytest.mark.parametrize("name", ["session", "cache"])
def test_redis_that_is_away_is_told(app: Flask, server: RedisServer, name: str) -> None:
    server.stop()
    finding = find(app, name)

    assert (finding.verdict, "(ConnectionError)" in finding.found) == (FAILED, True)
