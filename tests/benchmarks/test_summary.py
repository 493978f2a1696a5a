from __future__ import annotations

from benchmark_rows import results, row

from benchmarks import pages
from benchmarks.apps import BARE, OURS
from benchmarks.cookies import SIGNED_IN as COOKIE
from benchmarks.imports import CASE, IMPORT
from benchmarks.summary import COLUMNS, build_summary

FLOOR = row(BARE, 100.0, figure=IMPORT, case=CASE)
RUN = results(
    FLOOR,
    row(OURS, 110.0, figure=IMPORT, case=CASE, floor=FLOOR.key),
    row("Flask-Dance", 2_289.0, figure=COOKIE, case="token kept, 2 organizations", unit="bytes"),
)


def test_a_subject_has_a_row_of_ratios_and_numbers() -> None:
    _headings, _line, *rows = build_summary(RUN).partition("\n\n")[0].splitlines()

    assert [row.split() for row in rows] == [
        [OURS, *["-"] * 8, "1.10", "-"],
        ["Flask-Dance", *["-"] * 7, "2,289", "-", "-"],
    ]


def test_each_column_says_what_it_is() -> None:
    assert f"import: {IMPORT}, {CASE}: ms over the bare app's" in build_summary(RUN)
    assert f"cookie: {COOKIE}, token kept, 2 organizations: bytes\n" in build_summary(RUN)


def test_every_column_of_pages_is_measured() -> None:
    measured = {f"{case.figure}/{case.case}/instructions" for case in pages.build_cases()}
    asked = {f"{one.figure}/{one.case}/{one.unit}" for one in COLUMNS}

    assert {key for key in asked if key.endswith("/instructions")} <= measured
