"""The last steps of a login: the app is asked, and the session written."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from flask import Response, current_app

from .claims import parse_user
from .compact import EARLY, Login
from .errors import OrganizationRequired, TokenError
from .membership import find_obstacle, is_admitted
from .revocation import find_start, find_start_after_own_mark, supersede
from .session import all_or_nothing, empty_of_others, read_login, save_login
from .state import State, current_state, find_binding, seal_tokens
from .step_up import ask_for_orgs
from .user import HfToken, HfUser, TokenPair

if TYPE_CHECKING:
    from .oidc.client import VerifiedLogin

_REFRESHED_LIFETIME = 30 * 86_400  # seconds; the Hub's refresh tokens last three months


def welcome(state: State, verified: VerifiedLogin) -> tuple[HfUser, Response | None]:
    """Sign a verified person in.

    Returns:
        The user, and the response of the app's ``login_handler`` or None.

    Raises:
        LoginRefused: The app's handler, or ALLOWED_ORGS, turns the person away.
        SessionTooLarge: The person does not fit into the cookie.
        TokenError: The token is over at once.
        TypeError: What the handler returns is no response, such as a bool.
        UserinfoError: What the provider says of the person can't be read.
    """
    now, tokens = time.time(), verified.tokens
    # Over at once: page and provider would pass each other on.
    if tokens.expires_in <= EARLY and not (state.settings.refresh and tokens.refresh_token):
        raise TokenError("expires_in is out of range", error_code="token_expires_in")
    user = parse_user(verified.claims, tokens.scopes)
    check_admitted(user, state.settings.allowed_orgs)
    token = HfToken(
        access_token=tokens.access_token,
        scopes=tokens.scopes,
        expires_at=datetime.fromtimestamp(int(now) + tokens.expires_in, tz=timezone.utc),
    )
    previous = read_login()
    since = find_start(state, user.id)  # before the app is asked: a ban right after its look counts
    with all_or_nothing():
        empty_of_others(user)
        answer = _ask_app(state, user, token, verified)
        since = find_start_after_own_mark(user.id, since)
        if previous is not None and previous.signed_in_at == since:  # where a test stops the clock
            since += 1
        save_login(build_login(user, token, since, tokens.refresh_token))
    if previous is not None:
        supersede(state, previous)
    return user, answer


def check_admitted(user: HfUser, allowed_orgs: Collection[str]) -> None:
    """Raise OrganizationRequired unless a user is in one of these organizations."""
    if is_admitted(user, allowed_orgs):
        return
    obstacles = filter(None, (find_obstacle(user, org, None) for org in allowed_orgs))
    restrictions = [
        obstacle.reason for obstacle in obstacles if obstacle.error_code == "membership_restricted"
    ]
    raise OrganizationRequired(" ".join(restrictions), ask_for_orgs(user, allowed_orgs))


def _ask_app(
    state: State, user: HfUser, token: HfToken, verified: VerifiedLogin
) -> Response | None:
    handler = state.hooks.login_handler
    if handler is None:
        return None
    answer = current_app.ensure_sync(handler)(user, token, verified.claims)
    if answer is None:
        return None
    try:
        return current_app.make_response(answer)  # now, so that nobody is signed in by `False`
    except TypeError:  # Flask's words are about a view
        raise TypeError(
            "A login_handler returns a response or None. To refuse: raise LoginRefused."
        ) from None


def build_login(user: HfUser, token: HfToken, since: int, refresh_token: str = "") -> Login:
    """Build what the session keeps.

    ``since`` tells it from earlier logins, in milliseconds; by a mark of another machine's clock it
    may lie ahead, so that nothing else is counted from it.
    """
    state, now = current_state(), int(time.time())
    settings = state.settings
    tokens = TokenPair(token.access_token, refresh_token if settings.refresh else "")
    token_expires_at = int(token.expires_at.timestamp())
    lifetime = _find_lifetime(state, refresh_token)
    return Login(
        user=user,
        binding=find_binding(state),
        signed_in_at=since,
        expires_at=token_expires_at - EARLY if lifetime is None else now + lifetime,
        token_expires_at=token_expires_at,
        checked_at=now,
        sealed_tokens=seal_tokens(tokens) if settings.store_token else "",
    )


def _find_lifetime(state: State, refresh_token: str) -> int | None:
    """Return how many seconds a login lasts, or None: as long as its token."""
    settings = state.settings
    if settings.session_lifetime is None and settings.refresh and refresh_token:
        return _REFRESHED_LIFETIME
    return settings.session_lifetime
