"""The first login of a process: whatever a library puts off until then is paid there."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from flask_hf_oauth.testing import HfProvider

from .apps import BARE, BARE_FASTAPI, SUBJECTS
from .apps.people import build_person
from .child import Answer
from .figures import Measurement
from .imports import NAMES
from .instructions import Child
from .visitors import Visitor, build_provider

FIGURE = "first login of a fresh process"
LOGIN = "the login alone"
WITH_START = "with the start of the process"

_ORGANIZATIONS = 2
_SIGNING_IN = tuple(name for name in NAMES if name not in {BARE, BARE_FASTAPI})


@dataclass(slots=True)
class Stopwatch(Visitor):
    """A browser that adds up how long the app took to answer it."""

    seconds: float = 0.0

    def visit(self, path: str) -> Answer:
        """Ask for a page, and time it."""
        answer = super(Stopwatch, self).visit(path)
        self.seconds += answer.seconds
        return answer


def measure_first_logins(*, quick: bool) -> Iterator[Measurement]:
    """Measure the first login of each subject, in turn, each time in a new process.

    The first turn, which may have to compile, does not count.
    """
    milliseconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    with HfProvider(personas=[build_person(_ORGANIZATIONS)]) as provider:
        for turn in range(2 if quick else 6):
            for name in _SIGNING_IN:
                login, whole = _sign_in_once(provider, name)
                if turn > 0:
                    milliseconds[LOGIN, name].append(login * 1000)
                    milliseconds[WITH_START, name].append(whole * 1000)
    for (case, name), values in milliseconds.items():
        yield Measurement(figure=FIGURE, case=case, subject=name, unit="ms", values=tuple(values))


def _sign_in_once(provider: HfProvider, name: str) -> tuple[float, float]:
    """Return the seconds of the login, and those since before the process began."""
    begin = time.perf_counter()
    with closing(Child()) as child:
        visitor = Stopwatch(child, SUBJECTS[name], build_provider(provider, name))
        visitor.sign_in(provider, build_person(_ORGANIZATIONS).username)
        return visitor.seconds, time.perf_counter() - begin
