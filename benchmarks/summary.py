"""The summary of a run, for its page: a row for each subject, and a column for each question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .apps import SUBJECTS
from .cookies import SIGNED_IN as COOKIE
from .figures import Measurement
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

    def find_cell(self, subject: str, results: Results) -> str:
        """Find what was measured of a subject."""
        found = results.by_key.get(f"{self.figure}/{self.case}/{subject}/{self.unit}")
        return _NOTHING if found is None else self._format(found, results)

    def _format(self, found: Measurement, results: Results) -> str:
        if not self.as_ratio:
            return format_number(found.median)
        ratio = results.find_ratio(found)
        return _NOTHING if ratio is None else f"{ratio:.2f}"

    def __str__(self) -> str:
        """Say which row that is, and in what it is told."""
        over = " over the bare app's" if self.as_ratio else ""
        return f"{self.heading}: {self.figure}, {self.case}: {self.unit}{over}"


COLUMNS = (
    Column(
        heading="token",
        figure=SIGNED_IN,
        case="token kept, 2 organizations",
        unit="instructions",
        as_ratio=True,
    ),
    Column(
        heading="40 orgs",
        figure=SIGNED_IN,
        case="token kept, 40 organizations",
        unit="instructions",
        as_ratio=True,
    ),
    Column(
        heading="no token",
        figure=SIGNED_IN,
        case="no token, 2 organizations",
        unit="instructions",
        as_ratio=True,
    ),
    Column(heading="anonymous", figure=ANONYMOUS, case="page", unit="instructions", as_ratio=True),
    Column(heading="public", figure=PUBLIC, case="no cookie", unit="instructions", as_ratio=True),
    Column(heading="login", figure=LOGIN, case=_DELAYED, unit="ms"),
    Column(heading="logins/s", figure=AT_ONCE, case=f"{CALLBACKS}, {_PROMPT}", unit="logins/s"),
    Column(heading="cookie", figure=COOKIE, case="token kept, 2 organizations", unit="bytes"),
    Column(heading="import", figure=IMPORT, case=FRESH, unit="ms", as_ratio=True),
    Column(heading="first", figure=FIRST_LOGIN, case=WITH_START, unit="ms"),
)


def build_summary(results: Results) -> str:
    """Build the table, and below it what its columns mean."""
    headings = ["subject", *(column.heading for column in COLUMNS)]
    table = align(headings, [Group("", list(_build_rows(results)))])
    return "\n".join([table, *map(str, COLUMNS), ""])


def _build_rows(results: Results) -> Iterator[Sequence[str]]:
    """Build the rows of the subjects of which anything was measured; floors are 1 by definition."""
    floors = {subject.floor for subject in SUBJECTS.values()}
    for name in SUBJECTS:
        cells = [column.find_cell(name, results) for column in COLUMNS]
        if name not in floors and set(cells) != {_NOTHING}:
            yield [name, *cells]
