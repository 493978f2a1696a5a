"""Somebody whom an attack has to leave as they were: signed out, or signed in with a full cart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask.testing import FlaskClient
from flow import begin, name_on_page
from werkzeug.test import TestResponse
from whatwg import resolve_origin

from flask_hf_oauth.testing import HfProvider

HERE = "http://localhost"


@dataclass(frozen=True, slots=True)
class Victim:
    """A person at a browser; `name` is the one on the app's pages, "nobody" when signed out."""

    client: FlaskClient
    provider: HfProvider
    name: str

    def begin(self) -> str:
        """Begin a login, on top of the one that there may be."""
        return begin(self.client, "/login?prompt=consent&next=/private")

    def callback(self) -> str:
        """Go through a login as far as the callback, which is left to the attacker."""
        return self.provider.authorize(self.begin())

    @contextmanager
    def unharmed(self) -> Iterator[None]:
        """Let an attack happen, and see that it left no trace and stands in nobody's way."""
        before = self._cookie()
        yield
        assert self._cookie() == before
        assert name_on_page(self.client) == self.name
        assert self.client.get(self.callback()).location == "/private"
        assert name_on_page(self.client) == "demo-free"

    def _cookie(self) -> str | None:
        cookie = self.client.get_cookie("session")
        return None if cookie is None else cookie.value


def stays_here(response: TestResponse, here: str = HERE) -> bool:
    """Tell whether a browser that follows an answer is still on the app's origin."""
    headers = response.headers
    targets = [headers.get(name) for name in ("Location", "HX-Redirect")]
    return all(resolve_origin(target, here) == here for target in targets if target is not None)


def is_sound(response: TestResponse, provider: HfProvider, here: str = HERE) -> bool:
    """Tell whether an answer is no crash, and leads nowhere but here and to the provider."""
    location = response.headers.get("Location", "/")
    is_login = location.startswith(f"{provider.url}/oauth/authorize?")
    return (
        response.status_code != 500
        and location.isascii()
        and (is_login or stays_here(response, here))
    )
