"""What is kept in Flask's session: who is signed in."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache

from flask import Flask, Response, after_this_request, current_app, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from .compact import Login, build_variants, parse_compact
from .endpoints import OWN_ENDPOINTS
from .errors import SessionTooLarge
from .here import this_app, this_request, this_session
from .membership import is_admitted
from .revocation import READ_EVERY, is_given_up, is_revoked, retire
from .signals import user_logged_out
from .state import State, current_state, find_binding, find_state
from .user import HfUser

LOGIN = "_hf_oauth"
STEPS_BACK = "_hf_oauth_steps_back"  # on a request that looks once more when its view is done
BROWSER_KEY = "_hf_oauth_key"

_NOTHING: tuple[object, Login | None] = (None, None)
_COOKIE_LIMIT = 4093  # bytes that every browser keeps (RFC 6265 section 6.1), name and all
_ROOM = 400 + 90  # bytes that the app can still add, and the browser key of the next login

REMEDY = (
    "The session cookie is full: browsers cut it at 4 kB. Keep sessions on the server "
    "(Flask-Session), put less into them, or set HF_OAUTH_STORE_TOKEN = False."
)

_logger = logging.getLogger("flask_hf_oauth")


def load_login() -> Login | None:
    """Return who is signed in; None when nobody is, or not any more."""
    text = this_session().get(LOGIN)
    if text is None:
        current_state()  # a forgotten init_app shows before anybody has signed in
        return None
    login = _parse_once(text)
    return None if login is None or login.expires_at <= time.time() else login


def read_login() -> Login | None:
    """Return the login that the session holds, be it over."""
    text = this_session().get(LOGIN)
    return None if text is None else _parse_once(text)


def _is_still_good(state: State, login: Login) -> bool:
    """Tell whether this app, as it is configured today, would have made this login."""
    allowed_orgs = state.settings.allowed_orgs
    return login.binding == find_binding(state) and (
        not allowed_orgs or is_admitted(login.user, allowed_orgs)
    )


def _ask_around(state: State, login: Login) -> Login | None:
    """Return a login unless it was ended elsewhere; one that is due is revalidated first.

    Our own endpoints begin and end logins themselves: they empty no session on the way.
    """
    is_ours = this_request().endpoint in OWN_ENDPOINTS
    if is_revoked(state, login):
        if not is_ours:
            _logger.info("signed out: this login was ended before, or all those of this user")
            end_session()
        return None
    if is_ours or state.revalidate is None or login.is_over() or not is_due(state, login):
        return login
    return state.revalidate(state, login)


def is_due(state: State, login: Login) -> bool:
    """Tell whether userinfo is to be asked again (REVALIDATE_AFTER)."""
    interval = state.settings.revalidate_after
    return interval is not None and login.checked_at + interval <= time.time()


def _parse_once(text: object) -> Login | None:
    """Parse a login once a request.

    It is kept on the request and not on ``g``, which outlives a request where a test holds an
    application context open, and counts only for the very same text.
    """
    of_request: dict[str, tuple[object, Login | None]] = vars(this_request())
    known_text, login = of_request.get(LOGIN, _NOTHING)
    if known_text != text:
        login = _parse(text)
        of_request[LOGIN] = text, login
        if login is not None and STEPS_BACK not in of_request:
            after_this_request(step_back)
    return login


def _parse(text: object) -> Login | None:
    try:
        login = parse_compact(text) if isinstance(text, str) else None
    except ValueError:
        login = None
    state = current_state()
    if login is None or not _is_still_good(state, login):
        _logger.info("the session holds a login that is not, or no longer, good here; signed out")
        return None
    is_settled = state.settings.cache is None and not (state.revoked or state.revalidate)
    return login if is_settled else _ask_around(state, login)


def save_login(login: Login) -> None:
    """Write a login, in one piece; a session that is kept on the server gets a new id.

    The browser key goes, as the id does (session fixation): somebody may have put it there, or read
    it, before.

    Raises:
        SessionTooLarge: It does not fit into the cookie.
    """
    session.pop(BROWSER_KEY, None)
    if put_login(login, session, this_app()):
        _regenerate()
        return
    raise SessionTooLarge(
        f"the login of a user with {len(login.user.orgs)} organizations exceeds the cookie",
        remedy=REMEDY,
    )


def rewrite_login(login: Login) -> bool:
    """Write what has changed in this session's login; tell whether it fits, or nothing is written.

    What the app has put into its room of the cookie may stay there: then the shortest form counts.
    A login that was given up since counts as fitting, and is not written.
    """
    if is_given_up(current_state(), login):
        leave_session_alone()  # the browser has signed out since, or somebody else in
        return True
    before, was_modified = session[LOGIN], session.modified
    if put_login(login, session, this_app()) or fits(session, this_app(), room=0):
        return True
    session[LOGIN] = before
    session.modified = was_modified
    return False


def step_back(response: Response) -> Response:
    """Look once more when the view is done: a sign-out may have come while it was at work.

    What is written then would undo it, or put the older login in the place of a newer one.
    """
    state, kept = find_state(this_app()), this_session()
    if not (state.revoked and (kept.modified or kept.permanent)):
        return response
    try:
        login = parse_compact(kept.get(LOGIN, ""))
    except (AttributeError, ValueError):  # nobody's, or not ours
        return response
    # Flask saves a permanent session with each answer; to ask the cache at each would be too much.
    if is_given_up(state, login, 0 if kept.modified else READ_EVERY):
        leave_session_alone()
    return response


def put_login(login: Login, kept: SessionMixin, app: Flask) -> bool:
    """Put the longest form of a login that fits into a session, or the shortest; tell which."""
    for text in build_variants(login):
        kept[LOGIN] = text
        if fits(kept, app):
            return True
    return False


def empty_of_others(user: HfUser) -> None:
    """Empty the session unless it is this user's already, or nobody's (session fixation)."""
    previous = read_login()
    if session.get(LOGIN) is not None and (previous is None or previous.user != user):
        was_permanent = session.permanent
        session.clear()
        if was_permanent:
            session.permanent = True


@contextmanager
def all_or_nothing() -> Iterator[None]:
    """Put the session back to what it was when a login fails."""
    before, was_modified = dict(session), session.modified
    try:
        yield
    except BaseException:
        session.clear()
        session.update(before)
        session.modified = was_modified
        raise


class _Scale(Response):
    """A response that is never sent: the session is saved onto it to see how long it gets."""

    max_cookie_size = 0  # werkzeug's word for: don't warn


def fits(kept: SessionMixin, app: Flask, room: int = _ROOM) -> bool:
    """Measure the whole Set-Cookie, with all attributes and whatever the app put in."""
    if not isinstance(app.session_interface, SecureCookieSessionInterface):
        return True
    scale = _Scale()
    app.session_interface.save_session(app, kept, scale)
    cookies = scale.headers.getlist("Set-Cookie")
    return all(len(cookie) < _COOKIE_LIMIT - room for cookie in cookies)


def _regenerate() -> None:
    """Give a server-side session a new id, where the interface can (Flask-Session can)."""
    regenerate = getattr(current_app.session_interface, "regenerate", None)
    if regenerate is not None:
        regenerate(session)
    elif not isinstance(current_app.session_interface, SecureCookieSessionInterface):
        _logger.warning(
            "the session interface has no regenerate(), so that a session id which somebody put "
            "into a browser before the login stays good after it; Flask-Session has one"
        )


def holds_login() -> bool:
    """Tell whether somebody's login is in the session, be it over or unreadable."""
    return LOGIN in session


