from __future__ import annotations

import pytest

from benchmarks import pages
from benchmarks.limits import PROMISES
from benchmarks.promises import Promise
from benchmarks.runner import FIGURES

by_sentence = pytest.mark.parametrize(
    "promise", [pytest.param(promise, id=promise.sentence) for promise in PROMISES]
)


@by_sentence
def test_a_promise_speaks_of_a_figure_that_is_run(promise: Promise) -> None:
    assert promise.module in FIGURES


@by_sentence
def test_each_number_has_its_own_floor(promise: Promise) -> None:
    assert len(promise.over) in {0, len(promise.keys)}


def test_what_is_promised_of_pages_is_counted() -> None:
    counted = {f"{case.key}/instructions" for case in pages.build_cases()}
    promised = [promise for promise in PROMISES if promise.module == "pages"]

    assert {key for one in promised for key in (*one.keys, *one.over)} <= counted


def test_no_promise_is_made_twice() -> None:
    assert len({promise.sentence for promise in PROMISES}) == len(PROMISES)
