from __future__ import annotations

import pytest
from benchmark_rows import row


def test_key_names_figure_case_subject_and_unit() -> None:
    assert row("ours", 1.0).key == "page/2 organizations/ours/ms"


@pytest.mark.parametrize(
    ("values", "median"), [((3.0,), 3.0), ((9.0, 1.0, 2.0), 2.0), ((1.0, 2.0), 1.5)]
)
def test_one_slow_round_does_not_move_the_median(values: tuple[float, ...], median: float) -> None:
    assert row("ours", *values).median == median


@pytest.mark.parametrize(
    ("values", "spread"), [((2.0,), 0.0), ((2.0, 1.0, 3.0), 1.0), ((0.0, 0.0), 0.0)]
)
def test_spread_is_a_part_of_the_median(values: tuple[float, ...], spread: float) -> None:
    assert row("ours", *values).spread == spread
