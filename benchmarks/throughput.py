"""Logins at the same time: how many a second, and how long the slowest wait.

Eight people sign in at once, again and again, at an app that gunicorn serves with eight threads.
Two things are counted. "callbacks": all of them have their codes already, and what is timed is the
app's own part of a login, from the code to a person who is signed in. "whole logins": the way to
the provider too, that is /login and the person's consent, which takes the provider's process a
fraction of a millisecond. To ask the app over HTTP costs every subject the same.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain

from .apps import OURS, SUBJECTS
from .browser import Browser, LoginUnderWay
from .delays import DistantProvider
from .figures import Measurement, Unavailable
from .logins import DELAYS, FLOOR, PEERS, provide, warm_up
from .serving import THREADS, Site, serve, serve_redis

TITLE = "Logins at the same time"
FIGURE = f"{THREADS} logins at a time"
OURS_IN_REDIS = "flask-hf-oauth (sessions in Redis)"
CALLBACKS, WHOLE = "callbacks", "whole logins"
_LOGINS = 8  # of each person, in a round


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """What came of one round.

    Attributes:
        rate: Logins a second.
        seconds: Those of each callback.
    """

    rate: float
    seconds: tuple[float, ...]

    def find_percentile(self, part: float) -> float:
        """Find how many milliseconds this part of the callbacks took at most."""
        ordered = sorted(self.seconds)
        return ordered[math.ceil(part * len(ordered)) - 1] * 1000


def measure(*, quick: bool) -> Iterator[Measurement]:
    """Measure; see `figures.FigureModule`. Without Redis the rest is measured all the same."""
    waves: dict[tuple[str, str], list[Wave]] = defaultdict(list)
    missing: Unavailable | None = None
    with provide() as provider, ExitStack() as running:
        sites = {
            name: running.enter_context(serve(SUBJECTS[name], provider)) for name in (OURS, *PEERS)
        }
        try:
            redis = running.enter_context(serve_redis())
        except Unavailable as reason:
            missing = reason
        else:
            sites[OURS_IN_REDIS] = running.enter_context(
                serve(SUBJECTS[OURS], provider, redis=redis)
            )
        for site in sites.values():
            warm_up(site, provider)
        for _ in range(1 if quick else 3):
            for case, delay in DELAYS.items():
                provider.delay(connection=delay, request=delay)
                for name, site in sites.items():
                    for count in (CALLBACKS, WHOLE):
                        wave = _run_wave(site, provider, 2 if quick else _LOGINS, count)
                        waves[f"{count}, {case}", name].append(wave)
    for (case, name), rounds in waves.items():
        yield from _report(case, name, rounds)
    if missing is not None:
        raise missing


def _run_wave(site: Site, provider: DistantProvider, logins: int, count: str) -> Wave:
    """Let eight people sign in so many times each."""
    with ExitStack() as opened, ThreadPoolExecutor(THREADS) as people:
        browsers = [opened.enter_context(Browser(site, provider.person)) for _ in range(THREADS)]
        under_way: Iterable[Iterable[LoginUnderWay]] = [
            _begin_logins(browser, logins) for browser in browsers
        ]
        if count == CALLBACKS:
            under_way = [list(begun) for begun in under_way]
        begin = time.perf_counter()
        seconds = tuple(chain(*people.map(_complete_logins, browsers, under_way)))
        return Wave(rate=len(seconds) / (time.perf_counter() - begin), seconds=seconds)


def _begin_logins(browser: Browser, logins: int) -> Iterator[LoginUnderWay]:
    """Begin a login whenever the next one is asked for."""
    for _ in range(logins):
        yield browser.begin_login()


def _complete_logins(browser: Browser, under_way: Iterable[LoginUnderWay]) -> list[float]:
    return [browser.complete_login(login) for login in under_way]


def _report(case: str, subject: str, waves: list[Wave]) -> Iterator[Measurement]:
    values = {
        (case, "logins/s"): [wave.rate for wave in waves],
        (f"{case}, 50th percentile", "ms"): [wave.find_percentile(0.50) for wave in waves],
        (f"{case}, 99th percentile", "ms"): [wave.find_percentile(0.99) for wave in waves],
    }
    for (name, unit), numbers in values.items():
        yield Measurement(
            figure=FIGURE,
            case=name,
            subject=subject,
            unit=unit,
            values=tuple(numbers),
            floor=f"{FIGURE}/{name}/{FLOOR}/{unit}",
        )
