"""What is examined: an app, and where people open it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, request, request_started
from werkzeug.exceptions import SecurityError
from werkzeug.test import EnvironBuilder, run_wsgi_app

from ..errors import HfOAuthError
from ..state import State
from .site import Site

_OURS = "flask_hf_oauth.doctor"  # in the environ of a request: what its look finds

_Found = TypeVar("_Found")


class NotReachedError(HfOAuthError):
    """Some middleware keeps the request for /login from the app."""


class _Seen(BaseException):
    """Leaves the app again; neither a view nor an error handler of the app's own may run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """An app with its HfOAuth, and its site."""

    app: Flask
    state: State
    site: Site

    def visit(self, look: Callable[[], _Found]) -> _Found:
        """Call a function in a request for /login, behind all middleware and before the app's code.

        The request comes as the server in front of the app would pass it on; so whatever wraps
        ``app.wsgi_app``, ProxyFix or another, has its say.

        Raises:
            NotReachedError: It does not get through to the app.
        """
        login = f"{self.state.settings.url_prefix}/login"
        # A server that knows of the mount takes it off the path; else a middleware has to.
        for script_name, path in {self.site.mount: login, "": self.site.mount + login}.items():
            found: Future[_Found] = Future()
            environ = {**build_environ(self.site, script_name, path), _OURS: found}
            with _looking(self.app, look, found), _raising(self.app), suppress(_Seen):
                run_wsgi_app(self.app.wsgi_app, environ)
            if found.done():
                return found.result()
        raise NotReachedError(
            f"{login} does not get through to the app: something in app.wsgi_app answers it",
            remedy="Say below which path the app answers, as in --url https://my.host/path.",
        )


def build_environ(site: Site, script_name: str, path: str) -> dict[str, Any]:
    """Build a request as the app's server hands it over: TLS has ended at the proxy before it."""
    scheme = "https" if site.is_https else "http"
    if site.is_local:
        return EnvironBuilder(path, f"{scheme}://{site.host}{script_name}").get_environ()
    headers = {
        "X-Forwarded-For": "192.0.2.1",  # nobody's, for examples (RFC 5737)
        "X-Forwarded-Proto": scheme,
        "X-Forwarded-Host": site.host,
        "X-Forwarded-Prefix": site.mount,
    }.items()
    return EnvironBuilder(path, f"http://{site.host}{script_name}", headers=headers).get_environ()


@contextmanager
def _looking(app: Flask, look: Callable[[], _Found], found: Future[_Found]) -> Iterator[None]:
    """Have a function called as soon as our request has arrived in the app, and no other one."""

    def receive(_app: Flask, **_context: object) -> None:
        if request.environ.get(_OURS) is not found:
            return
        try:
            _check_host()
            found.set_result(look())
        except Exception as error:  # noqa: BLE001 - handed over to who asked
            found.set_exception(error)
        raise _Seen

    with request_started.connected_to(receive, app):
        yield


def _check_host() -> None:
    if isinstance(request.routing_exception, SecurityError):
        host = request.headers["Host"]
        raise NotReachedError(
            f"the app refuses requests for {host}",
            remedy=f"Add {host} to TRUSTED_HOSTS in app.config.",
        )


@contextmanager
def _raising(app: Flask) -> Iterator[None]:
    """Let what breaks on the way be raised, where Flask would log it with a traceback."""
    before = app.config["PROPAGATE_EXCEPTIONS"]
    app.config["PROPAGATE_EXCEPTIONS"] = True
    try:
        yield
    finally:
        app.config["PROPAGATE_EXCEPTIONS"] = before
