"""Cases: which request is measured of which app, and how all of them are, in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field, replace
from http import HTTPStatus
from tempfile import TemporaryDirectory

from flask_hf_oauth.testing import HfProvider

from .apps import SUBJECTS
from .apps.people import build_person
from .child import Answer, Order
from .figures import Measurement
from .instructions import Child, CountedChild
from .visitors import NAVIGATION, CookieTooLarge, Visitor, build_provider

_COUNTED_AT_ONCE = 2  # each takes one core
_WARM_UP = 10  # requests, which fill the caches of the app and of the interpreter
_FOLDER_OF_SESSIONS = "Flask-Session on disk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Whose cookie comes with the requests.

    Args:
        subject: The app that made it, which need not be the one that gets it.
        organizations: To how many organizations the user belongs; None: nobody has signed in.
        abandoned: How many logins were begun, and not ended, before.
    """

    subject: str
    organizations: int | None = None
    abandoned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request to one app.

    Args:
        figure: See `Measurement`.
        case: See `Measurement`.
        subject: The app.
        shown_as: How the table names the subject, where that is not its name.
        options: What the app is made with.
        path: The page.
        headers: What the browser sends, beside the cookie.
        login: Whose cookie is sent; None: none.
        threads: How many ask at once.
        status: What is answered.
        floor: The key of the measurement to compare with, without its unit.
    """

    figure: str
    case: str
    subject: str
    shown_as: str = ""
    options: dict[str, object] = field(default_factory=dict)
    path: str = "/private"
    headers: dict[str, str] = field(default_factory=lambda: NAVIGATION)
    login: Login | None = None
    threads: int = 1
    status: int = HTTPStatus.OK
    floor: str | None = None

    @property
    def key(self) -> str:
        """The key of its measurements, without the unit."""
        return f"{self.figure}/{self.case}/{self.shown_as or self.subject}"

    @property
    def request(self) -> str:
        """What is asked of whom: cases that differ in nothing but their floor share it."""
        asked = (self.options, self.path, self.headers, self.login, self.threads)
        return f"{self.subject} {asked}"

    def measured(self, unit: str, values: Sequence[float]) -> Measurement:
        """Build a measurement of this case."""
        return Measurement(
            figure=self.figure,
            case=self.case,
            subject=self.shown_as or self.subject,
            unit=unit,
            values=tuple(values),
            floor=None if self.floor is None else f"{self.floor}/{unit}",
        )


class WrongAnswer(Exception):
    """An app answered something else than what is to be measured."""


def measure_cases(
    cases: Sequence[Case], *, rounds: int, timed: int, counted: int
) -> Iterator[Measurement]:
    """Measure cases: first by the clock, then in instructions.

    Args:
        cases: What to measure.
        rounds: How often each case has its turn by the clock.
        timed: How many requests a turn has, in all its threads; 0: no clock.
        counted: How many requests are counted of each case; 0: none.

    Raises:
        Unavailable: Instructions can't be counted here; the rest has come before.
    """
    with Bench(cases) as bench:
        yield from bench.find_too_large()
        if timed:
            yield from bench.clock(rounds, timed)
        if counted:
            yield from bench.count(counted)


class Bench:
    """The provider, a process for each subject, and the cookies of those who signed in."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self._cases = list(cases)
        self._stack = ExitStack()
        self._children: dict[str, Child] = {}
        self._cookies: dict[Login, str] = {}

    def __enter__(self) -> Bench:
        """Start the provider."""
        counts = {case.login.organizations or 0 for case in self._cases if case.login}
        people = [build_person(count) for count in sorted(counts)]
        self._folder = self._stack.enter_context(TemporaryDirectory(prefix="benchmarks-"))
        self._provider = self._stack.enter_context(HfProvider(personas=people))
        return self

    def __exit__(self, *_error: object) -> None:
        """End the children and the provider."""
        self._stack.close()

    def find_too_large(self) -> Iterator[Measurement]:
        """Take out the cases whose login no cookie holds; say how long it would be.

        Of an app that refuses such a login itself there is nothing to say.
        """
        sizes = [self._measure_excess(case.login) for case in self._cases]
        for case, size in zip(self._cases, sizes, strict=True):
            if size:
                yield replace(case, floor=None).measured("bytes", [size])
        self._cases = [case for case, size in zip(self._cases, sizes, strict=True) if size is None]

    def _measure_excess(self, login: Login | None) -> int | None:
        """Measure a cookie that is too large; None: it is not."""
        try:
            self._find_cookie(login)
        except CookieTooLarge as error:
            return error.size
        return None

    def clock(self, rounds: int, times: int) -> Iterator[Measurement]:
        """Measure the microseconds of a request: one turn of each, then the next turn."""
        turns: dict[str, list[float]] = {case.request: [] for case in self._cases}
        for _ in range(rounds):
            for case in self._find_requests():
                child = self._find_child(case.subject)
                child.ask(self._order(case, 1))
                order = self._order(case, times // case.threads)
                answer = check_answer(case, child.ask(order))
                turns[case.request].append(answer.seconds * 1e6 / (order.times * order.threads))
        for case in self._cases:
            yield case.measured("us", turns[case.request])

    def count(self, times: int) -> Iterator[Measurement]:
        """Count the instructions of a request: each subject in a process, two at once.

        Raises:
            Unavailable: There is no valgrind.
        """
        subjects = Counter(case.subject for case in self._find_requests())
        counts: dict[str, float] = {}
        with ThreadPoolExecutor(_COUNTED_AT_ONCE) as pool:
            # The longest first, or one core would have nothing to do in the end.
            for counted in pool.map(
                lambda subject: self._count_subject(subject, times),
                [subject for subject, _ in subjects.most_common()],
            ):
                counts.update(counted)
        for case in self._cases:
            yield case.measured("instructions", [counts[case.request]])

    def _count_subject(self, subject: str, times: int) -> dict[str, float]:
        counts = {}
        with closing(CountedChild()) as child:
            for case in self._find_requests():
                if case.subject == subject:
                    check_answer(case, child.ask(self._order(case, _WARM_UP)))
                    counts[case.request] = child.count(self._order(case, times))
        return counts

    def _find_requests(self) -> list[Case]:
        """Find one case for each request."""
        return list({case.request: case for case in reversed(self._cases)}.values())[::-1]

    def _order(self, case: Case, times: int) -> Order:
        cookie = self._find_cookie(case.login)
        return Order(
            subject=case.subject,
            provider=asdict(build_provider(self._provider, case.subject)),
            options={**self._find_options(case.subject), **case.options},
            path=case.path,
            headers={**case.headers, **({"Cookie": cookie} if cookie else {})},
            times=times,
            threads=case.threads,
        )

    def _find_options(self, subject: str) -> dict[str, object]:
        """Have the processes of a subject share what is not in the cookie."""
        return {"folder": self._folder} if subject == _FOLDER_OF_SESSIONS else {}

    def _find_child(self, subject: str) -> Child:
        if subject not in self._children:
            self._children[subject] = self._stack.enter_context(closing(Child()))
        return self._children[subject]

    def _find_cookie(self, login: Login | None) -> str:
        """Find the Cookie header of a login, signing in the first time.

        Raises:
            CookieTooLarge: No browser keeps the cookie.
        """
        if login is None:
            return ""
        if login not in self._cookies:
            self._cookies[login] = self._sign_in(login)
        return self._cookies[login]

    def _sign_in(self, login: Login) -> str:
        visitor = Visitor(
            child=self._find_child(login.subject),
            subject=SUBJECTS[login.subject],
            provider=build_provider(self._provider, login.subject),
            options=self._find_options(login.subject),
        )
        for _ in range(login.abandoned):
            visitor.begin_login()
        if login.organizations is not None:
            visitor.sign_in(self._provider, login.organizations)
        return visitor.cookie


def check_answer(case: Case, answer: Answer) -> Answer:
    """Return an answer that is what the case says.

    Raises:
        WrongAnswer: It is another one, so that its cost says nothing.
    """
    greets = case.status != HTTPStatus.OK or answer.text.startswith("Hello")
    if answer.status != case.status or not greets:
        raise WrongAnswer(f"{case.key}: {answer.status} {answer.text}")
    return answer
