"""Logins that are over before their time: all those of a user, or one signed out or replaced."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from typing import TYPE_CHECKING

from flask import g

from .compact import Login, build_key
from .errors import ProviderUnavailable
from .shared_cache import asking_cache, is_shared, trying_cache
from .state import State, find_binding
from .user import is_hub_id

if TYPE_CHECKING:
    from cachelib import BaseCache

_LONGEST = 366 * 86_400  # seconds that a login may last whose lifetime is its token's
_LEEWAY = 120_000  # milliseconds by which the clocks of two machines may differ
READ_EVERY = 60_000  # milliseconds after which a process looks for a user's mark again
_OF_USERS = "hf_oauth:revoked:"  # keys of marks
_WORDS = "retired", "superseded"  # of single logins; each with the moment up to which it says so
_MARKS = "_hf_oauth_revoked"  # on g
_SPREAD = 1000  # milliseconds over which logins lie that begin right after a mark
_UNDER_WAY = 120  # seconds in which a request of before may still answer
_MOST_MARKS = 10_000  # of users and logins that one process remembers having looked for

_NEVER = 0, 0  # when a mark was read, and what it said

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
    _note(state, _key_of(state, user_id), mark)
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
    return max(_now() + leeway, find_mark(state, user_id) + _SPREAD + 1)


def _find_lifetime(state: State) -> int:
    return max(state.settings.session_lifetime or 0, _LONGEST)


def find_start(state: State, user_id: str) -> int:
    """Return when a login begins that is made now, in milliseconds: after the user's last mark.

    The machine that left the mark may have another clock.
    """
    start, binding = _start_after(find_mark(state, user_id)), find_binding(state)
    while any(build_key(kind, binding, user_id, start) in state.revoked for kind in _WORDS):
        start += 1  # somebody signed out, or in again, in this very millisecond, as in a test
    return start


def find_start_after_own_mark(user_id: str, since: int) -> int:
    """Return when a login begins whose own request has, perhaps, ended the earlier ones."""
    marks: dict[str, int] = g.get(_MARKS, {})
    return max(since, _start_after(marks[user_id])) if user_id in marks else since


def _start_after(mark: int) -> int:
    """Return the present, or a moment right after the mark; rarely the same for two logins."""
    now = _now()
    return max(now, mark + 1 + now % _SPREAD)


def is_revoked(state: State, login: Login) -> bool:
    """Tell whether a login has been ended from elsewhere, alone or with all others of its user."""
    keys = _key_of(state, login.user.id), *map(login.build_key, _WORDS)
    ended_at, retired_until, superseded_until = _read_marks(state, keys, READ_EVERY)
    now = _now()
    return login.signed_in_at <= ended_at or retired_until > now or 0 < superseded_until <= now


def find_mark(state: State, user_id: str) -> int:
    """Return when a user's sessions were ended, in milliseconds since the epoch, or 0."""
    [mark] = _read_marks(state, [_key_of(state, user_id)], read_every=0)
    return mark


def _read_marks(state: State, keys: Collection[str], read_every: int) -> list[int]:
    """Return what was left under each key, or 0.

    A shared cache is asked once a minute for each; while it does not answer, what is known counts.
    """
    if state.settings.cache is not None:
        _ask(state, state.settings.cache, keys, read_every)
    return [state.revoked.get(key, _NEVER)[1] for key in keys]


def _ask(state: State, cache: BaseCache, keys: Collection[str], read_every: int) -> None:
    now = _now()
    due = [key for key in keys if not 0 <= now - state.revoked.get(key, _NEVER)[0] < read_every]
    if not due:
        return
    for key in due:
        _note(state, key, 0)  # the next ones need not wait for this answer
    with trying_cache("who was signed out is not known now"):
        for key, mark in zip(due, cache.get_many(*due), strict=True):
            _note(state, key, int(mark or 0))


def _note(state: State, key: str, mark: int) -> None:
    """Remember a mark, unless a later one was left here meanwhile."""
    if len(state.revoked) >= _MOST_MARKS:
        _make_room(state)
    state.revoked[key] = _now(), max(mark, state.revoked.get(key, _NEVER)[1])


def _now() -> int:
    """Return the milliseconds since the epoch."""
    return int(time.time() * 1000)


def _make_room(state: State) -> None:
    """Forget what says nothing any more, then single logins: users who were put out stay out."""
    now = _now()
    for key, (_read_at, mark) in list(state.revoked.items()):
        if not mark or (mark <= now and ":retired:" in key):
            state.revoked.pop(key, None)
    for key in list(state.revoked) if len(state.revoked) >= _MOST_MARKS else ():
        if not key.startswith(_OF_USERS):
            state.revoked.pop(key, None)
    if len(state.revoked) >= _MOST_MARKS:
        state.revoked.clear()


def retire(state: State, login: Login) -> None:
    """Let no process go on with a login that was signed out, up to its end.

    A copy of its cookie, or a request under way that sends it once more, would go on with it.
    """
    _leave_word(state, login, "retired", login.expires_at)


def supersede(state: State, login: Login) -> None:
    """Let no request that is under way write a login back that another one has replaced.

    What such a request finds in its cookie is good still, for two minutes; the browser has a newer
    one, and a copy of the cookie is none any more.
    """
    _leave_word(state, login, "superseded", time.time() + _UNDER_WAY)


def is_retired(state: State, login: Login) -> bool:
    """Tell whether a login was signed out, as far as anybody knows."""
    [until] = _read_marks(state, [login.build_key("retired")], read_every=0)
    return until > _now()


def is_given_up(state: State, login: Login, read_every: int = 0) -> bool:
    """Tell whether a login was signed out or replaced, so that nobody may write it any more."""
    return any(_read_marks(state, [*map(login.build_key, _WORDS)], read_every))


def _leave_word(state: State, login: Login, kind: str, until: float) -> None:
    """Leave word of a login, to its end; ``until`` counts seconds since the epoch."""
    key, mark, cache = login.build_key(kind), int(until * 1000), state.settings.cache
    _note(state, key, mark)
    if cache is not None:
        with trying_cache("a sign-out is not known to other processes"):
            cache.set(key, mark, timeout=max(int(login.expires_at - time.time()), 1))


def _key_of(state: State, user_id: str) -> str:
    """Name a mark: several apps may share a cache, and each ends its own sessions."""
    return f"{_OF_USERS}{state.binding}:{user_id}"
