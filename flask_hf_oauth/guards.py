"""Guards: who may pass to a view, and what the others are told."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, after_this_request, current_app, redirect, request
from flask.typing import ResponseReturnValue

from .current_user import get_hf_user
from .errors import CrossSiteRequest
from .fetch_metadata import Answer, is_cross_site, is_preflight, wanted_answer
from .pages import answer_script, refuse
from .redirects import ENDPOINTS, build_login_url, referring_page, this_page
from .state import current_state

GUARDED = "_hf_oauth_guarded"

# By name: an app may have an endpoint that only sounds like ours.
_OPEN_ENDPOINTS = frozenset(
    f"hf_oauth.{name}" for name in (*ENDPOINTS, "client_metadata", "static")
)

_View = TypeVar("_View", bound=Callable[..., Any])


def login_required(view: _View) -> _View:
    """Let only signed-in users pass to a view.

    It works on sync and async views, on the ``decorators`` of class-based views, and on a
    ``before_request`` function of a blueprint. A page is sent to ``/login`` and comes back
    afterwards; a script gets 401 as JSON, htmx a redirect of the whole page. An unsafe request
    (POST, PUT, ...) that another site sent is refused, unless HF_OAUTH_CSRF_CHECK is off.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        refusal = check_signed_in()
        if refusal is not None:
            return refusal
        answer: ResponseReturnValue = current_app.ensure_sync(view)(*args, **kwargs)
        return answer

    setattr(guarded, GUARDED, True)
    return cast("_View", guarded)


def check_signed_in() -> Response | None:
    """Return what somebody who may not pass is told, or None.

    Raises:
        LoginRequired: A script asked, signed out.
        CrossSiteRequest: Another site asked, with this user's cookie.
    """
    settings = current_state().settings
    if _is_always_open():
        return None
    if is_preflight():
        return current_app.make_default_options_response()
    after_this_request(_keep_out_of_shared_caches)
    if get_hf_user() is None:
        return _ask_to_sign_in()
    if settings.csrf_check and is_cross_site(settings.trusted_origins):
        refuse(CrossSiteRequest("a request of another site"))
    return None


def _is_always_open() -> bool:
    """Let our own endpoints pass, or an app-wide guard would lead to itself; static files too.

    Only Flask's own static view is meant, and only while nobody has put a guard around it.
    """
    if request.endpoint == "static":
        view = current_app.view_functions["static"]
        return view.__module__.startswith("flask.") and not getattr(view, GUARDED, False)
    return request.endpoint in _OPEN_ENDPOINTS


def _ask_to_sign_in() -> Response:
    if request.method == "OPTIONS":
        return current_app.make_default_options_response()
    is_page = wanted_answer() is Answer.PAGE and request.method in {"GET", "HEAD"}
    is_boosted = request.method == "GET" and request.headers.get("HX-Boosted") == "true"
    login_url = build_login_url(next=this_page() if is_page or is_boosted else referring_page())
    # 303: after a POST too, the browser comes with GET.
    return answer_script(login_url) or cast(
        "Response", redirect(login_url, 302 if is_page else 303)
    )


def _keep_out_of_shared_caches(response: Response) -> Response:
    """Mark a guarded page as one person's, unless the view says otherwise (RFC 9111 5.2.2.7)."""
    control = response.cache_control
    if response.direct_passthrough:
        control.public = False  # werkzeug's word, not the view's: each send_file with an age has it
    if not (control.public or control.no_store or control.s_maxage is not None):
        control.private = True
    return response
