"""Whose turn it is to spend a refresh token, and what came of it; kept where all processes look."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .compact import Login
from .errors import ProviderUnavailable
from .shared_cache import asking_cache, trying_cache

if TYPE_CHECKING:
    from cachelib import BaseCache

_CLAIM = 30  # seconds that a claim holds; an exchange with the provider takes 16 at most
_PAUSE = 10  # seconds until another try after a failure
_LONGEST = 366 * 86_400  # seconds that a token lasts
_LATE = 86_400  # seconds after a token's end in which somebody may still come with the one before
_BUSY, _FAILED = "busy", "failed"


@dataclass(frozen=True, slots=True)
class Turn:
    """One refresh token of one login: a mark says who spends it, and the result lies beside it."""

    cache: BaseCache
    login_id: str
    refresh_token: str = field(repr=False)

    def _key(self, kind: str) -> str:
        whose = f"{self.login_id} {self.refresh_token}"  # a mock provider has one for everybody
        return f"hf_oauth:{kind}:{hashlib.sha256(whose.encode()).hexdigest()}"

    def claim(self) -> bool:
        """Tell whether this request is the one that refreshes."""
        with asking_cache():
            key = self._key("refreshing")
            is_first = bool(self.cache.add(key, _BUSY, timeout=_CLAIM))
            is_kept = is_first or self.cache.has(key)
        if not is_kept:  # Memcached's way to say that it is not there
            raise ProviderUnavailable(
                "HF_OAUTH_CACHE keeps nothing", error_code="cache_unavailable"
            )
        return is_first

    def has_failed(self) -> bool:
        """Tell whether there is nothing to wait for."""
        with asking_cache():
            return bool(self.cache.get(self._key("refreshing")) == _FAILED)

    def give_up(self, seconds: int = _PAUSE) -> None:
        """Keep everybody from another try for a while."""
        self._set("refreshing", _FAILED, seconds)

    def leave_result(self, login: Login, expires_in: int) -> None:
        """Keep the newer tokens for requests that come with the old ones."""
        result = login.token_expires_at, " ".join(login.user.scopes), login.sealed_tokens
        self._set("refreshed", result, expires_in + _LATE)

    def find_result(self, login: Login) -> Login | None:
        """Return the login with the result of another request, if there is one."""
        with asking_cache():
            result = self.cache.get(self._key("refreshed"))
        try:
            token_expires_at, scopes, sealed_tokens = result
            user = replace(login.user, scopes=frozenset(scopes.split()))
            newer = replace(
                login,
                user=user,
                token_expires_at=int(token_expires_at),
                sealed_tokens=str(sealed_tokens),
            )
        except (AttributeError, OverflowError, TypeError, ValueError):  # nothing, or not of ours
            return None
        # A refresh token that does not rotate has left the token that is here already, or an older.
        latest = time.time() + _LONGEST
        return newer if login.token_expires_at < newer.token_expires_at < latest else None

    def _set(self, kind: str, value: object, seconds: int) -> None:
        """Write, and be content when the cache is away: the tokens are in our hands already."""
        with trying_cache("a refresh is not known to other requests"):
            self.cache.set(self._key(kind), value, timeout=seconds)
