"""The promises themselves: each limit, in a unit or as a ratio; pages are held in instructions."""

from __future__ import annotations

from .apps import BARE, BARE_SAME_BYTES, OURS
from .cookies import SIGNED_IN as COOKIE
from .imports import CASE as FRESH
from .imports import IMPORT, MEMORY
from .leaks import describe_growth
from .logins import DELAYS, FLOOR
from .logins import FIGURE as LOGIN
from .pages import ANONYMOUS, PUBLIC, SAME_BYTES, SIGNED_IN
from .promises import Promise
from .throughput import CALLBACKS
from .throughput import FIGURE as AT_ONCE

_LOGINS = [
    f"{kept}, {count} organizations" for kept in ("token kept", "no token") for count in (0, 2, 40)
]
_SMALL_VIEW = f"{SIGNED_IN}/a name in the session/{BARE}/instructions"
_PROMPT, _DELAYED = DELAYS
_SKIPS_USERINFO, _ASKS_USERINFO = FLOOR, "Authlib by hand (token)"


def _signed_in(case: str) -> str:
    return f"{SIGNED_IN}/{case}/{OURS}/instructions"


PROMISES = (
    Promise(
        sentence="guarded page, signed in, over a bare view whose session has the same bytes",
        module="pages",
        keys=[f"{SAME_BYTES}/{case}/{OURS}/instructions" for case in _LOGINS],
        over=[f"{SAME_BYTES}/{case}/{BARE_SAME_BYTES}/instructions" for case in _LOGINS],
        limit=1.10,
    ),
    Promise(
        sentence="guarded page, token and 2 organizations, over the small bare view",
        module="pages",
        keys=[_signed_in("token kept, 2 organizations")],
        over=[_SMALL_VIEW],
        limit=1.35,
    ),
    Promise(
        sentence="guarded page, token and 40 organizations, over the small bare view",
        module="pages",
        keys=[_signed_in("token kept, 40 organizations")],
        over=[_SMALL_VIEW],
        limit=1.65,
    ),
    Promise(
        sentence="guarded page, no token and 2 organizations, over the small bare view",
        module="pages",
        keys=[_signed_in("no token, 2 organizations")],
        over=[_SMALL_VIEW],
        limit=1.20,
    ),
    Promise(
        sentence="guarded page, anonymous, as page and as JSON, over the small bare view",
        module="pages",
        keys=[f"{ANONYMOUS}/{case}/{OURS}/instructions" for case in ("page", "script")],
        over=[_SMALL_VIEW, _SMALL_VIEW],
        limit=1.25,
    ),
    Promise(
        sentence="public page without a session cookie, over the bare one",
        module="pages",
        keys=[f"{PUBLIC}/no cookie/{OURS}/instructions"],
        over=[f"{PUBLIC}/no cookie/{BARE}/instructions"],
        limit=1.02,
    ),
    Promise(
        sentence="warm login: requests to the provider",
        module="logins",
        keys=[f"{LOGIN}/at the provider/{OURS}/requests"],
        limit=2,
    ),
    Promise(
        sentence="warm login: new connections to the provider",
        module="logins",
        keys=[f"{LOGIN}/at the provider/{OURS}/connections"],
        limit=0,
    ),
    Promise(
        sentence="warm login with delays: time, over Authlib by hand that skips userinfo",
        module="logins",
        keys=[f"{LOGIN}/{_DELAYED}/{OURS}/ms"],
        over=[f"{LOGIN}/{_DELAYED}/{_SKIPS_USERINFO}/ms"],
        limit=0.70,
    ),
    Promise(
        sentence="warm login with delays: time, over Authlib by hand that asks userinfo",
        module="logins",
        keys=[f"{LOGIN}/{_DELAYED}/{OURS}/ms"],
        over=[f"{LOGIN}/{_DELAYED}/{_ASKS_USERINFO}/ms"],
        limit=0.38,
    ),
    Promise(
        sentence="logins a second without delays, over Authlib by hand that skips userinfo",
        module="throughput",
        keys=[f"{AT_ONCE}/{CALLBACKS}, {_PROMPT}/{OURS}/logins/s"],
        over=[f"{AT_ONCE}/{CALLBACKS}, {_PROMPT}/{_SKIPS_USERINFO}/logins/s"],
        limit=2.2,
        more_is_better=True,
    ),
    Promise(
        sentence="logins a second with delays, over Authlib by hand that skips userinfo",
        module="throughput",
        keys=[f"{AT_ONCE}/{CALLBACKS}, {_DELAYED}/{OURS}/logins/s"],
        over=[f"{AT_ONCE}/{CALLBACKS}, {_DELAYED}/{_SKIPS_USERINFO}/logins/s"],
        limit=1.4,
        more_is_better=True,
    ),
    Promise(
        sentence="Set-Cookie with an 825-byte token and 2 organizations: bytes",
        module="cookies",
        keys=[f"{COOKIE}/token kept, 2 organizations/{OURS}/bytes"],
        limit=1_700,
    ),
    Promise(
        sentence="Set-Cookie with an 825-byte token and 40 organizations: bytes",
        module="cookies",
        keys=[f"{COOKIE}/token kept, 40 organizations/{OURS}/bytes"],
        limit=3_300,
    ),
    Promise(
        sentence="import flask_hf_oauth: time, over import flask",
        module="weight",
        keys=[f"{IMPORT}/{FRESH}/{OURS}/ms"],
        over=[f"{IMPORT}/{FRESH}/{BARE}/ms"],
        limit=1.12,
    ),
    Promise(
        sentence="memory from login 200 to login 1,000, resident and traced: KiB more",
        module="weight",
        keys=[f"{MEMORY}/{describe_growth(kind)}/{OURS}/KiB" for kind in ("resident", "traced")],
        limit=1_024,
    ),
)
