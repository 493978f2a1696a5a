from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import pytest

from flask_hf_oauth.oidc.timekeeper import Timekeeper

PATIENCE = 5.0


@dataclass(eq=False)
class Fuse:
    seconds: float
    was_cut: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.end = time.monotonic() + self.seconds

    def cut(self) -> None:
        self.was_cut.set()


def wait_for_end(timekeeper: Timekeeper) -> None:
    if timekeeper._thread is not None:
        timekeeper._thread.join(PATIENCE)
    assert timekeeper._thread is None


def test_what_has_come_to_its_end_is_cut() -> None:
    fuse = Fuse(0.02)
    Timekeeper().add(fuse)
    assert fuse.was_cut.wait(PATIENCE)


def test_what_was_removed_is_left_alone() -> None:
    timekeeper, fuse = Timekeeper(), Fuse(0.02)
    timekeeper.add(fuse)
    timekeeper.remove(fuse)
    wait_for_end(timekeeper)
    assert not fuse.was_cut.is_set()


def test_the_next_end_may_come_before_the_first() -> None:
    timekeeper, late, early = Timekeeper(), Fuse(60), Fuse(0.02)
    timekeeper.add(late)
    timekeeper.add(early)
    assert early.was_cut.wait(PATIENCE)
    assert not late.was_cut.is_set()
    timekeeper.remove(late)


def test_what_was_cut_is_not_cut_again() -> None:
    timekeeper, fuse = Timekeeper(), Fuse(0.02)
    timekeeper.add(fuse)
    assert fuse.was_cut.wait(PATIENCE)
    timekeeper.remove(fuse)


def test_one_thread_serves_all() -> None:
    timekeeper = Timekeeper()
    before = threading.active_count()
    fuses = [Fuse(0.1) for _ in range(20)]
    for fuse in fuses:
        timekeeper.add(fuse)
    assert threading.active_count() <= before + 1
    assert all(fuse.was_cut.wait(PATIENCE) for fuse in fuses)


def test_a_new_thread_begins_where_the_old_one_has_ended() -> None:
    timekeeper, first, second = Timekeeper(), Fuse(0.01), Fuse(0.01)
    timekeeper.add(first)
    wait_for_end(timekeeper)
    timekeeper.add(second)
    assert second.was_cut.wait(PATIENCE)


def test_nothing_is_timed_where_no_thread_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    timekeeper, fuse = Timekeeper(), Fuse(60)

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            timekeeper.add(fuse)
    timekeeper.add(fuse)  # it tries anew
    timekeeper.remove(fuse)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_thread_that_died_is_replaced() -> None:
    timekeeper, bad, good = Timekeeper(), Fuse(0.01), Fuse(0.01)
    bad.cut = None  # type: ignore[assignment]  # so that the call raises
    timekeeper.add(bad)
    wait_for_end(timekeeper)

    timekeeper.add(good)
    assert good.was_cut.wait(PATIENCE)
