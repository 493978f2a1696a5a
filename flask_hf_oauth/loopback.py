"""Which addresses are safe to open: https anywhere, http only on this very machine."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import urlsplit

_HOST = re.compile(r"[a-z0-9][a-z0-9._-]*")  # what requests can look up
_IPV6 = re.compile(r"[0-9a-f]*:[0-9a-f:]*")
_URL = re.compile(r"[\x21\x22\x24-\x7e]+")  # ASCII without spaces and without a fragment
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(url: str) -> bool:
    """Tell whether the host of an address is this very machine."""
    return urlsplit(url).hostname in _LOOPBACK


def is_web_address(url: str) -> bool:
    """Tell whether this is an http(s) address that requests can open, without credentials."""
    try:
        parts = urlsplit(url)
        place = _build_netloc(parts.hostname or "", parts.port)
    except ValueError:
        return False
    # Written otherwise, two parsers may read two hosts; credentials have no place in it either.
    if parts.netloc.lower() != place:
        return False
    return _URL.fullmatch(url) is not None and parts.scheme in {"http", "https"}


def _build_netloc(host: str, port: int | None) -> str:
    """Write a host and a port the one way that every parser reads alike (RFC 3986 3.2.2, RFC 5952).

    Raises:
        ValueError: No such host can be.
    """
    if _IPV6.fullmatch(host):
        host = f"[{IPv6Address(host)}]"
    elif not _HOST.fullmatch(host):
        raise ValueError("not a name that can be looked up")
    return host if port is None else f"{host}:{port}"


def is_secure_url(url: str) -> bool:
    """Tell whether this is an https address, or an http one on loopback."""
    return is_web_address(url) and (urlsplit(url).scheme == "https" or is_loopback(url))
