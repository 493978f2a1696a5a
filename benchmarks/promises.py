"""What we promise to cost at most, and whether a run has held it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from .apps import OURS
from .figures import Measurement
from .results import Results, is_better
from .table import Group, align, format_number

HEADINGS = ("promise", "measured", "limit", "holds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A limit on what we cost.

    Args:
        sentence: What is promised, as it stands in the table.
        module: The figure module that measures it.
        keys: Which measurements it speaks of; the worst of them has to keep it.
        over: What each of them is divided by, in the same order; the numbers themselves if empty.
        limit: The most that is allowed; the least, where more is better.
        more_is_better: The number shall be large, not small.
    """

    sentence: str
    module: str
    keys: Sequence[str]
    over: Sequence[str] = ()
    limit: float
    more_is_better: bool = False

    def measure(self, results: Results) -> float | None:
        """Return the worst number; None if one of the measurements is missing."""
        found = [results.by_key.get(key) for key in (*self.keys, *self.over)]
        medians = [measurement.median for measurement in found if measurement is not None]
        if len(medians) < len(found):
            return None
        numbers, floors = medians[: len(self.keys)], medians[len(self.keys) :]
        if floors:
            numbers = [number / floor for number, floor in zip(numbers, floors, strict=True)]
        return min(numbers) if self.more_is_better else max(numbers)

    def is_kept_by(self, number: float) -> bool:
        """Tell whether a number is within the limit."""
        return number >= self.limit if self.more_is_better else number <= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a run says about a promise; `measured` is None where it could not be measured."""

    promise: Promise
    measured: float | None

    @property
    def holds(self) -> bool:
        """Whether it was measured and kept."""
        return self.measured is not None and self.promise.is_kept_by(self.measured)


def judge(
    results: Results, promises: Iterable[Promise], modules: Collection[str], *, quick: bool = False
) -> list[Verdict]:
    """Judge the promises whose figure modules were run.

    Args:
        results: What was measured.
        promises: What was promised.
        modules: Which figure modules were run.
        quick: Cases were left out on purpose; so are promises that speak of them.
    """
    verdicts = (
        Verdict(promise=promise, measured=promise.measure(results))
        for promise in promises
        if promise.module in modules
    )
    return [verdict for verdict in verdicts if not quick or verdict.measured is not None]


def build_verdict_table(verdicts: Sequence[Verdict]) -> str:
    """Build the last table of a run."""
    return align(HEADINGS, [Group("", [_build_row(verdict) for verdict in verdicts])])


def _build_row(verdict: Verdict) -> Sequence[str]:
    sign = ">=" if verdict.promise.more_is_better else "<="
    return (
        verdict.promise.sentence,
        "not measured" if verdict.measured is None else format_number(verdict.measured, digits=4),
        f"{sign} {format_number(verdict.promise.limit, digits=4)}",
        "yes" if verdict.holds else "NO",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Defeat:
    """A row in which others are ahead of us."""

    ours: Measurement
    theirs: Sequence[Measurement]

    def __str__(self) -> str:
        """Say it in one line."""
        medians = ", ".join(
            f"{one.subject} {format_number(one.median)}" for one in (*self.theirs, self.ours)
        )
        return f"{self.ours.figure}, {self.ours.case}: {medians} {self.ours.unit}"


def find_defeats(results: Results, peers: Collection[str]) -> Iterator[Defeat]:
    """Find the rows in which some of these peers are ahead of us."""
    ahead: dict[str, list[Measurement]] = {}
    for theirs in results.measurements:
        ours = results.by_key.get(f"{theirs.figure}/{theirs.case}/{OURS}/{theirs.unit}")
        if theirs.subject in peers and ours is not None and is_better(theirs, ours):
            ahead.setdefault(ours.key, []).append(theirs)
    for key, theirs_of_row in ahead.items():
        yield Defeat(ours=results.by_key[key], theirs=theirs_of_row)
