"""flask-oidc: https://flask-oidc.readthedocs.io, "Getting started"."""

from __future__ import annotations

from flask import Flask, g
from flask_oidc import OpenIDConnect

from . import SCOPES, Provider
from .site import make_site


def make_app(provider: Provider) -> Flask:
    """Make the app."""
    app = make_site()
    secrets = {
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "issuer": provider.url,
    }
    app.config["OIDC_CLIENT_SECRETS"] = {"web": secrets}
    app.config["OIDC_SCOPES"] = SCOPES
    app.config["OIDC_OVERWRITE_REDIRECT_URI"] = provider.redirect_uri
    oidc = OpenIDConnect(app)

    @app.get("/private")
    @oidc.require_login
    def private() -> str:
        return f"Hello {g.oidc_user.profile['preferred_username']}"

    return app
