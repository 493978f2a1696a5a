from __future__ import annotations

from doctor.patient import ServerSessions, find, make_app

from flask_hf_oauth.doctor import session_size
from flask_hf_oauth.doctor.report import OK, WARNING


def test_heavy_user_fits_into_the_cookie() -> None:
    finding = find(make_app(), "session_size")

    assert finding.verdict == OK
    assert finding.found.endswith("825 bytes fits into the cookie, without their pictures")


def test_refresh_token_takes_room_too() -> None:
    just_enough = "/" + "x" * 1370
    without = make_app(SESSION_COOKIE_PATH=just_enough)
    refreshing = make_app(SESSION_COOKIE_PATH=just_enough, HF_OAUTH_REFRESH=True)

    assert find(without, "session_size").verdict == OK
    assert find(refreshing, "session_size").verdict == WARNING


def test_cookie_without_a_token_has_more_room() -> None:
    app = make_app(HF_OAUTH_STORE_TOKEN=False, SESSION_COOKIE_NAME="s")

    assert find(app, "session_size").verdict == OK


def test_heavy_user_who_does_not_fit_is_warned_of() -> None:
    app = make_app(SESSION_COOKIE_PATH="/" + "long" * 500)

    assert find(app, "session_size").verdict == WARNING


def test_session_of_a_server_takes_anybody() -> None:
    app = make_app()
    app.session_interface = ServerSessions()

    assert find(app, "session_size").found == "any: the cookie holds only its id"


def test_token_has_the_length_that_is_told() -> None:
    assert len(session_size._make_token()) == 825
