"""The promises themselves: each limit, in the unit or as the ratio that it is meant in."""

from __future__ import annotations

from .apps import BARE, BARE_SAME_BYTES, OURS
from .cookies import SIGNED_IN as COOKIE
from .imports import CASE as FRESH
from .imports import IMPORT, MEMORY
from .leaks import describe_growth
from .pages import ANONYMOUS, PUBLIC, SAME_BYTES, SIGNED_IN
from .promises import Promise

_LOGINS = [
    f"{kept}, {count} organizations" for kept in ("token kept", "no token") for count in (0, 2, 40)
]
_SMALL_VIEW = f"{SIGNED_IN}/a name in the session/{BARE}/instructions"


def _signed_in(case: str) -> str:
    return f"{SIGNED_IN}/{case}/{OURS}/instructions"


PROMISES = (
    Promise(
        sentence="a signed-in guarded page, over a bare view whose session has the same bytes",
        module="pages",
        keys=[f"{SAME_BYTES}/{case}/{OURS}/instructions" for case in _LOGINS],
        over=[f"{SAME_BYTES}/{case}/{BARE_SAME_BYTES}/instructions" for case in _LOGINS],
        limit=1.10,
    ),
    Promise(
        sentence="the same with token and 2 organizations, over the small bare view",
        module="pages",
        keys=[_signed_in("token kept, 2 organizations")],
        over=[_SMALL_VIEW],
        limit=1.35,
    ),
    Promise(
        sentence="the same with token and 40 organizations",
        module="pages",
        keys=[_signed_in("token kept, 40 organizations")],
        over=[_SMALL_VIEW],
        limit=1.65,
    ),
    Promise(
        sentence="the same without token, with 2 organizations",
        module="pages",
        keys=[_signed_in("no token, 2 organizations")],
        over=[_SMALL_VIEW],
        limit=1.20,
    ),
    Promise(
        sentence="a guarded page asked for by nobody, page or JSON, over the small bare view",
        module="pages",
        keys=[f"{ANONYMOUS}/{case}/{OURS}/instructions" for case in ("page", "script")],
        over=[_SMALL_VIEW, _SMALL_VIEW],
        limit=1.25,
    ),
    Promise(
        sentence="a public page without a session cookie, over the bare one",
        module="pages",
        keys=[f"{PUBLIC}/no cookie/{OURS}/instructions"],
        over=[f"{PUBLIC}/no cookie/{BARE}/instructions"],
        limit=1.02,
    ),
    Promise(
        sentence="bytes of Set-Cookie with an 825-byte token and 2 organizations",
        module="cookies",
        keys=[f"{COOKIE}/token kept, 2 organizations/{OURS}/bytes"],
        limit=1_700,
    ),
    Promise(
        sentence="bytes of Set-Cookie with an 825-byte token and 40 organizations",
        module="cookies",
        keys=[f"{COOKIE}/token kept, 40 organizations/{OURS}/bytes"],
        limit=3_300,
    ),
    Promise(
        sentence="time of `import flask_hf_oauth`, over `import flask`",
        module="weight",
        keys=[f"{IMPORT}/{FRESH}/{OURS}/ms"],
        over=[f"{IMPORT}/{FRESH}/{BARE}/ms"],
        limit=1.12,
    ),
    Promise(
        sentence="KiB of memory, resident and traced, more at login 1,000 than at login 200",
        module="weight",
        keys=[f"{MEMORY}/{describe_growth(kind)}/{OURS}/KiB" for kind in ("resident", "traced")],
        limit=1_024,
    ),
)
