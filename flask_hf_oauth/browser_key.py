"""The key in the session that binds the logins of a browser to it."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress

from flask import session

from .errors import SessionTooLarge
from .here import this_app
from .oidc.login import BrowserKey
from .session import BROWSER_KEY, REMEDY, fits

_KEY_BYTES = 32


def load_browser_key() -> BrowserKey | None:
    """Return this browser's key, or None."""
    text = session.get(BROWSER_KEY)
    if not isinstance(text, str):
        return None
    with suppress(ValueError):
        secret = urlsafe_b64decode(text + "=")
        return BrowserKey(secret) if len(secret) == _KEY_BYTES else None
    return None


def load_or_make_browser_key() -> BrowserKey:
    """Return this browser's key, making one at the first login.

    Raises:
        SessionTooLarge: The app's own part of the session leaves it no room in the cookie.
    """
    key = load_browser_key()
    if key is None:
        key = BrowserKey(secrets.token_bytes(_KEY_BYTES))
        session[BROWSER_KEY] = urlsafe_b64encode(key.secret).rstrip(b"=").decode()
        if not fits(session, this_app(), room=0):
            raise SessionTooLarge(
                "the app's own part of the session fills the cookie", remedy=REMEDY
            )
    return key
