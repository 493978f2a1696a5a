"""Step-up: the login that asks for what is missing, within what the app may ask for."""

from __future__ import annotations

from collections.abc import Collection

from .membership import MEMBERSHIPS
from .state import current_state
from .user import HfUser, is_hub_id

MOST_ORGS = 20  # that one /login asks for


def keep_askable(scopes: Collection[str]) -> list[str]:
    """Return those of the scopes that this app may ask for."""
    settings = current_state().settings
    return [scope for scope in scopes if scope in (*settings.scopes, *settings.optional_scopes)]


def ask_for_orgs(user: HfUser, orgs: Collection[str]) -> dict[str, str]:
    """Return the parameters of a /login that shows the choice of organizations again.

    Args:
        user: Who was refused.
        orgs: The organizations that would do; they are asked for where their id is known.
    """
    ids = dict.fromkeys(found.id if (found := user.org(org)) else org for org in orgs)
    hub_ids = [identity for identity in ids if is_hub_id(identity)]
    return {
        "scopes": " ".join(keep_askable({MEMBERSHIPS} - user.scopes)),
        "org_ids": ",".join(hub_ids[:MOST_ORGS]),
        "prompt": "consent",
    }
