"""The cache of an app that has no other: what one process remembers."""

from __future__ import annotations

import threading

from cachelib import SimpleCache

_MOST = 50_000  # entries: used logins, refreshes, what userinfo said


class ProcessCache(SimpleCache):
    """The cache of one process, whose ``add`` is atomic.

    cachelib does that itself from 0.17 on, which needs Python 3.11: drop this class with 3.10.
    """

    def __init__(self) -> None:
        """Make room for what a busy process remembers."""
        super().__init__(threshold=_MOST)
        self._adding = threading.Lock()

    def add(self, key: str, value: object, timeout: int | None = None) -> bool:  # type: ignore[override]  # 0.17 takes a timedelta too
        """Store a value unless there is one."""
        with self._adding:
            return bool(super().add(key, value, timeout))
