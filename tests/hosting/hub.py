"""The Hub's proxy before a Space: it ends TLS, and keeps the name that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from person import Answer, request


@dataclass(kw_only=True)
class HubProxy:
    """What a person's requests go through.

    Attributes:
        hosts: The names of the Space.
        port: Where it listens now.
    """

    hosts: tuple[str, ...]
    port: int = 0

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], fields: Mapping[str, str] | None
    ) -> Answer:
        parts = urlsplit(url)
        assert (parts.scheme, parts.netloc in self.hosts) == ("https", True), url
        inside = parts._replace(scheme="http", netloc=f"127.0.0.1:{self.port}").geturl()
        told = {"Host": parts.netloc, "X-Forwarded-Proto": "https"}
        return replace(request(method, inside, {**headers, **told}, fields), url=url)
