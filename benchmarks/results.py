"""What a run has found: the measurements, and what each is a multiple of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from .figures import Measurement

RATES = frozenset({"logins/s"})  # units of which more is better


@dataclass(frozen=True, kw_only=True)
class Results:
    """All measurements of a run.

    Args:
        measurements: In the order in which they were made, each with a key of its own.
        missing: For each figure that could not be measured, or not whole, the reason.
    """

    measurements: tuple[Measurement, ...]
    missing: Mapping[str, str]

    @cached_property
    def by_key(self) -> Mapping[str, Measurement]:
        """Each measurement under its key."""
        return {measurement.key: measurement for measurement in self.measurements}

    @cached_property
    def floors(self) -> frozenset[str]:
        """The keys that others are multiples of."""
        return frozenset(found.floor for found in self.measurements if found.floor is not None)

    def find_ratio(self, measurement: Measurement) -> float | None:
        """Return the multiple of the floor; None where there is no floor, or it is nothing."""
        floor = self.by_key.get(measurement.floor or "")
        if floor is None or not floor.median:
            return None
        return measurement.median / floor.median


def is_better(measurement: Measurement, other: Measurement) -> bool:
    """Tell whether a measurement beats another of the same unit."""
    if measurement.unit in RATES:
        return measurement.median > other.median
    return measurement.median < other.median
