"""The way to the provider: pooled connections, one deadline, bounded answers, no memory.

Connections are shared between logins, and there is no session: requests go straight to the pool,
where nobody keeps cookies, follows redirects or reads ``.netrc``.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as PoolTimeoutError

from ..errors import LoginBusy, LoginError, ProviderError, ProviderTimeout, ProviderUnavailable
from .answers import check_available
from .watch import PooledAdapter

#: Bytes of an answer, headers and framing included; the largest honest one, userinfo with hundreds
#: of organizations, has 200 kB.
MAX_ANSWER = 1_000_000
_CHUNK = 16_384
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "flask-hf-oauth",
}
# What a line can end with; RuntimeError: the machine has no thread left for the watch.
_FAILURES = (requests.RequestException, HTTPError, OSError, ValueError, RuntimeError)


class Deadline:
    """The moment, in seconds of the monotonic clock, by which everything must be over."""

    def __init__(self, seconds: float) -> None:
        """Begin to count now."""
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds that are left.

        Raises:
            ProviderTimeout: None are left.
        """
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise ProviderTimeout("the deadline for the whole exchange is over")
        return seconds


def _read(response: requests.Response) -> bytes:
    # RFC 9110 section 15.2: the final answer would follow, and be read as that to the next request.
    if response.status_code < HTTPStatus.OK:
        response.raw.close()
        raise ProviderError(f"{response.url} answered with status {response.status_code}")
    # A few bytes of nested gzip would unfold to gigabytes in one call; none is asked for either.
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        response.raw.close()
        detail = f"{response.url} answered compressed, though none was asked for"
        raise ProviderError(detail, error_code="provider_encoding")
    return b"".join(response.raw.stream(_CHUNK, decode_content=False))


def _translate(error: Exception, url: str | None) -> LoginError:
    """Turn what the transport raised into ours; its own text could name a proxy's password."""
    cause = type(error).__name__
    if isinstance(error, (requests.Timeout, PoolTimeoutError, TimeoutError)):
        return ProviderTimeout(f"{url}: no answer in time ({cause})")
    return ProviderUnavailable(f"{url}: the connection failed ({cause})")


class NoAuth(AuthBase):
    """No credentials; an explicit object, or requests would look into ``.netrc``."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Leave the request as it is."""
        return request


class BearerAuth(AuthBase):
    """An access token (RFC 6750 section 2.1)."""

    def __init__(self, access_token: str) -> None:
        """Keep the token for one request."""
        self._access_token = access_token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the Authorization header."""
        request.headers["Authorization"] = f"Bearer {self._access_token}"
        return request


class Exchange:
    """One login's conversation with the provider, from discovery to userinfo."""

    def __init__(self, pool: PooledAdapter, timeout: tuple[float, float], seconds: float) -> None:
        """Begin to count the deadline, in seconds."""
        self._timeout = timeout
        self.deadline = Deadline(seconds)
        self._pool = pool

    def shortened(self) -> Exchange:
        """Return a third of the time that is left, for something that the login can do without."""
        return Exchange(self._pool, self._timeout, self.deadline.remaining() / 3)

    def send(
        self, method: str, url: str, auth: AuthBase, form: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Ask the provider, with credentials or an explicit :class:`NoAuth`.

        Raises:
            ProviderUnavailable: The provider is down, overloaded or out of reach.
            ProviderTimeout: The provider or the deadline.
            ProviderError: A redirect, a compressed answer, or more than 1 MB.
        """
        request = requests.PreparedRequest()
        request.prepare(method, url, headers=_HEADERS, data=form, auth=auth)
        connect, read = self._timeout
        left = self.deadline.remaining()
        response = self._talk(request, (min(connect, left), min(read, left)), left)
        if isinstance(response, LoginError):
            raise response  # out here, or the transport's own error and its request hang on it
        if response.is_redirect:
            detail = f"{request.url} answered with a redirect"
            raise ProviderError(detail, error_code="provider_redirect")
        return check_available(response)

    def _talk(
        self, request: requests.PreparedRequest, timeout: tuple[float, float], seconds: float
    ) -> requests.Response | LoginError:
        """Send and read, within so many seconds; return what a broken line came to.

        Raises:
            ProviderError: An interim or a compressed answer.
        """
        outcome: requests.Response | LoginError
        watch = self._pool.watch(seconds, MAX_ANSWER)
        try:
            with watch:
                outcome = self._pool.ask(request, timeout)
                outcome.raw = io.BytesIO(_read(outcome))
        except _FAILURES as error:
            outcome = _translate(error, request.url)
        if watch.is_flooded:
            detail = f"{request.url} answered with more than 1 MB"
            return ProviderError(detail, error_code="provider_too_large")
        if watch.is_over:  # a cut line ends like a whole answer that has no Content-Length
            return _translate(TimeoutError(), request.url)
        return outcome

    def fetch(self, url: str, auth: AuthBase | None = None) -> requests.Response:
        """Get a document; raises what :meth:`send` raises."""
        return self.send("GET", url, auth or NoAuth())


class Transport:
    """The pool of one app, and the bulkhead before it.

    Args:
        timeout: Seconds to connect, and seconds to wait for a byte.
        deadline: Seconds for a whole exchange.
        max_exchanges: How many exchanges may run at a time; one more waits ``patience`` seconds.
    """

    patience = 1.0

    def __init__(
        self, *, timeout: tuple[float, float], deadline: float, max_exchanges: int
    ) -> None:
        """Open nothing yet."""
        self._timeout = timeout
        self._deadline = deadline
        self._pool = PooledAdapter(pool_maxsize=max_exchanges)
        self._places = threading.BoundedSemaphore(max_exchanges)
        self._hangs = False

    @contextmanager
    def exchange(self) -> Iterator[Exchange]:
        """Take a place and talk.

        While the provider hangs nobody waits: those who wait hold the threads of the other pages.

        Raises:
            LoginBusy: All places stay taken for a second, or did so for the one before.
        """
        exchange = Exchange(self._pool, self._timeout, self._deadline)  # the wait counts too
        if not self._places.acquire(timeout=0 if self._hangs else self.patience):
            self._hangs = True
            raise LoginBusy("all exchanges with the provider are taken")
        hangs = False
        try:
            yield exchange
        except ProviderTimeout:
            hangs = True
            raise
        finally:
            self._hangs = hangs  # whatever else ends an exchange shows that the provider answers
            self._places.release()

    def close(self) -> None:
        """Close the connections that are kept."""
        self._pool.close()
