"""What Chromium complains about while a test looks at the page: nothing, in a test that passes."""

from __future__ import annotations

from collections.abc import Iterator
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
def open_context(browser: Browser, **options: Any) -> Iterator[BrowserContext]:
    """Open a fresh context; when it closes, Chromium must not have complained."""
    context = browser.new_context(**options)
    context.set_default_timeout(30_000)  # milliseconds
    watch = Watch(context)
    yield context
    context.close()
    assert watch.complaints == []
