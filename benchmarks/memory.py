"""How much memory a process has, as Linux and as Python itself count it."""

from __future__ import annotations

import gc
import os
import tracemalloc

STATM = "/proc/self/statm"  # pages of this process: all of them, then those that are resident


def read_resident() -> float:
    """Return the KiB of this process that are in memory."""
    with open(STATM, encoding="ascii") as statm:  # noqa: PTH123 - pathlib would be weighed too
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024


def read_memory() -> dict[str, float]:
    """Return the KiB that are in use after a collection: resident, and traced where it is on."""
    gc.collect()
    traced = {"traced": tracemalloc.get_traced_memory()[0] / 1024}
    return traced if tracemalloc.is_tracing() else {"resident": read_resident()}
