"""Machines behind a balancer that the tests play: one name for all, and a machine each time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from hosting.documentation import find_blocks
from hosting.servers import Server

from flask_hf_oauth.testing import HfProvider

BALANCER = "127.0.0.1:8000"  # what browsers see; nothing listens there
SIGNED_IN = "demo-free with a token"
NOBODY = "nobody"
OLD_KEY, NEW_KEY = "old-secret-key-of-the-tests", "new-secret-key-of-the-tests"
_MOST_REDIRECTS = 20  # Chromium gives up then
_Result = TypeVar("_Result")
_PATIENCE = 30  # seconds until a browser gives up


COOKIES, SHARED_CACHE, REDIS_SESSIONS = find_blocks("many-machines.md", "python")
MAKE_KEY, COMMAND = find_blocks("many-machines.md", "sh")


class Browser:
    """A browser with its cookies; each request names the machine that the balancer chooses."""

    def __init__(self, provider: HfProvider) -> None:
        self.provider = provider
        self.session = requests.Session()
        self.session.headers.update({"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"})

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_error: object) -> None:
        self.session.close()

    def get(self, machine: Server, url: str) -> requests.Response:
        """Ask one machine for an address of the balancer's."""
        return self._send("GET", machine, url)

    def post(self, machine: Server, url: str) -> requests.Response:
        return self._send("POST", machine, url)

    def _send(self, method: str, machine: Server, url: str) -> requests.Response:
        parts = urlsplit(url)
        assert parts.netloc in {"", BALANCER}, url
        return self.session.request(
            method,
            f"{machine.url}{parts._replace(scheme='', netloc='').geturl()}",
            headers={"Host": BALANCER},
            allow_redirects=False,
            timeout=_PATIENCE,
        )

    def twin(self) -> Browser:
        """Return a browser with the cookies that this one has now."""
        twin = Browser(self.provider)
        twin.session.cookies.update(self.session.cookies)
        return twin

    def begin(self, machine: Server) -> str:
        """Open /login, agree at the provider, and return the address of the callback."""
        answer = self.get(machine, "/login?next=/who")
        assert answer.status_code == 302, answer.text
        return self.provider.authorize(answer.headers["Location"])

    def sign_in(self, machine: Server) -> None:
        answer = self.get(machine, self.begin(machine))
        assert (answer.status_code, answer.headers["Location"]) == (302, "/who"), answer.text

    def open(self, url: str, *machines: Server) -> tuple[requests.Response, list[str]]:
        """Follow a page's redirects over the machines in turn, agreeing at the provider.

        Returns:
            The last answer, and the paths and addresses on the way to it.
        """
        redirects: list[str] = []
        for machine in islice(cycle(machines), _MOST_REDIRECTS):
            answer = self.get(machine, url)
            if answer.status_code != 302:
                return answer, redirects
            url = answer.headers["Location"]
            redirects.append(url.partition("?")[0])
            if url.startswith(self.provider.url):
                url = self.provider.authorize(url)
        raise AssertionError(redirects)

    def name(self, machine: Server) -> str:
        """Return who is signed in there."""
        return self.get(machine, "/who").text

    def cookie(self) -> str | None:
        return self.session.cookies.get("session")


def error_code(answer: requests.Response) -> str:
    """Return the stable code that stands on an error page."""
    found = re.search(r"Error code: (\w+)", answer.text)
    assert found is not None, answer.text
    return found[1]


def count_token_requests(provider: HfProvider) -> int:
    return sum(request.endpoint == "token" for request in provider.requests)


@contextmanager
def during_the_exchange(
    provider: HfProvider, act: Callable[[], _Result]
) -> Iterator[list[_Result]]:
    """Do something when the provider has taken a code, before the machine gets its answer."""
    results: list[_Result] = []

    def answer(tokens: object) -> object:
        results.append(act())
        return tokens

    provider.change("token_response", answer)
    yield results
    provider.heal()
