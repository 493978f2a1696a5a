"""Userinfo again: what the provider says of the person now, and whether it still does."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace

from .claims import parse_user
from .client import find_client
from .compact import Login, build_compact, parse_compact
from .errors import ConfigurationError, LoginError, ProviderUnavailable, SessionTooLarge
from .membership import is_admitted
from .refresh import fetch_token, has_refresh_token, read_token
from .revocation import is_retired
from .session import REMEDY, end_here, end_login, holds_login, is_due, rewrite_login
from .shared_cache import asking_cache, trying_cache
from .state import State, current_state, seal_tokens, unseal_tokens
from .user import TokenPair

_PAUSE = 10  # seconds in which one request of a login asks, and after which another one may
_LONGEST_DOUBT = 86_400  # seconds that a login goes on without an answer; ten intervals, if longer
# Whoever is to be turned away decides how long their userinfo is: organizations cost nothing.
_TOO_MUCH = frozenset({"session_too_large", "userinfo_orgs", "provider_too_large"})

_logger = logging.getLogger("flask_hf_oauth")


def revalidate(state: State, login: Login) -> Login | None:
    """Ask userinfo about a login that is due (REVALIDATE_AFTER).

    What came of it is left in CACHE too: a session cookie of before may come again, from another
    tab or from somebody who would rather not have lost a role, and learns it there.

    Returns:
        The login as it is now; the same one while the provider can't be asked; None: it is over.
    """
    outcome = _Outcome(state, login)
    known: Login | None = login
    try:
        known = outcome.adopt()
        if known is not None and is_due(state, known) and outcome.claim():
            known = outcome.adopt()  # who had the claim before may have left word since
            if known is not None and is_due(state, known):
                known = _ask_and_tell(outcome, known)
    except LoginError as error:
        _logger.warning("a login was not revalidated: %s (%s)", error.error_code, error.detail)
        if outcome.note_doubt():
            end_login(login, "for too long, nobody could tell whether it is still good")
            return None
    return known


def _ask_and_tell(outcome: _Outcome, login: Login) -> Login | None:
    try:
        newer = ask_again(login)
    except LoginError as error:
        if error.error_code not in _TOO_MUCH:
            raise
        end_login(login, error.detail)
        return None
    if newer is not None:
        outcome.leave(newer)
    outcome.release()
    return newer


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What userinfo said of one login last, for requests that come with an older cookie."""

    state: State
    login: Login

    def _key(self, kind: str) -> str:
        return self.login.build_key(kind)

    def claim(self) -> bool:
        """Tell whether this request is the one that asks; without a cache, each one does."""
        try:
            with asking_cache():
                cache, key = self.state.cache, self._key("revalidating")
                # Memcached says no when it is away, too; then there is no claim.
                return bool(cache.add(key, 1, timeout=_PAUSE)) or not cache.has(key)
        except ProviderUnavailable as error:
            _logger.warning("everybody who is due asks userinfo: %s", error.detail)
            return True

    def release(self) -> None:
        """Let the next question be asked as soon as it is due; after a failure there is a pause."""
        with trying_cache("the next question about this login has to wait"):
            self.state.cache.delete(self._key("revalidating"))

    def note_doubt(self) -> bool:
        """Take note of a failure; tell whether the first since the last answer is long ago."""
        key, now = f"{self._key('doubted')}:{self.login.checked_at}", int(time.time())
        try:
            with asking_cache():
                self.state.cache.add(key, now, timeout=self._seconds_left())
                since = int(self.state.cache.get(key) or now)
        except ProviderUnavailable:
            return False
        interval = self.state.settings.revalidate_after or 0
        return now - since >= max(10 * interval, _LONGEST_DOUBT)

    def _seconds_left(self) -> int:
        return max(1, int(self.login.expires_at - time.time()))

    def leave(self, login: Login) -> None:
        """Keep the outcome for as long as the login could go on."""
        with trying_cache("what userinfo said is not known to other requests"):
            told = _seal(login)
            self.state.cache.set(self._key("revalidated"), told, timeout=self._seconds_left())

    def adopt(self) -> Login | None:
        """Write what is known of the login by now, and return it; None: it is over, here too."""
        try:
            with asking_cache():
                told = self.state.cache.get(self._key("revalidated"))
        except ProviderUnavailable:  # then the provider is asked
            return self.login
        if is_retired(self.state, self.login):
            _logger.info("signed out: this login was ended before, in another request")
            end_here()
            return None
        known = _unseal(told)
        is_theirs = known is not None and known.user == self.login.user
        if known is None or not is_theirs or known.checked_at <= self.login.checked_at:
            return self.login
        user = replace(known.user, scopes=self.login.user.scopes)  # which are the token's
        newer = replace(self.login, user=user, checked_at=known.checked_at)
        if not rewrite_login(newer):
            end_login(self.login, "what userinfo said exceeds the cookie")
            return None
        return newer


def _seal(login: Login) -> str:
    """Encrypt a login as a token is; its own tokens stay out, a refresh may have newer ones."""
    return seal_tokens(TokenPair(build_compact(replace(login, sealed_tokens=""))))


def _unseal(told: str | None) -> Login | None:
    try:
        opened = unseal_tokens(told or "")
        return parse_compact(opened.access_token) if opened else None
    except (AttributeError, TypeError, ValueError):  # of another version of us, perhaps
        return None


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
    token = read_token(login)  # one that lives will do: a refresh takes as long as the question
    if token is None:
        login, token = fetch_token(login)
    if token is None:
        if holds_login():  # else the refresh token was dead, and the session has ended with it
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
    """End a login whose token is over for good.

    Raises:
        ProviderUnavailable: It could not be refreshed now, and may be later.
    """
    if current_state().settings.refresh and has_refresh_token(login):
        raise ProviderUnavailable("the token is over, and was not refreshed")
    end_login(login, "its token is over, so that nobody can tell whether it is still good")
