"""The signed-in user and their token, as the app asks for them. No network, ever."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import cast

from flask import has_request_context
from werkzeug.local import LocalProxy

from .compact import Login
from .session import is_over, load_login
from .state import current_state, unseal_token
from .user import AnonymousHfUser, HfToken, HfUser

_ANONYMOUS = AnonymousHfUser()


def get_hf_user() -> HfUser | None:
    """Return the signed-in user, or None; None outside a request too."""
    login = _find_login()
    return None if login is None else login.user


def get_hf_token() -> HfToken | None:
    """Return the access token of the signed-in user.

    Returns:
        None when nobody is signed in, the token is expired or not kept (HF_OAUTH_STORE_TOKEN), or
        it was sealed with a SECRET_KEY that is gone.
    """
    login = _find_login()
    if login is None or not login.sealed_token or is_over(login.token_expires_at):
        return None
    access_token = unseal_token(login.sealed_token)
    if access_token is None:
        return None
    return HfToken(
        access_token=access_token,
        scopes=login.user.scopes,
        expires_at=datetime.fromtimestamp(login.token_expires_at, tz=timezone.utc),
    )


def _find_login() -> Login | None:
    if not has_request_context():
        return None
    current_state()  # a forgotten init_app shows before anybody has signed in
    return load_login()


def _find_user() -> HfUser | AnonymousHfUser:
    return get_hf_user() or _ANONYMOUS


#: The signed-in user, in views and in every template; a falsy nobody when signed out.
current_hf_user: HfUser = cast("HfUser", LocalProxy(_find_user))
