"""docs/users.md, "Beside Flask-Login": both say the same of who is signed in, at any time."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_login import (
    LoginManager,
    current_user,
    fresh_login_required,
    login_user,
    logout_user,
)
from flow import AppMaker, Clock, begin, error_code, sign_in
from hosting.documentation import find_blocks
from howto.conftest import Run
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from flask_hf_oauth import HfOAuth, HfUser, current_hf_user
from flask_hf_oauth.testing import HfProvider, login

*_, ALONE, WITH_PASSWORDS = find_blocks("users.md", "python")
NOBODY = [None, None]
HOURS = 3_600  # seconds
# Flask-Login 0.6.3 asks for it when it writes its remember cookie.
OLD_CLOCK = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
EACH_WAY = pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="session"),
        pytest.param({"stay": "on"}, id="remember-cookie", marks=OLD_CLOCK),
    ],
)


def who_is_it() -> list[str | None]:
    """Say whom Flask-Login and we see; a view."""
    return [getattr(current_user, "username", None), current_hf_user.username]


@pytest.fixture(params=[ALONE, WITH_PASSWORDS], ids=["alone", "with-passwords"])
def app(request: pytest.FixtureRequest, run: Run) -> Flask:
    return add_views(run(request.param))


@pytest.fixture
def mixed(run: Run) -> Flask:
    """Run the page with passwords; "max" has one."""
    page = run(WITH_PASSWORDS)
    password_hash = generate_password_hash("password of max", "pbkdf2:sha256:1")
    with page["app"].app_context():
        page["db"].session.add(
            page["User"](username="max", email="max@example.com", password_hash=password_hash)
        )
        page["db"].session.commit()
    return add_views(page)


def add_views(page: dict[str, Any]) -> Flask:
    app: Flask = page["app"]
    app.add_url_rule("/who", "who", who_is_it)
    app.add_url_rule("/fresh", "fresh", fresh_login_required(lambda: "fresh"))
    return app


def who(client: FlaskClient) -> list[str | None]:
    return client.get("/who").json  # type: ignore[return-value]  # as who_is_it answers


def enter_password(client: FlaskClient, **fields: str) -> TestResponse:
    form = {"email": "max@example.com", "password": "password of max", **fields}
    return client.post("/sign-in", data=form)


def test_both_agree_after_a_login(app: Flask, provider: HfProvider) -> None:
    client = app.test_client()
    assert who(client) == NOBODY

    sign_in(client, provider)

    assert who(client) == ["demo-free", "demo-free"]


def test_both_agree_after_the_login_of_somebody_else(app: Flask, provider: HfProvider) -> None:
    client = app.test_client()
    sign_in(client, provider)
    who(client)
    sign_in(client, provider, "demo-pro", "/login?prompt=consent")

    assert who(client) == ["demo-pro", "demo-pro"]


def test_both_agree_when_our_login_is_over(app: Flask, provider: HfProvider, clock: Clock) -> None:
    client = app.test_client()
    sign_in(client, provider)
    clock.advance(9 * HOURS)

    assert who(client) == NOBODY
    sign_in(client, provider)
    assert who(client) == ["demo-free", "demo-free"]


def test_both_agree_when_our_login_is_ended_from_elsewhere(app: Flask) -> None:
    client = app.test_client()
    user = login(client)
    with app.app_context():
        HfOAuth().revoke_sessions(user.id)

    assert who(client) == NOBODY


def test_both_agree_after_our_logout(app: Flask, provider: HfProvider) -> None:
    client = app.test_client()
    sign_in(client, provider)
    client.post("/logout")

    assert who(client) == NOBODY


def test_both_agree_without_the_dance(app: Flask) -> None:
    client = app.test_client()
    login(client)

    assert who(client) == ["demo-free", "demo-free"]


def test_guard_of_flask_login_leads_through_our_login_and_back(
    run: Run, provider: HfProvider
) -> None:
    client = run(ALONE)["app"].test_client()
    asked = client.get("/members")

    answer = sign_in(client, provider, url=asked.location)

    assert answer.location == "/members"
    assert client.get("/members").text == "Members only, demo-free"


def test_apps_own_page_to_sign_in_offers_our_login_too(mixed: Flask) -> None:
    client = mixed.test_client()
    page = client.get(client.get("/").location).text

    assert 'href="/login?next=/"' in page


def test_both_agree_after_the_apps_own_sign_out(mixed: Flask, provider: HfProvider) -> None:
    client = mixed.test_client()
    sign_in(client, provider)
    client.post("/sign-out")

    assert who(client) == NOBODY
    assert begin(client)


@EACH_WAY
def test_wrong_password_ends_no_login(
    mixed: Flask, provider: HfProvider, fields: dict[str, str]
) -> None:
    client = mixed.test_client()
    sign_in(client, provider)

    assert enter_password(client, password="wrong", **fields).status_code == 401
    assert who(client) == ["demo-free", "demo-free"]


@EACH_WAY
def test_password_ends_our_login(
    mixed: Flask, provider: HfProvider, fields: dict[str, str]
) -> None:
    client = mixed.test_client()
    sign_in(client, provider)
    enter_password(client, **fields)

    assert who(client) == ["max", None]


@EACH_WAY
def test_our_login_ends_that_of_a_password(
    mixed: Flask, provider: HfProvider, fields: dict[str, str]
) -> None:
    client = mixed.test_client()
    enter_password(client, **fields)
    with client.session_transaction() as session:
        session["cart"] = "cart of max"
    sign_in(client, provider)

    assert who(client) == ["demo-free", "demo-free"]
    with client.session_transaction() as session:
        assert "cart" not in session
    client.post("/logout")
    assert who(client) == NOBODY


@EACH_WAY
def test_login_that_fails_at_the_last_step_keeps_that_of_a_password(
    mixed: Flask, provider: HfProvider, fields: dict[str, str]
) -> None:
    client = mixed.test_client()
    enter_password(client, **fields)

    assert error_code(sign_in(client, provider, "demo-hundred-orgs")) == "session_too_large"
    assert who(client) == ["max", None]


@EACH_WAY
def test_sign_out_ends_the_login_of_a_password(mixed: Flask, fields: dict[str, str]) -> None:
    client = mixed.test_client()
    enter_password(client, **fields)
    client.post("/sign-out")

    assert who(client) == NOBODY


def test_next_login_of_the_same_person_keeps_the_session(
    mixed: Flask, provider: HfProvider
) -> None:
    client = mixed.test_client()
    sign_in(client, provider)
    with client.session_transaction() as session:
        session["cart"] = "cart of demo-free"
    provider.rename("demo-free", "demo-renamed")
    sign_in(client, provider, "demo-renamed", "/login?prompt=consent")

    assert who(client) == ["demo-renamed", "demo-renamed"]
    with client.session_transaction() as session:
        assert session["cart"] == "cart of demo-free"


def test_what_a_stranger_put_into_the_session_stays_at_our_login(
    mixed: Flask, provider: HfProvider
) -> None:
    client = mixed.test_client()
    with client.session_transaction() as session:
        session["cart"] = "cart of a stranger"
    sign_in(client, provider)

    with client.session_transaction() as session:
        assert session["cart"] == "cart of a stranger"


@OLD_CLOCK
def test_remember_cookie_of_nobody_does_not_hide_our_login(
    mixed: Flask, provider: HfProvider
) -> None:
    client = mixed.test_client()
    client.set_cookie("remember_token", "of an older SECRET_KEY|0")
    sign_in(client, provider)

    assert client.get_cookie("remember_token") is None
    assert who(client) == ["demo-free", "demo-free"]


@OLD_CLOCK
def test_remember_cookie_outlives_our_logout(mixed: Flask) -> None:
    client = mixed.test_client()
    enter_password(client, stay="on")
    client.post("/logout")

    assert who(client) == ["max", None]


def test_logout_user_alone_leaves_our_login(run: Run, provider: HfProvider) -> None:
    app = add_views(run(ALONE))
    app.add_url_rule("/out", "out", lambda: str(logout_user()))
    client = app.test_client()
    sign_in(client, provider)
    client.get("/out")

    assert who(client) == ["demo-free", "demo-free"]


def test_logout_does_not_know_the_guard_of_flask_login(run: Run) -> None:
    client = run(ALONE)["app"].test_client()
    login(client)

    assert client.post("/logout", data={"next": "/members"}).location == "/members"
    assert client.get("/members").location == "/login?next=%2Fmembers"


@pytest.mark.parametrize(
    ("protection", "seen"),
    [("basic", "demo-free"), (None, "demo-free"), ("strong", None)],
    ids=str,
)
def test_session_protection(run: Run, protection: str | None, seen: str | None) -> None:
    app = add_views(run(ALONE))
    app.config["SESSION_PROTECTION"] = protection
    client = app.test_client()
    login(client)

    assert who(client) == [seen, "demo-free"]


def test_strong_session_protection_spares_permanent_sessions(run: Run) -> None:
    app = add_views(run(ALONE))
    app.config["SESSION_PROTECTION"] = "strong"
    client = app.test_client()
    login(client)
    with client.session_transaction() as session:
        session.permanent = True

    assert who(client) == ["demo-free", "demo-free"]


def test_fresh_login_is_never_ours(app: Flask) -> None:
    client = app.test_client()
    login(client)

    assert client.get("/fresh").status_code == 401


def test_login_user_in_the_login_handler_outlives_our_login(
    make_app: AppMaker, provider: HfProvider, clock: Clock
) -> None:
    hf = HfOAuth()
    app = make_app(hf=hf)
    app.add_url_rule("/who", "who", who_is_it)
    LoginManager(app).user_loader(lambda user_id: HfUser(id=user_id, username="of Flask-Login"))

    @hf.login_handler
    def tell_flask_login(user: HfUser, _token: object, _claims: object) -> None:
        login_user(user)

    client = app.test_client()
    sign_in(client, provider)
    assert who(client) == ["of Flask-Login", "demo-free"]
    clock.advance(9 * HOURS)

    assert who(client) == ["of Flask-Login", None]
