"""What /login and /login/callback do."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from flask import Response, after_this_request, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed

from .browser_key import load_browser_key, load_or_make_browser_key
from .client import find_client
from .errors import HfOAuthError, NavigationRequired
from .failures import failing
from .fetch_metadata import is_navigation, wanted_answer
from .frames import lacks_cookie, needs_own_tab
from .guards import find_unguarded
from .here import this_app
from .loops import check_returns, forget_returns
from .oidc.callback import CallbackAnswer, is_silent_refusal, parse_callback
from .oidc.login import PendingLogin, StateSigner
from .pages import answer_script, refuse, render_page
from .partitioned import keep_for_check
from .redirects import (
    TRIED,
    build_login_on,
    build_login_url,
    build_redirect_uri,
    build_second_try,
    find_next,
    parse_next,
    warn_of_plain_http,
    warn_of_rewritten_host,
)
from .session import load_login
from .signals import user_logged_in
from .single_use import check_unused, claim
from .state import State, current_state, find_binding, secret_keys
from .user import HfUser
from .welcome import welcome
from .wishes import asks_for_more, limit_scopes, parse_wish

_logger = logging.getLogger("flask_hf_oauth")


def login() -> ResponseReturnValue:
    """Send the browser to Hugging Face; somebody who is signed in already goes to ``next``."""
    state = current_state()
    if not is_navigation():
        return _ask_for_navigation()
    target = find_next(request.args.get("next"), state.settings.login_redirect)
    wish = parse_wish(state.settings, target)
    with failing(target):
        if not asks_for_more(wish):
            check_returns()
            return redirect(target)
        if needs_own_tab():
            return _offer_tab()
        redirect_uri = build_redirect_uri(state)
        elsewhere = build_login_on(redirect_uri)
        if elsewhere is not None:
            return redirect(elsewhere)
        warn_of_rewritten_host(state, redirect_uri)
        warn_of_plain_http(redirect_uri)
        _warn_of_unguarded_views()
        if lacks_cookie():
            return _try_cookie(state)
        return _send_to_provider(state, wish, redirect_uri)


def _try_cookie(state: State) -> ResponseReturnValue:
    """Set a cookie and come back once; where it is not kept, people sign in in a tab or nowhere."""
    if TRIED in request.args:
        return _offer_tab()
    find_client(state)  # what is not configured is told at once
    secret_keys()
    after_this_request(keep_for_check)
    load_or_make_browser_key()
    return redirect(build_second_try())


def _warn_of_unguarded_views() -> None:
    endpoints = find_unguarded(this_app())
    if endpoints:
        _logger.warning(
            "a guard above the route guards nothing, put it below: %s",
            ", ".join(endpoints),
        )


def _offer_tab() -> Response:
    return render_page("new_tab.html", login_url=_build_same_login())


def _ask_for_navigation() -> ResponseReturnValue:
    """Tell who did not come as a person's page how to; nothing begins."""
    if request.method == "HEAD":
        raise MethodNotAllowed(valid_methods=["GET"])
    return answer_script(_build_same_login(), wanted_answer()) or refuse(
        NavigationRequired(f"{request.path} was opened ahead of time or as a part of a page")
    )


def _build_same_login() -> str:
    """Return /login with what this request asks for."""
    asked = {name: request.args.get(name) for name in ("scopes", "org_ids", "prompt")}
    return build_login_url(next=parse_next(request.args.get("next")), **asked)


def _send_to_provider(state: State, wish: PendingLogin, redirect_uri: str) -> ResponseReturnValue:
    client, signer = find_client(state), _make_signer(state)
    after_this_request(keep_for_check)
    forget_returns()
    key = load_or_make_browser_key()
    url = client.begin_login(
        wish,
        key,
        state=signer.build_state(wish, key, now=time.time()),
        redirect_uri=redirect_uri,
    )
    return redirect(url)


def _make_signer(state: State) -> StateSigner:
    return StateSigner(secret_keys()[::-1], find_binding(state))


def callback() -> ResponseReturnValue:
    """Take what the provider sent back, and sign the person in when every check holds."""
    state = current_state()
    if not is_navigation():
        return _ask_for_navigation()
    with failing(None):
        answer = parse_callback(request.args.items(multi=True))
        pending, fault = _make_signer(state).parse_state(
            answer.state, load_browser_key(), now=time.time()
        )
    target = find_next(pending.next, state.settings.login_redirect)
    if _is_superseded(pending):
        _logger.info("callback passed over: this browser has signed in since its login began")
        return redirect(target)
    with failing(target):
        if fault is not None:
            return _start_again(state, pending, fault)
        if pending.prompt == "none" and is_silent_refusal(answer):
            return redirect(target)
        user, response = _complete(state, pending, answer)
    user_logged_in.send(this_app(), user=user)
    return redirect(target) if response is None else response


def _is_superseded(pending: PendingLogin) -> bool:
    """Tell whether this browser has signed in since: a reload, a back button, another tab."""
    login = load_login()
    return login is not None and login.signed_in_at != pending.previous


def _start_again(state: State, pending: PendingLogin, fault: HfOAuthError) -> ResponseReturnValue:
    """Begin the same login once more by itself, but only once: never a loop."""
    if pending.retries:
        raise fault
    check_unused(state.cache, pending)
    _logger.info("login started again: %s (%s)", fault.error_code, fault.detail)
    login = load_login()
    again = replace(
        pending.retried(),
        previous=login.signed_in_at if login else 0,
        scopes=limit_scopes(state.settings, pending.scopes),  # the state may be years old
    )
    return _send_to_provider(state, again, build_redirect_uri(state))


def _complete(
    state: State, pending: PendingLogin, answer: CallbackAnswer
) -> tuple[HfUser, Response | None]:
    key = load_or_make_browser_key()
    verified = find_client(state).complete_login(
        pending,
        key,
        answer,
        redirect_uri=build_redirect_uri(state),
        claim=lambda: claim(state.cache, pending),
    )
    return welcome(state, verified)
