"""Pictures of pages, for people: HF_OAUTH_SCREENSHOTS names the folder that they are kept in.

Nothing compares them; without the variable none is taken.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, ViewportSize

FOLDER = "HF_OAUTH_SCREENSHOTS"
SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 360, "height": 740},
    "desktop": {"width": 1280, "height": 800},
}
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def find_folder() -> Path | None:
    """Return where pictures go, or None."""
    folder = os.environ.get(FOLDER)
    return Path(folder) if folder else None


def show_looks(page: Page) -> Iterator[str]:
    """Show a page on a phone and on a desktop, light and dark, and name each look."""
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            yield f"{size}-{scheme}"


def keep_pictures(page: Page, name: str) -> None:
    """Keep the whole page in each of its looks, if anybody wants pictures."""
    folder = find_folder()
    if folder is None:
        return
    for look in show_looks(page):
        page.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
