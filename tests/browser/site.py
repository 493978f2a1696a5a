"""Applications as the browser meets them: served by a real server, on loopback."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from flask import Flask, Response, render_template_string
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app

from flask_hf_oauth import HfOAuth, login_required
from flask_hf_oauth.testing import HfProvider

# Last, so that the checkout cannot shadow the installed extension.
sys.path.append(str(Path(__file__).parents[2]))

from example_app.app import create_app
from example_app.models import db

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Site = Literal["notebook", "plain", "unconfigured"]

POLICY = (
    "default-src 'none'; frame-src 'self'; style-src 'self'; img-src 'self' http://127.0.0.1:*; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
PLAIN_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Plain app</title>
<h1>Hello {{ current_hf_user.username or "stranger" }}</h1>
{{ hf_login_button() }} {{ hf_logout_button() }}"""


class _QuietHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing: a failed test shows the page."""


@contextmanager
def serve(app: WSGIApplication) -> Iterator[str]:
    """Serve an app on a free port, and hand out its address."""

    def answer_whole(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Close files before they are sent: werkzeug forgets to when the browser hangs up."""
        body, status, headers = run_wsgi_app(app, environ, buffered=True)
        start_response(status, headers.to_wsgi_list())
        return body

    server = make_server("127.0.0.1", 0, answer_whole, threaded=True, request_handler=_QuietHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()


@contextmanager
def serve_notebook(folder: Path, settings: Mapping[str, object]) -> Iterator[str]:
    """Serve the example application with an empty database."""
    app = create_app({"TESTING": True, "NOTEBOOK_FOLDER": str(folder), **settings})
    try:
        with serve(app) as url:
            yield url
    finally:
        with app.app_context():
            db.engine.dispose()


def make_plain_app(settings: Mapping[str, object]) -> Flask:
    """Make an app with the extension's own pages as they come, under a strict policy."""
    app = Flask("Plain app")
    app.config.from_mapping({"TESTING": True, "SECRET_KEY": "k" * 32, **settings})
    HfOAuth(app)

    @app.get("/")
    def home() -> str:
        return render_template_string(PLAIN_PAGE)

    @app.get("/private")
    @login_required
    def private() -> str:
        return render_template_string(PLAIN_PAGE)

    @app.get("/favicon.ico")
    def icon() -> tuple[str, int]:
        return "", 204

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return app


@contextmanager
def serve_site(site: Site, provider: HfProvider, folder: Path) -> Iterator[str]:
    """Serve the example app, the plain one, or the plain one without a client id."""
    settings = provider_settings(provider)
    if site == "notebook":
        served = serve_notebook(folder, settings)
    else:
        served = serve(make_plain_app(settings if site == "plain" else {}))
    with served as url:
        yield url


def provider_settings(provider: HfProvider) -> dict[str, object]:
    """Name what leads an app to a provider of the test's own."""
    return {**provider.config(), "HF_OAUTH_DEV_PROVIDER": False, "SECRET_KEY": "k" * 32}
