"""Guards for who is signed in: what was granted, and who is in which organization.

Who is refused learns what is missing, and is offered the login that asks for it (step-up).
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Collection, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from .detour import find_way_back
from .errors import InsufficientScope, MembershipRequired, PermissionRequired
from .guards import check_signed_in, guard
from .membership import MEMBERSHIPS, RANKS, find_obstacle
from .pages import refuse
from .parsing import parse_scopes
from .redirects import build_login_url
from .step_up import ask_for_orgs, keep_askable
from .user import HfUser

_View = TypeVar("_View", bound=Callable[..., Any])
_Judge = Callable[[HfUser], PermissionRequired | None]

_logger = logging.getLogger("flask_hf_oauth")


def scopes_required(*scopes: str) -> Callable[[_View], _View]:
    """Let only users pass who have granted all these scopes.

    Somebody who is signed out is asked for them at the login. Who has not granted them gets 403, as
    a page or as JSON, with the address of a login that asks for the missing ones on top of those
    already granted. Only scopes in HF_OAUTH_SCOPES or HF_OAUTH_OPTIONAL_SCOPES can be asked for.
    See :func:`login_required` for what it goes around.

    Args:
        scopes: As Hugging Face names them, such as "inference-api".

    Raises:
        ValueError: There is none, or something that is no scope; decorate with parentheses.
    """
    given: tuple[object, ...] = scopes
    words = [word for scope in given if isinstance(scope, str) for word in scope.split()]
    if len(words) < max(len(given), 1):
        raise ValueError(
            'scopes_required takes scopes: @scopes_required("inference-api", "read-repos"); for '
            "any user, use @login_required."
        )
    wanted = parse_scopes(words)
    return _permit(lambda user: _judge_scopes(user, wanted), wanted)


def org_required(org: str, role: str | None = None) -> Callable[[_View], _View]:
    """Let only members of an organization pass.

    Somebody who is signed out is asked for read-memberships at the login, where a role counts and
    the app may ask for it. Everybody else gets 403, as a page or as JSON, which says what is
    missing and leads to the choice of organizations at Hugging Face. See :func:`login_required` for
    what it goes around.

    Args:
        org: 24 hexadecimal digits match only an id, which outlives a renaming; anything else only a
            username.
        role: The lowest role that is enough: "admin" > "write" > "contributor" > "read"; a custom
            role equals only itself. Without one, everybody whom the Hub lists passes, also where it
            keeps the role to itself; ``role="read"`` wants it to be known.

    Raises:
        ValueError: One of the two is no text.
    """
    texts: tuple[object, ...] = (org,) if role is None else (org, role)
    if not all(isinstance(text, str) and text for text in texts):
        raise ValueError('org_required takes texts: @org_required("acme", role="admin").')
    if role is not None:
        _warn_of_typo(role)
    scopes = () if role is None else (MEMBERSHIPS,)
    return _permit(lambda user: _judge_membership(user, org, role), scopes)


def _warn_of_typo(role: str) -> None:
    """Warn of a role that is nearly one of the Hub's; it may also be a custom one."""
    nearest = get_close_matches(role.lower(), RANKS, n=1, cutoff=0.7)
    if nearest and role not in RANKS:
        warnings.warn(
            f"org_required: the Hub has no role {role!r}; did you mean {nearest[0]!r}? A custom "
            "role equals only itself.",
            stacklevel=3,
        )


def _permit(judge: _Judge, scopes: Sequence[str]) -> Callable[[_View], _View]:
    """Make a guard that refuses with the judge's error; the scopes are asked for at a login."""

    def check_user(user: HfUser) -> None:
        error = judge(user)
        if error is not None:
            _logger.info("refused: %s", error.detail)
            refuse(error)

    return lambda view: guard(view, lambda: check_signed_in(scopes, check_user), scopes)


def _judge_scopes(user: HfUser, wanted: Collection[str]) -> InsufficientScope | None:
    missing = [scope for scope in wanted if scope not in user.scopes]
    if not missing:
        return None
    unasked = set(missing).difference(keep_askable(missing))
    if not unasked:
        login_url = build_login_url(next=find_way_back(), scopes=" ".join(missing))
        return InsufficientScope(missing, login_url)
    names = " ".join(sorted(unasked))
    remedy = (
        f"Nobody can be asked for {names}: add it to HF_OAUTH_OPTIONAL_SCOPES (or to "
        "HF_OAUTH_SCOPES, for every login), and to the scopes of the app at Hugging Face (on a "
        "Space: hf_oauth_scopes in its README.md)."
    )
    _logger.warning("scopes_required: %s", remedy)
    return InsufficientScope(missing, None, remedy=remedy)


def _judge_membership(user: HfUser, org: str, role: str | None) -> MembershipRequired | None:
    obstacle = find_obstacle(user, org, role)
    if obstacle is None:
        return None
    review = ask_for_orgs(user, [org])
    remedy = None
    if not (review["org_ids"] or review["scopes"] or MEMBERSHIPS in user.scopes):
        remedy = (
            f"Hugging Face can't be asked for {org}: name it by its id, or add read-memberships to "
            "HF_OAUTH_OPTIONAL_SCOPES and to the scopes of the app there."
        )
        _logger.warning("org_required: %s", remedy)
    return MembershipRequired(
        org,
        role,
        obstacle.reason,
        build_login_url(next=find_way_back(), **review),
        error_code=obstacle.error_code,
        remedy=remedy,
    )
