"""The session cookie that leaves without Partitioned, though the app wants it to have it."""

from __future__ import annotations

import logging

from flask import Response, g
from flask.sessions import SecureCookieSessionInterface

from .here import this_app

_ANSWER = "_hf_oauth_answer"  # on g

_logger = logging.getLogger("flask_hf_oauth")


def is_partitioned() -> bool:
    """Tell whether each site around a frame has a session of its own there."""
    app = this_app()
    knows = isinstance(app.session_interface, SecureCookieSessionInterface)
    return knows and bool(app.config["SESSION_COOKIE_PARTITIONED"])


def keep_for_check(response: Response) -> Response:
    """Keep an answer for :func:`check_cookie`: the session is saved onto it at the very end."""
    setattr(g, _ANSWER, response)
    return response


def check_cookie(_error: BaseException | None = None) -> None:
    """Warn of a session cookie that leaves without Partitioned, though the app wants it to have it.

    Flask-Session 0.8 does not know of it.
    """
    app, answer = this_app(), g.pop(_ANSWER, None)
    if answer is None or not app.config["SESSION_COOKIE_PARTITIONED"]:
        return
    name = app.session_interface.get_cookie_name(app)
    cookies = answer.headers.getlist("Set-Cookie")
    if any(cookie.startswith(f"{name}=") and "; Partitioned" not in cookie for cookie in cookies):
        _logger.warning(
            "the session cookie has no Partitioned, though SESSION_COOKIE_PARTITIONED is set: "
            "browsers that block third-party cookies drop it in the frame of a Space, where people "
            "can sign in only in a new tab then. The session interface does not know of it; "
            "Flask's own does"
        )
