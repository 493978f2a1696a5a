"""Flask-Dance, for a provider that it does not know: https://flask-dance.readthedocs.io, "Custom".

Its proof key for code exchange goes by way of the blueprint, which all threads share, so that two
logins at once may take each other's; it is off unless one turns it on, and so here.
"""

from __future__ import annotations

import os

from flask import Flask, redirect, session, url_for
from flask.typing import ResponseReturnValue
from flask_dance.consumer import OAuth2ConsumerBlueprint, oauth_authorized

from . import SCOPES, Provider
from .site import make_site

# The app itself is asked over http, which oauthlib refuses otherwise.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"


def make_app(provider: Provider) -> Flask:
    """Make the app; it asks userinfo once, after the login, and not in each view."""
    app = make_site()
    huggingface = OAuth2ConsumerBlueprint(
        "huggingface",
        __name__,
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        scope=SCOPES.split(),
        base_url=provider.url,
        authorization_url=f"{provider.url}/oauth/authorize",
        token_url=f"{provider.url}/oauth/token",
        login_url="/login",
        authorized_url="/login/callback",
        redirect_to="private",
    )
    app.register_blueprint(huggingface)

    @oauth_authorized.connect_via(huggingface)
    def keep_user(blueprint: OAuth2ConsumerBlueprint, **_token: object) -> None:
        session["user"] = blueprint.session.get("/oauth/userinfo").json()

    # The signal holds its receivers weakly.
    app.extensions["benchmarks_keep_user"] = keep_user

    @app.get("/private")
    def private() -> ResponseReturnValue:
        if not huggingface.session.authorized:
            return redirect(url_for("huggingface.login"))
        return f"Hello {session['user']['preferred_username']}"

    return app
