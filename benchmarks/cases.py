"""Cases: which request is measured, of which app, and with whose cookie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from .child import Answer
from .figures import Measurement
from .visitors import NAVIGATION


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


def check_answer(case: Case, answer: Answer) -> Answer:
    """Return an answer that is what the case says.

    Raises:
        WrongAnswer: It is another one, so that its cost says nothing.
    """
    greets = case.status != HTTPStatus.OK or answer.text.startswith("Hello")
    if answer.status != case.status or not greets:
        raise WrongAnswer(f"{case.key}: {answer.status} {answer.text}")
    return answer
