"""The site that every Flask subject is put into."""

from __future__ import annotations

from flask import Flask

from . import SECRET_KEY


def make_site() -> Flask:
    """Make an app with a public page; the subject adds the private one."""
    app = Flask("benchmarks.apps")
    app.config["SECRET_KEY"] = SECRET_KEY

    @app.get("/public")
    def public() -> str:
        return "Hello"

    return app
