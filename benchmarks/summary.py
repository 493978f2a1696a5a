"""The summary of a run, for its page: a row for each subject, and a column for each question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .apps import SUBJECTS
from .cookies import SIGNED_IN as COOKIE
from .first_login import FIGURE as FIRST_LOGIN
from .first_login import WITH_START
from .imports import CASE as FRESH
from .imports import IMPORT
from .logins import DELAYS
from .logins import FIGURE as LOGIN
from .pages import ANONYMOUS, PUBLIC, SIGNED_IN
from .results import Results
from .table import Group, align, format_number
from .throughput import CALLBACKS
from .throughput import FIGURE as AT_ONCE

_NOTHING = "-"
_PROMPT, _DELAYED = DELAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One question, which the same row of the long table answers for each subject.

    Args:
        heading: The question in a word or two.
        figure: See `Measurement`.
        case: See `Measurement`.
        unit: See `Measurement`.
        as_ratio: The answer is the multiple of the floor, not the number itself.
    """

    heading: str
    figure: str
    case: str
    unit: str
    as_ratio: bool = False

    def find(self, subject: str, results: Results) -> float | None:
        """Find what was measured of a subject; None: nothing, or it has no floor."""
        found = results.by_key.get(f"{self.figure}/{self.case}/{subject}/{self.unit}")
        if found is None:
            return None
        return results.find_ratio(found) if self.as_ratio else found.median

    def format(self, number: float | None) -> str:
        """Write what was found."""
        if number is None:
            return _NOTHING
        return f"{number:.2f}" if self.as_ratio else format_number(number)

    def __str__(self) -> str:
        """Say which row that is, and in what it is told."""
        over = " over the bare app's" if self.as_ratio else ""
        return f"{self.heading}: {self.figure}, {self.case}: {self.unit}{over}"


TOKEN = Column(
    heading="token",
    figure=SIGNED_IN,
    case="token kept, 2 organizations",
    unit="instructions",
    as_ratio=True,
)
MANY = replace(TOKEN, heading="40 orgs", case="token kept, 40 organizations")
NO_TOKEN = replace(TOKEN, heading="no token", case="no token, 2 organizations")
SIGNED_OUT = replace(TOKEN, heading="anonymous", figure=ANONYMOUS, case="page")
OPEN = replace(TOKEN, heading="public", figure=PUBLIC, case="no cookie")
WARM_LOGIN = Column(heading="login", figure=LOGIN, case=_DELAYED, unit="ms")
RATE = Column(heading="logins/s", figure=AT_ONCE, case=f"{CALLBACKS}, {_PROMPT}", unit="logins/s")
SET_COOKIE = Column(heading="cookie", figure=COOKIE, case=TOKEN.case, unit="bytes")
IMPORTED = Column(heading="import", figure=IMPORT, case=FRESH, unit="ms", as_ratio=True)
FIRST = Column(heading="first", figure=FIRST_LOGIN, case=WITH_START, unit="ms")

COLUMNS = (
    *(TOKEN, MANY, NO_TOKEN, SIGNED_OUT, OPEN),
    *(WARM_LOGIN, RATE, SET_COOKIE, IMPORTED, FIRST),
)


def build_summary(results: Results) -> str:
    """Build the table, and below it what its columns mean."""
    headings = ["subject", *(column.heading for column in COLUMNS)]
    table = align(headings, [Group("", list(_build_rows(results)))])
    nothing = f"{_NOTHING}: not measured, not offered, or no cookie holds it"
    return "\n".join([table, *map(str, COLUMNS), nothing, ""])


def _build_rows(results: Results) -> Iterator[Sequence[str]]:
    """Build the rows of the subjects of which anything was measured; floors are 1 by definition."""
    floors = {subject.floor for subject in SUBJECTS.values()}
    for name in SUBJECTS:
        cells = [column.format(column.find(name, results)) for column in COLUMNS]
        if name not in floors and set(cells) != {_NOTHING}:
            yield [name, *cells]
