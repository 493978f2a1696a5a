"""A provider whose lines break: between its answer and us, or before anybody listens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from security.broken_lines import Line
from werkzeug import Request

from flask_hf_oauth.testing import HfProvider
from flask_hf_oauth.testing.answers import Answer
from flask_hf_oauth.testing.endpoints import Endpoints
from flask_hf_oauth.testing.realm import Realm
from flask_hf_oauth.testing.server import ProviderServer

_ADDRESSES = {"keys": "jwks_uri", "token": "token_endpoint", "userinfo": "userinfo_endpoint"}


class _BrokenEndpoints(Endpoints):
    """Does what it is asked to, and loses the answer on the way."""

    def __init__(self, realm: Realm) -> None:
        super().__init__(realm)
        self.lines: dict[str, Line] = {}

    def _answer_protocol(
        self, endpoint: str, request: Request, values: Mapping[str, str]
    ) -> Answer:
        answer = super()._answer_protocol(endpoint, request, values)
        answer.transmission = self.lines.get(endpoint)
        return answer


class BrokenProvider(HfProvider):
    """A provider with a line to each endpoint that can be broken, and mended."""

    _endpoints: _BrokenEndpoints

    def __init__(self) -> None:
        super().__init__()
        self._endpoints = _BrokenEndpoints(self._realm)
        self._door: ProviderServer | None = None

    def break_line(self, endpoint: str, line: Line | None) -> None:
        """Send the answers of an endpoint in another way.

        Args:
            endpoint: "discovery", "keys", "token", "userinfo".
            line: How; None: nobody listens there any more.
        """
        if line is not None:
            self._endpoints.lines[endpoint] = line
        elif endpoint == "discovery":
            super().stop()
        else:
            self._close_door(endpoint)

    def mend(self) -> None:
        """Send all answers as they should be, at the addresses where they were asked for."""
        self._endpoints.lines.clear()
        self.start()
        if self._door is not None:
            self._door = self._build_door(self._door.port)
            self._door.start()

    def stop(self) -> None:
        super().stop()
        if self._door is not None and self._door._acceptor.is_alive():
            self._door.stop()

    def count(self, endpoint: str) -> int:
        """Count the requests that reached an endpoint."""
        return sum(request.endpoint == endpoint for request in self.requests)

    def _close_door(self, endpoint: str) -> None:
        """Let discovery name an address of its own for an endpoint, where nobody listens yet."""
        self._door = self._build_door(0)
        self._door.server_close()
        name, url = _ADDRESSES[endpoint], f"http://127.0.0.1:{self._door.port}"
        self.change(
            "discovery", lambda true: {**true, name: true[name].replace(true["issuer"], url)}
        )

    def _build_door(self, port: int) -> ProviderServer:
        return ProviderServer("127.0.0.1", port, self._endpoints.answer)


def run_broken_provider() -> Iterator[BrokenProvider]:
    """Run one for a test, as the fixture that a module makes of this."""
    provider = BrokenProvider()
    with provider:
        yield provider
