"""Pages with an app of another site in their frame: of a Space, and of a stranger.

The app is on 127.0.0.1, the provider on localhost, the stranger on foreign.localhost: three sites
to Chromium, as hf.space, huggingface.co and anybody's blog are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, render_template_string

from browser.site import serve
from flask_hf_oauth import HfOAuth, login_required
from flask_hf_oauth.testing import HfProvider

SPACE = "demo-org/notebook"
# Chromium says so of every sandbox; the provider's own page is not what it should keep out.
SANDBOX = "An iframe which has both allow-scripts and allow-same-origin for its sandbox attribute"
REFUSED = r"Framing 'http://localhost:\d+/' violates .* \"frame-ancestors 'self'\""
_APP = """<!doctype html>
<html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>App in a frame</title>
<link rel="icon" href="data:,">
<h1>{{ heading }} {{ current_hf_user.username or "stranger" }}</h1>
<p>{{ hf_logout_button() if current_hf_user else hf_login_button() }}</p>
<p><a href="/">Public page</a> <a href="/private">Private page</a></p>"""
_STRANGER = """<!doctype html>
<html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Another site</title>
<link rel="icon" href="data:,">
<h1>Another site, which shows an app</h1>
<iframe title="App" style="width: 100%; height: 500px; box-sizing: border-box"
  src="{{ request.args.src }}"
  {% if request.args.policy %}referrerpolicy="{{ request.args.policy }}"{% endif %}></iframe>"""


def make_app(**config: object) -> Flask:
    """Make an app that anybody may frame; it is told nothing but this."""
    app = Flask("App in a frame")
    app.config.from_mapping(config)
    HfOAuth(app)

    @app.get("/")
    def public() -> str:
        return render_template_string(_APP, heading="Hello")

    @app.get("/private")
    @login_required
    def private() -> str:
        return render_template_string(_APP, heading="In private:")

    @app.get("/favicon.ico")
    def icon() -> tuple[str, int]:
        return "", 204

    return app


@contextmanager
def serve_space(provider: HfProvider, **config: Any) -> Iterator[str]:
    """Serve an app whose environment is that of a Space."""
    with serve(make_space_app(provider, **config)) as url:
        yield url


def make_space_app(provider: HfProvider, hosts: str = "", **config: object) -> Flask:
    """Make an app whose environment is that of a Space."""
    environ = {**provider.environ(), "SPACE_ID": SPACE, "SPACE_HOST": hosts}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        return make_app(**config)


@contextmanager
def serve_stranger() -> Iterator[str]:
    """Serve a page of another site; see `build_stranger_url`."""
    app = Flask("Another site")
    app.add_url_rule("/", view_func=lambda: render_template_string(_STRANGER))
    with serve(app) as url:
        yield url.replace("127.0.0.1", "foreign.localhost")


def build_stranger_url(stranger: str, framed: str, policy: str = "") -> str:
    """Return the address of the stranger's page that frames an address."""
    return f"{stranger}/?{urlencode({'src': framed, 'policy': policy})}"
