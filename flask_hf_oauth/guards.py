"""Guards: who may pass to a view, and what the others are told."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from flask import Flask, Response, after_this_request, current_app, redirect
from flask.typing import ResponseReturnValue

from .errors import CrossSiteRequest
from .fetch_metadata import (
    SAFE_METHODS,
    Answer,
    is_boosted_by_htmx,
    is_cross_site,
    is_preflight,
    wanted_answer,
)
from .here import this_app, this_request
from .pages import answer_script, refuse
from .redirects import PATHS, build_login_url, referring_page, this_page
from .session import load_login
from .state import find_state

GUARDED = "_hf_oauth_guarded"

# By name: an app may have an endpoint that only sounds like ours.
_OPEN_ENDPOINTS = frozenset(f"hf_oauth.{name}" for name in (*PATHS, "client_metadata", "static"))

_View = TypeVar("_View", bound=Callable[..., Any])


def login_required(view: _View) -> _View:
    """Let only signed-in users pass to a view.

    It works on sync and async views, on the ``decorators`` of class-based views, and on a
    ``before_request`` function of a blueprint. A page is sent to ``/login`` and comes back
    afterwards; a script gets 401 as JSON, htmx a redirect of the whole page. An unsafe request
    (POST, PUT, ...) that another site sent is refused, unless HF_OAUTH_CSRF_CHECK is off.
    """
    is_async = iscoroutinefunction(view)

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        refusal = check_signed_in()
        if refusal is not None:
            return refusal
        call = current_app.ensure_sync(view) if is_async else view
        answer: ResponseReturnValue = call(*args, **kwargs)
        return answer

    setattr(guarded, GUARDED, True)
    return cast("_View", guarded)


def check_signed_in() -> ResponseReturnValue | None:
    """Return what somebody who is signed out is told, be it by the app's errorhandler, or None.

    Raises:
        CrossSiteRequest: Another site asked, with this user's cookie.
    """
    app, request = this_app(), this_request()
    settings = find_state(app).settings
    if _is_always_open(app, request.endpoint):
        return None
    if request.method == "OPTIONS" and is_preflight():
        return app.make_default_options_response()
    after_this_request(_keep_out_of_shared_caches)
    if load_login() is None:
        return _ask_to_sign_in()
    is_unsafe = request.method not in SAFE_METHODS
    if is_unsafe and settings.csrf_check and is_cross_site(settings.trusted_origins):
        refuse(CrossSiteRequest("a request of another site"))
    return None


def _is_always_open(app: Flask, endpoint: str | None) -> bool:
    """Let our own endpoints pass, or an app-wide guard would lead to itself; static files too.

    Only Flask's own static view is meant, and only while nobody has put a guard around it.
    """
    if endpoint == "static":
        view = app.view_functions["static"]
        return view.__module__.startswith("flask.") and not getattr(view, GUARDED, False)
    return endpoint in _OPEN_ENDPOINTS


def _ask_to_sign_in() -> ResponseReturnValue:
    method = this_request().method
    if method == "OPTIONS":
        return this_app().make_default_options_response()
    wanted = wanted_answer()
    is_page = wanted is Answer.PAGE and method in {"GET", "HEAD"}
    is_boosted = method == "GET" and is_boosted_by_htmx()
    login_url = build_login_url(next=this_page() if is_page or is_boosted else referring_page())
    # 303: after a POST too, the browser comes with GET.
    return answer_script(login_url, wanted) or redirect(login_url, 302 if is_page else 303)


def _keep_out_of_shared_caches(response: Response) -> Response:
    """Mark a guarded page as one person's, unless the view says otherwise (RFC 9111 5.2.2.7)."""
    values = [value for name, value in response.headers if name.lower() == "cache-control"]
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
