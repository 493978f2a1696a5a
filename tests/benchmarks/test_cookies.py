from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from benchmarks.apps import OURS, SUBJECTS
from benchmarks.apps.people import build_person
from benchmarks.cookies import ABANDONED, REFUSED, SIGNED_IN, Scale, weigh_abandoned, weigh_login
from benchmarks.instructions import Child
from benchmarks.visitors import COOKIE_LIMIT, build_provider
from flask_hf_oauth.testing import HfProvider

BY_HAND = "Authlib by hand (token)"


@pytest.fixture
def child() -> Iterator[Child]:
    with closing(Child()) as child:
        yield child


@pytest.fixture
def members() -> Iterator[HfProvider]:
    people = [build_person(2), build_person(40), build_person(100, access_token_bytes=3000)]
    with HfProvider(personas=people) as provider:
        yield provider


def make_scale(child: Child, members: HfProvider, subject: str) -> Scale:
    return Scale(child, SUBJECTS[subject], build_provider(members, subject))


def test_a_login_that_fits_is_weighed(child: Child, members: HfProvider) -> None:
    found = weigh_login(make_scale(child, members, OURS), members, 2)

    assert found.key == f"{SIGNED_IN}/token kept, 2 organizations/{OURS}/bytes"
    assert 800 < found.median < COOKIE_LIMIT


def test_a_login_that_is_refused_is_told_apart(child: Child, members: HfProvider) -> None:
    assert weigh_login(make_scale(child, members, OURS), members, 100).figure == REFUSED


def test_a_cookie_that_browsers_drop_is_weighed_too(child: Child, members: HfProvider) -> None:
    found = weigh_login(make_scale(child, members, BY_HAND), members, 40)

    assert found.figure == SIGNED_IN
    assert found.median > COOKIE_LIMIT


@pytest.mark.parametrize(("subject", "grows"), [(OURS, False), (BY_HAND, True)])
def test_logins_that_nobody_ended_are_weighed(
    child: Child, members: HfProvider, subject: str, *, grows: bool
) -> None:
    once, often = (weigh_abandoned(make_scale(child, members, subject), count) for count in (1, 3))

    assert once.figure == ABANDONED
    assert (often.median > once.median) is grows
