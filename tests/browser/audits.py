"""Questions to a page that is open: what a reader would stumble over."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Frame, Page

_FOLDER = Path(__file__).parent
_LABELS = (_FOLDER / "labels.js").read_text(encoding="utf-8")
_CONTRAST = (_FOLDER / "contrast.js").read_text(encoding="utf-8")
_BRIGHTNESS = """() => {
    const color = getComputedStyle(document.body).backgroundColor;
    return Math.max(...color.match(/\\d+/g).slice(0, 3).map(Number)) / 255;
}"""


def find_unlabelled(page: Page | Frame) -> list[str]:
    """List what cannot be understood without seeing the page."""
    return list(page.evaluate(_LABELS))


def find_faint(page: Page | Frame) -> list[str]:
    """List texts that are hard to tell from what is behind them."""
    return list(page.evaluate(_CONTRAST))


def measure_brightness(page: Page) -> float:
    """Return how bright the page itself is, from 0 to 1."""
    return float(page.evaluate(_BRIGHTNESS))


def measure_overflow(page: Page | Frame) -> int:
    """Return by how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
