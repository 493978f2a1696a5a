"""A warm login: what it asks of the provider, and how long the person waits.

The seconds of a login are those of its callback: from the code that comes in to the answer of a
person who is signed in. Everything before it is the browser's, the person's and the provider's.
Logins follow one another, on the app's own server, which has seen some before.
"""

from __future__ import annotations

import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from .apps import OURS, SUBJECTS
from .apps.people import build_person
from .browser import Browser
from .distance import DistantProvider, run_distant_provider
from .figures import Measurement
from .serving import Site, serve
from .tls import write_certificates

TITLE = "A warm login"
FIGURE = "warm login"
ORGANIZATIONS = 2

#: What one would take instead; the first asks the least of the provider, and is the floor.
FLOOR = "Authlib by hand (profile)"
PEERS = (FLOOR, "Authlib by hand (token)", "flask-oidc", "Flask-Dance", "huggingface_hub")

#: Seconds that each new connection and each request takes, by the name of the case.
SLOW = 0.020
DELAYS = {"no delay": 0.0, "20 ms a connection and a request": SLOW}
_WARM_UP = 3
_LOGINS = 15  # in a round


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a login has cost, on average over a round."""

    milliseconds: float
    requests: float
    connections: float


@contextmanager
def provide() -> Iterator[DistantProvider]:
    """Run a provider at a distance, where one person can sign in."""
    with tempfile.TemporaryDirectory() as folder:
        certificates = write_certificates(Path(folder))
        with run_distant_provider(certificates, build_person(ORGANIZATIONS)) as provider:
            yield provider


def warm_up(site: Site, provider: DistantProvider) -> None:
    """Sign in until nothing is new to the app, and see that it knows who that is."""
    with Browser(site, provider.person) as browser:
        for _ in range(_WARM_UP):
            login = browser.begin_login()
            browser.complete_login(login)
            browser.check_login(login, build_person(ORGANIZATIONS).username)


def measure(*, quick: bool) -> Iterator[Measurement]:
    """Measure; see `figures.FigureModule`."""
    costs: dict[tuple[str, str], list[Cost]] = defaultdict(list)
    with provide() as provider, ExitStack() as running:
        sites = [running.enter_context(serve(SUBJECTS[name], provider)) for name in (OURS, *PEERS)]
        for site in sites:
            warm_up(site, provider)
        for _ in range(1 if quick else 5):
            for case, delay in DELAYS.items():
                provider.delay(connection=delay, request=delay)
                for site in sites:
                    cost = sign_in(site, provider, 5 if quick else _LOGINS)
                    costs[case, site.subject.name].append(cost)
    for (case, subject), rounds in costs.items():
        yield from _report_time(case, subject, rounds)
    for site in sites:
        of_site = [costs[case, site.subject.name] for case in DELAYS]
        yield from _report_questions(site.subject.name, list(chain(*of_site)))


def sign_in(site: Site, provider: DistantProvider, logins: int) -> Cost:
    """Sign in, again and again."""
    counters = provider.counters
    requests, connections = counters.requests.value, counters.connections.value
    with Browser(site, provider.person) as browser:
        seconds = [browser.complete_login(browser.begin_login()) for _ in range(logins)]
    return Cost(
        milliseconds=statistics.median(seconds) * 1000,
        requests=(counters.requests.value - requests) / logins,
        connections=(counters.connections.value - connections) / logins,
    )


def _report_time(case: str, subject: str, rounds: list[Cost]) -> Iterator[Measurement]:
    yield Measurement(
        figure=FIGURE,
        case=case,
        subject=subject,
        unit="ms",
        values=tuple(cost.milliseconds for cost in rounds),
        floor=f"{FIGURE}/{case}/{FLOOR}/ms",
    )


def _report_questions(subject: str, rounds: list[Cost]) -> Iterator[Measurement]:
    """Report what the provider was asked, which no delay changes.

    It is the mean of all logins: a median would hide a connection that is opened now and then.
    """
    numbers = {
        "requests": statistics.fmean(cost.requests for cost in rounds),
        "connections": statistics.fmean(cost.connections for cost in rounds),
    }
    for unit, mean in numbers.items():
        yield Measurement(
            figure=FIGURE, case="at the provider", subject=subject, unit=unit, values=(mean,)
        )
