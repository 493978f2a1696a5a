"""Where a tab is led to: each redirect counts, so that a loop shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request


@contextmanager
def noting_navigations(page: Page) -> Iterator[list[str]]:
    """List what a tab and its frames ask for as a page: "GET /login"."""
    noted: list[str] = []

    def note(request: Request) -> None:
        if request.is_navigation_request():
            noted.append(f"{request.method} {urlsplit(request.url).path}")

    page.on("request", note)
    yield noted
    page.remove_listener("request", note)
