from __future__ import annotations

import pytest

from benchmarks.throughput import find_percentile


@pytest.mark.parametrize(
    ("part", "found"), [(0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100), (0.001, 1)]
)
def test_a_percentile_is_what_so_many_do_not_exceed(part: float, found: int) -> None:
    assert find_percentile(part, range(1, 101)) == found
