"""What Chromium complains about while a test looks at the page: nothing, in a test that passes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Request


@dataclass  # without slots: Playwright keeps its handlers on the object
class Watch:
    """What Chromium reports of one context: violated policies, script errors, missing files.

    That a page itself was answered with an error is no complaint: error pages are.
    """

    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    _pages: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin."""
        self.context.on("request", self._note_page)
        self.context.on("console", self._note_message)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _note_page(self, request: Request) -> None:
        if request.is_navigation_request():
            self._pages.add(request.url)

    def _note_message(self, message: ConsoleMessage) -> None:
        is_status = message.text.startswith("Failed to load resource: the server responded")
        if is_status and message.location["url"] in self._pages:
            return
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.location['url']}: {message.text}")


@contextmanager
def open_context(
    browser: Browser, excused: Collection[str] = (), **options: Any
) -> Iterator[BrowserContext]:
    """Open a fresh context; when it closes, Chromium must not have complained.

    Args:
        browser: The browser.
        excused: Patterns of complaints that belong to what is tested.
        options: Playwright's.
    """
    with watching(browser.new_context(**options), excused) as context:
        yield context


@contextmanager
def watching(context: BrowserContext, excused: Collection[str] = ()) -> Iterator[BrowserContext]:
    """Watch a context, and close it; see `open_context`."""
    context.set_default_timeout(30_000)  # milliseconds
    watch = Watch(context)
    yield context
    context.close()
    complaints = [text for text in watch.complaints if not _is_any(excused, text)]
    assert complaints == [], complaints  # pytest shows no values here, outside of the tests


def _is_any(patterns: Collection[str], text: str) -> bool:
    return any(re.search(pattern, text) for pattern in patterns)
