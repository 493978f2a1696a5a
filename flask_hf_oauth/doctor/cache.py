"""HF_OAUTH_CACHE: whether every machine learns that a login was used, or its token refreshed."""

from __future__ import annotations

from collections.abc import Iterator

from cachelib import BaseCache

from ..errors import ProviderUnavailable, StateUsed
from ..oidc.login import PendingLogin, make_login_id
from ..shared_cache import is_shared
from ..single_use import check_unused, claim
from .report import Finding, failed, passed, warned
from .setup import Setup


def examine_cache(setup: Setup) -> Iterator[Finding]:
    """Claim a login that nobody began, and see whether that is remembered."""
    cache = setup.state.cache
    kind = type(cache).__name__
    if not is_shared(cache):
        yield _judge_lonely(is_refreshing=setup.state.settings.refresh)
        return
    try:
        is_remembered = _remembers(cache)
    except ProviderUnavailable as error:
        yield failed("cache", f"{kind}: {error.detail}", "Start it, or mend its address.")
        return
    if is_remembered:
        yield passed("cache", f"{kind}, which answers")
    else:
        yield failed("cache", f"{kind} forgets at once", "Give it room, or use another cache.")


def _judge_lonely(*, is_refreshing: bool) -> Finding:
    if is_refreshing:
        return warned(
            "cache",
            "in each process, by itself, and HF_OAUTH_REFRESH is on",
            "Right for a single process. Several refresh the same token at once, and whoever comes "
            "late is signed out: let them share one, HF_OAUTH_CACHE = RedisCache(host=...).",
        )
    return passed(
        "cache",
        "in each process, by itself",
        "Several workers or machines can share one: HF_OAUTH_CACHE = RedisCache(host=...).",
    )


def _remembers(cache: BaseCache) -> bool:
    login = PendingLogin(id=make_login_id(), next="/", scopes=())
    claim(cache, login)
    try:
        check_unused(cache, login)
    except StateUsed:
        return True
    return False
