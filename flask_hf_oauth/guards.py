"""Guards: who may pass to a view, and what the others are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast
from weakref import WeakSet

from flask import Blueprint, Flask, Response, after_this_request, current_app
from flask.typing import ResponseReturnValue

from .detour import find_way_back, send_to_login
from .endpoints import OWN_ENDPOINTS
from .errors import CrossSiteRequest
from .fetch_metadata import SAFE_METHODS, is_cross_site, is_preflight
from .here import this_app, this_request
from .pages import refuse
from .redirects import build_login_url
from .session import STEPS_BACK, load_login, step_back
from .state import EXTENSION, find_state
from .step_up import keep_askable
from .user import HfUser

# Marks on views; functools.wraps hands them on to whatever is put around.
_GUARDED, _OPEN, _SCOPES = "_hf_oauth_guarded", "_hf_oauth_open", "_hf_oauth_scopes"

_MAYBE_OPEN = OWN_ENDPOINTS | {"static"}  # endpoints that a guard may have to leave alone

_wrapped: WeakSet[Callable[..., Any]] = WeakSet()  # views as they were before their guard

_View = TypeVar("_View", bound=Callable[..., Any])
_Views = TypeVar("_Views", bound=Flask | Blueprint)


def login_required(view: _View) -> _View:
    """Let only signed-in users pass to a view.

    It works on sync and async views, on the ``decorators`` of class-based views, and on a
    ``before_request`` function of a blueprint. A page is sent to ``/login`` and comes back
    afterwards; a script gets 401 as JSON, htmx a redirect of the whole page. An unsafe request
    (POST, PUT, ...) that another site sent is refused, unless HF_OAUTH_CSRF_CHECK is off.
    """
    return guard(view, check_signed_in)


def guard(
    view: _View, check: Callable[[], ResponseReturnValue | None], scopes: Sequence[str] = ()
) -> _View:
    """Put a check before a view: what it returns is answered instead, unless it is None.

    The scopes are what the check asks for; whoever has to sign in is asked for them at once.
    """
    if isinstance(view, type):
        raise TypeError("This guards functions. For a class of views: decorators = [the guard].")
    is_async = iscoroutinefunction(view)

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        refusal = check()
        if refusal is not None:
            return refusal
        call = current_app.ensure_sync(view) if is_async else view
        answer: ResponseReturnValue = call(*args, **kwargs)
        return answer

    with suppress(TypeError):  # an object as a view, without a hash or a weak reference
        _wrapped.add(view)
    setattr(guarded, _GUARDED, True)
    setattr(guarded, _SCOPES, (*getattr(view, _SCOPES, ()), *scopes))
    return cast("_View", guarded)


def find_unguarded(app: Flask) -> list[str]:
    """Return the endpoints whose guard stands above the route, where it guards nothing."""
    return [name for name, view in app.view_functions.items() if _is_wrapped(view)]


def _is_wrapped(view: Callable[..., Any]) -> bool:
    try:
        return view in _wrapped
    except TypeError:  # an object as a view, without a hash
        return False


def login_not_required(view: _View) -> _View:
    """Leave a view open to everybody where ``hf.protect`` guards the rest.

    It takes functions, async ones too, classes of views, whose subclasses are not open for it, and
    single methods of a class, which are inherited with it, as its ``decorators`` are. A guard on
    the view itself stays. It marks the function: that is open under each of its routes.
    """
    setattr(view, _OPEN, True)
    return view


def protect(target: _Views) -> _Views:
    """Let only signed-in users pass to any view of an app or a blueprint.

    Our own endpoints stay open, and so do the app's ``static`` files and what is marked with
    :func:`login_not_required`. An address without a view stays a 404.

    Args:
        target: The app, or a blueprint that is not registered yet.

    Returns:
        The same.
    """
    if not isinstance(target, (Flask, Blueprint)):
        raise TypeError("protect() takes an app or a blueprint; for one view: @login_required.")
    target.before_request(_check_view)
    return target


def _check_view() -> ResponseReturnValue | None:
    endpoint, method = this_request().endpoint, this_request().method
    if endpoint is None or _is_open(this_app().view_functions.get(endpoint), method):
        return None
    return check_signed_in()


def _is_open(view: Callable[..., Any] | None, method: str) -> bool:
    """Tell whether a view, or its method of a class, is marked; one on a base class is none."""
    view_class = getattr(view, "view_class", object)
    name = method.lower() if method != "HEAD" or hasattr(view_class, "head") else "get"
    marks = (
        getattr(view, _OPEN, False),
        vars(view_class).get(_OPEN, False),
        getattr(getattr(view_class, name, None), _OPEN, False),
    )
    return True in marks


def is_guarded(app: Flask, endpoint: str) -> bool:
    """Tell whether a page asks for a login, by a guard of ours on it or before it."""
    parts = endpoint.split(".")[:-1]
    blueprints = [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
    hooks = [
        hook for name in (None, *blueprints) for hook in app.before_request_funcs.get(name, ())
    ]
    view = app.view_functions.get(endpoint)
    if _check_view in hooks and not _is_open(view, "GET"):
        return not _is_always_open(app, endpoint)
    return any(getattr(function, _GUARDED, False) for function in (*hooks, view))


def check_signed_in(
    scopes: Sequence[str] = (), check_user: Callable[[HfUser], None] | None = None
) -> ResponseReturnValue | None:
    """Return what somebody who is signed out is told, be it by the app's errorhandler, or None.

    Args:
        scopes: To be asked for at the login at once, as those of the view are.
        check_user: Raises what somebody who is signed in is refused with.

    Raises:
        CrossSiteRequest: Another site asked, with this user's cookie.
    """
    app, request = this_app(), this_request()
    if request.endpoint in _MAYBE_OPEN and _is_always_open(app, request.endpoint):
        return None
    if request.method == "OPTIONS" and is_preflight():
        return app.make_default_options_response()
    after_this_request(_finish)
    vars(request)[STEPS_BACK] = True
    login = load_login()
    if login is None:
        return _ask_to_sign_in(scopes)
    if request.method not in SAFE_METHODS or "HTTP_UPGRADE" in request.environ:
        settings = find_state(app).settings
        if settings.csrf_check and is_cross_site(settings.trusted_origins):
            refuse(CrossSiteRequest("a request of another site"))
    if check_user is not None:
        check_user(login.user)
    return None


def _is_always_open(app: Flask, endpoint: str | None) -> bool:
    """Let our own endpoints pass, or an app-wide guard would lead to itself; static files too.

    Only Flask's own static view is meant, and only while nobody has put a guard around it.
    """
    if endpoint == "static":
        view = app.view_functions["static"]
        return view.__module__.startswith("flask.") and not getattr(view, _GUARDED, False)
    return endpoint in OWN_ENDPOINTS


def _ask_to_sign_in(scopes: Sequence[str]) -> ResponseReturnValue:
    """Send a page to /login and back, and tell a script where that is."""
    if this_request().method == "OPTIONS":
        return this_app().make_default_options_response()
    view = this_app().view_functions.get(this_request().endpoint or "")
    asked = keep_askable(dict.fromkeys((*scopes, *getattr(view, _SCOPES, ()))))
    return send_to_login(build_login_url(next=find_way_back(), scopes=" ".join(asked)))


def _finish(response: Response) -> Response:
    """Let a late answer undo no sign-out, and mark it as one person's (RFC 9111 5.2.2.7).

    A view that says otherwise is left its word.
    """
    if this_app().extensions[EXTENSION].revoked:
        response = step_back(response)
    values = []
    for name, value in response.headers:  # in a comprehension it would be one more call
        if name.lower() == "cache-control":
            values.append(value)
    if not values:
        response.headers.add("Cache-Control", "private")
    if not values or values in (["private"], ["no-store"]):  # nearly always: nothing to parse
        return response
    control = response.cache_control
    if response.direct_passthrough:
        control.public = False  # werkzeug's word, not the view's: each send_file with an age has it
    if not (control.public or control.no_store or control.s_maxage is not None):
        control.private = True
    return response
