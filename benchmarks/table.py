"""Tables as text: aligned, with the same columns from the first row to the last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .figures import Measurement
from .results import RATES, Results

HEADINGS = ("case", "subject", "median", "unit", "ratio", "spread")
_WORDS = frozenset({"case", "subject", "unit", "promise", "holds"})  # numbers in all other columns
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under a title; an empty title stands for none."""

    title: str
    rows: Sequence[Sequence[str]]


def build_table(results: Results) -> str:
    """Build the one table of a run: figures as they came, and in each case the best first."""
    figures = dict.fromkeys(found.figure for found in results.measurements)
    return align(HEADINGS, [Group(figure, _build_rows(figure, results)) for figure in figures])


def _build_rows(figure: str, results: Results) -> Sequence[Sequence[str]]:
    """Build the rows of a figure; a case is named in its first row alone."""
    found = [measurement for measurement in results.measurements if measurement.figure == figure]
    order = list(dict.fromkeys((measurement.case, measurement.unit) for measurement in found))
    found.sort(key=lambda one: (order.index((one.case, one.unit)), _find_rank(one)))
    rows = []
    named = None
    for measurement in found:
        case = "" if measurement.case == named else measurement.case
        named = measurement.case
        rows.append((case, *_build_cells(measurement, results)))
    return rows


def _find_rank(measurement: Measurement) -> float:
    """Rank what costs least first; of logins a second, the most."""
    return -measurement.median if measurement.unit in RATES else measurement.median


def _build_cells(measurement: Measurement, results: Results) -> Iterable[str]:
    yield measurement.subject
    yield format_number(measurement.median)
    yield measurement.unit
    ratio = results.find_ratio(measurement)
    if measurement.key in results.floors and ratio is None:
        yield "floor"
    else:
        yield "-" if ratio is None else f"{ratio:.2f}"
    yield f"{measurement.spread:.1%}" if len(measurement.values) > 1 else "-"


def format_number(number: float, *, digits: int = 3) -> str:
    """Write a number with so many digits that say something, and no more than it has."""
    before_the_point = len(f"{int(abs(number)) or ''}")
    after_the_point = 0 if number == int(number) else max(0, digits - before_the_point)
    return f"{number:,.{after_the_point}f}"


def align(headings: Sequence[str], groups: Sequence[Group]) -> str:
    """Lay rows out in columns as wide as their widest cell; numbers end below each other."""
    rows = [row for group in groups for row in group.rows]
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    lines = [_lay_out(headings, headings, widths), _GAP.join("-" * width for width in widths)]
    for group in groups:
        lines += ["", group.title] if group.title else []
        lines += [_lay_out(row, headings, widths) for row in group.rows]
    return "\n".join(lines) + "\n"


def _lay_out(row: Sequence[str], headings: Sequence[str], widths: Sequence[int]) -> str:
    cells = (
        cell.ljust(width) if heading in _WORDS else cell.rjust(width)
        for cell, heading, width in zip(row, headings, widths, strict=True)
    )
    return _GAP.join(cells).rstrip()
