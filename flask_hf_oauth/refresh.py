"""Refresh: a new access token for a refresh token, once, whoever asks for it (RFC 6749 section 6).

Refresh tokens are good for one use, and many requests come with the same one: tabs, processes,
machines. The first of them claims the refresh in CACHE and leaves the result there, sealed, until
a day after the new token expires; the others use what they have while it lasts, or wait for the
result.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import datetime, timezone

from .client import find_client
from .compact import EARLY, Login
from .errors import CodeRejected, LoginError
from .here import this_app, this_request
from .revocation import is_retired
from .session import REMEDY, end_here, end_login, rewrite_login
from .shared_cache import is_shared
from .signals import token_refreshed
from .state import State, current_state, seal_tokens, unseal_tokens
from .turn import Turn
from .user import HfToken, TokenPair

_BEFORE_END = 90  # seconds before a token's end from which on it is refreshed when it is used
_NAP, _NAPS = 0.1, 165  # seconds, and how often somebody waits for another's result
_HANDED_OUT = "_hf_oauth_token"  # on the request
_MOST_STEPS = 5  # results that an old cookie is led along

_logger = logging.getLogger("flask_hf_oauth")


def fetch_token(login: Login) -> tuple[Login, HfToken | None]:
    """Return the token of a login, refreshed where REFRESH is on and its end is near.

    Returns:
        The login as it is now, and the token or None: it is over, not kept, not readable, or the
        refresh token is dead, which has emptied the session.
    """
    state, kept = current_state(), login
    for _ in range(_MOST_STEPS if state.settings.refresh else 0):
        if not login.sealed_tokens or not login.is_token_over(_BEFORE_END):
            break
        newer = _refresh(state, login)
        if newer is None:
            return login, None
        if newer is login:
            break
        login = newer
    token = read_token(login, EARLY if login is kept else 0)  # what is new is as good as it gets
    if token is not None:
        vars(this_request())[_HANDED_OUT] = token.access_token
    return login, token


def find_known_tokens(login: Login) -> set[str]:
    """Return the access token that is kept, be it over, and the one that this request was given."""
    kept, handed_out = find_kept_token(login), vars(this_request()).get(_HANDED_OUT)
    return {token for token in (kept, handed_out) if token}


def find_kept_token(login: Login) -> str | None:
    """Return the access token as it is kept, be it over."""
    tokens = unseal_tokens(login.sealed_tokens)
    return None if tokens is None else tokens.access_token


def read_token(login: Login, early: int = EARLY) -> HfToken | None:
    """Return the token as it is kept, unless it is over, or will be in so many seconds."""
    access_token = None if login.is_token_over(early) else find_kept_token(login)
    if access_token is None:
        return None
    return HfToken(
        access_token=access_token,
        scopes=login.user.scopes,
        expires_at=datetime.fromtimestamp(login.token_expires_at, tz=timezone.utc),
    )


def has_refresh_token(login: Login) -> bool:
    """Tell whether a token that is over may come back."""
    tokens = unseal_tokens(login.sealed_tokens)
    return tokens is not None and bool(tokens.refresh_token)


def _refresh(state: State, login: Login) -> Login | None:
    """Return the login with a newer token; the same one: there is none now; None: signed out."""
    tokens = unseal_tokens(login.sealed_tokens)
    if tokens is None or not tokens.refresh_token:
        return login
    try:
        turn = Turn(state.cache, f"{login.user.id} {login.signed_in_at}", tokens.refresh_token)
        return _take_turn(turn, login, tokens)
    except LoginError as error:
        _logger.warning("the token was not refreshed: %s (%s)", error.error_code, error.detail)
        return login


def _take_turn(turn: Turn, login: Login, tokens: TokenPair) -> Login | None:
    """Refresh, or let another request do it; see :func:`_refresh`.

    Raises:
        LoginError: The provider, or the cache, does not answer.
    """
    for _ in range(_NAPS):
        if is_retired(current_state(), login):
            _logger.info("signed out: this login was ended before, in another request")
            end_here()
            return None
        result = turn.find_result(login)  # before the claim, which would keep the next step waiting
        if result is not None:
            _rewrite(result)
            return result
        if turn.claim():
            return _refresh_now(turn, login, tokens)
        if not login.is_token_over() or turn.has_failed():
            break
        time.sleep(_NAP)
    return login


def _refresh_now(turn: Turn, login: Login, tokens: TokenPair) -> Login | None:
    try:
        answer = find_client(current_state()).refresh(tokens.refresh_token, login.user.scopes)
    except CodeRejected:
        return _judge_rejection(turn, login, tokens)
    except BaseException:
        turn.give_up()
        raise
    newer = replace(
        login,
        user=replace(login.user, scopes=answer.scopes),
        token_expires_at=int(time.time()) + answer.expires_in,
        sealed_tokens=seal_tokens(TokenPair(answer.access_token, answer.refresh_token)),
    )
    if answer.expires_in < 2 * _BEFORE_END:  # near its end from the start: not at every page again
        pause = max(1, answer.expires_in // 2)
        Turn(turn.cache, turn.login_id, answer.refresh_token).give_up(pause)
    turn.leave_result(newer, answer.expires_in)
    _rewrite(newer)
    token_refreshed.send(this_app(), user=newer.user, token=read_token(newer, early=0))
    return newer


def _judge_rejection(turn: Turn, login: Login, tokens: TokenPair) -> Login | None:
    """Find out why the provider does not know the refresh token.

    Another process may have used it, without a CACHE that both share; then the access token that is
    here still lives. Otherwise access was taken back, or nobody came for months: signed out.
    """
    result = turn.find_result(login)
    if result is not None:
        _rewrite(result)
        return result
    if not login.is_token_over() and _is_accepted(login, tokens):
        _logger.warning(
            "the refresh token was used by another process: set HF_OAUTH_CACHE to a cache that "
            "all processes share"
        )
        turn.give_up(_BEFORE_END)
        return login
    reason = "the provider does not know the refresh token any more"
    if not is_shared(turn.cache):
        reason += ", or another process has used it, with which no HF_OAUTH_CACHE is shared"
    end_login(login, reason)
    return None


def _is_accepted(login: Login, tokens: TokenPair) -> bool:
    try:
        find_client(current_state()).fetch_claims(tokens.access_token, login.user.id)
    except LoginError as error:  # any other: nobody knows, and it lasts a minute at most
        return error.error_code != "userinfo_unauthorized"
    return True


def _rewrite(login: Login) -> None:
    if not rewrite_login(login):
        _logger.error("a refreshed token was not kept: %s", REMEDY)
