"""A provider at a distance: the embedded one, in its own process, behind the delaying proxy."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_hf_oauth.testing import HfProvider

from .delays import PATIENCE, listen, run_child, run_proxy
from .tls import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from flask_hf_oauth.testing import Persona

    from .delays import Counters
    from .tls import Certificates

_CODE_LIFETIME = 600  # seconds; codes may be fetched long before the callbacks that are measured


class _HiddenProvider(HfProvider):
    """The embedded provider, whose issuer is the address of the proxy in front of it."""

    def __init__(self, public_url: str, persona: Persona) -> None:
        super().__init__(personas=[persona], code_lifetime=_CODE_LIFETIME)
        self._public_url = public_url

    @property
    def url(self) -> str:
        """The address that apps know, and that stands in tokens."""
        return self._public_url

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, over http."""
        return HOST, int(super().url.rpartition(":")[2])


@dataclass(frozen=True, slots=True)
class _Started:
    """What the provider's process tells once it listens."""

    address: tuple[str, int]
    client_id: str
    client_secret: str


def _run_provider(public_url: str, persona: Persona, line: Connection) -> None:
    """Be the provider's process, and the person's."""
    provider = _HiddenProvider(public_url, persona)
    with provider, suppress(EOFError):
        line.send(_Started(provider.address, provider.client_id, provider.client_secret))
        while True:
            line.send(provider.authorize(line.recv(), persona))


class Authorizer:
    """A person who agrees to whatever an app asks for, at a provider in another process."""

    def __init__(self, line: Connection) -> None:
        self._line = line
        self._lock = threading.Lock()

    def authorize(self, authorization_url: str) -> str:
        """Turn an authorization URL into the callback URL, as `HfProvider.authorize` does."""
        with self._lock:
            self._line.send(authorization_url)
            return str(_receive(self._line))


def _receive(line: Connection) -> Any:  # noqa: ANN401 - whatever the other end sends
    """Wait for an answer.

    Raises:
        TimeoutError: There is none.
    """
    if not line.poll(PATIENCE):
        raise TimeoutError("the embedded provider does not answer")
    return line.recv()


@dataclass(frozen=True, slots=True, kw_only=True)
class DistantProvider:
    """A provider behind the proxy.

    Attributes:
        url: The issuer, over https.
        client_id: The app that is registered there.
        client_secret: Its secret.
        certificates: What has to be trusted.
        person: Who agrees.
        counters: What came by, and how long it waits.
    """

    url: str
    client_id: str
    client_secret: str
    certificates: Certificates
    person: Authorizer
    counters: Counters

    def delay(self, *, connection: float, request: float) -> None:
        """Say how many seconds each new connection and each request takes from now on."""
        self.counters.connection_delay.value = connection
        self.counters.request_delay.value = request


@contextmanager
def run_distant_provider(certificates: Certificates, persona: Persona) -> Iterator[DistantProvider]:
    """Run the embedded provider and the proxy in front of it."""
    with listen() as listener:
        url = f"https://{HOST}:{listener.getsockname()[1]}"
        with run_child(_run_provider, url, persona) as line:
            started: _Started = _receive(line)
            with run_proxy(listener, certificates, started.address) as counters:
                yield DistantProvider(
                    url=url,
                    client_id=started.client_id,
                    client_secret=started.client_secret,
                    certificates=certificates,
                    person=Authorizer(line),
                    counters=counters,
                )
