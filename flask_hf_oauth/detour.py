"""The detour over /login: how somebody is sent there, and the page that it leads back to."""

from __future__ import annotations

from flask import redirect
from flask.typing import ResponseReturnValue

from .errors import LoginRequired
from .fetch_metadata import Answer, is_boosted_by_htmx, wanted_answer
from .here import this_request
from .pages import answer_script
from .redirects import referring_page, this_page


def send_to_login(login_url: str, error: LoginRequired | None = None) -> ResponseReturnValue:
    """Redirect a page to a login; a script gets the error, LoginRequired unless told otherwise."""
    # 303: after a POST too, the browser comes with GET.
    status = 302 if this_request().method in {"GET", "HEAD"} else 303
    return answer_script(login_url, wanted_answer(), error) or redirect(login_url, status)


def find_way_back() -> str | None:
    """Return the page that a login shall lead back to: this one, or the one that asked for data."""
    method = this_request().method
    is_page = wanted_answer() is Answer.PAGE and method in {"GET", "HEAD"}
    is_boosted = method == "GET" and is_boosted_by_htmx()
    return this_page() if is_page or is_boosted else referring_page()
