"""What is examined: an app, and where people open it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, request, request_started
from werkzeug.exceptions import SecurityError
from werkzeug.test import EnvironBuilder, run_wsgi_app

from ..errors import HfOAuthError
from ..state import State
from .site import Site

# In the environ of a request: what its look finds, the mount that its server would tell, and how
# many proxies it has come through.
_OURS, MOUNT, HOPS = (f"flask_hf_oauth.doctor.{name}" for name in ("look", "mount", "hops"))
_HOPS = (1, 4)  # proxies that say the same: ProxyFix may be told of one or of several

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

    @property
    def callback(self) -> str:
        """The redirect URI, when all is as it should be."""
        return self.site.url + self.state.settings.callback_path

    @property
    def is_client_of_space(self) -> bool:
        """Whether people sign in by the client that the Hub has registered for this Space."""
        client_id = self.state.settings.client_id
        return self.state.is_space and client_id in {None, os.environ.get("OAUTH_CLIENT_ID")}

    def visit(self, look: Callable[[], _Found]) -> _Found:
        """Call a function in a request for /login, behind all middleware and before the app's code.

        The request comes as the server in front of the app would pass it on; so whatever wraps
        ``app.wsgi_app``, ProxyFix or another, has its say.

        Raises:
            NotReachedError: It does not get through to the app.
        """
        login, mount = f"{self.state.settings.url_prefix}/login", self.site.mount
        # What a proxy does comes first: it takes the mount off and names it in a header, or leaves
        # it to a middleware. A server that knows of the mount comes last: any app believes that.
        places = [("", login), ("", mount + login), (mount, login)]
        ways = [(self.site.url, *place, hops) for place in places for hops in _HOPS]
        for root, script_name, path, hops in [*ways, (None, mount, login, 1)]:
            found: Future[_Found] = Future()
            environ = build_environ(self.site, script_name, path, hops)
            environ |= {_OURS: found, MOUNT: script_name, HOPS: hops}
            with _looking(self.app, look, found, root):
                _run(self.app, environ, found)
            if found.done() and not found.cancelled():
                return found.result()
        raise NotReachedError(
            f"{login} does not get through to the app: something in app.wsgi_app answers it",
            remedy="Say below which path the app answers, as in --url https://my.host/path.",
        )


def build_environ(site: Site, script_name: str, path: str, hops: int) -> dict[str, Any]:
    """Build a request as the app's server hands it over: TLS has ended at the proxy before it."""
    scheme = "https" if site.is_https else "http"
    forwarded = {
        "X-Forwarded-For": "192.0.2.1",  # nobody's, for examples (RFC 5737)
        "X-Forwarded-Proto": scheme,
        "X-Forwarded-Host": site.host,
        "X-Forwarded-Prefix": site.mount,
    }
    headers = {"User-Agent": "flask-hf-oauth doctor"}
    if not site.is_local:
        headers |= {name: ", ".join([value] * hops) for name, value in forwarded.items()}
    return EnvironBuilder(
        path,
        f"{scheme if site.is_local else 'http'}://{site.host}{script_name}",
        headers=headers.items(),
        environ_base={"REMOTE_ADDR": "127.0.0.1"},
    ).get_environ()


def _run(app: Flask, environ: dict[str, Any], found: Future[_Found]) -> None:
    """Send a request through an app; what is raised on the way out of it is no matter."""
    with _raising(app):
        try:
            run_wsgi_app(app.wsgi_app, environ)
        except (_Seen, Exception):
            if not found.done():
                raise


@contextmanager
def _looking(
    app: Flask, look: Callable[[], _Found], found: Future[_Found], root: str | None
) -> Iterator[None]:
    """Have a function called as soon as our request has arrived in the app, and no other one.

    One that the app does not take for a request to ``root`` is cancelled.
    """

    def receive(_app: Flask, **_context: object) -> None:
        if request.environ.get(_OURS) is not found:
            return
        try:
            _check_host()
            if root in {None, request.url_root.rstrip("/")}:
                found.set_result(look())
            else:
                found.cancel()
        except Exception as error:  # noqa: BLE001 - handed over to who asked
            found.set_exception(error)
        raise _Seen

    with request_started.connected_to(receive, app):
        yield


def _check_host() -> None:
    if isinstance(request.routing_exception, SecurityError):
        host = urlsplit(f"//{request.headers['Host']}").hostname  # TRUSTED_HOSTS knows no ports
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
