"""Measurements as a test wants them: short to write, and made up."""

from __future__ import annotations

from benchmarks.figures import Measurement
from benchmarks.results import Results


def row(
    subject: str,
    *values: float,
    case: str = "2 organizations",
    figure: str = "page",
    unit: str = "ms",
    floor: str | None = None,
) -> Measurement:
    return Measurement(
        figure=figure, case=case, subject=subject, unit=unit, values=values, floor=floor
    )


def results(*measurements: Measurement, **missing: str) -> Results:
    return Results(measurements=measurements, missing=missing)
