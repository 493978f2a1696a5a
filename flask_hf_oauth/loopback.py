"""Which addresses are safe to open: https anywhere, http only on this very machine."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_HOST = re.compile(r"[a-z0-9][a-z0-9._-]*|[0-9a-f:]+")  # what requests can look up
_URL = re.compile(r"[\x21\x22\x24-\x7e]+")  # ASCII without spaces and without a fragment
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(url: str) -> bool:
    """Tell whether the host of an address is this very machine."""
    return urlsplit(url).hostname in _LOOPBACK


def is_web_address(url: str) -> bool:
    """Tell whether this is an http(s) address that requests can open, without credentials."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or not _HOST.fullmatch(host) or "@" in parts.netloc:
        return False
    return _URL.fullmatch(url) is not None and parts.scheme in {"http", "https"}


def is_secure_url(url: str) -> bool:
    """Tell whether this is an https address, or an http one on loopback."""
    return is_web_address(url) and (urlsplit(url).scheme == "https" or is_loopback(url))
