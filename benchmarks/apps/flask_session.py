"""Flask-Session on disk in front of Authlib by hand: the way out when the cookie is full."""

from __future__ import annotations

import tempfile
import weakref

from cachelib import FileSystemCache
from flask import Flask
from flask_session import Session  # type: ignore[import-untyped]

from . import Provider
from .authlib_by_hand import add_login
from .site import make_site


def make_app(provider: Provider) -> Flask:
    """Make the app; its sessions go with it."""
    app = make_site()
    folder = tempfile.TemporaryDirectory(prefix="benchmarks-sessions-")
    weakref.finalize(app, folder.cleanup)
    app.config["SESSION_TYPE"] = "cachelib"
    app.config["SESSION_CACHELIB"] = FileSystemCache(folder.name)
    Session(app)
    add_login(app, provider, keeps_token=True)
    return app
