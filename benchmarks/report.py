"""The report of a run: what was measured, what it means, and what was promised."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from .apps import OURS, OURS_WITHOUT_TOKEN, SUBJECTS
from .figures import Measurement
from .limits import PROMISES
from .machine import describe_machine
from .promises import Defeat, Verdict, build_verdict_table, find_defeats, judge
from .results import Results
from .summary import build_summary
from .table import build_table

_OURS = {OURS, OURS_WITHOUT_TOKEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The report.

    Args:
        text: What is printed: every row.
        page: What a page shows: a summary in the place of the rows, and the rest as printed.
        verdicts: The promises that were in question.
        defeats: The rows in which peers that have a guard are ahead of us.
        holds: Everything was measured, and every promise held.
    """

    text: str
    page: str
    verdicts: Sequence[Verdict]
    defeats: Sequence[Defeat]
    holds: bool


def build_report(results: Results, modules: Collection[str], *, quick: bool = False) -> Report:
    """Judge and describe the results of these figure modules."""
    verdicts = judge(results, PROMISES, modules, quick=quick)
    peers = {name for name, subject in SUBJECTS.items() if subject.has_guard} - _OURS
    defeats = list(find_defeats(results, peers))
    rest = list(_build_rest(results, verdicts, defeats))
    return Report(
        text="\n".join([build_table(results), *rest]),
        page="\n".join([build_summary(results), *rest]),
        verdicts=verdicts,
        defeats=defeats,
        holds=not results.missing and all(verdict.holds for verdict in verdicts),
    )


def _build_rest(
    results: Results, verdicts: Sequence[Verdict], defeats: Sequence[Defeat]
) -> Iterator[str]:
    """Build what stands below the table."""
    yield from _build_notes(results)
    if verdicts:
        yield build_verdict_table(verdicts)
    yield "Rows in which a peer that has a guard is ahead: " + (str(len(defeats) or "none"))
    yield from (f"  {defeat}" for defeat in defeats)
    yield ""
    for module, reason in results.missing.items():
        yield f"NOT MEASURED, or not whole: {module}: {reason}\n"


def _build_notes(results: Results) -> Iterator[str]:
    """Say what the subjects lack that are in the table."""
    shown = {measurement.subject for measurement in results.measurements}
    for name, subject in SUBJECTS.items():
        if subject.note and name in shown:
            yield f"{name}: {subject.note}"
    yield ""


def build_json(results: Results, report: Report) -> dict[str, object]:
    """Build all that a run has found, for `json.dumps`."""
    return {
        "machine": describe_machine(),
        "measurements": [_describe(found, results) for found in results.measurements],
        "promises": [
            {
                "promise": verdict.promise.sentence,
                "measured": verdict.measured,
                "limit": verdict.promise.limit,
                "more_is_better": verdict.promise.more_is_better,
                "holds": verdict.holds,
            }
            for verdict in report.verdicts
        ],
        "defeats": [str(defeat) for defeat in report.defeats],
        "missing": dict(results.missing),
    }


def _describe(measurement: Measurement, results: Results) -> dict[str, object]:
    return {
        "figure": measurement.figure,
        "case": measurement.case,
        "subject": measurement.subject,
        "unit": measurement.unit,
        "median": measurement.median,
        "spread": measurement.spread,
        "rounds": list(measurement.values),
        "floor": measurement.floor,
        "ratio": results.find_ratio(measurement),
    }
