from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.apps import BARE
from benchmarks.child import Order
from benchmarks.figures import Unavailable
from benchmarks.instructions import (
    Child,
    ChildFailed,
    build_callgrind_command,
    build_environment,
    parse_total,
)

COUNTS = "part: 2\nfn=(12) totals\ntotals: 7\n\nfn=(13) main\nsummary: 1200\ntotals: 1234\n"
PROVIDER = {
    "url": "http://127.0.0.1:9",
    "client_id": "demo",
    "client_secret": "demo",
    "redirect_uri": "http://127.0.0.1:5000/login/callback",
}
PUBLIC = Order(subject=BARE, provider=PROVIDER, path="/public", headers={"Host": "127.0.0.1:5000"})


@pytest.fixture
def child() -> Iterator[Child]:
    with closing(Child()) as child:
        yield child


def test_the_total_is_the_last_one() -> None:
    assert parse_total(COUNTS) == 1234


def test_counts_that_were_cut_short_are_no_number() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        parse_total(COUNTS[: COUNTS.rindex("1234")])


def test_without_valgrind_nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(Unavailable, match="apt install valgrind"):
        build_callgrind_command(Path("out"))


def test_a_child_knows_nothing_of_the_developers_own_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HF_TOKEN", "OAUTH_CLIENT_SECRET", "SPACE_ID"):
        monkeypatch.setenv(name, "demo")

    environment = build_environment()

    assert "demo" not in environment.values()
    assert environment["PYTHONHASHSEED"] == "0"


def test_a_child_answers_each_order(child: Child) -> None:
    first = child.ask(PUBLIC)
    second = child.ask(replace(PUBLIC, path="/private"))

    assert (first.status, first.text) == (200, "Hello")
    assert second.status == 500  # nobody has signed in


@pytest.mark.parametrize("threads", [1, 4])
def test_many_requests_take_longer_than_one(child: Child, threads: int) -> None:
    child.ask(PUBLIC)
    one = child.ask(PUBLIC)
    many = child.ask(replace(PUBLIC, times=200, threads=threads))

    assert many.text == "Hello"
    assert many.seconds > one.seconds


def test_a_child_that_fails_leaves_its_last_words(child: Child) -> None:
    with pytest.raises(ChildFailed, match="KeyError: 'no such subject'"):
        child.ask(replace(PUBLIC, subject="no such subject"))
