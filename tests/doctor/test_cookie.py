from __future__ import annotations

import pytest
from doctor.patient import SITE, RegeneratingSessions, ServerSessions, find, find_all, make_app
from flask import Flask

from flask_hf_oauth.doctor.cookie import parse_set_cookie
from flask_hf_oauth.doctor.report import FAILED, OK, WARNING

LOCAL, IN_THE_CLEAR = "http://127.0.0.1:5000", "http://notes.example.com"
SECURE = {"SESSION_COOKIE_SECURE": True, "HF_OAUTH_REDIRECT_URI": f"{SITE}/login/callback"}


def make_sending(*cookies: str) -> Flask:
    """Make an app whose session interface sends these cookies."""
    app = make_app(HF_OAUTH_REDIRECT_URI=f"{SITE}/login/callback")
    app.session_interface = RegeneratingSessions(cookies)
    return app


def verdicts(app: Flask, url: str | None) -> list[str]:
    return [finding.verdict for finding in find_all(app, "cookie", url)]


@pytest.mark.parametrize(
    ("config", "url", "expected"),
    [
        pytest.param(SECURE, SITE, [OK], id="secure"),
        pytest.param({}, LOCAL, [OK], id="laptop"),
        pytest.param(SECURE, LOCAL, [OK], id="secure on a laptop"),
        pytest.param({}, SITE, [WARNING], id="not secure"),
        pytest.param(SECURE, IN_THE_CLEAR, [FAILED], id="secure over http"),
        pytest.param({"SESSION_COOKIE_SAMESITE": "Strict"}, LOCAL, [WARNING], id="strict"),
        pytest.param(
            {"SESSION_COOKIE_SAMESITE": "Strict"}, SITE, [WARNING, WARNING], id="strict, not secure"
        ),
        pytest.param({"SESSION_COOKIE_SAMESITE": "None"}, SITE, [FAILED], id="none, not secure"),
        pytest.param({"SESSION_COOKIE_DOMAIN": "other.example"}, LOCAL, [FAILED], id="domain"),
        pytest.param({"SESSION_COOKIE_PATH": "/app"}, LOCAL, [FAILED], id="path"),
        pytest.param({"APPLICATION_ROOT": "/app"}, LOCAL, [FAILED], id="application root"),
        pytest.param({"SESSION_COOKIE_PATH": "/app"}, f"{LOCAL}/app", [OK], id="its own path"),
        pytest.param({"SESSION_COOKIE_PATH": "/app"}, f"{LOCAL}/apple", [FAILED], id="longer path"),
        pytest.param(
            {**SECURE, "SESSION_COOKIE_DOMAIN": "example.com"}, SITE, [OK], id="parent domain"
        ),
        pytest.param(
            {**SECURE, "SESSION_COOKIE_DOMAIN": "ample.com"}, SITE, [FAILED], id="half a domain"
        ),
        pytest.param({**SECURE, "SESSION_COOKIE_DOMAIN": "com"}, SITE, [FAILED], id="suffix"),
        pytest.param({"SESSION_COOKIE_PATH": "/login"}, LOCAL, [FAILED], id="no page of the app"),
        pytest.param(
            {"SESSION_COOKIE_PATH": "/app", "HF_OAUTH_URL_PREFIX": "/app"}, LOCAL, [OK], id="pages"
        ),
        pytest.param({**SECURE, "SESSION_COOKIE_NAME": "__Host-session"}, SITE, [OK], id="host"),
        pytest.param(
            {"SESSION_COOKIE_NAME": "__secure-session"}, LOCAL, [FAILED], id="__Secure- and is not"
        ),
        pytest.param(
            {
                **SECURE,
                "SESSION_COOKIE_NAME": "__Host-session",
                "SESSION_COOKIE_DOMAIN": "example.com",
            },
            SITE,
            [FAILED],
            id="__Host- with a domain",
        ),
        pytest.param(
            {
                "SESSION_COOKIE_SECURE": True,
                "SESSION_COOKIE_NAME": "__Host-session",
                "SESSION_COOKIE_PATH": "/app",
            },
            f"{LOCAL}/app",
            [FAILED],
            id="__Host- with a path",
        ),
    ],
)
def test_cookie_fits_the_place(config: dict[str, object], url: str, expected: list[str]) -> None:
    assert verdicts(make_app(**config), url) == expected


def test_cookie_of_a_space_has_all_three_flags(on_space: None) -> None:
    finding = find(make_app(), "cookie", None)

    assert finding.verdict == OK
    assert finding.found == "Secure; HttpOnly; Path=/; SameSite=None; Partitioned"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"SESSION_COOKIE_SAMESITE": "Lax", "SESSION_COOKIE_SECURE": True}, WARNING),
        ({"SESSION_COOKIE_SECURE": True}, WARNING),
        ({"SESSION_COOKIE_SAMESITE": "None"}, FAILED),
    ],
    ids=["lax", "no word of it", "dropped everywhere"],
)
def test_cookie_that_no_frame_keeps_is_judged_on_a_space(
    on_space: None, config: dict[str, object], expected: str
) -> None:
    finding = find(make_app(**config), "cookie", None)

    assert finding.verdict == expected
    assert 'SESSION_COOKIE_SAMESITE = "None"' in finding.remedy


def test_cookie_without_partitioned_is_warned_of_on_a_space(on_space: None) -> None:
    app = make_app(SESSION_COOKIE_SAMESITE="None", SESSION_COOKIE_SECURE=True)
    finding = find(app, "cookie", None)

    assert (finding.verdict, "SESSION_COOKIE_PARTITIONED = True" in finding.remedy) == (
        WARNING,
        True,
    )


def test_session_interface_that_forgets_partitioned_is_named(on_space: None) -> None:
    app = make_app()
    app.session_interface = ServerSessions(["session=1; Path=/; Secure; SameSite=None"])

    assert find(app, "cookie", None).remedy.startswith("ServerSessions does not know of it")


def test_cookie_is_the_one_that_is_sent_and_not_the_one_that_is_configured() -> None:
    app = make_sending("other=1; Secure", "session=1; Path=/")
    app.config["SESSION_COOKIE_SECURE"] = True

    assert verdicts(app, SITE) == [WARNING]


def test_session_interface_that_sends_no_cookie_fails() -> None:
    assert verdicts(make_sending("other=1; Secure"), SITE) == [FAILED]


def test_age_and_value_of_a_cookie_are_not_shown() -> None:
    header = "session=secret; Expires=Tue, 01 Dec 2026 00:00:00 GMT; Max-Age=60; Path=/; Secure"

    assert parse_set_cookie(header).shown == "Path=/; Secure"
