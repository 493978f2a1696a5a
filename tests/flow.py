"""A login as a browser goes through it: the app to sign in to, the way there, what came of it."""

from __future__ import annotations

import re
import time
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from blinker import NamedSignal
from flask import Flask, session
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_hf_oauth import HfOAuth, HfUser, current_hf_user, get_hf_user, login_required
from flask_hf_oauth.testing import HfProvider, Persona

SECRET_KEY = "secret-key-of-the-tests-0123456789"
REDIRECTS = {302, 303}


class AppMaker:
    """Makes apps that sign in at one provider."""

    def __init__(self, provider: HfProvider) -> None:
        self._provider = provider
        self._apps: list[Flask] = []

    def __call__(
        self,
        settings: Mapping[str, object] | None = None,
        *,
        hf: HfOAuth | None = None,
        **config: object,
    ) -> Flask:
        """Make an app; all arguments but ``hf`` go to its config, None takes a key away."""
        app = Flask("demo")
        config = {
            "SECRET_KEY": SECRET_KEY,
            "TESTING": True,
            **self._provider.config(),
            **(settings or {}),
            **config,
        }
        app.config.update({name: value for name, value in config.items() if value is not None})
        (hf or HfOAuth()).init_app(app)
        _add_views(app)
        self._apps.append(app)
        return app

    def close(self) -> None:
        for app in self._apps:
            for oidc_client in app.extensions["hf_oauth"].clients.values():
                oidc_client.close()


class Clock:
    """The wall clock of this process, the provider's too: it jumps, and nobody sleeps."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._real = time.time

    def time(self) -> float:
        return self._real() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


def _add_views(app: Flask) -> None:
    @app.get("/")
    def home() -> str:
        return current_hf_user.username or "nobody"

    @app.get("/private")
    @login_required
    def private() -> str:
        return f"private to {current_hf_user.username}"

    @app.get("/cart")
    def cart() -> str:
        return session.setdefault("cart", f"cart of {current_hf_user.username}")  # type: ignore[no-any-return]  # as set here


def begin(client: FlaskClient, url: str = "/login", **options: Any) -> str:
    """Open /login and return the authorization URL that it leads to."""
    response = client.get(url, **options)
    assert response.status_code in REDIRECTS, response.text
    assert "/oauth/authorize?" in response.location, response.location
    return response.location


def sign_in(
    client: FlaskClient,
    provider: HfProvider,
    persona: str | Persona = "demo-free",
    url: str = "/login",
) -> TestResponse:
    """Sign in with a person who agrees, and return the answer of the callback."""
    return client.get(provider.authorize(begin(client, url), persona))


def signed_in_user(client: FlaskClient, url: str = "/") -> HfUser | None:
    with client:
        client.get(url)
        return get_hf_user()


def name_on_page(client: FlaskClient) -> str:
    return client.get("/").text


def error_code(response: TestResponse) -> str:
    """Return the stable code that stands on an error page."""
    found = re.search(r"Error code: (\w+)", response.text)
    assert found is not None, response.text
    return found[1]


def parameters(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def with_parameters(url: str, **changes: str | None) -> str:
    """Change the query of a URL; None takes a parameter away."""
    changed = {**parameters(url), **changes}
    query = urlencode({name: value for name, value in changed.items() if value is not None})
    return f"{url.partition('?')[0]}?{query}"


def session_cookie(client: FlaskClient) -> str:
    cookie = client.get_cookie("session")
    assert cookie is not None
    return cookie.value


def come_with(app: Flask, cookie: str) -> FlaskClient:
    """Come from another tab, or to another machine, with the cookie of some moment."""
    client = app.test_client()
    client.set_cookie("session", cookie)
    return client


def decode_cookie(value: str) -> bytes:
    """Read a session cookie as everybody can who holds it."""
    payload = value.removeprefix(".").split(".")[0]
    content = urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    return zlib.decompress(content) if value.startswith(".") else content


@contextmanager
def recorded(signal: NamedSignal, app: Flask) -> Iterator[list[Any]]:
    """Collect what an app sends with a signal: the error or the user."""
    sent: list[Any] = []

    def collect(_sender: Flask, **what: object) -> None:
        sent.extend(what.values())

    with signal.connected_to(collect, app):
        yield sent
