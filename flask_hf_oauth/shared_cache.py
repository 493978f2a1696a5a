"""HF_OAUTH_CACHE, as those see it who ask it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .errors import ProviderUnavailable

if TYPE_CHECKING:
    from cachelib import BaseCache

_logger = logging.getLogger("flask_hf_oauth")


@contextmanager
def asking_cache() -> Iterator[None]:
    """Say who it was when the cache fails; each backend raises exceptions of its own.

    Raises:
        ProviderUnavailable: The cache does not answer.
    """
    try:
        yield
    except Exception as error:
        detail = f"HF_OAUTH_CACHE does not answer ({type(error).__name__})"
        raise ProviderUnavailable(detail, error_code="cache_unavailable") from error


@contextmanager
def trying_cache(otherwise: str) -> Iterator[None]:
    """Ask the cache, and do without it when it fails: the log says what comes of that."""
    try:
        with asking_cache():
            yield
    except ProviderUnavailable as error:
        _logger.warning("%s: %s", otherwise, error.detail)


def is_shared(cache: BaseCache | None) -> bool:
    """Tell whether other processes see what is written here."""
    if cache is None:
        return False
    from cachelib import SimpleCache  # noqa: PLC0415 - it loads all its backends

    return not isinstance(cache, SimpleCache)
