"""Flask-Login over Authlib: https://flask-login.readthedocs.io, "How it Works"."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, redirect, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user

from . import Provider
from .authlib_by_hand import register
from .site import make_site


class _User(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """What its documentation asks for: an object with the user's `id`."""

    def __init__(self, claims: Mapping[str, str]) -> None:
        self.id = claims["sub"]
        self.username = claims["preferred_username"]


def make_app(provider: Provider) -> Flask:
    """Make the app; the session is its database of users, which is the quickest there is."""
    app = make_site()
    oauth = register(app, provider)
    login_manager = LoginManager(app)
    login_manager.login_view = "login"

    @login_manager.user_loader
    def load_user(user_id: str) -> _User | None:
        claims = session.get("claims")
        return _User(claims) if claims and claims["sub"] == user_id else None

    @app.get("/login")
    def login() -> ResponseReturnValue:
        answer: ResponseReturnValue = oauth.huggingface.authorize_redirect(provider.redirect_uri)
        return answer

    @app.get("/login/callback")
    def callback() -> ResponseReturnValue:
        claims = oauth.huggingface.authorize_access_token()["userinfo"]
        session["claims"] = claims
        login_user(_User(claims))
        return redirect(url_for("private"))

    @app.get("/private")
    @login_required
    def private() -> str:
        return f"Hello {current_user.username}"

    return app
