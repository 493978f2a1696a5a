"""A document of the provider that is fetched when first needed, and kept."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from ..errors import LoginError, ProviderTimeout
from .http import Exchange

_KEPT_FOR = 600.0  # seconds after which a document is fetched again
_PAUSE = 60.0  # seconds from one try to the next, after a failure or when a newer one is wanted

_logger = logging.getLogger("flask_hf_oauth")
_Document = TypeVar("_Document")


class Kept(Generic[_Document]):
    """One document, shared by all threads: one of them fetches, the others use what is there.

    Args:
        fetch: Gets the document and checks it; what it raises is raised only while nothing is kept.
        clock: Seconds, monotonic.

    Attributes:
        document: What is there, however old, or None: for who finds no place to ask for a new one.
    """

    def __init__(
        self,
        fetch: Callable[[Exchange], _Document],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Fetch nothing yet."""
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self.document: _Document | None = None
        self._due = self._pressed_at = float("-inf")

    def peek(self) -> _Document | None:
        """Return the document if it is there and not due: no network, no waiting."""
        return self.document if self._clock() < self._due else None

    def get(self, exchange: Exchange) -> _Document:
        """Return the document, fetching it when it is due; an old one serves while that fails.

        Raises:
            LoginError: Nothing is kept and the provider did not give a good document.
        """
        document = self.peek()
        if document is not None:
            return document
        if self.document is not None and self._lock.locked():
            return self.document
        return self._get_locked(exchange)

    def get_newer(self, exchange: Exchange, than: _Document) -> _Document | None:
        """Return a newer document, pressing for one at most once a minute; None: there is none."""
        document = self._get_locked(exchange, than)
        return None if document is than else document

    def doubt(self) -> None:
        """Make the document due, at most once a minute: something that rests on it has failed."""
        if not self._lock.locked():  # else somebody is fetching it already
            self._press(self.document)

    def _get_locked(self, exchange: Exchange, too_old: _Document | None = None) -> _Document:
        if not self._lock.acquire(timeout=exchange.deadline.remaining()):
            raise ProviderTimeout("another login is still fetching the provider's documents")
        try:
            self._press(too_old)
            return self.peek() or self._refetch(exchange)
        finally:
            self._lock.release()

    def _press(self, too_old: _Document | None) -> None:
        now = self._clock()
        if too_old is not None and self.document is too_old and now - self._pressed_at >= _PAUSE:
            self._pressed_at, self._due = now, float("-inf")

    def _refetch(self, exchange: Exchange) -> _Document:
        now = self._clock()
        try:
            self.document = self._fetch(exchange if self.document is None else exchange.shortened())
        except LoginError as error:
            if self.document is None:
                raise
            _logger.warning("keeping an old document: %s (%s)", error.error_code, error.detail)
            self._due = now + _PAUSE
        else:
            self._due = now + _KEPT_FOR
        return self.document
