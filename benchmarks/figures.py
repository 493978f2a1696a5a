"""A measurement: one number about one subject, and the floor that it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What one subject costs in one case, once per round.

    Args:
        figure: What is measured: "guarded page, signed in".
        case: Under which circumstances: "token kept, 2 organizations, user read once".
        subject: Whose cost it is: "flask-hf-oauth", "bare Flask", "Flask-Dance".
        unit: "instructions", "us", "ms", "bytes", "requests", "connections", "logins/s", "KiB".
        values: One number per round; rounds of different subjects were run in turn.
        floor: The `key` of the measurement that this one is a multiple of, if of any.
    """

    figure: str
    case: str
    subject: str
    unit: str
    values: tuple[float, ...]
    floor: str | None = None

    @property
    def key(self) -> str:
        """The name by which a floor and a promise find this measurement."""
        return f"{self.figure}/{self.case}/{self.subject}/{self.unit}"

    @property
    def median(self) -> float:
        """The round in the middle: one slow round does not move it."""
        return median(self.values)

    @property
    def spread(self) -> float:
        """How far the rounds lie apart, as a part of their median: 0.02 is two per cent."""
        widest = max(self.values) - min(self.values)
        return widest / self.median if self.median else widest


class Unavailable(Exception):
    """A measurement that this machine cannot make; its text says what is missing."""


class FigureModule(Protocol):
    """A module that measures one kind of figure: `benchmarks.pages` is one."""

    TITLE: str

    def measure(self, *, quick: bool) -> Iterator[Measurement]:
        """Yield each measurement once all of its rounds are done.

        Args:
            quick: Fewer rounds and fewer cases: to see that it runs, not what it costs.

        Raises:
            Unavailable: This machine lacks something that all of the figure needs.
        """
        ...
