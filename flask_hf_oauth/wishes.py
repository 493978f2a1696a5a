"""What a /login asks for: on top of what the app always asks, and within what it may ask."""

from __future__ import annotations

import logging
import re

from flask import request

from .oidc.login import PendingLogin, make_login_id
from .session import load_login
from .settings import Settings

_PROMPTS = frozenset({"none", "consent"})
_ORG_IDS = re.compile(r"[0-9a-f]{24}(?:,[0-9a-f]{24}){0,19}")

_logger = logging.getLogger("flask_hf_oauth")


def build_wish(settings: Settings, target: str) -> PendingLogin:
    """Read the query of /login, which anybody can write.

    Scopes that the app did not name in SCOPES or OPTIONAL_SCOPES are dropped: a link must not talk
    a person into granting more than the app wants. Optional ones that were granted before are
    asked for again, or the new token would be without them.

    Args:
        settings: The app's.
        target: Where the login leads, already judged.
    """
    login = load_login()
    granted = login.user.scopes if login else frozenset()
    asked = _asked_scopes(settings)
    extra = [scope for scope in settings.optional_scopes if scope in granted or scope in asked]
    return PendingLogin(
        id=make_login_id(),
        next=target,
        scopes=tuple(dict.fromkeys((*settings.scopes, *extra))),
        org_ids=_asked_orgs() or settings.org_ids,
        prompt=_asked_prompt(),
        previous=login.signed_in_at if login else 0,
    )


def asks_for_more(wish: PendingLogin) -> bool:
    """Tell whether a signed-in user is sent to the provider once more."""
    login = load_login()
    if login is None or _asked_orgs() or wish.prompt == "consent":
        return True
    asked = request.args.get("scopes", "").split()
    return any(scope in wish.scopes and not login.user.has_scope(scope) for scope in asked)


def _asked_scopes(settings: Settings) -> list[str]:
    asked = request.args.get("scopes", "").split()
    allowed = [scope for scope in asked if scope in settings.scopes + settings.optional_scopes]
    if len(allowed) < len(asked):
        dropped = " ".join(set(asked) - set(allowed))[:200]
        _logger.warning(
            "/login?scopes= asked for %r, in neither HF_OAUTH_SCOPES nor HF_OAUTH_OPTIONAL_SCOPES: "
            "dropped",
            dropped,
        )
    return allowed


def _asked_orgs() -> tuple[str, ...]:
    asked = request.args.get("org_ids", "")
    return tuple(asked.split(",")) if _ORG_IDS.fullmatch(asked) else ()


def _asked_prompt() -> str | None:
    prompt = request.args.get("prompt")
    return prompt if prompt in _PROMPTS else None
