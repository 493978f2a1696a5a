"""Logins that are over before their time: all those of a user, or one signed out or replaced."""

from __future__ import annotations

import logging
import time

from flask import g

from .compact import Login
from .errors import ProviderUnavailable
from .shared_cache import asking_cache, is_shared, trying_cache
from .state import State
from .user import is_hub_id

_LONGEST = 366 * 86_400  # seconds that a login may last whose lifetime is its token's
_LEEWAY = 120_000  # milliseconds by which the clocks of two machines may differ
_READ_EVERY = 60_000  # milliseconds after which a process looks for a user's mark again
_MARKS = "_hf_oauth_revoked"  # on g
_SPREAD = 1000  # milliseconds over which logins lie that begin right after a mark
_UNDER_WAY = 120  # seconds in which a request of before may still answer
_MOST_MARKS = 10_000  # of users that one process remembers having looked for

_logger = logging.getLogger("flask_hf_oauth")


def revoke_sessions(state: State, user_id: str) -> None:
    """End every session of a user that was signed in before now; see ``HfOAuth``."""
    if not isinstance(user_id, str):
        raise TypeError("revoke_sessions() takes the id of a user: user.id.")
    if not is_hub_id(user_id):
        _logger.warning(
            "revoke_sessions(%r) ends nothing unless that is the id of a user, user.id; those of "
            "Hugging Face have 24 hexadecimal digits, and usernames are none",
            user_id,
        )
    cache = state.settings.cache
    mark = _build_mark(state, user_id)
    state.revoked[user_id] = int(time.time() * 1000), mark
    g.setdefault(_MARKS, {})[user_id] = mark
    if not is_shared(cache):
        _logger.warning(
            "revoke_sessions reaches the sessions that this process sees and no others: set "
            "HF_OAUTH_CACHE to a cache that all processes share"
        )
    if cache is None:
        return
    with asking_cache():
        is_kept = cache.set(_key_of(state, user_id), mark, timeout=_find_lifetime(state))
    if is_kept is False:  # Memcached's way to say that it is not there
        raise ProviderUnavailable("HF_OAUTH_CACHE keeps nothing", error_code="cache_unavailable")


def _build_mark(state: State, user_id: str) -> int:
    """Build a mark that is later than every login up to now, in milliseconds since the epoch.

    The clocks of two machines differ, and a login may stand behind an earlier mark that came from
    a clock that is ahead; a new login begins after the mark, wherever the cache is shared.
    """
    leeway = _LEEWAY if is_shared(state.settings.cache) else 0
    earlier = find_mark(state, user_id, read_every=0)
    return max(int(time.time() * 1000) + leeway, earlier + _SPREAD + 1)


def _find_lifetime(state: State) -> int:
    return max(state.settings.session_lifetime or 0, _LONGEST)


def find_start(state: State, user_id: str) -> int:
    """Return when a login begins that is made now, in milliseconds: after the user's last mark.

    The machine that left the mark may have another clock.
    """
    return _start_after(find_mark(state, user_id, read_every=0))


def find_start_after_own_mark(user_id: str, since: int) -> int:
    """Return when a login begins whose own request has, perhaps, ended the earlier ones."""
    marks: dict[str, int] = g.get(_MARKS, {})
    return max(since, _start_after(marks[user_id])) if user_id in marks else since


def _start_after(mark: int) -> int:
    """Return the present, or a moment right after the mark; rarely the same for two logins."""
    now = int(time.time() * 1000)
    return max(now, mark + 1 + now % _SPREAD)


def is_revoked(state: State, user_id: str, signed_in_at: int) -> bool:
    """Tell whether a login has been ended from elsewhere; ``signed_in_at`` is in milliseconds."""
    return signed_in_at <= find_mark(state, user_id)


def find_mark(state: State, user_id: str, read_every: int = _READ_EVERY) -> int:
    """Return when a user's sessions were ended, in milliseconds since the epoch, or 0.

    A shared cache is asked once a minute for each user; while it does not answer, what is known
    counts.
    """
    read_at, mark = state.revoked.get(user_id, (0, 0))
    now, cache = int(time.time() * 1000), state.settings.cache
    if cache is None or 0 <= now - read_at < read_every:
        return mark
    if len(state.revoked) >= _MOST_MARKS:
        _make_room(state)
    state.revoked[user_id] = now, mark  # the next ones need not wait for this answer
    with trying_cache("who was signed out everywhere is not known now"):
        mark = max(mark, int(cache.get(_key_of(state, user_id)) or 0))
    mark = max(mark, state.revoked.get(user_id, (0, 0))[1])  # left here meanwhile
    state.revoked[user_id] = now, mark
    return mark


def _make_room(state: State) -> None:
    """Forget who has no mark first: whoever has one stays out while the cache does not answer."""
    for user_id, (_read_at, mark) in list(state.revoked.items()):
        if not mark:
            state.revoked.pop(user_id, None)
    if len(state.revoked) >= _MOST_MARKS:
        state.revoked.clear()


def retire(state: State, login: Login) -> None:
    """Let no process go on with a login that was signed out, up to its end.

    A copy of its cookie would go on refreshing the token.
    """
    _leave_word(state, login, "retired", login.expires_at - time.time())


def supersede(state: State, login: Login) -> None:
    """Let no request that is under way write a login back that another one has replaced.

    What such a request finds in its cookie is good still; the browser has a newer one.
    """
    _leave_word(state, login, "superseded", _UNDER_WAY)


def is_retired(state: State, login: Login) -> bool:
    """Tell whether a login was signed out, as far as anybody knows."""
    return _has_word(state, login, "retired")


def is_given_up(state: State, login: Login) -> bool:
    """Tell whether a login was signed out or replaced, so that nobody may write it any more."""
    return is_retired(state, login) or _has_word(state, login, "superseded")


def _leave_word(state: State, login: Login, kind: str, seconds: float) -> None:
    if not state.settings.store_token:
        return  # then nothing of a login is ever written anew
    with trying_cache("a sign-out is not known to other requests"):
        state.cache.set(login.build_key(kind), 1, timeout=max(int(seconds), 1))


def _has_word(state: State, login: Login, kind: str) -> bool:
    try:
        with asking_cache():
            return bool(state.cache.has(login.build_key(kind)))
    except ProviderUnavailable:
        return False


def _key_of(state: State, user_id: str) -> str:
    """Name a mark: several apps may share a cache, and each ends its own sessions."""
    return f"hf_oauth:revoked:{state.binding}:{user_id}"
