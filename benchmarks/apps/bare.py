"""The floor: Flask alone, with a view that reads the user's name from the session."""

from __future__ import annotations

from flask import Flask, redirect, session
from werkzeug import Response

from . import Provider
from .site import make_site

_USERNAME = "demo-member"


def make_app(_provider: Provider, *, same_bytes: bool = False) -> Flask:
    """Make the app.

    Args:
        same_bytes: The private page is asked with the cookie of our own app, whose login is as
            long as it is; it reads that much and makes nothing of it.
    """
    app = make_site()

    @app.get("/login")
    def login() -> Response:
        session["user"] = _USERNAME
        return redirect("/private")

    @app.get("/private")
    def private() -> str:
        return f"Hello {session['user']}"

    def private_of_same_bytes() -> str:
        return f"Hello {session['_hf_oauth'][: len(_USERNAME)]}"

    if same_bytes:
        app.view_functions["private"] = private_of_same_bytes
    return app