def end_login(login: Login, reason: str) -> None:
    """Sign a user out who did not ask for it: a line in the log, a signal, an empty session."""
    _logger.info("signed out: %s", reason)
    if is_given_up(current_state(), login):
        end_here()
        return
    end_session()
    retire(current_state(), login)
    user_logged_out.send(this_app(), user=login.user)


def end_session() -> None:
    """Empty the session: what the app kept there was this user's too."""
    if session:  # the one of an app without a SECRET_KEY is empty, and refuses to be emptied
        session.clear()


def end_here() -> None:
    """Empty the session for the rest of this request: the browser may have a newer one by now."""
    end_session()
    leave_session_alone()


def can_be_written() -> bool:
    """Tell whether this request has a session; without a secret key there is none."""
    return not isinstance(this_session(), current_app.session_interface.null_session_class)


def leave_session_alone() -> None:
    """Keep this request from saving the session, in a cookie or on the server.

    Of two callbacks at once the one that failed may answer last, and would put the browser or the
    store back to before the login. Flask saves no null session, whatever the interface; this one
    still takes what the app's own ``after_request`` writes, and forgets it.
    """
    kept, null = this_session(), current_app.session_interface.null_session_class
    if can_be_written():
        with suppress(TypeError):  # a session that is no dict
            kept.__class__ = _make_unsaved_kind(type(kept), null)
        kept.modified = False


@lru_cache(maxsize=8)
def _make_unsaved_kind(kind: type, null: type) -> type:
    """Make a kind of session that counts as a null session but can be written."""
    writes = ("__setitem__", "__delitem__", "clear", "pop", "popitem", "update", "setdefault")
    return type("UnsavedSession", (null, kind), {name: getattr(kind, name) for name in writes})
