"""The signed-in user and their token, as the app asks for them.

Nobody calls the network here but who is asked to: ``refresh_hf_user``, ``get_hf_token`` with
HF_OAUTH_REFRESH, and HF_OAUTH_REVALIDATE_AFTER; a shared HF_OAUTH_CACHE is asked once a minute for
each user, whether their sessions were ended.
"""

from __future__ import annotations

from typing import Any, cast

from flask import has_request_context
from werkzeug.local import LocalProxy

from .detour import find_way_back
from .errors import HfOAuthError, LoginError
from .pages import refuse
from .session import load_login
from .user import AnonymousHfUser, HfToken, HfUser

_ANONYMOUS = AnonymousHfUser()


def get_hf_user() -> HfUser | None:
    """Return the signed-in user, or None; None outside a request too."""
    login = load_login() if has_request_context() else None
    return None if login is None else login.user


def get_hf_token() -> HfToken | None:
    """Return the access token of the signed-in user.

    With HF_OAUTH_REFRESH a token that is near its end is refreshed first; this may take as long as
    an exchange with the provider, 15 seconds at most, or 17 where another request refreshes it.

    Returns:
        None when nobody is signed in, the token is expired or not kept (HF_OAUTH_STORE_TOKEN), it
        was sealed with a SECRET_KEY that is gone, or the refresh failed; where the provider does
        not know the refresh token any more, the user is signed out.

    Raises:
        ConfigurationError: It has to be refreshed, and there is no provider to ask.
    """
    login = load_login() if has_request_context() else None
    if login is None:
        return None
    from .refresh import fetch_token  # noqa: PLC0415 - an app that starts has nobody's token yet

    return fetch_token(login)[1]


def refresh_hf_user() -> HfUser | None:
    """Ask the provider's userinfo again, and keep what it says now.

    Returns:
        The user, or None when nobody is signed in (any more): the provider refuses the token, or
        ALLOWED_ORGS the user.

    Raises:
        LoginError: The provider does not answer, or something that fails a check; it has a page.
        ConfigurationError: The app keeps no tokens (HF_OAUTH_STORE_TOKEN).
    """
    login = load_login() if has_request_context() else None
    if login is None:
        return None
    from .revalidation import ask_again  # noqa: PLC0415 - as above

    try:
        login = ask_again(login)
    except HfOAuthError as error:
        if isinstance(error, LoginError):  # whose words are those of a sign-in
            error.title = "Your account could not be looked up"
            error.description = (  # type: ignore[attr-defined]  # each is an HTTPException too
                "Hugging Face gave no answer that helps. You are still signed in; please try again "
                "in a little while."
            )
        refuse(error, next=find_way_back())
    return None if login is None else login.user


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
