from __future__ import annotations

from benchmark_rows import results, row

from benchmarks.apps import BARE, OURS
from benchmarks.bars import CHOICES, Bar, build_panels
from benchmarks.figures import Measurement
from benchmarks.imports import CASE, IMPORT
from benchmarks.pages import SIGNED_IN, build_cases

BARE_ROW = row(BARE, 100.0, figure=IMPORT, case=CASE)


def imported(subject: str, milliseconds: float) -> Measurement:
    return row(subject, milliseconds, figure=IMPORT, case=CASE, floor=BARE_ROW.key)


def test_bars_are_multiples_of_the_floor_with_the_shortest_on_top() -> None:
    (panel,) = build_panels(
        results(BARE_ROW, imported("Flask-Dance", 180.0), imported(OURS, 110.0))
    )

    assert panel.bars == [
        Bar(label=OURS, length=1.1, text="1.10", is_ours=True),
        Bar(label="Flask-Dance", length=1.8, text="1.80", is_ours=False),
    ]


def test_what_was_not_measured_has_no_panel() -> None:
    assert build_panels(results(row("peer", 1.0))) == []


def test_ours_without_a_token_is_told_apart() -> None:
    floor = row(BARE, 1.0, figure=SIGNED_IN, case="small", unit="instructions")
    kept, none = (
        row(OURS, 2.0, figure=SIGNED_IN, case=case, unit="instructions", floor=floor.key)
        for case in ("token kept, 2 organizations", "no token, 2 organizations")
    )

    (panel,) = build_panels(results(floor, kept, none))

    assert [bar.label for bar in panel.bars] == [OURS, f"{OURS}, no token"]


def test_a_login_is_shown_in_milliseconds() -> None:
    case = "20 ms a connection and a request"

    (panel,) = build_panels(results(row(OURS, 45.0, figure="warm login", case=case)))

    assert panel.bars == [Bar(label=OURS, length=45.0, text="45", is_ours=True)]
    assert not panel.has_floor


def test_every_chosen_page_is_measured() -> None:
    cases = {(case.figure, case.case) for case in build_cases()}

    assert {
        (column.figure, column.case)
        for columns in CHOICES.values()
        for column in columns
        if column.unit == "instructions"
    } <= cases
