"""Which addresses are safe without TLS: those that never leave this machine."""

from __future__ import annotations

from urllib.parse import urlsplit

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(url: str) -> bool:
    """Tell whether the host of an address is this very machine."""
    return urlsplit(url).hostname in _LOOPBACK


def is_secure_url(url: str) -> bool:
    """Tell whether this is an https address, or an http one on loopback; no credentials in it."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or "#" in url or not url.isprintable() or " " in url:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
