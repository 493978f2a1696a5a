"""The ways on that an error page shows."""

from __future__ import annotations

import re
from html import unescape

from werkzeug.test import TestResponse

_LINK = re.compile(r'<li><a class="\w+" href="([^"]+)"[^>]*>([^<]+)')


def find_actions(page: TestResponse) -> list[tuple[str, str]]:
    """List what stands on the buttons of a page, and where they lead."""
    return [(label, unescape(url)) for url, label in _LINK.findall(page.text)]


def find_way_on(page: TestResponse) -> str:
    """Return where the first button of a page leads."""
    return find_actions(page)[0][1]
