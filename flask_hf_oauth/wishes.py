"""What a /login asks for: on top of what the app always asks, and within what it may ask."""

from __future__ import annotations

import logging
from collections.abc import Collection

from flask import request

from .oidc.login import PendingLogin, make_login_id
from .session import load_login
from .settings import Settings
from .step_up import MOST_ORGS
from .user import is_hub_id

_PROMPTS = frozenset({"none", "consent"})

_logger = logging.getLogger("flask_hf_oauth")


def parse_wish(settings: Settings, target: str) -> PendingLogin:
    """Read the query of /login, which anybody can write.

    Scopes that the app did not name in SCOPES or OPTIONAL_SCOPES are dropped: a link must not talk
    a person into granting more than the app wants. Optional ones that were granted before are
    asked for again, or the new token would be without them.

    Args:
        settings: The app's.
        target: Where the login leads, already judged.
    """
    login, asked = load_login(), _asked_scopes()
    granted: frozenset[str] = login.user.scopes if login else frozenset()
    _warn_of_dropped(asked, settings)
    return PendingLogin(
        id=make_login_id(),
        next=target,
        scopes=limit_scopes(settings, asked | granted),
        org_ids=_asked_orgs() or settings.org_ids,
        prompt=_asked_prompt(),
        previous=login.signed_in_at if login else 0,
    )


def limit_scopes(settings: Settings, wanted: Collection[str]) -> tuple[str, ...]:
    """Return SCOPES, and what is wanted out of OPTIONAL_SCOPES."""
    extra = [scope for scope in settings.optional_scopes if scope in wanted]
    return tuple(dict.fromkeys((*settings.scopes, *extra)))


def asks_for_more(wish: PendingLogin) -> bool:
    """Tell whether a signed-in user is sent to the provider once more."""
    login = load_login()
    if login is None or wish.prompt == "consent":
        return True
    if login.sealed_tokens and login.is_token_over():
        return True  # the login has outlived its token: a page may want a new one
    # The Hub tells the role in the organizations that the person has shared with this app.
    shared = {org.id for org in login.user.orgs if org.role is not None}
    if not shared.issuperset(_asked_orgs()):
        return True
    return not login.user.scopes.issuperset(_asked_scopes().intersection(wish.scopes))


def _asked_scopes() -> set[str]:
    return set(request.args.get("scopes", "").split())


def _warn_of_dropped(asked: set[str], settings: Settings) -> None:
    dropped = asked.difference(settings.scopes, settings.optional_scopes)
    if dropped:
        _logger.warning(
            "/login?scopes= asked for %r, in neither HF_OAUTH_SCOPES nor HF_OAUTH_OPTIONAL_SCOPES: "
            "dropped",
            " ".join(dropped)[:200],
        )


def _asked_orgs() -> tuple[str, ...]:
    ids = tuple(request.args.get("org_ids", "").split(","))
    return ids if len(ids) <= MOST_ORGS and all(map(is_hub_id, ids)) else ()


def _asked_prompt() -> str | None:
    prompt = request.args.get("prompt")
    return prompt if prompt in _PROMPTS else None
