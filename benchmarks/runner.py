"""The runner: measures figures one after the other, and tells on stderr how far it is."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import cast

from .figures import FigureModule, Measurement, Unavailable
from .results import Results
from .table import format_number

FIGURES = ("pages", "growth", "logins", "throughput", "cookies", "weight")


class DuplicateMeasurement(ValueError):
    """Two measurements have the same key: a floor or a promise would mean either."""


def run(names: Sequence[str], *, quick: bool) -> Results:
    """Measure figures, one after the other; what can't be measured takes no other with it."""
    found: dict[str, Measurement] = {}
    missing: dict[str, str] = {}
    for name in names:
        before = time.monotonic()
        try:
            for measurement in measure(name, quick=quick):
                _add(measurement, found)
        except Unavailable as error:
            missing[name] = str(error)
        except Exception as error:  # noqa: BLE001 - a run of minutes shows what it has found
            traceback.print_exc()
            missing[name] = f"failed: {type(error).__name__}: {error}"
        say(f"{name}: {time.monotonic() - before:.0f} s")
    return Results(measurements=tuple(found.values()), missing=missing)


def measure(name: str, *, quick: bool) -> Iterator[Measurement]:
    """Measure one figure; its libraries are loaded now, and not for the others."""
    module = cast("FigureModule", import_module(f"benchmarks.{name}"))
    say(f"{name}: {module.TITLE}")
    return module.measure(quick=quick)


def _add(measurement: Measurement, found: dict[str, Measurement]) -> None:
    """Add a measurement, and show that something happens."""
    if measurement.key in found:
        raise DuplicateMeasurement(measurement.key)
    found[measurement.key] = measurement
    say(f"  {measurement.key}: {format_number(measurement.median)}")


def say(line: str) -> None:
    """Tell whoever waits; stdout is for the results."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
