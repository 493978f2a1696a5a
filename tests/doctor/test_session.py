from __future__ import annotations

import pytest
from cachelib import SimpleCache
from doctor.patient import SITE, RegeneratingSessions, ServerSessions, find, find_all, make_app
from flask import Flask, Request
from flask.sessions import SecureCookieSession, SessionInterface
from flask_session import Session  # type: ignore[import-untyped]  # ships no types

from flask_hf_oauth.doctor.report import FAILED, OK, WARNING


class NoSessions(SessionInterface):
    def open_session(self, _app: Flask, _request: Request) -> None:
        return None


class BrokenStore(ServerSessions):
    def save_session(self, *_arguments: object) -> None:
        raise ConnectionError("redis://:password@localhost refused")


class BrokenAtOnce(ServerSessions):
    def open_session(self, *_arguments: object) -> SecureCookieSession | None:
        raise ConnectionError


def with_interface(interface: SessionInterface) -> Flask:
    app = make_app()
    app.session_interface = interface
    return app


def test_cookie_session_needs_nothing() -> None:
    assert find(make_app(), "session").found == "in a signed cookie"


def test_session_of_a_server_is_fine_when_its_id_can_change() -> None:
    finding = find(with_interface(RegeneratingSessions()), "session")

    assert (finding.verdict, finding.found) == (OK, "on the server, kept by RegeneratingSessions")


def test_session_id_that_stays_is_warned_of() -> None:
    assert find(with_interface(ServerSessions()), "session").verdict == WARNING


@pytest.mark.parametrize("interface", [BrokenStore(), BrokenAtOnce(), NoSessions()])
def test_store_that_is_away_fails(
    interface: SessionInterface, capfd: pytest.CaptureFixture[str]
) -> None:
    finding = find(with_interface(interface), "session")

    assert finding.verdict == FAILED
    assert "password" not in finding.found
    assert capfd.readouterr().err == ""


def test_nothing_is_left_in_the_store() -> None:
    interface = ServerSessions()
    find(with_interface(interface), "session")

    assert interface.saved == [{"hf_oauth_doctor": "x"}, {}]


def test_nothing_is_left_in_the_store_of_flask_session() -> None:
    app, store = make_app(), SimpleCache()
    app.config.update(SESSION_TYPE="cachelib", SESSION_CACHELIB=store)
    Session(app)

    assert find(app, "session").found == "on the server, kept by CacheLibSessionInterface"
    assert store._cache == {}


def test_session_without_a_secret_key_is_another_findings_business() -> None:
    app = make_app(SECRET_KEY=None)

    assert find_all(app, "session") == find_all(app, "session_size") == []
    assert find(app, "secret_key", SITE).verdict == FAILED
