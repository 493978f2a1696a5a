"""The signed-in user and their token, as the app asks for them. No network, ever."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Any, cast

from flask import has_request_context
from werkzeug.local import LocalProxy

from .session import EARLY, load_login
from .state import unseal_token
from .user import AnonymousHfUser, HfToken, HfUser

_ANONYMOUS = AnonymousHfUser()


def get_hf_user() -> HfUser | None:
    """Return the signed-in user, or None; None outside a request too."""
    login = load_login() if has_request_context() else None
    return None if login is None else login.user


def get_hf_token() -> HfToken | None:
    """Return the access token of the signed-in user.

    Returns:
        None when nobody is signed in, the token is expired or not kept (HF_OAUTH_STORE_TOKEN), or
        it was sealed with a SECRET_KEY that is gone.
    """
    login = load_login() if has_request_context() else None
    if login is None or not login.sealed_token or login.token_expires_at - EARLY <= time.time():
        return None
    access_token = unseal_token(login.sealed_token)
    if access_token is None:
        return None
    return HfToken(
        access_token=access_token,
        scopes=login.user.scopes,
        expires_at=datetime.fromtimestamp(login.token_expires_at, tz=timezone.utc),
    )


def _find_user() -> HfUser | AnonymousHfUser:
    login = load_login() if has_request_context() else None
    return _ANONYMOUS if login is None else login.user


class _Proxy(LocalProxy[Any]):
    __slots__ = ()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the user has
        """Look at the user; werkzeug's own way there is made for every kind of look, and slower."""
        return getattr(_find_user(), name)


#: The signed-in user, in views and in every template; a falsy nobody when signed out.
current_hf_user: HfUser = cast("HfUser", _Proxy(_find_user))
