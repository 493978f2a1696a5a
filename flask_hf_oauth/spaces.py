"""What a Hugging Face Space needs, and what its environment says."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from flask import Flask

from .errors import ConfigurationError
from .loopback import is_web_address

_COOKIE_DEFAULTS = {
    "SESSION_COOKIE_SAMESITE": None,
    "SESSION_COOKIE_SECURE": False,
    "SESSION_COOKIE_PARTITIONED": False,
}
# The Hub shows a Space in a frame of another site, where browsers send no other cookie.
_FRAMED_COOKIE = {
    "SESSION_COOKIE_SAMESITE": "None",
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_PARTITIONED": True,
}
_LABEL = b"flask-hf-oauth secret key v1"


def is_space(environ: Mapping[str, str]) -> bool:
    """Tell whether this process runs on a Space."""
    return bool(environ.get("SPACE_ID"))


def find_space_hosts(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the hosts in SPACE_HOST: ``*.hf.space`` first, a custom domain after it."""
    if not is_space(environ):
        return ()
    hosts = tuple(host.strip().lower() for host in environ.get("SPACE_HOST", "").split(","))
    hosts = tuple(filter(None, hosts))
    if hosts and not _is_host(hosts[0]):  # the others help only to recognize our own pages
        problem = "SPACE_HOST: host names with commas between them are expected."
        raise ConfigurationError(problem, error_code="settings_invalid")
    return tuple(filter(_is_host, hosts))


def _is_host(text: str) -> bool:
    return "/" not in text and "?" not in text and is_web_address(f"https://{text}")


def furnish_app(app: Flask, client_secret: str | None) -> list[str]:
    """Set what the app left open: the flags of the cookie, and a secret key.

    The cookie's flags are set only where all three still have Flask's defaults. The secret key is
    derived from the client secret, which every worker and every restart of the Space shares.

    Returns:
        What was set, for the log.
    """
    inferred = []
    if all(app.config.get(name) == default for name, default in _COOKIE_DEFAULTS.items()):
        app.config.update(_FRAMED_COOKIE)
        inferred.append("a session cookie with SameSite=None, Secure and Partitioned")
    if not app.secret_key and client_secret:
        app.secret_key = _derive_key(client_secret)
        inferred.append("a secret key derived from the client secret")
    return inferred


def _derive_key(secret: str) -> str:
    """Derive a key from a secret: HKDF with SHA-256 (RFC 5869), one block, without salt.

    By hand, because ``cryptography`` waits for the first login.
    """
    extracted = hmac.digest(bytes(32), secret.encode(), hashlib.sha256)
    return hmac.digest(extracted, _LABEL + b"\x01", hashlib.sha256).hex()
