"""The thread that ends what takes too long."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Timed(Protocol):
    """Something that has an end, in seconds of the monotonic clock, and can be cut there."""

    end: float

    def cut(self) -> None:
        """End it, without waiting for anything."""


class Timekeeper:
    """Cuts everything that has come to its end; one thread, there while anything is timed.

    A :class:`threading.Timer` for each request would have each wait until a new thread has begun:
    milliseconds on a busy machine. Of use in one process alone: a forked child has no such thread.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._timed: set[Timed] = set()
        self._thread: threading.Thread | None = None
        self._wakes_at = 0.0

    def add(self, timed: Timed) -> None:
        """Cut this at its end.

        Raises:
            RuntimeError: The machine has no thread left.
        """
        with self._changed:
            if self._thread is None:
                self._thread = self._start()
                self._wakes_at = timed.end
            elif timed.end < self._wakes_at:
                self._changed.notify()
            self._timed.add(timed)

    def remove(self, timed: Timed) -> None:
        """Leave this alone: it has ended by itself."""
        with self._changed:
            self._timed.discard(timed)

    def _start(self) -> threading.Thread:
        thread = threading.Thread(target=self._run, name="hf-oauth-timekeeper", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        """Sleep from one end to the next; whatever is removed meanwhile wakes nobody."""
        with self._changed:
            try:
                while self._timed:
                    self._cut_all(time.monotonic())
                    self._wakes_at = min((timed.end for timed in self._timed), default=0.0)
                    self._changed.wait(max(self._wakes_at - time.monotonic(), 0.0))
            finally:
                self._thread = None  # whatever ended this one, the next to come starts another

    def _cut_all(self, now: float) -> None:
        for timed in [timed for timed in self._timed if timed.end <= now]:
            self._timed.remove(timed)
            timed.cut()
