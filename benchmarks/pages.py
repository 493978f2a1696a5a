"""What a page costs: guarded and signed in, guarded and anonymous, and public."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from .apps import BARE, BARE_FASTAPI, BARE_SAME_BYTES, OURS, OURS_WITHOUT_TOKEN, SUBJECTS
from .bench import measure_cases
from .cases import Case, Login
from .figures import Measurement
from .visitors import SCRIPT

TITLE = "What a page costs"

SIGNED_IN = "guarded page, signed in"
SAME_BYTES = "guarded page, same session bytes"
ANONYMOUS = "guarded page, anonymous"
PUBLIC = "public page"

_USUAL, _MANY = 2, 40
_ORGANIZATIONS = (0, _USUAL, _MANY)
_OURS = (OURS, OURS_WITHOUT_TOKEN)
_PEERS = tuple(
    name for name in SUBJECTS if name not in {BARE, BARE_FASTAPI, BARE_SAME_BYTES, *_OURS}
)
_QUICK = {BARE, BARE_SAME_BYTES, *_OURS, "Authlib by hand (token)", "Flask-Login", "Flask-Dance"}


def measure(*, quick: bool) -> Iterator[Measurement]:
    """Measure all pages of all subjects.

    Raises:
        Unavailable: Instructions can't be counted; the microseconds have come before.
    """
    if quick:
        cases = [case for case in build_cases() if is_quick(case)]
        return measure_cases(cases, rounds=3, timed=50, counted=50)
    return measure_cases(build_cases(), rounds=9, timed=100, counted=60)


def is_quick(case: Case) -> bool:
    """Tell whether a case is among the few that show that all is well."""
    is_usual = case.login is None or case.login.organizations == _USUAL
    return case.subject in _QUICK and (is_usual or case.subject == BARE)


def build_cases() -> list[Case]:
    """Build all cases."""
    return [
        build_bare(BARE),
        build_bare(BARE_FASTAPI),
        *build_signed_in(),
        *build_same_bytes(),
        *build_views(),
        *build_peers(),
        *build_anonymous(),
        *build_public(),
    ]


def build_bare(name: str, figure: str = SIGNED_IN) -> Case:
    """Build the floor of all pages: a view that reads a name from the session."""
    login = Login(subject=name, organizations=0)
    return Case(figure=figure, case="a name in the session", subject=name, login=login)


def find_floor(subject: str) -> str:
    """Find the key, without its unit, of the floor of a subject."""
    return build_bare(SUBJECTS[subject].floor).key


def build_signed_in() -> Iterator[Case]:
    """Build our guarded page, with and without the token in the session."""
    for subject in _OURS:
        for organizations in _ORGANIZATIONS:
            yield Case(
                figure=SIGNED_IN,
                case=describe_login(subject, organizations),
                subject=subject,
                shown_as=OURS,
                login=Login(subject=subject, organizations=organizations),
                floor=find_floor(subject),
            )


def build_same_bytes() -> Iterator[Case]:
    """Build the same page of a bare app that gets the very same cookie, and ours beside it."""
    for ours in build_signed_in():
        bare = Case(
            figure=SAME_BYTES,
            case=ours.case,
            subject=BARE_SAME_BYTES,
            login=ours.login,
            floor=find_floor(BARE),
        )
        yield bare
        yield Case(
            figure=SAME_BYTES,
            case=ours.case,
            subject=ours.subject,
            shown_as=OURS,
            login=ours.login,
            floor=bare.key,
        )


def build_views() -> Iterator[Case]:
    """Build views that do something else with the user than to read it once."""
    views: dict[str, dict[str, object]] = {
        "user never read": {"reads": 0},
        "user read ten times": {"reads": 10},
        "token used": {"uses_token": True},
    }
    for view, options in views.items():
        yield Case(
            figure=SIGNED_IN,
            case=f"{describe_login(OURS, _USUAL)}, {view}",
            subject=OURS,
            options=options,
            login=Login(subject=OURS, organizations=_USUAL),
            floor=find_floor(OURS),
        )


def build_peers() -> Iterator[Case]:
    """Build the page of each peer; with many organizations only where it keeps them."""
    for subject in _PEERS:
        for organizations in (_USUAL, _MANY) if SUBJECTS[subject].asks_userinfo else (_USUAL,):
            yield Case(
                figure=SIGNED_IN,
                case=describe_login(subject, organizations),
                subject=subject,
                login=Login(subject=subject, organizations=organizations),
                floor=find_floor(subject),
            )


def describe_login(subject: str, organizations: int) -> str:
    """Say what the session of a signed-in user holds."""
    kept = "token kept" if SUBJECTS[subject].keeps_token else "no token"
    return f"{kept}, {organizations} organizations"


def build_anonymous() -> Iterator[Case]:
    """Build a guarded page that somebody asks for who is not signed in."""
    for subject in (OURS, *_PEERS):
        redirected = (
            HTTPStatus.TEMPORARY_REDIRECT if SUBJECTS[subject].is_asgi else HTTPStatus.FOUND
        )
        floor = find_floor(subject)
        yield Case(figure=ANONYMOUS, case="page", subject=subject, status=redirected, floor=floor)
        yield Case(
            figure=ANONYMOUS,
            case="script",
            subject=subject,
            headers=SCRIPT,
            status=HTTPStatus.UNAUTHORIZED if subject == OURS else redirected,
            floor=floor,
        )


def build_public() -> Iterator[Case]:
    """Build the page that everybody may see, without a cookie and with the one of a login."""
    floors = {
        name: Case(figure=PUBLIC, case="no cookie", subject=name, path="/public")
        for name in (BARE, BARE_FASTAPI)
    }
    yield from floors.values()
    yield build_visit_of_member(BARE_SAME_BYTES, OURS, floors[BARE].key)
    for subject in (OURS, *_PEERS):
        floor = floors[SUBJECTS[subject].floor].key
        yield Case(figure=PUBLIC, case="no cookie", subject=subject, path="/public", floor=floor)
        yield build_visit_of_member(subject, subject, floor)


def build_visit_of_member(subject: str, signed_in_at: str, floor: str) -> Case:
    """Build the public page for somebody who is signed in, at this app or another."""
    return Case(
        figure=PUBLIC,
        case="session cookie",
        subject=subject,
        path="/public",
        login=Login(subject=signed_in_at, organizations=_USUAL),
        floor=floor,
    )
