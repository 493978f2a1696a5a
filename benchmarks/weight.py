"""What a process pays: its imports, its first login, and memory that it does not give back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from .figures import Measurement
from .first_login import measure_first_logins
from .imports import measure_imports
from .leaks import measure_leaks

TITLE = "What a process pays: imports, first login, memory"


def measure(*, quick: bool) -> Iterator[Measurement]:
    """Measure all three; what may be unavailable comes last.

    Raises:
        Unavailable: This machine has no valgrind, or no /proc.
    """
    return chain(
        measure_first_logins(quick=quick),
        measure_leaks(quick=quick),
        measure_imports(quick=quick),
    )
