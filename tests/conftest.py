"""An app, a provider and a clock for each test; nothing of this machine's environment."""

from __future__ import annotations

import time
from collections.abc import Iterator

import cachelib.simple
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flow import AppMaker, Clock

from flask_hf_oauth.testing import HfProvider

pytest_plugins = ["input_counter", "requirements_gate"]

_ENVIRONMENT = (
    *("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL"),
    *("SPACE_ID", "SPACE_HOST"),
    *("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"),
    *("NO_PROXY", "no_proxy", "REQUESTS_CA_BUNDLE"),
)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no variable of this machine reach an app: neither a Space's nor a proxy's."""
    for name in _ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def provider() -> Iterator[HfProvider]:
    with HfProvider() as provider:
        yield provider


@pytest.fixture
def make_app(provider: HfProvider) -> Iterator[AppMaker]:
    """Make apps that sign in at the provider; their connections are closed after the test."""
    maker = AppMaker(provider)
    yield maker
    maker.close()


@pytest.fixture
def app(make_app: AppMaker) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", clock.time)
    monkeypatch.setattr(cachelib.simple, "time", clock.time)  # imported by its name
    return clock
