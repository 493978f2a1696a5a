"""The way out: /logout, and the page that signs nobody back in."""

from __future__ import annotations

import re
from urllib.parse import unquote

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from .fetch_metadata import is_cross_site, is_from_this_page, is_navigation
from .frames import is_led_by_the_hub
from .guards import is_guarded
from .here import this_app
from .pages import render_page
from .redirects import build_default, build_url, find_endpoint, find_next
from .revocation import retire
from .session import end_session, holds_login, load_login
from .settings import Settings
from .signals import user_logged_out
from .state import current_state


def logout() -> ResponseReturnValue:
    """Empty the session: by POST, or by a link of this site; otherwise ask first."""
    settings = current_state().settings
    target = find_next(request.values.get("next"), settings.logout_redirect)
    if request.method == "GET" and not holds_login():
        return _say_goodbye(settings, target)
    if not _is_meant():
        return _ask(target)
    login = load_login()
    end_session()
    if login is not None:
        retire(current_state(), login)
        user_logged_out.send(this_app(), user=login.user)
    # A guarded page would sign the person straight back in.
    return redirect(build_url("logout") if _is_guarded(target) else target, 303)


def _ask(target: str) -> Response:
    """Ask, in no frame of another site, which could lay the button under a click (RFC 7034)."""
    page = render_page("logout.html", logout_url=build_url("logout"), next=target)
    if not (current_state().is_space and is_led_by_the_hub()):
        page.headers["X-Frame-Options"] = "SAMEORIGIN"
    return page


def _say_goodbye(settings: Settings, target: str) -> Response:
    applications = f"{settings.provider_url}/settings/connected-applications"
    return render_page(
        "signed_out.html",
        next=target,
        home_url=build_default(settings.logout_redirect),
        connected_applications_url=None if settings.dev_provider else applications,
    )


def _is_meant() -> bool:
    """Tell whether the person did this here, and not an image or a form of another site."""
    if request.method == "POST":
        return not is_cross_site(current_state().settings.trusted_origins)
    return is_navigation() and is_from_this_page()


def _is_guarded(target: str) -> bool:
    """Tell whether a page of this app asks for a login."""
    if not target.startswith("/"):
        return False
    path = unquote(re.split("[?#]", target)[0])
    endpoint = find_endpoint(path) or find_endpoint(f"{path}/")  # to which Flask would lead on
    return endpoint is not None and is_guarded(this_app(), endpoint)
