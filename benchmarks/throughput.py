"""Logins at the same time: how many a second, and how long the slowest wait.

Eight people sign in at once, again and again, at an app that gunicorn serves with eight threads.
Two things are counted. "callbacks": all of them have their codes already, and what is timed is the
app's own part of a login, from the code to a person who is signed in. "whole logins": the way to
the provider too, that is /login and the person's consent, which takes the provider's process a
fraction of a millisecond. To ask the app over HTTP costs every subject the same. Percentiles are
those of all rounds together: a round has too few callbacks to know its slowest hundredth.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import chain

from .apps import OURS, SUBJECTS
from .browser import Browser, LoginUnderWay
from .distance import DistantProvider
from .figures import Measurement, Unavailable
from .logins import DELAYS, FLOOR, PEERS, SLOW, provide, warm_up
from .serving import THREADS, Site, serve, serve_redis

TITLE = "Logins at the same time"
FIGURE = f"{THREADS} logins at a time"
OURS_IN_REDIS = "flask-hf-oauth (sessions in Redis)"
CALLBACKS, WHOLE = "callbacks", "whole logins"
_ROUNDS = 3
_FEWEST = 3  # logins of each person, in a round


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """What came of one round.

    Attributes:
        rate: Logins a second.
        seconds: Those of each callback.
    """

    rate: float
    seconds: tuple[float, ...]


def measure(*, quick: bool) -> Iterator[Measurement]:
    """Measure; see `figures.FigureModule`. Without Redis the rest is measured all the same."""
    waves: dict[tuple[str, str], list[Wave]] = defaultdict(list)
    with provide() as provider, ExitStack() as running:
        sites = _serve_all(provider, running)
        logins = {name: _choose_logins(site, provider, quick) for name, site in sites.items()}
        for _ in range(1 if quick else _ROUNDS):
            for case, delay in DELAYS.items():
                provider.delay(connection=delay, request=delay)
                for name, site in sites.items():
                    for count in (CALLBACKS,) if quick else (CALLBACKS, WHOLE):
                        wave = _run_wave(site, provider, logins[name], count)
                        waves[f"{count}, {case}", name].append(wave)
    for (case, name), rounds in waves.items():
        yield from _report(case, name, rounds)
    if OURS_IN_REDIS not in sites:
        raise Unavailable("redis-server is not installed, or does not begin")


def _serve_all(provider: DistantProvider, running: ExitStack) -> dict[str, Site]:
    sites = {
        name: running.enter_context(serve(SUBJECTS[name], provider)) for name in (OURS, *PEERS)
    }
    with suppress(Unavailable):
        redis = running.enter_context(serve_redis())
        site = running.enter_context(serve(SUBJECTS[OURS], provider, redis=redis))
        sites[OURS_IN_REDIS] = site
    return sites


def _choose_logins(site: Site, provider: DistantProvider, quick: bool) -> int:  # noqa: FBT001 - as in measure
    """Warm an app up, and choose how many logins of each person take about a second."""
    provider.delay(connection=SLOW, request=SLOW)
    warm_up(site, provider)
    wave = _run_wave(site, provider, _FEWEST, WHOLE)
    return _FEWEST if quick else max(_FEWEST, round(wave.rate / THREADS))


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
    seconds = sorted(chain(*(wave.seconds for wave in waves)))
    values = {
        (case, "logins/s"): tuple(wave.rate for wave in waves),
        (f"{case}, 50th percentile", "ms"): (find_percentile(0.50, seconds) * 1000,),
        (f"{case}, 99th percentile", "ms"): (find_percentile(0.99, seconds) * 1000,),
    }
    for (name, unit), numbers in values.items():
        yield Measurement(
            figure=FIGURE,
            case=name,
            subject=subject,
            unit=unit,
            values=numbers,
            floor=f"{FIGURE}/{name}/{FLOOR}/{unit}",
        )


def find_percentile(part: float, ordered: Sequence[float]) -> float:
    """Find what this part of the numbers, the smallest first, does not exceed."""
    return ordered[math.ceil(part * len(ordered)) - 1]
