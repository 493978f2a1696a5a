"""What the picture shows: a few columns of the summary, named for people in a hurry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .apps import OURS, SUBJECTS
from .results import Results
from .summary import IMPORTED, NO_TOKEN, SIGNED_OUT, TOKEN, WARM_LOGIN, Column


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


#: The panels: their titles, and the columns that they show with what tells those apart.
CHOICES: Mapping[str, Mapping[Column, str]] = {
    "Guarded page, signed in: instructions over the bare app's": {
        TOKEN: "",
        NO_TOKEN: ", no token",
    },
    "Guarded page, anonymous: instructions over the bare app's": {SIGNED_OUT: ""},
    "Warm login, 20 ms a connection and a request: milliseconds": {WARM_LOGIN: ""},
    "Import: time over the bare framework's": {IMPORTED: ""},
}


def build_panels(results: Results) -> list[Panel]:
    """Build the panels of which the run has measured anything."""
    panels = [
        Panel(
            title=title,
            bars=_build_bars(columns, results),
            has_floor=all(column.as_ratio for column in columns),
        )
        for title, columns in CHOICES.items()
    ]
    return [panel for panel in panels if panel.bars]


def _build_bars(columns: Mapping[Column, str], results: Results) -> list[Bar]:
    bars = [
        Bar(
            label=subject + suffix,
            length=length,
            text=column.format(length),
            is_ours=subject == OURS,
        )
        for column, suffix in columns.items()
        for subject in SUBJECTS
        if (length := column.find(subject, results)) is not None
    ]
    return sorted(bars, key=lambda bar: bar.length)
