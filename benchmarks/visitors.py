"""Visitors: what a browser sends, and how somebody signs in with it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from .apps import SUBJECTS, Provider, Subject
from .child import Answer, Order

if TYPE_CHECKING:  # a process that runs a peer, and is weighed, must not load this extension
    from flask_hf_oauth.testing import HfProvider

HOST = "127.0.0.1:5000"
COOKIE_LIMIT = 4096  # bytes of name and value that browsers keep, attributes not counted

_BROWSER = {
    "Host": HOST,
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36",
    "Accept-Language": "en-GB,en;q=0.9,de;q=0.8",
    "Accept-Encoding": "gzip, deflate, br, zstd",
}
NAVIGATION = {
    **_BROWSER,
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/apng,*/*;q=0.8",
    "Upgrade-Insecure-Requests": "1",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-User": "?1",
    "Sec-Fetch-Dest": "document",
}
SCRIPT = {
    **_BROWSER,
    "Accept": "application/json",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
}


class CookieTooLarge(Exception):
    """A login whose cookie no browser keeps; `size` is its bytes, 0 where the app refused it."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the cookie has {size} bytes; browsers keep {COOKIE_LIMIT}")
        self.size = size


class Asks(Protocol):
    """Whoever has an app answer: a `Child`, or the process that runs the app itself."""

    def ask(self, order: Order) -> Answer:
        """Have an order carried out."""
        ...


@dataclass(slots=True)
class Visitor:
    """A browser: it keeps cookies, and a child asks the app in its name."""

    child: Asks
    subject: Subject
    provider: Provider
    options: dict[str, object] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def cookie(self) -> str:
        """The Cookie header."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def visit(self, path: str) -> Answer:
        """Ask for a page, and keep its cookies.

        Raises:
            CookieTooLarge: A browser would drop one.
        """
        answer = self.child.ask(
            Order(
                subject=self.subject.name,
                provider=asdict(self.provider),
                options=self.options,
                path=path,
                headers={**NAVIGATION, **({"Cookie": self.cookie} if self.cookies else {})},
            )
        )
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                self._keep(value)
        return answer

    def _keep(self, cookie: str) -> None:
        pair = cookie.partition(";")[0]
        if len(pair) > COOKIE_LIMIT:
            raise CookieTooLarge(len(cookie))
        name, _, value = pair.partition("=")
        self.cookies[name] = value

    def begin_login(self) -> str:
        """Go where a login begins; return where the app sends the browser."""
        return find_header(self.visit(self.subject.login), "Location")

    def sign_in(self, hf_provider: HfProvider, username: str) -> None:
        """Sign in as somebody whom the provider knows.

        Raises:
            CookieTooLarge: The app could not keep this login.
        """
        location = self.begin_login()
        if not location.startswith(hf_provider.url):
            return  # a bare app has let them in
        callback = urlsplit(hf_provider.authorize(location, persona=username))
        answer = self.visit(f"{callback.path}?{callback.query}")
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise CookieTooLarge(0)


def find_header(answer: Answer, wanted: str) -> str:
    """Find a header that an answer must have."""
    return next(value for name, value in answer.headers if name.lower() == wanted.lower())


def build_provider(hf_provider: HfProvider, subject: str) -> Provider:
    """Build the provider as one subject has to be told of it."""
    return Provider(
        url=hf_provider.url,
        client_id=hf_provider.client_id,
        client_secret=hf_provider.client_secret,
        redirect_uri=f"http://{HOST}{SUBJECTS[subject].callback}",
    )
