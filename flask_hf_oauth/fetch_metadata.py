"""What kind of request this is: a page, data, a fragment; from here or from another site.

Browsers say so in the Fetch Metadata headers (W3C, ``Sec-Fetch-*``), which no page can forge. A
browser too old to send them is believed.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import Enum

from flask import Request

from .here import this_request

# What anybody writes into an Accept header who wants JSON before a page; a browser never does.
_MAY_MEAN_JSON = re.compile(r"json|application/\*", re.IGNORECASE)
_PAGES = frozenset({"document", "iframe", "frame"})
_FRAMES = frozenset({"iframe", "frame", "embed", "object"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # RFC 9110 section 9.2.1


class Answer(Enum):
    """What the sender of a request can make use of."""

    PAGE = "page"
    DATA = "data"
    FRAGMENT = "fragment"


def wanted_answer() -> Answer:
    """Tell what to answer: a page to a navigation, JSON to a script, headers to htmx."""
    request = this_request()
    headers = request.headers
    if headers.get("HX-Request") == "true":
        return Answer.FRAGMENT
    if headers.get("Sec-Fetch-Mode", "navigate") != "navigate" or _prefers_json(request):
        return Answer.DATA
    if headers.get("X-Requested-With") == "XMLHttpRequest" or request.is_json:
        return Answer.DATA
    return Answer.PAGE


def _prefers_json(request: Request) -> bool:
    if not _MAY_MEAN_JSON.search(request.headers.get("Accept", "")):
        return False
    accepted = request.accept_mimetypes
    return accepted.best_match(["text/html", "application/json"]) == "application/json"


def is_boosted_by_htmx() -> bool:
    """Tell whether htmx follows a link of the page as if the browser did (hx-boost)."""
    return this_request().headers.get("HX-Boosted") == "true"


def is_navigation() -> bool:
    """Tell whether a person opens this as a page: GET, not ahead of time, not as part of a page."""
    request = this_request()
    if request.method != "GET" or "prefetch" in _purposes(request):
        return False
    dest = request.headers.get("Sec-Fetch-Dest", "document")
    return wanted_answer() is Answer.PAGE and dest in _PAGES


def _purposes(request: Request) -> str:
    """Join what browsers of several ages say of a prefetch (and of a prerender, likewise)."""
    names = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
    said = " ".join(request.headers.get(name, "") for name in names).lower()
    return said.replace("prerender", "prefetch").replace("preview", "prefetch")


def is_framed() -> bool:
    """Tell whether this page is loaded into a frame."""
    return this_request().headers.get("Sec-Fetch-Dest", "") in _FRAMES


def is_from_this_page() -> bool:
    """Tell whether a page of this very origin leads here; without the header nobody knows."""
    return this_request().headers.get("Sec-Fetch-Site") == "same-origin"


def is_from_another_site() -> bool:
    """Tell whether another site leads here, on whatever way."""
    return this_request().headers.get("Sec-Fetch-Site") == "cross-site"


def is_cross_site(trusted_origins: Collection[str] = ()) -> bool:
    """Tell whether another origin sent an unsafe request.

    The rules of Go's ``http.CrossOriginProtection``: Sec-Fetch-Site decides, else Origin against
    Host; a request with neither comes from no browser and carries nobody's cookies.
    """
    request = this_request()
    if request.method in SAFE_METHODS and not _is_handshake(request):
        return False
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin", "")
    if site in {"same-origin", "none"}:
        return False
    if site is None and (not origin or _is_own_origin(origin)):
        return False
    return origin.lower() not in trusted_origins


def _is_handshake(request: Request) -> bool:
    """Tell whether this opens a WebSocket, a GET that any site can send (RFC 6455 section 10.2)."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


def _is_own_origin(origin: str) -> bool:
    scheme, _separator, host = origin.lower().partition("://")
    return scheme in {"http", "https"} and host == this_host() != ""


def this_host() -> str:
    """Return host and port of this request; werkzeug leaves out what it finds strange (my_app)."""
    request = this_request()
    return (request.host or request.headers.get("Host", "")).lower()


def is_preflight() -> bool:
    """Tell whether this is a real CORS preflight, which never carries cookies."""
    request = this_request()
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
