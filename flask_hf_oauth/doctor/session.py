"""The session: who keeps it, and whether that one answers."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, request
from flask.sessions import SecureCookieSessionInterface, SessionInterface

from ..errors import HfOAuthError
from ..here import this_app
from ..redirects import build_redirect_uri
from ..state import current_state
from .cookie import Cookie, judge_cookie, parse_set_cookie
from .report import Finding, failed, passed, warned
from .setup import Setup


def examine_session(setup: Setup) -> Iterator[Finding]:
    """Have a session saved, and look at the cookie that comes of it."""
    interface = setup.app.session_interface
    if not setup.app.secret_key:
        return  # its own finding says it
    try:
        cookie, redirect_uri = setup.visit(_save_session)
    except HfOAuthError:
        raise
    except Exception as error:  # noqa: BLE001 - each store has exceptions of its own
        yield failed(
            "session",
            f"{type(interface).__name__} does not keep one ({type(error).__name__})",
            "Start the store of the sessions, or mend its address.",
        )
        return
    yield _judge_interface(interface)
    if cookie is None:
        yield failed(
            "cookie",
            f"{type(interface).__name__} sends no cookie for a session that is new",
            "Let the session interface send one, or use another.",
        )
    else:
        yield from judge_cookie(setup, cookie, redirect_uri)


def _save_session() -> tuple[Cookie | None, str]:
    """Save a session and take it away again; return its cookie, and where it has to come back."""
    app, answer = this_app(), Response()
    interface = app.session_interface
    session = interface.open_session(app, request)
    if session is None:
        session = interface.make_null_session(app)
    session["hf_oauth_doctor"] = "x"
    interface.save_session(app, session, answer)
    session.clear()
    interface.save_session(app, session, Response())
    sent = map(parse_set_cookie, answer.headers.getlist("Set-Cookie"))
    name = interface.get_cookie_name(app)
    cookie = next((cookie for cookie in sent if cookie.name == name), None)
    return cookie, build_redirect_uri(current_state())


def _judge_interface(interface: SessionInterface) -> Finding:
    kind = type(interface).__name__
    if isinstance(interface, SecureCookieSessionInterface):
        return passed("session", "in a signed cookie")
    if hasattr(interface, "regenerate"):
        return passed("session", f"on the server, kept by {kind}")
    return warned(
        "session",
        f"on the server, kept by {kind}, which has no regenerate(): a session id that somebody put "
        "into a browser before the login stays good after it",
        "Use an interface that has one, such as Flask-Session's.",
    )
