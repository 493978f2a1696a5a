"""A way that leads in a circle: /login sends somebody on, and the page there sends them back."""

from __future__ import annotations

import time
from zlib import crc32

from flask import request, session

from .errors import ConfigurationError

RETURNS, ENDED = "_hf_oauth_returns", "_hf_oauth_ended"

# A person who clicks is slower; browsers give up after 20 redirects.
_MOST, _SECONDS = 5, 10
_ENDED_FOR = 60  # seconds in which the Hub's refusal of a new sign-in is no coincidence


def was_ended_before() -> bool:
    """Tell whether this browser's sign-in was ended a moment ago too."""
    seconds: int = int(time.time()) - session.get(ENDED, 0)
    return 0 <= seconds <= _ENDED_FOR


def note_end() -> None:
    """Take note that this browser's sign-in is ended now."""
    session[ENDED] = int(time.time())


def forget_returns() -> None:
    """Make room in the cookie for a login."""
    session.pop(RETURNS, None)
    if not was_ended_before():
        session.pop(ENDED, None)


def check_returns() -> None:
    """Count how often a browser is sent on from the very same /login.

    Raises:
        ConfigurationError: Again and again, so the page there does not know who is signed in here.
    """
    if "Sec-Fetch-Mode" not in request.headers:
        return  # a program, or a browser of before 2023
    now, query = int(time.time()), crc32(request.query_string)
    began, last_query, count = session.get(RETURNS, (now, query, 0))
    if query != last_query or not 0 <= now - began <= _SECONDS:
        began, count = now, 0
    if count >= _MOST:
        raise ConfigurationError(
            "Somebody who is signed in is sent from /login to a page and back again. Machines with "
            "different SECRET_KEYs behind one name do that, and a page of the app that leads to "
            "/login for another reason than that nobody is signed in (use 403, or ask for what is "
            "missing: hf_login_url(scopes=...)).",
            error_code="login_loop",
        )
    session[RETURNS] = began, query, count + 1
