"""A person at a browser, in front of whatever stands before an app: redirects and cookies.

Of a browser's rules these are kept: a cookie belongs to one host; a Secure one lives over https
alone; a SameSite=Strict one stays back when another site's page began the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from werkzeug.datastructures import Headers

from flask_hf_oauth.testing import HfProvider

_PATIENCE = 12  # addresses on one way; Chromium gives up after 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back from an app."""

    url: str
    status: int
    headers: Headers
    text: str

    @property
    def location(self) -> str | None:
        """Where it leads, as a browser resolves it."""
        location = self.headers.get("Location")
        return None if location is None else urljoin(self.url, location)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """One cookie, and its flags in lower case."""

    value: str
    flags: frozenset[str]

    @property
    def is_over(self) -> bool:
        """Whether the browser shall forget it."""
        return "max-age=0" in self.flags


#: Takes the method, the address, headers and form fields of one request.
Send: TypeAlias = Callable[[str, str, Mapping[str, str], Mapping[str, str] | None], Answer]


def request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    fields: Mapping[str, str] | None,
    *,
    verify: str | bool = True,
) -> Answer:
    """Send a request over the network, and follow no redirect."""
    response = requests.request(
        method, url, headers=headers, data=fields, verify=verify, allow_redirects=False, timeout=20
    )
    return Answer(
        url=url,
        status=response.status_code,
        headers=Headers(list(response.raw.headers.items())),
        text=response.text,
    )


class Person:
    """Opens pages, and agrees to whatever the provider asks.

    Attributes:
        persona: Who they are at the provider.
        visited: Every address, the provider's too, in the order of the visits.
    """

    def __init__(self, send: Send, provider: HfProvider) -> None:
        self._send = send
        self._provider = provider
        self._has_agreed = False
        self._cookies: dict[tuple[str, str], Cookie] = {}
        self.persona = "demo-free"
        self.visited: list[str] = []

    def open(self, url: str, *, referer: str | None = None) -> Answer:
        """Follow all redirects from an address; fail the test when they do not end.

        Args:
            url: The address.
            referer: The page of the same site whose link this is; typed in, when left out.
        """
        linked = {"Referer": referer, "Sec-Fetch-Site": "same-origin"} if referer else {}
        return self._walk("GET", url, linked, None)

    def send(self, url: str, **fields: str) -> Answer:
        """Send a form of the same site, and follow all redirects."""
        return self._walk("POST", url, {"Sec-Fetch-Site": "same-origin"}, fields)

    def cookie(self, url: str, name: str = "session") -> Cookie:
        return self._cookies[_host(url), name]

    def _walk(
        self, method: str, url: str, linked: Mapping[str, str], fields: Mapping[str, str] | None
    ) -> Answer:
        is_foreign = False
        for _ in range(_PATIENCE):
            self.visited.append(url)
            if url.startswith(self._provider.url):
                # The click on "Agree" begins the way anew; who has agreed is sent straight back.
                is_foreign, self._has_agreed = is_foreign or not self._has_agreed, True
                url, linked = self._provider.authorize(url, self.persona), {}
                continue
            cookies = self._build_cookies(url, is_foreign=is_foreign)
            answer = self._send(method, url, {**linked, **cookies}, fields)
            for header in answer.headers.getlist("Set-Cookie"):
                self._keep(url, header)
            if answer.location is None:
                return answer
            method, url, fields = "GET", answer.location, None
        pytest.fail("The redirects have no end:\n" + "\n".join(self.visited))

    def _build_cookies(self, url: str, *, is_foreign: bool) -> dict[str, str]:
        sent = "; ".join(
            f"{name}={cookie.value}"
            for (host, name), cookie in self._cookies.items()
            if host == _host(url) and _may_be_sent(cookie, url, is_foreign=is_foreign)
        )
        return {"Cookie": sent} if sent else {}

    def _keep(self, url: str, header: str) -> None:
        pair, *attributes = header.split(";")
        name, _, value = pair.partition("=")
        cookie = Cookie(value=value, flags=frozenset(flag.strip().lower() for flag in attributes))
        if "secure" in cookie.flags and not url.startswith("https:"):
            return
        self._cookies[_host(url), name] = cookie
        if cookie.is_over:
            del self._cookies[_host(url), name]


def _may_be_sent(cookie: Cookie, url: str, *, is_foreign: bool) -> bool:
    if "secure" in cookie.flags and not url.startswith("https:"):
        return False
    return not (is_foreign and "samesite=strict" in cookie.flags)


def _host(url: str) -> str:
    """Return the host alone: cookies do not know ports."""
    return urlsplit(url).hostname or ""
