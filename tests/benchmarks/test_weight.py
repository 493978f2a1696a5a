from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from benchmarks.apps import BARE, OURS
from benchmarks.apps.people import build_person
from benchmarks.first_login import _sign_in_once
from benchmarks.imports import _clock, _run
from benchmarks.instructions import ChildFailed
from benchmarks.leaks import _sign_in_often
from flask_hf_oauth.testing import HfProvider

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")


@pytest.fixture
def members() -> Iterator[HfProvider]:
    with HfProvider(personas=[build_person(2)]) as provider:
        yield provider


@needs_proc
def test_an_import_takes_time_and_memory() -> None:
    milliseconds, resident = _clock([BARE], rounds=2)

    assert [len(milliseconds[BARE]), len(resident[BARE])] == [2, 2]
    assert min(milliseconds[BARE]) > 1
    assert min(resident[BARE]) > 5_000


def test_a_first_login_is_a_part_of_the_time_since_the_start(members: HfProvider) -> None:
    login, whole = _sign_in_once(members, OURS)

    assert 0 < login < whole


def test_the_process_of_a_peer_does_not_carry_ours() -> None:
    program = "import sys, benchmarks.many_logins; print('flask_hf_oauth' in sys.modules)"

    assert _run([], program) == "False\n"


@needs_proc
@pytest.mark.parametrize("kind", ["resident", "traced"])
def test_memory_is_read_at_each_mark(members: HfProvider, kind: str) -> None:
    found = _sign_in_often(members, (1, 2), kind, OURS)

    assert len(found) == 2
    assert min(found) > 5_000


def test_logins_that_fail_are_not_weighed(members: HfProvider) -> None:
    members.fail("token", "status-503", times=None)

    with pytest.raises(ChildFailed, match="before login 1"):
        _sign_in_often(members, (1, 2), "resident", OURS)
