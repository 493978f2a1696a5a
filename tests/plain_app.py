"""An app that never meets its provider: for what happens around a login."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from flask_hf_oauth import HfOAuth

SECRET_KEY = "secret-key-of-the-tests-0123456789"

#: What browsers send with the navigation, the script and the frame that the names say.
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
SCRIPT = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
HTMX = {"HX-Request": "true", **SCRIPT}
FRAME = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}


def make_plain_app(
    views: dict[str, Callable[..., Any]] | None = None,
    *,
    hf: HfOAuth | None = None,
    **config: object,
) -> Flask:
    """Make an app; `views` go by their path, the keyword arguments to its config."""
    app = Flask("demo")
    app.config.update(SECRET_KEY=SECRET_KEY, TESTING=True, HF_OAUTH_CLIENT_ID="plain-client")
    app.config.update(config)
    (hf or HfOAuth()).init_app(app)
    for path, view in (views or {}).items():
        app.add_url_rule(path, path, view, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    return app
