from __future__ import annotations

import pytest
from benchmark_rows import results, row

from benchmarks.results import is_better

BARE = row("bare", 2.0)


def test_ratio_is_taken_between_medians() -> None:
    ours = row("ours", 1.0, 3.0, 50.0, floor=BARE.key)

    assert results(BARE, ours).find_ratio(ours) == 1.5


@pytest.mark.parametrize(
    ("floor", "value"),
    [(None, 2.0), ("page/elsewhere/bare/ms", 2.0), (BARE.key, 0.0)],
    ids=["none is named", "it is not measured", "it is nothing"],
)
def test_without_a_floor_there_is_no_ratio(floor: str | None, value: float) -> None:
    ours = row("ours", 3.0, floor=floor)

    assert results(row("bare", value), ours).find_ratio(ours) is None


def test_floors_are_what_others_name() -> None:
    assert results(BARE, row("ours", 3.0, floor=BARE.key)).floors == {BARE.key}


@pytest.mark.parametrize(
    ("unit", "one", "other", "better"),
    [
        ("ms", 1.0, 2.0, True),
        ("ms", 2.0, 1.0, False),
        ("ms", 1.0, 1.0, False),
        ("logins/s", 2.0, 1.0, True),
        ("logins/s", 1.0, 2.0, False),
    ],
)
def test_less_is_better_but_of_logins_a_second(
    unit: str, one: float, other: float, *, better: bool
) -> None:
    assert is_better(row("ours", one, unit=unit), row("peer", other, unit=unit)) is better
