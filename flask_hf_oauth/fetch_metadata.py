"""What kind of request this is: a page, data, a fragment; from here or from another site.

Browsers say so in the Fetch Metadata headers (W3C, ``Sec-Fetch-*``), which no page can forge. A
browser too old to send them is believed.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

from flask import request

_PAGES = frozenset({"document", "iframe", "frame"})
_FRAMES = frozenset({"iframe", "frame", "embed", "object"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # RFC 9110 section 9.2.1


class Answer(Enum):
    """What the sender of a request can make use of."""

    PAGE = "page"
    DATA = "data"
    FRAGMENT = "fragment"


def wanted_answer() -> Answer:
    """Tell what to answer: a page to a navigation, JSON to a script, headers to htmx."""
    headers = request.headers
    if headers.get("HX-Request") == "true":
        return Answer.FRAGMENT
    if headers.get("Sec-Fetch-Mode", "navigate") != "navigate" or _prefers_json():
        return Answer.DATA
    if headers.get("X-Requested-With") == "XMLHttpRequest" or request.is_json:
        return Answer.DATA
    return Answer.PAGE


def _prefers_json() -> bool:
    accepted = request.accept_mimetypes
    return accepted.best_match(["text/html", "application/json"]) == "application/json"


def is_navigation() -> bool:
    """Tell whether a person opens this as a page: GET, not ahead of time, not as part of a page."""
    if request.method != "GET" or "prefetch" in _purposes():
        return False
    dest = request.headers.get("Sec-Fetch-Dest", "document")
    return wanted_answer() is Answer.PAGE and dest in _PAGES


def _purposes() -> str:
    """Join what browsers of several ages say of a prefetch (and of a prerender, likewise)."""
    names = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
    said = " ".join(request.headers.get(name, "") for name in names).lower()
    return said.replace("prerender", "prefetch").replace("preview", "prefetch")


def is_framed() -> bool:
    """Tell whether this page is loaded into a frame."""
    return request.headers.get("Sec-Fetch-Dest", "") in _FRAMES


def is_from_this_page() -> bool:
    """Tell whether a page of this very origin leads here; without the header nobody knows."""
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def is_from_another_site() -> bool:
    """Tell whether another site leads here, on whatever way."""
    return request.headers.get("Sec-Fetch-Site") == "cross-site"


def is_cross_site(trusted_origins: Collection[str] = ()) -> bool:
    """Tell whether another origin sent an unsafe request.

    The rules of Go's ``http.CrossOriginProtection``: Sec-Fetch-Site decides, else Origin against
    Host; a request with neither comes from no browser and carries nobody's cookies.
    """
    if request.method in _SAFE_METHODS:
        return False
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin", "")
    if site in {"same-origin", "none"}:
        return False
    if site is None and (not origin or _is_own_origin(origin)):
        return False
    return origin.lower() not in trusted_origins


def _is_own_origin(origin: str) -> bool:
    scheme, _separator, host = origin.lower().partition("://")
    return scheme in {"http", "https"} and host == this_host() != ""


def this_host() -> str:
    """Return host and port of this request; werkzeug leaves out what it finds strange (my_app)."""
    return (request.host or request.headers.get("Host", "")).lower()


def is_preflight() -> bool:
    """Tell whether this is a real CORS preflight, which never carries cookies."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
