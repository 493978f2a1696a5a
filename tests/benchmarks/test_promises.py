from __future__ import annotations

from dataclasses import replace

import pytest
from benchmark_rows import results, row

from benchmarks.apps import OURS
from benchmarks.figures import Measurement
from benchmarks.promises import Promise, Verdict, build_verdict_table, find_defeats, judge

OTHER_CASE = "40 organizations"
OF_OURS = row(OURS, 3.0)
OF_BARE = row("bare", 2.0)
RUN = results(OF_OURS, OF_BARE, row(OURS, 5.0, case=OTHER_CASE), row("bare", 2.0, case=OTHER_CASE))
SMALL = Promise(
    sentence="the page", module="pages", keys=[OF_OURS.key], over=[OF_BARE.key], limit=1.5
)
EVERY_CASE = replace(
    SMALL,
    keys=[OF_OURS.key, OF_OURS.key.replace("2 org", "40 org")],
    over=[OF_BARE.key, OF_BARE.key.replace("2 org", "40 org")],
)


def test_a_promise_may_speak_of_a_ratio() -> None:
    assert SMALL.measure(RUN) == 1.5


def test_a_promise_may_speak_of_a_number() -> None:
    assert replace(SMALL, over=()).measure(RUN) == 3.0


def test_the_worst_case_counts() -> None:
    assert EVERY_CASE.measure(RUN) == 2.5


def test_where_more_is_better_the_least_counts() -> None:
    assert replace(EVERY_CASE, more_is_better=True).measure(RUN) == 1.5


@pytest.mark.parametrize("lacking", [OF_OURS, OF_BARE], ids=["number", "floor"])
def test_what_lacks_a_measurement_is_not_measured(lacking: Measurement) -> None:
    rest = [found for found in RUN.measurements if found is not lacking]

    assert EVERY_CASE.measure(results(*rest)) is None


@pytest.mark.parametrize(
    ("limit", "more_is_better", "holds"),
    [(1.5, False, True), (1.49, False, False), (1.5, True, True), (1.51, True, False)],
)
def test_a_limit_itself_is_allowed(limit: float, *, more_is_better: bool, holds: bool) -> None:
    promise = replace(SMALL, limit=limit, more_is_better=more_is_better)

    assert [verdict.holds for verdict in judge(RUN, [promise], ["pages"])] == [holds]


def test_what_was_not_measured_does_not_hold() -> None:
    assert [verdict.holds for verdict in judge(results(), [SMALL], ["pages"])] == [False]


def test_a_promise_about_a_figure_that_was_left_out_is_not_judged() -> None:
    assert judge(RUN, [SMALL], ["cookies"]) == []


def test_a_quick_run_judges_what_it_has_measured() -> None:
    other = replace(SMALL, keys=["page/else/ours/ms"])

    verdicts = judge(RUN, [SMALL, other], ["pages"], quick=True)

    assert [verdict.promise for verdict in verdicts] == [SMALL]


def test_the_verdicts_are_a_table() -> None:
    fast = replace(SMALL, sentence="logins", limit=2.2, more_is_better=True)
    verdicts = [Verdict(promise=SMALL, measured=1.5), Verdict(promise=fast, measured=None)]

    assert build_verdict_table(verdicts).splitlines() == [
        "promise       measured     limit  holds",
        "--------  ------------  --------  -----",
        "the page         1.500  <= 1.500  yes",
        "logins    not measured  >= 2.200  NO",
    ]


def test_peers_that_are_ahead_are_named_in_one_line() -> None:
    peers = {"fast": 2.0, "slow": 4.0, "faster": 1.0}
    run = results(row(OURS, 3.0), *(row(name, number) for name, number in peers.items()))

    assert [str(defeat) for defeat in find_defeats(run, peers)] == [
        f"page, 2 organizations: fast 2, faster 1, {OURS} 3 ms"
    ]


@pytest.mark.parametrize(
    "other",
    [
        row("bare", 2.0),
        row("peer", 2.0, case=OTHER_CASE),
        row("peer", 2.0, unit="KiB"),
        row("peer", 3.0),
    ],
    ids=["no peer", "another case", "another unit", "equal"],
)
def test_nobody_else_is_ahead(other: Measurement) -> None:
    run = results(row(OURS, 3.0), other)

    assert list(find_defeats(run, {"peer"})) == []
