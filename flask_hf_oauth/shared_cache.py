"""HF_OAUTH_CACHE, as those see it who ask it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .errors import ProviderUnavailable

if TYPE_CHECKING:
    from cachelib import BaseCache


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


def is_shared(cache: BaseCache | None) -> bool:
    """Tell whether other processes see what is written here."""
    if cache is None:
        return False
    from cachelib import SimpleCache  # noqa: PLC0415 - it loads all its backends

    return not isinstance(cache, SimpleCache)
