"""A way that leads in a circle: /login sends somebody on, and the page there sends them back."""

from __future__ import annotations

import time

from flask import session

from .errors import ConfigurationError

RETURNS = "_hf_oauth_returns"

_MOST, _SECONDS = 4, 10  # a person who clicks is slower, a browser that is redirected is not


def check_returns() -> None:
    """Count how often somebody who is signed in is sent on from /login.

    Raises:
        ConfigurationError: It happens again and again, so the page there does not know the person.
    """
    now = int(time.time())
    began, count = session.get(RETURNS, (now, 0))
    if not 0 <= now - began <= _SECONDS:
        began, count = now, 0
    if count >= _MOST:
        raise ConfigurationError(
            "Somebody who is signed in is sent from /login to a page and back again. Machines with "
            "different SECRET_KEYs behind one name do that, and a page of the app that leads to "
            "/login for another reason than that nobody is signed in (use 403, or ask for what is "
            "missing: hf_login_url(scopes=...)).",
            error_code="login_loop",
        )
    session[RETURNS] = began, count + 1
