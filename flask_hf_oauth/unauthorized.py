"""A 401 of the Hub: the token that the app has used for somebody is not accepted any more."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from .compact import Login
from .detour import find_way_back, send_to_login
from .errors import SessionEnded
from .fetch_metadata import Answer, wanted_answer
from .loops import note_end, was_ended_before
from .pages import answer
from .redirects import build_login_url
from .refresh import find_known_tokens
from .session import end_login, read_login

_UNAUTHORIZED = 401


def handle_unauthorized(error: Exception) -> ResponseReturnValue:
    """Sign the user out, and ask to sign in again; see ``HfOAuth``."""
    login = read_login()
    if login is None or not _refuses_token_of(login, error):
        raise error
    login_url, is_again = build_login_url(next=find_way_back()), was_ended_before()
    end_login(login, "the Hub refuses the token")
    note_end()
    ended = SessionEnded(login_url)
    if is_again and wanted_answer() is not Answer.DATA:
        return answer(ended)  # a redirect would come back here at once, and again
    return send_to_login(login_url, ended)


def _refuses_token_of(login: Login, error: Exception) -> bool:
    """Tell whether this is a 401 to the token of this login.

    ``requests`` and ``httpx``, and so huggingface_hub, have the answer on the error, and the
    request on the answer. A repository that is not found is a 401 too, where no token was sent.
    """
    response = getattr(error, "response", None)
    if getattr(response, "status_code", None) != _UNAUTHORIZED:
        return False
    try:
        sent = response.request.headers.get("Authorization")  # type: ignore[union-attr]  # caught
    except (AttributeError, RuntimeError):  # an answer that somebody made by hand
        return True
    return sent in {f"Bearer {token}" for token in find_known_tokens(login)}
