"""Userinfo again: what the provider says of the person now, and whether it still does."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from .claims import parse_user
from .client import find_client
from .compact import Login
from .errors import ConfigurationError, LoginError, ProviderUnavailable, SessionTooLarge
from .membership import is_admitted
from .refresh import find_token, has_refresh_token
from .session import REMEDY, end_login, holds_login, rewrite_login
from .shared_cache import asking_cache
from .state import State, current_state

_PAUSE = 10  # seconds in which one request of a login asks, and after which another one may

_logger = logging.getLogger("flask_hf_oauth")


def revalidate(state: State, login: Login) -> Login | None:
    """Ask userinfo about a login that is due (REVALIDATE_AFTER).

    Returns:
        The login as it is now; the same one while the provider can't be asked; None: it is over.
    """
    try:
        with asking_cache():
            is_first = state.cache.add(_key_of(login), 1, timeout=_PAUSE)
        return ask_again(login) if is_first else login
    except LoginError as error:
        _logger.warning("a login was not revalidated: %s (%s)", error.error_code, error.detail)
        return login


def _key_of(login: Login) -> str:
    return f"hf_oauth:revalidating:{login.user.id}:{login.signed_in_at}"


def ask_again(login: Login) -> Login | None:
    """Ask userinfo about a login, and write what has changed into the session.

    Returns:
        The login as it is now, or None: the provider refuses the token, there is none any more, or
        ALLOWED_ORGS turns the person away; the session is empty then.

    Raises:
        ConfigurationError: The app keeps no tokens.
        LoginError: The provider does not answer, or something that fails a check.
    """
    settings = current_state().settings
    if not settings.store_token:
        raise ConfigurationError("userinfo is asked with the token: HF_OAUTH_STORE_TOKEN is off.")
    login, token = find_token(login)
    if token is None:
        if holds_login():  # or the refresh token turned out to be dead
            _judge_missing_token(login)
        return None
    try:
        claims = find_client(current_state()).fetch_claims(token.access_token, login.user.id)
    except LoginError as error:
        if error.error_code != "userinfo_unauthorized":
            raise
        end_login(login, "userinfo refuses the token")
        return None
    user = parse_user(claims, login.user.scopes)
    if not is_admitted(user, settings.allowed_orgs):
        end_login(login, "no longer in one of HF_OAUTH_ALLOWED_ORGS")
        return None
    newer = replace(login, user=user, checked_at=int(time.time()))
    if not rewrite_login(newer):
        raise SessionTooLarge("what userinfo says now exceeds the cookie", remedy=REMEDY)
    return newer


def _judge_missing_token(login: Login) -> None:
    """End a login whose token is over for good; one that could not be refreshed now may stay."""
    if current_state().settings.refresh and has_refresh_token(login):
        raise ProviderUnavailable("the token is over, and was not refreshed")
    end_login(login, "its token is over, so that nobody can tell whether it is still good")
