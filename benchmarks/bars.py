"""What the picture shows: a few rows of the table, chosen and named for people in a hurry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .apps import OURS
from .figures import Measurement
from .imports import CASE as FRESH
from .imports import IMPORT
from .logins import DELAYS
from .logins import FIGURE as LOGIN
from .pages import ANONYMOUS, SIGNED_IN
from .results import Results
from .table import format_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: a name, how long it is, and what stands at its end."""

    label: str
    length: float
    text: str
    is_ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Bars that are compared with each other, the shortest on top.

    Args:
        title: What is compared.
        bars: The bars.
        has_floor: They are multiples of a floor, whose own bar would be 1 long.
    """

    title: str
    bars: Sequence[Bar]
    has_floor: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which rows a panel shows: a figure, one unit, and cases with what tells them apart.

    Those of `as_ratio` are shown as multiples of their floor, the others as they are.
    """

    title: str
    figure: str
    unit: str
    cases: Mapping[str, str]
    as_ratio: bool = True


*_, _DELAYED = DELAYS

CHOICES = (
    Choice(
        title="Guarded page, signed in: instructions over the bare app's",
        figure=SIGNED_IN,
        unit="instructions",
        cases={"token kept, 2 organizations": "", "no token, 2 organizations": ", no token"},
    ),
    Choice(
        title="Guarded page, anonymous: instructions over the bare app's",
        figure=ANONYMOUS,
        unit="instructions",
        cases={"page": ""},
    ),
    Choice(
        title="Warm login, 20 ms a connection and a request: milliseconds",
        figure=LOGIN,
        unit="ms",
        cases={_DELAYED: ""},
        as_ratio=False,
    ),
    Choice(
        title="Import: time over the bare framework's",
        figure=IMPORT,
        unit="ms",
        cases={FRESH: ""},
    ),
)


def build_panels(results: Results) -> list[Panel]:
    """Build the panels of which the run has measured anything."""
    panels = [
        Panel(title=one.title, bars=_build_bars(one, results), has_floor=one.as_ratio)
        for one in CHOICES
    ]
    return [panel for panel in panels if panel.bars]


def _build_bars(choice: Choice, results: Results) -> list[Bar]:
    bars = [
        _build_bar(measurement, choice, results)
        for measurement in results.measurements
        if measurement.figure == choice.figure
        and measurement.unit == choice.unit
        and measurement.case in choice.cases
        and not (choice.as_ratio and results.find_ratio(measurement) is None)
    ]
    return sorted(bars, key=lambda bar: bar.length)


def _build_bar(measurement: Measurement, choice: Choice, results: Results) -> Bar:
    ratio = results.find_ratio(measurement) if choice.as_ratio else None
    return Bar(
        label=measurement.subject + choice.cases[measurement.case],
        length=measurement.median if ratio is None else ratio,
        text=format_number(measurement.median) if ratio is None else f"{ratio:.2f}",
        is_ours=measurement.subject == OURS,
    )
