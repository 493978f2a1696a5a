"""Our own app, as the README shows it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from flask_hf_oauth import HfOAuth, current_hf_user, get_hf_token, login_required

from . import SCOPES, Provider
from .site import make_site


def make_app(
    provider: Provider,
    *,
    store_token: bool = True,
    reads: int = 1,
    uses_token: bool = False,
    guards: int = 1,
) -> Flask:
    """Make the app.

    Args:
        provider: Where it signs in.
        store_token: The session keeps the access token.
        reads: How often the view reads the user.
        uses_token: The view opens the access token.
        guards: How many guards stand before the view.
    """
    app = make_site()
    HfOAuth(
        app,
        provider_url=provider.url,
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        redirect_uri=provider.redirect_uri,
        scopes=SCOPES,
        store_token=store_token,
    )

    def private() -> str:
        names = [current_hf_user.username for _ in range(reads)]
        token = get_hf_token() if uses_token else None
        return f"Hello {names[-1] if names else 'you'}{'' if token is None else ' with a token'}"

    view: Callable[[], str] = private
    for _ in range(guards):
        view = login_required(view)
    app.get("/private")(view)
    return app
