"""Refresh: a new access token for a refresh token, once, whoever asks for it (RFC 6749 section 6).

Refresh tokens are good for one use, and many requests come with the same one: tabs, processes,
machines. The first of them claims the refresh in CACHE and leaves the result there, sealed, until
the new token expires; the others use what they have while it lasts, or wait for the result.
"""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from .client import find_client
from .compact import Login
from .errors import CodeRejected, LoginError, UserinfoError
from .here import this_app
from .session import EARLY, REMEDY, end_login, rewrite_login
from .shared_cache import asking_cache
from .signals import token_refreshed
from .state import State, current_state, seal_tokens, unseal_tokens
from .user import HfToken, TokenPair

if TYPE_CHECKING:
    from cachelib import BaseCache

_BEFORE_END = 90  # seconds before a token's end from which on it is refreshed when it is used
_CLAIM = 30  # seconds that a claim holds; an exchange with the provider takes 16 at most
_PAUSE = 10  # seconds until another try after a failure
_NAP, _NAPS = 0.05, 330  # seconds, and how often somebody waits for another's result
_BUSY, _FAILED = "busy", "failed"
_MOST_STEPS = 5  # results that an old cookie is led along

_logger = logging.getLogger("flask_hf_oauth")


def find_token(login: Login) -> tuple[Login, HfToken | None]:
    """Return the token of a login, refreshed where REFRESH is on and its end is near.

    Returns:
        The login as it is now, and the token or None: it is over, not kept, not readable, or the
        refresh token is dead, which has emptied the session.
    """
    state = current_state()
    for _ in range(_MOST_STEPS if state.settings.refresh else 0):
        if not login.sealed_tokens or login.token_expires_at - _BEFORE_END > time.time():
            break
        newer = _refresh(state, login)
        if newer is None:
            return login, None
        if newer is login:
            break
        login = newer
    return login, _read_token(login)


def find_kept_token(login: Login) -> str | None:
    """Return the access token as it is kept, be it over."""
    tokens = unseal_tokens(login.sealed_tokens) if login.sealed_tokens else None
    return None if tokens is None else tokens.access_token


def _read_token(login: Login) -> HfToken | None:
    access_token = find_kept_token(login) if _is_living(login) else None
    if access_token is None:
        return None
    return HfToken(
        access_token=access_token,
        scopes=login.user.scopes,
        expires_at=datetime.fromtimestamp(login.token_expires_at, tz=timezone.utc),
    )


def _is_living(login: Login) -> bool:
    return login.token_expires_at - EARLY > time.time()


def has_refresh_token(login: Login) -> bool:
    """Tell whether a token that is over may come back."""
    tokens = unseal_tokens(login.sealed_tokens) if login.sealed_tokens else None
    return tokens is not None and bool(tokens.refresh_token)


def _refresh(state: State, login: Login) -> Login | None:
    """Return the login with a newer token; the same one: there is none now; None: signed out."""
    tokens = unseal_tokens(login.sealed_tokens)
    if tokens is None or not tokens.refresh_token:
        return login
    turn = _Turn(state.cache, tokens.refresh_token)
    try:
        return _take_turn(turn, login, tokens)
    except CodeRejected:
        return _judge_rejection(turn, login, tokens)
    except LoginError as error:
        _logger.warning("the token was not refreshed: %s (%s)", error.error_code, error.detail)
        return login


def _take_turn(turn: _Turn, login: Login, tokens: TokenPair) -> Login:
    """Refresh, or let another request do it.

    Raises:
        CodeRejected: The refresh token is dead.
        LoginError: The provider, or the cache, does not answer.
    """
    for _ in range(_NAPS):
        is_first = turn.claim()
        result = turn.find_result(login)
        if result is not None:
            _rewrite(result)
            return result
        if is_first:
            return _refresh_now(turn, login, tokens)
        if _is_living(login) or not turn.is_under_way():
            return login
        time.sleep(_NAP)
    return login


