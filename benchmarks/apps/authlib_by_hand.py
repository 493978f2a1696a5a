"""Authlib's Flask client, and the rest by hand: https://docs.authlib.org, "Flask OAuth Client"."""

from __future__ import annotations

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session, url_for
from flask.typing import ResponseReturnValue

from . import SCOPES, Provider
from .site import make_site


def register(app: Flask, provider: Provider) -> OAuth:
    """Register the provider with Authlib, which reads the rest from its discovery document."""
    oauth = OAuth(app)
    oauth.register(
        name="huggingface",
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=provider.metadata_url,
        client_kwargs={"scope": SCOPES, "code_challenge_method": "S256"},
    )
    return oauth


def make_app(provider: Provider, *, keeps_token: bool) -> Flask:
    """Make the app.

    Args:
        provider: Where it signs in.
        keeps_token: Ask userinfo, and keep its answer and the access token; otherwise keep what
            the ID token says.
    """
    app = make_site()
    add_login(app, provider, keeps_token=keeps_token)
    return app


def add_login(app: Flask, provider: Provider, *, keeps_token: bool) -> None:
    """Add login, callback and the private page."""
    oauth = register(app, provider)

    @app.get("/login")
    def login() -> ResponseReturnValue:
        answer: ResponseReturnValue = oauth.huggingface.authorize_redirect(provider.redirect_uri)
        return answer

    @app.get("/login/callback")
    def callback() -> ResponseReturnValue:
        token = oauth.huggingface.authorize_access_token()
        if keeps_token:
            session["user"] = oauth.huggingface.userinfo(token=token)
            session["token"] = {name: token[name] for name in ("access_token", "expires_at")}
        else:
            session["user"] = token["userinfo"]
        return redirect(url_for("private"))

    @app.get("/private")
    def private() -> ResponseReturnValue:
        if "user" not in session:
            return redirect(url_for("login"))
        return f"Hello {session['user']['preferred_username']}"
