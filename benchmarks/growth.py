"""How the cost of a page grows: with organizations, abandoned logins, guards and users at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus

from .apps import BARE, OURS, OURS_WITHOUT_TOKEN
from .bench import measure_cases
from .cases import Case, Login
from .figures import Measurement
from .pages import build_bare

TITLE = "How the cost of a page grows"

ORGANIZATIONS = "growth with organizations"
ABANDONED = "growth with abandoned logins"
GUARDS = "growth with guards on a view"
USERS = "growth with users at once"

_FLOOR = build_bare(BARE, ORGANIZATIONS)
_BY_HAND = "Authlib by hand (token)"
_ON_DISK = "Flask-Session on disk"
_STEPS = {
    ORGANIZATIONS: (0, 2, 5, 10, 20, 40, 60, 80, 100),
    ABANDONED: (0, 1, 2, 5, 10, 20, 40),
    GUARDS: (1, 2, 3, 4, 5),
    USERS: (1, 2, 4, 8, 16, 32),
}
_QUICK_STEPS = {ORGANIZATIONS: (0, 20), ABANDONED: (0, 10), GUARDS: (1, 5), USERS: (1, 8)}


def measure(*, quick: bool) -> Iterator[Measurement]:
    """Measure all growths.

    Raises:
        Unavailable: Instructions can't be counted; the microseconds have come before.
    """
    steps = _QUICK_STEPS if quick else _STEPS
    rounds, timed, counted = (3, 160, 20) if quick else (9, 640, 50)
    users = list(build_users(steps[USERS]))
    yield from measure_cases(users, rounds=rounds, timed=timed, counted=0)
    cases = [
        _FLOOR,
        *build_organizations(steps[ORGANIZATIONS]),
        *build_abandoned(steps[ABANDONED]),
        *build_guards(steps[GUARDS]),
    ]
    if quick:
        cases = [case for case in cases if case.subject in {BARE, OURS, _BY_HAND}]
    yield from measure_cases(cases, rounds=0, timed=0, counted=counted)


def build_organizations(steps: Sequence[int]) -> Iterator[Case]:
    """Build our guarded page for members of ever more organizations, as far as the cookie goes."""
    shown = {OURS: f"{OURS}, token kept", OURS_WITHOUT_TOKEN: f"{OURS}, no token"}
    for subject in (OURS, OURS_WITHOUT_TOKEN, _BY_HAND, _ON_DISK):
        for organizations in steps:
            yield Case(
                figure=ORGANIZATIONS,
                case=f"organizations: {organizations}",
                subject=subject,
                shown_as=shown.get(subject, ""),
                login=Login(subject=subject, organizations=organizations),
                floor=_FLOOR.key,
            )


def build_abandoned(steps: Sequence[int]) -> Iterator[Case]:
    """Build a guarded page for somebody who has begun to sign in, ever more often."""
    for subject in (OURS, _BY_HAND):
        for abandoned in steps:
            yield Case(
                figure=ABANDONED,
                case=f"abandoned logins: {abandoned}",
                subject=subject,
                login=Login(subject=subject, abandoned=abandoned),
                status=HTTPStatus.FOUND,
                floor=_FLOOR.key,
            )


def build_guards(steps: Sequence[int]) -> Iterator[Case]:
    """Build a view behind ever more guards."""
    for guards in steps:
        yield Case(
            figure=GUARDS,
            case=f"guards: {guards}",
            subject=OURS,
            options={"guards": guards},
            login=Login(subject=OURS, organizations=2),
            floor=_FLOOR.key,
        )


def build_users(steps: Sequence[int]) -> Iterator[Case]:
    """Build a guarded page that ever more threads ask for at once."""
    for users in steps:
        bare = Case(
            figure=USERS,
            case=f"users at once: {users}",
            subject=BARE,
            login=Login(subject=BARE, organizations=0),
            threads=users,
        )
        yield bare
        yield Case(
            figure=USERS,
            case=bare.case,
            subject=OURS,
            login=Login(subject=OURS, organizations=2),
            threads=users,
            floor=bare.key,
        )
