"""Flask-Session on disk in front of Authlib by hand: the way out when the cookie is full."""

from __future__ import annotations

import tempfile
import weakref

from cachelib import FileSystemCache
from flask import Flask
from flask_session import Session  # type: ignore[import-untyped]  # ships no types

from . import Provider
from .authlib_by_hand import add_login
from .site import make_site


def make_app(provider: Provider, *, folder: str | None = None) -> Flask:
    """Make the app.

    Args:
        provider: Where it signs in.
        folder: Where the sessions are; None: in one of its own, which goes with the app.
    """
    app = make_site()
    if folder is None:
        own = tempfile.TemporaryDirectory(prefix="benchmarks-sessions-")
        weakref.finalize(app, own.cleanup)
        folder = own.name
    app.config["SESSION_TYPE"] = "cachelib"
    app.config["SESSION_CACHELIB"] = FileSystemCache(folder)
    Session(app)
    add_login(app, provider, keeps_token=True)
    return app
