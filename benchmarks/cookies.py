"""How long the session cookie gets: with organizations, and with logins that nobody ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial

from flask_hf_oauth.testing import HfProvider

from .apps import BARE, BARE_FASTAPI, BARE_SAME_BYTES, OURS, OURS_WITHOUT_TOKEN, SUBJECTS, Subject
from .apps.people import build_person
from .child import Answer
from .figures import Measurement
from .instructions import Child
from .pages import describe_login
from .visitors import CookieTooLarge, Visitor, build_provider

TITLE = "Bytes of Set-Cookie"

SIGNED_IN = "session cookie"
REFUSED = "session cookie, the login is refused with a page"
ABANDONED = "session cookie, logins begun and not ended"

_ORGANIZATIONS = (0, 2, 10, 40, 100)
_ABANDONED = (1, 40)  # the first makes the session
_WITHOUT_COOKIE = {BARE, BARE_SAME_BYTES, BARE_FASTAPI, "Flask-Session on disk"}


@dataclass(slots=True)
class Scale(Visitor):
    """A browser that notes how long the last cookie was, even one that it does not keep."""

    size: int = 0

    def visit(self, path: str) -> Answer:
        """Ask for a page, and weigh its cookie."""
        try:
            answer = super(Scale, self).visit(path)
        except CookieTooLarge as error:
            self.size = error.size
            raise
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                self.size = len(value)
        return answer


def measure(*, quick: bool) -> Iterator[Measurement]:
    """Weigh the cookies of all subjects that have any; a second round would say the same."""
    counts = _ORGANIZATIONS[:2] if quick else _ORGANIZATIONS
    with HfProvider(personas=[build_person(count) for count in counts]) as provider:
        for subject in SUBJECTS.values():
            if subject.name not in _WITHOUT_COOKIE:
                with closing(Child()) as child:
                    yield from _weigh(subject, child, provider, counts)


def _weigh(
    subject: Subject, child: Child, provider: HfProvider, counts: Sequence[int]
) -> Iterator[Measurement]:
    """Weigh what differs: who asks no userinfo keeps no organizations."""
    make_scale = partial(Scale, child, subject, build_provider(provider, subject.name))
    for count in counts if subject.asks_userinfo else counts[:2]:
        yield weigh_login(make_scale(), provider, count)
    for count in () if subject.name == OURS_WITHOUT_TOKEN else _ABANDONED:
        yield weigh_abandoned(make_scale(), count)


def weigh_login(scale: Scale, provider: HfProvider, organizations: int) -> Measurement:
    """Weigh the cookie of a login; one above the limit of browsers is sent all the same."""
    figure = SIGNED_IN
    try:
        scale.sign_in(provider, build_person(organizations).username)
    except CookieTooLarge as error:
        figure = SIGNED_IN if error.size else REFUSED
    return _build(figure, describe_login(scale.subject.name, organizations), scale)


def weigh_abandoned(scale: Scale, count: int) -> Measurement:
    """Weigh the cookie of somebody who began logins; it is the last one that a browser got."""
    with suppress(CookieTooLarge):
        for _ in range(count):
            scale.begin_login()
    return _build(ABANDONED, f"{count} begun", scale)


def _build(figure: str, case: str, scale: Scale) -> Measurement:
    return Measurement(
        figure=figure,
        case=case,
        subject=_name(scale.subject),
        unit="bytes",
        values=(scale.size,),
    )


def _name(subject: Subject) -> str:
    """Call both of ours by one name: the case says whether the token is kept."""
    return OURS if subject.name == OURS_WITHOUT_TOKEN else subject.name
