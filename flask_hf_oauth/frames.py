"""Where a page is shown: in a tab, in the Hub's frame around a Space, in a frame of another site.

The provider lets nobody but itself frame its pages, so that a login in another site's frame would
end in a dead frame: it needs a tab of its own. Only the Referer of a frame's first request tells
who framed it, hence the session remembers it; with a Partitioned cookie, there is one session for
each site around the frame.
"""

from __future__ import annotations

from flask import Response, after_this_request, current_app, request, session

from .fetch_metadata import is_framed, is_from_another_site, this_host
from .session import holds_login
from .state import State, current_state

FOREIGN_FRAME = "_hf_oauth_frame"


def note_frame() -> None:
    """Remember, on a Space, whether the site around this frame is another one than the Hub."""
    # The provider itself leads to the callback, and what it says of where it was is its own matter.
    if not is_framed() or request.endpoint == "hf_oauth.callback":
        return
    is_foreign = _judge_referer(current_state())
    if is_foreign is None or is_foreign == (FOREIGN_FRAME in session):
        return
    if not is_foreign:
        del session[FOREIGN_FRAME]
    elif current_app.secret_key:
        session[FOREIGN_FRAME] = 1


def _judge_referer(state: State) -> bool | None:
    """Tell whether another site than the Hub leads here; None: a page of ours, or nobody knows."""
    origin = _origin_of(request.headers.get("Referer", ""))
    if origin == "":  # the Hub sends one, and a login that has just ended in this frame may not
        return True if is_from_another_site() and not holds_login() else None
    if origin.partition("://")[2] in {this_host(), *state.space_hosts}:
        return None
    return origin != _origin_of(state.settings.provider_url)


def _origin_of(url: str) -> str:
    scheme, separator, rest = url.lower().partition("://")
    return scheme + separator + rest.partition("/")[0]


def needs_own_tab() -> bool:
    """Tell whether a login from here would be shown in a frame where the provider refuses to be."""
    after_this_request(_vary_by_frame)
    if not is_framed():
        return False
    state = current_state()
    return FOREIGN_FRAME in session if state.is_space else _judge_referer(state) is not False


def _vary_by_frame(response: Response) -> Response:
    response.vary.add("Sec-Fetch-Dest")
    return response
