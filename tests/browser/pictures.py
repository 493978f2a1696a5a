"""Pictures of pages, for people: HF_OAUTH_SCREENSHOTS names the folder that they are kept in.

Nothing compares them; without the variable none is taken.
"""

from __future__ import annotations

import os
from base64 import b64encode
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
COMPOSITION = """<style>
  body {{ margin: 0; }}
  img {{ display: block; }}
  .front {{ position: absolute; right: 36px; bottom: 28px; height: 560px; border-radius: 22px;
    border: 7px solid #0d1017; box-shadow: 0 18px 50px rgb(0 0 0 / 45%); }}
</style><img src="{back}" alt=""><img class="front" src="{front}" alt="">"""


def find_folder() -> Path | None:
    """Return where pictures go, or None."""
    folder = os.environ.get(FOLDER)
    return Path(folder) if folder else None


def show_looks(page: Page) -> Iterator[str]:
    """Show a page on a phone and on a desktop, light and dark, and name each look."""
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no color in between
            yield f"{size}-{scheme}"


def keep_pictures(page: Page, name: str) -> None:
    """Keep the whole page in each of its looks, if anybody wants pictures."""
    folder = find_folder()
    if folder is None:
        return
    for look in show_looks(page):
        _stretch(page)
        page.screenshot(path=folder / f"{name}-{look}.png")


def _stretch(page: Page) -> None:
    """Make the window as high as the page: what sticks to its end then stands at its end."""
    size = page.viewport_size or SIZES["desktop"]
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": height})


def compose(page: Page, back: bytes, front: bytes) -> bytes:
    """Lay a phone's picture over a corner of a desktop's, and take a picture of both."""
    page.set_viewport_size(SIZES["desktop"])
    page.set_content(COMPOSITION.format(back=_build_data_url(back), front=_build_data_url(front)))
    return page.screenshot()


def _build_data_url(picture: bytes) -> str:
    return f"data:image/png;base64,{b64encode(picture).decode()}"
