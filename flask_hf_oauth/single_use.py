"""A login is used once, on whatever machine its callback arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import StateUsed
from .oidc.login import STATE_MAX_AGE, PendingLogin
from .shared_cache import asking_cache

if TYPE_CHECKING:
    from cachelib import BaseCache

_CLAIM_LIFETIME = 2 * STATE_MAX_AGE  # seconds: longer than a state lasts by any of our clocks


def claim(cache: BaseCache, pending: PendingLogin) -> None:
    """Make sure that a code is spent once (RFC 6749 section 4.1.2).

    Raises:
        StateUsed: Another request was first.
        ProviderUnavailable: The cache does not answer.
    """
    with asking_cache():
        is_first = cache.add(_key_of(pending), 1, timeout=_CLAIM_LIFETIME)
    if not is_first:
        raise StateUsed("another request has claimed this login")


def check_unused(cache: BaseCache, pending: PendingLogin) -> None:
    """Find out whether a login was used, without using it; raises what :func:`claim` raises."""
    with asking_cache():
        was_used = cache.has(_key_of(pending))
    if was_used:
        raise StateUsed("it was used, and its session has ended since")


def _key_of(pending: PendingLogin) -> str:
    return f"hf_oauth:claim:{pending.id}"
