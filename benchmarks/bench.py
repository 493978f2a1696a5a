"""The bench: the provider, the children that are measured, and the cookies of who signed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from tempfile import TemporaryDirectory

from flask_hf_oauth.testing import HfProvider

from .apps import SUBJECTS
from .apps.people import build_person
from .cases import Case, Login, check_answer
from .child import Order
from .figures import Measurement
from .instructions import Child, CountedChild
from .visitors import CookieTooLarge, Visitor, build_provider

_COUNTED_AT_ONCE = 2  # each takes one core
_WARM_UP = 10  # requests, which fill the caches of the app and of the interpreter
_ON_DISK = "Flask-Session on disk"


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
        return {"folder": self._folder} if subject == _ON_DISK else {}

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
            visitor.sign_in(self._provider, build_person(login.organizations).username)
        return visitor.cookie
