"""The pages that this extension shows itself, and their twins as JSON."""

from __future__ import annotations

from typing import Any, NoReturn, TypedDict, cast

from flask import Response, make_response, render_template, request

from .errors import (
    AccessDenied,
    CallbackError,
    HfOAuthError,
    HostInvalid,
    LoginError,
    LoginRefused,
    LoginRequired,
    MembershipRequired,
    OrganizationRequired,
    PermissionRequired,
    SessionTooLarge,
    StateUsed,
)
from .fetch_metadata import Answer, is_framed, wanted_answer
from .frames import needs_own_tab
from .here import this_app
from .redirects import build_default, build_login_url
from .state import current_state


class Action(TypedDict):
    """A way on from an error page."""

    label: str
    url: str
    new_tab: bool


def refuse(error: HfOAuthError, *, next: str | None = None) -> NoReturn:  # noqa: A002 - the word of the whole contract
    """Raise an error with its page, unless the app has an ``errorhandler`` of its own for it.

    Args:
        error: What happened.
        next: Where the person was heading, already judged.
    """
    _equip(error, _build_answer(error, next))
    raise error


def answer(error: LoginRequired) -> Response:
    """Answer as :func:`refuse` does, from an errorhandler: what is raised there is a 500."""
    _equip(error, _build_answer(error, None))
    return _hand_over(error)


def answer_script(
    login_url: str, wanted: Answer, error: LoginRequired | None = None
) -> Response | None:
    """Send what is no page to a login: a script gets 401, htmx a redirect; None for a page."""
    if wanted is Answer.DATA:
        error = error or LoginRequired(login_url)
        _equip(error, _build_data(error))
        return _hand_over(error)
    if wanted is Answer.FRAGMENT:
        return Response(status=204, headers={"HX-Redirect": login_url})
    return None


def render_page(template: str, status: int = 200, **context: object) -> Response:
    """Render one of our templates."""
    page = render_template(f"hf_oauth/{template}", app_name=request.host, **context)
    return make_response(page, status)


def _equip(error: HfOAuthError, response: Response) -> None:
    response.status_code = error.code  # type: ignore[attr-defined]  # each is an HTTPException too
    response.headers["Cache-Control"] = "no-store"  # a guarded view's answer too
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    error.response = response  # type: ignore[attr-defined]  # the same


def _hand_over(error: LoginRequired) -> Response:
    """Ask the app's own ``errorhandler``, as Flask does once something is raised.

    Flask would call an error that nobody handles as a WSGI application, and take its answer apart:
    a third of the whole request.
    """
    try:
        raise error
    except LoginRequired:
        answer: Any = this_app().handle_user_exception(error)
    return this_app().make_response(error.get_response() if answer is error else answer)


def _build_answer(error: HfOAuthError, target: str | None) -> Response:
    is_page = wanted_answer() is Answer.PAGE
    return _build_page(error, target) if is_page else _build_data(error)


def _build_page(error: HfOAuthError, target: str | None) -> Response:
    return render_page(
        "error.html",
        title=error.title,
        message=error.description,  # type: ignore[attr-defined]  # each is an HTTPException too
        code=error.error_code,
        remedy=error.remedy,
        actions=_build_actions(error, target),
    )


def _build_data(error: HfOAuthError) -> Response:
    message: str = error.description  # type: ignore[attr-defined]  # as above
    document: dict[str, object] = {"error": error.error_code, "message": message}
    if isinstance(error, PermissionRequired):
        document |= error.asked
    if isinstance(error, (LoginRequired, PermissionRequired)):
        document["login_url"] = error.login_url
    return cast("Response", this_app().json.response(document))


def _build_actions(error: HfOAuthError, target: str | None) -> list[Action]:
    """List the ways on, the best one first."""
    # What went wrong with the browser's cookie goes wrong in this frame again.
    new_tab = needs_own_tab() or (isinstance(error, CallbackError) and is_framed())
    again = Action(label=_label(error), url=_build_way_on(error, target), new_tab=new_tab)
    onwards = Action(label="Continue", url=target or _home(), new_tab=False)
    home = Action(label="Back to the start page", url=_home(), new_tab=False)
    if isinstance(error, PermissionRequired):
        return [home] if error.login_url is None else [again, home]
    if isinstance(error, AccessDenied) and error.is_signed_in:
        return [onwards, home]
    if isinstance(error, StateUsed):
        return [onwards, again]
    if isinstance(error, (AccessDenied, LoginRefused, LoginRequired)):
        return [again, home]  # onwards may be a guarded page, which would ask right away
    if isinstance(error, LoginError) and not isinstance(error, (HostInvalid, SessionTooLarge)):
        return [again, onwards]
    return [home]  # another try would end here again


def _label(error: HfOAuthError) -> str:
    if isinstance(error, AccessDenied):
        return "Sign in"
    if error.error_code in {"role_required", "membership_restricted"}:
        return "Ask Hugging Face again"
    if isinstance(error, (MembershipRequired, OrganizationRequired)):
        return "Choose organizations again"
    if isinstance(error, PermissionRequired):
        return "Continue to Hugging Face"
    return "Sign in again"


def _build_way_on(error: HfOAuthError, target: str | None) -> str:
    """Return the login that may mend this."""
    if isinstance(error, (LoginRequired, PermissionRequired)) and error.login_url:
        return error.login_url
    review = error.review if isinstance(error, OrganizationRequired) else {}
    return build_login_url(next=target, **review)


def _home() -> str:
    return build_default(current_state().settings.logout_redirect)
