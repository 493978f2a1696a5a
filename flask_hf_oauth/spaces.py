"""What a Hugging Face Space needs, and what its environment says."""

from __future__ import annotations

import hashlib
import hmac
import logging
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

_logger = logging.getLogger("flask_hf_oauth")


def is_space(environ: Mapping[str, str]) -> bool:
    """Tell whether this process runs on a Space."""
    return bool(environ.get("SPACE_ID"))


def find_space_host(environ: Mapping[str, str]) -> str | None:
    """Return the Space's ``*.hf.space`` host, which is the first one of SPACE_HOST."""
    host = environ.get("SPACE_HOST", "").split(",")[0].strip()
    if not is_space(environ) or not host:
        return None
    if "/" in host or "?" in host or not is_web_address(f"https://{host}"):
        problem = "SPACE_HOST: host names with commas between them are expected."
        raise ConfigurationError(problem, error_code="settings_invalid")
    return host


def furnish_app(app: Flask, client_secret: str | None) -> None:
    """Set what the app left open: the flags of the cookie, and a secret key.

    The cookie's flags are set only where all three still have Flask's defaults. The secret key is
    derived from the client secret, which every worker and every restart of the Space shares.
    """
    inferred = []
    if all(app.config.get(name) == default for name, default in _COOKIE_DEFAULTS.items()):
        app.config.update(_FRAMED_COOKIE)
        inferred.append("a session cookie with SameSite=None, Secure and Partitioned")
    if not app.secret_key and client_secret:
        label = b"flask-hf-oauth secret key v1"
        app.secret_key = hmac.digest(client_secret.encode(), label, hashlib.sha256).hex()
        inferred.append("a secret key derived from the client secret")
    _logger.info("on a Space: inferred %s", " and ".join(inferred) or "nothing")
