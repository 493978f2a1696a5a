"""Browsers: who is signed in at the provider, in which browser."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """One browser's session at the provider.

    Attributes:
        sub: Who is signed in; None: nobody.
        id: What its cookie holds.
        form_token: What its forms carry; a page of another site cannot know it.
    """

    sub: str | None = None
    id: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    form_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def accepts_form(self, form_token: str) -> bool:
        """Say whether a form came from one of this browser's own pages."""
        return hmac.compare_digest(self.form_token.encode(), form_token.encode())


class Browsers:
    """The browsers that have shown up."""

    def __init__(self) -> None:
        self._by_id: dict[str, Browser] = {}

    def find(self, browser_id: str | None) -> Browser | None:
        """Find a browser by its cookie."""
        return self._by_id.get(browser_id or "")

    def find_by_form(self, form_token: str) -> Browser | None:
        """Find a browser by what its forms carry."""
        browsers = list(self._by_id.values())  # at once: other threads open more
        return next((each for each in browsers if each.accepts_form(form_token)), None)

    def open(self) -> Browser:
        """Open a session."""
        return self._keep(Browser())

    def reopen(self, browser: Browser, sub: str) -> Browser:
        """Sign a browser in, under a new id against session fixation; its other tabs go on."""
        self.close(browser)
        return self._keep(Browser(sub=sub, form_token=browser.form_token))

    def _keep(self, browser: Browser) -> Browser:
        self._by_id[browser.id] = browser
        return browser

    def close(self, browser: Browser) -> None:
        """End a session."""
        self._by_id.pop(browser.id, None)