def _refresh_now(turn: _Turn, login: Login, tokens: TokenPair) -> Login:
    try:
        answer = find_client(current_state()).refresh(tokens.refresh_token, login.user.scopes)
    except BaseException:
        turn.give_up()
        raise
    newer = replace(
        login,
        user=replace(login.user, scopes=answer.scopes),
        token_expires_at=int(time.time()) + answer.expires_in,
        sealed_tokens=seal_tokens(TokenPair(answer.access_token, answer.refresh_token)),
    )
    turn.leave_result(newer, answer.expires_in)
    _rewrite(newer)
    token = _read_token(newer)
    _logger.info("token refreshed")
    token_refreshed.send(this_app(), user=newer.user, token=token)
    return newer


def _judge_rejection(turn: _Turn, login: Login, tokens: TokenPair) -> Login | None:
    """Find out why the provider does not know the refresh token.

    Another process may have used it, without a CACHE that both share; then the access token that is
    here still lives. Otherwise access was taken back, or nobody came for months: signed out.
    """
    result = turn.find_result(login)
    if result is not None:
        _rewrite(result)
        return result
    if _is_living(login) and _is_accepted(login, tokens):
        _logger.warning(
            "the refresh token was used by another process: set HF_OAUTH_CACHE to a cache that "
            "all processes share"
        )
        turn.give_up(_BEFORE_END)
        return login
    end_login(login, "the provider does not know the refresh token any more")
    return None


def _is_accepted(login: Login, tokens: TokenPair) -> bool:
    try:
        find_client(current_state()).fetch_claims(tokens.access_token, login.user.id)
    except UserinfoError:
        return False
    except LoginError:
        pass  # nobody knows; it lasts a minute at most
    return True


def _rewrite(login: Login) -> None:
    if not rewrite_login(login):
        _logger.error("a refreshed token was not kept: %s", REMEDY)


@dataclass(frozen=True, slots=True)
class _Turn:
    """Who refreshes with one refresh token: a claim and a result in the cache."""

    cache: BaseCache
    refresh_token: str

    def _key(self, kind: str) -> str:
        return f"hf_oauth:{kind}:{hashlib.sha256(self.refresh_token.encode()).hexdigest()}"

    def claim(self) -> bool:
        """Tell whether this request is the one that refreshes."""
        with asking_cache():
            return bool(self.cache.add(self._key("refreshing"), _BUSY, timeout=_CLAIM))

    def is_under_way(self) -> bool:
        """Tell whether there is something to wait for."""
        with asking_cache():
            return bool(self.cache.get(self._key("refreshing")) != _FAILED)

    def give_up(self, seconds: int = _PAUSE) -> None:
        """Keep everybody from another try for a while."""
        self._set("refreshing", _FAILED, seconds)

    def leave_result(self, login: Login, expires_in: int) -> None:
        """Keep the newer tokens for requests that come with the old ones."""
        scopes = " ".join(login.user.scopes)
        self._set("refreshed", (login.token_expires_at, scopes, login.sealed_tokens), expires_in)

    def find_result(self, login: Login) -> Login | None:
        """Return the login with the result of another request, if there is one."""
        with asking_cache():
            result = self.cache.get(self._key("refreshed"))
        # A refresh token that does not rotate has left the token that is here already.
        if result is None or result[0] == login.token_expires_at:
            return None
        token_expires_at, scopes, sealed_tokens = result
        user = replace(login.user, scopes=frozenset(scopes.split()))
        return replace(
            login, user=user, token_expires_at=token_expires_at, sealed_tokens=sealed_tokens
        )

    def _set(self, kind: str, value: object, seconds: int) -> None:
        """Write, and be content when the cache is away: the tokens are in our hands already."""
        try:
            with asking_cache():
                self.cache.set(self._key(kind), value, timeout=seconds)
        except LoginError as error:
            _logger.warning("a refresh is not known to other requests: %s", error.detail)
