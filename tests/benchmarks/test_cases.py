from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import pytest

from benchmarks import growth, pages
from benchmarks.apps import BARE, OURS, SUBJECTS
from benchmarks.apps.people import build_person
from benchmarks.bench import measure_cases
from benchmarks.cases import Case, Login, WrongAnswer, check_answer
from benchmarks.child import Answer
from benchmarks.instructions import Child
from benchmarks.pages import build_bare
from benchmarks.visitors import Visitor, build_provider
from flask_hf_oauth.testing import HfProvider

BY_HAND = "Authlib by hand (token)"
FLOOR = build_bare(BARE)
PAGE = Case(figure="page", case="signed in", subject=OURS, floor=FLOOR.key)


def all_cases() -> Iterator[Case]:
    yield from pages.build_cases()
    yield build_bare(BARE, growth.ORGANIZATIONS)
    yield from growth.build_organizations((0, 2))
    yield from growth.build_abandoned((0, 2))
    yield from growth.build_guards((1, 2))
    yield from growth.build_users((1, 2))


def test_every_floor_is_measured() -> None:
    cases = list(all_cases())

    assert {case.floor for case in cases} - {None} <= {case.key for case in cases}


def test_quick_cases_have_their_floors_too() -> None:
    cases = [case for case in pages.build_cases() if pages.is_quick(case)]

    assert {case.floor for case in cases} - {None} <= {case.key for case in cases}


def test_no_two_cases_have_one_key() -> None:
    assert [
        key for key, count in Counter(case.key for case in all_cases()).items() if count > 1
    ] == []


@pytest.mark.parametrize(
    ("status", "text"),
    [(302, ""), (500, "Hello"), (200, "Sign in")],
    ids=["redirect", "error", "page"],
)
def test_another_answer_is_not_measured(status: int, text: str) -> None:
    with pytest.raises(WrongAnswer, match="signed in"):
        check_answer(PAGE, Answer(status=status, headers=[], text=text, seconds=1.0))


def test_a_refusal_that_is_wanted_is_measured() -> None:
    case = Case(figure="page", case="anonymous", subject=OURS, status=401)
    answer = Answer(status=401, headers=[], text="{}", seconds=1.0)

    assert check_answer(case, answer) is answer


def test_cases_have_their_turns_by_the_clock() -> None:
    ours = Case(
        figure="page",
        case="signed in",
        subject=OURS,
        login=Login(subject=OURS, organizations=2),
        floor=FLOOR.key,
    )

    floor, measured = measure_cases([FLOOR, ours], rounds=3, timed=4, counted=0)

    assert (floor.unit, len(floor.values)) == ("us", 3)
    assert measured.floor == floor.key
    assert measured.median > 0


def test_a_login_that_no_cookie_holds_is_not_measured() -> None:
    login = Login(subject=BY_HAND, organizations=40)
    case = Case(figure="page", case="signed in", subject=BY_HAND, login=login)

    (size,) = measure_cases([case], rounds=1, timed=1, counted=0)

    assert size.unit == "bytes"
    assert size.median > 4096


@pytest.mark.parametrize("subject", [OURS, BY_HAND])
def test_a_visitor_signs_in(subject: str) -> None:
    with HfProvider(personas=[build_person(2)]) as hf_provider, closing(Child()) as child:
        provider = build_provider(hf_provider, subject)
        visitor = Visitor(child=child, subject=SUBJECTS[subject], provider=provider)
        visitor.sign_in(hf_provider, build_person(2).username)

        assert visitor.visit("/private").text == "Hello demo-member-2"
