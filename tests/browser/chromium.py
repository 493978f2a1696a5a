"""How Chromium is started: for all tests at once, and without cookies for a few."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from requirements_gate import require_program

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE *localhost",
)
_BLOCKED = 2  # Chromium's number for a content setting that says no
_NO_COOKIES = {"profile": {"default_content_setting_values": {"cookies": _BLOCKED}}}


def open_without_cookies(browser: Browser, folder: Path) -> BrowserContext:
    """Start a Chromium whose owner lets no site keep anything; a private context can't say so.

    Args:
        browser: Any browser of the same kind.
        folder: An empty folder, for the profile.
    """
    preferences = folder / "Default" / "Preferences"
    preferences.parent.mkdir()
    preferences.write_text(json.dumps(_NO_COOKIES), encoding="utf-8")
    return browser.browser_type.launch_persistent_context(
        folder, executable_path=require_program("browser"), args=list(ARGUMENTS)
    )
