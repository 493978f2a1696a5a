"""A person in a browser, who signs in over HTTP: as cheap as it can be, and timed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from types import TracebackType
from urllib.parse import urlsplit

from .distance import Authorizer
from .serving import Site
from .tls import HOST
from .visitors import NAVIGATION

AUTHORIZE = "/oauth/authorize"  # at the provider
_PATIENCE = 60  # seconds for an answer; the first one waits for the app to be loaded


class LoginFailed(Exception):
    """An app has not signed anybody in: there is nothing to measure."""


@dataclass(frozen=True, slots=True)
class LoginUnderWay:
    """A login whose person has agreed already: the app has a code to come."""

    callback: str
    cookies: dict[str, str] = field(default_factory=dict)


class Browser:
    """A browser on one connection, which begins every login without cookies; a context manager."""

    def __init__(self, site: Site, person: Authorizer) -> None:
        self._site = site
        self._person = person
        self._line = HTTPConnection(HOST, site.port, timeout=_PATIENCE)
        self._headers = {**NAVIGATION, "Host": f"{HOST}:{site.port}"}

    def __enter__(self) -> Browser:
        """Open nothing yet."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self._line.close()

    def begin_login(self) -> LoginUnderWay:
        """Go where a login begins, and agree at the provider."""
        cookies: dict[str, str] = {}
        location = self._follow(self._site.subject.login, cookies)
        callback = urlsplit(self._person.authorize(location))
        return LoginUnderWay(f"{callback.path}?{callback.query}", cookies)

    def complete_login(self, login: LoginUnderWay) -> float:
        """Bring the code back; return the seconds until the app has answered.

        Raises:
            LoginFailed: It answered an error, or sends the person away to sign in again.
        """
        begin = time.perf_counter()
        location = self._follow(login.callback, login.cookies)
        seconds = time.perf_counter() - begin
        if urlsplit(location).path in {self._site.subject.login, AUTHORIZE}:
            raise LoginFailed(f"{self._site.subject.name}: the login begins anew")
        return seconds

    def check_login(self, login: LoginUnderWay, name: str) -> None:
        """See whether the app knows who has signed in.

        Raises:
            LoginFailed: It does not.
        """
        status, _location, text = self._visit("/private", login.cookies)
        if status != HTTPStatus.OK or name not in text:
            raise LoginFailed(f"{self._site.subject.name}: /private answered {status}: {text}")

    def _follow(self, path: str, cookies: dict[str, str]) -> str:
        status, location, text = self._visit(path, cookies)
        if location is None:
            page = path.partition("?")[0]
            raise LoginFailed(f"{self._site.subject.name}: {page} answered {status}: {text}")
        return location

    def _visit(self, path: str, cookies: dict[str, str]) -> tuple[int, str | None, str]:
        """Ask for a page, and keep its cookies, however long they are."""
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self._line.request("GET", path, headers={**self._headers, "Cookie": cookie})
        answer = self._line.getresponse()
        text = answer.read().decode(errors="replace")[:500]
        for header in answer.headers.get_all("Set-Cookie", []):
            name, _, value = header.partition(";")[0].partition("=")
            cookies[name] = value
        return answer.status, answer.headers["Location"], text
