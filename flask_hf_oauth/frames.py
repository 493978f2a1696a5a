"""Where a page is shown: in a tab, in the Hub's frame around a Space, in a frame of another site.

The provider lets nobody but itself frame its pages, so that a login in another site's frame would
end in a dead frame: it needs a tab of its own. Only the Referer of a frame's first request tells
who framed it, hence the session remembers it; with a Partitioned cookie, there is one session for
each site around the frame.
"""

from __future__ import annotations

from flask import Response, after_this_request, request, session

from .fetch_metadata import is_framed, is_from_another_site, this_host
from .partitioned import is_partitioned
from .session import BROWSER_KEY, can_be_written, load_login
from .state import State, current_state

FRAME = "_hf_oauth_frame"  # in the session: whether another site than the Hub is around us


def note_frame() -> None:
    """Remember, on a Space, whether the site around this frame is another one than the Hub."""
    # The provider itself leads to the callback, and what it says of where it was is its own matter.
    # Of who is signed in nothing is written: a page that takes long would undo their sign-out.
    if not is_framed() or _leaves_no_mark() or load_login() is not None:
        return
    is_foreign, known = _judge_referer(current_state()), session.get(FRAME)
    # The site around a partition stays; only the frame may have been to a third one, and come back.
    is_settled = known is False and is_partitioned()
    if is_foreign not in {None, known} and not is_settled and can_be_written():
        session[FRAME] = is_foreign


def _leaves_no_mark() -> bool:
    endpoint = request.endpoint or ""
    return endpoint == "hf_oauth.callback" or endpoint.rpartition(".")[2] == "static"


def is_led_by_the_hub() -> bool:
    """Tell whether the Hub's own page leads here."""
    return _judge_referer(current_state()) is False


def _judge_referer(state: State) -> bool | None:
    """Tell whether another site than the Hub leads here; None: a page of ours, or nobody knows."""
    origin = _origin_of(request.headers.get("Referer", ""))
    if origin == "":  # the Hub sends one
        return True if is_from_another_site() else None
    if _is_ours(origin, state):
        return None
    return origin != _origin_of(state.settings.provider_url)


def _origin_of(url: str) -> str:
    scheme, separator, rest = url.lower().partition("://")
    return scheme + separator + rest.partition("/")[0]


def needs_own_tab() -> bool:
    """Tell whether a login from here would be shown in a frame where the provider refuses to be.

    Caches learn that the answer depends on it.
    """
    after_this_request(_vary_by_frame)
    if not is_framed():
        return False
    state = current_state()
    return not state.is_space or bool(session.get(FRAME, _judge_referer(state)))


def lacks_cookie() -> bool:
    """Tell whether a page of ours in the frame of a Space leads here, and no cookie came along.

    Where the browser keeps none, nobody remembers who framed it, and no login could end there.
    """
    state = current_state()
    if not (state.is_space and is_framed()) or FRAME in session or BROWSER_KEY in session:
        return False
    return _is_ours(_origin_of(request.headers.get("Referer", "")), state)


def _is_ours(origin: str, state: State) -> bool:
    return origin.partition("://")[2] in {this_host(), *state.space_hosts}


def _vary_by_frame(response: Response) -> Response:
    response.vary.add("Sec-Fetch-Dest")
    return response
