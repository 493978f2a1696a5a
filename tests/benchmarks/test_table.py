from __future__ import annotations

import pytest
from benchmark_rows import results, row

from benchmarks.table import Group, align, build_table, format_number


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (0.7003, "0.700"),
        (2.0, "2"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (123.4, "123"),
        (690_123.4, "690,123"),
    ],
)
def test_a_number_has_three_digits_that_say_something(number: float, text: str) -> None:
    assert format_number(number) == text


def test_a_nought_before_the_point_is_no_digit_that_says_something() -> None:
    assert format_number(0.7003, digits=4) == "0.7003"


def test_words_begin_and_numbers_end_below_each_other() -> None:
    table = align(("case", "median"), [Group("", [("short", "1"), ("a longer one", "1,000")])])

    assert table.splitlines() == [
        "case          median",
        "------------  ------",
        "short              1",
        "a longer one   1,000",
    ]


def test_a_group_has_its_title_above_it() -> None:
    assert align(("case",), [Group("page", [("small",)])]).splitlines()[2:] == ["", "page", "small"]


def test_the_table_of_a_run_is_grouped_and_sorted() -> None:
    bare = row("bare", 2.0, case="small")
    run = results(
        bare,
        row("peer", 5.0, floor=bare.key),
        row("login", 9.0, figure="another"),
        row("ours", 2.4, 2.5, 2.6, floor=bare.key),
    )

    assert build_table(run).splitlines() == [
        "case             subject  median  unit  ratio  spread",
        "---------------  -------  ------  ----  -----  ------",
        "",
        "page",
        "small            bare          2  ms    floor       -",
        "2 organizations  ours       2.50  ms     1.25    8.0%",
        "                 peer          5  ms     2.50       -",
        "",
        "another",
        "2 organizations  login         9  ms        -       -",
    ]


def test_units_of_a_case_are_not_mixed() -> None:
    run = results(row("a", 5.0), row("a", 1.0, unit="KiB"), row("b", 3.0))

    assert [line.split()[-3] for line in build_table(run).splitlines()[4:]] == ["ms", "ms", "KiB"]


def test_the_most_logins_a_second_come_first() -> None:
    run = results(row("slow", 10.0, unit="logins/s"), row("fast", 30.0, unit="logins/s"))

    assert [line.split()[-4] for line in build_table(run).splitlines()[4:]] == ["30", "10"]
