from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from flask import Flask, copy_current_request_context, render_template_string, session
from flask.testing import FlaskClient
from flow import Clock
from plain_app import SECRET_KEY, make_plain_app

from flask_hf_oauth import HfUser, NotInitialized, current_hf_user, get_hf_token, get_hf_user
from flask_hf_oauth.testing import PERSONAS, login


@pytest.fixture
def app() -> Flask:
    return make_plain_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def get_token_text(client: FlaskClient) -> str | None:
    with client:
        client.get("/")
        token = get_hf_token()
    return None if token is None else token.access_token


def test_signed_in_user_is_there(client: FlaskClient) -> None:
    user = login(client)
    with client:
        client.get("/")

        assert get_hf_user() == user
        assert current_hf_user == user
        assert current_hf_user
        assert isinstance(current_hf_user, HfUser)
        assert hash(current_hf_user) == hash(user)


def test_nobody_is_there(client: FlaskClient) -> None:
    with client:
        client.get("/")

        assert get_hf_user() is None
        assert get_hf_token() is None
        assert not current_hf_user
        assert current_hf_user.username is None
        assert not current_hf_user.is_authenticated


def test_nobody_is_there_outside_a_request(app: Flask) -> None:
    assert get_hf_user() is None
    assert get_hf_token() is None
    assert not current_hf_user
    with app.app_context():
        assert get_hf_user() is None
        assert not current_hf_user


@pytest.mark.parametrize("ask", [get_hf_user, get_hf_token, lambda: current_hf_user.id])
def test_forgotten_init_app_is_named(ask: Callable[[], object]) -> None:
    with (
        Flask("bare").test_request_context(),
        pytest.raises(NotInitialized, match=r"Did you forget init_app\(app\)\?"),
    ):
        ask()


def test_templates_know_who_is_signed_in(app: Flask) -> None:
    page = "{% if current_hf_user %}Hello {{ current_hf_user.username }}{% else %}Hello{% endif %}"
    app.add_url_rule("/", "home", lambda: render_template_string(page))
    client = app.test_client()

    assert client.get("/").text == "Hello"
    login(client)
    assert client.get("/").text == "Hello demo-free"


def test_imported_macros_know_it_too(app: Flask) -> None:
    app.jinja_env.loader = None
    app.add_url_rule(
        "/", "home", lambda: app.jinja_env.from_string("{{ current_hf_user.name }}").render()
    )
    client = app.test_client()
    login(client, "demo-pro")

    assert client.get("/").text == next(p.name for p in PERSONAS if p.username == "demo-pro")


def test_login_ends_with_its_token(client: FlaskClient, clock: Clock) -> None:
    login(client, expires_in=3600)
    clock.advance(3600 - 29)
    with client:
        client.get("/")

        assert get_hf_user() is None
        assert get_hf_token() is None


def test_login_lasts_as_long_as_the_app_says(clock: Clock) -> None:
    client = make_plain_app(HF_OAUTH_SESSION_LIFETIME=timedelta(days=1)).test_client()
    login(client, expires_in=3600)
    clock.advance(2 * 3600)
    with client:
        client.get("/")

        assert get_hf_user() is not None
        assert get_hf_token() is None


def test_token_says_what_it_is_good_for_and_until_when(client: FlaskClient) -> None:
    user = login(client, scopes="openid inference-api", expires_in=3600)
    with client:
        client.get("/")
        token = get_hf_token()

    assert token is not None
    assert token.access_token.startswith("hf_oauth_")
    assert token.scopes == user.scopes == {"openid", "inference-api"}
    left = token.expires_at - datetime.now(timezone.utc)
    assert timedelta(seconds=3590) < left <= timedelta(seconds=3600)


def test_no_token_is_kept_when_the_app_wants_none() -> None:
    client = make_plain_app(HF_OAUTH_STORE_TOKEN=False).test_client()
    login(client)

    assert get_token_text(client) is None
    with client:
        client.get("/")
        assert get_hf_user() is not None


def test_token_under_a_key_that_is_gone_is_none(app: Flask) -> None:
    # As with sessions on a server, which no key signs.
    client = app.test_client()
    login(client)
    with client.session_transaction() as kept:
        text = kept["_hf_oauth"]
    app.secret_key = "another key"
    with client.session_transaction() as kept:
        kept["_hf_oauth"] = text

    assert get_token_text(client) is None


def test_rotated_key_keeps_users_signed_in(app: Flask) -> None:
    client = app.test_client()
    login(client)
    token = get_token_text(client)
    app.config.update(SECRET_KEY="new key", SECRET_KEY_FALLBACKS=[SECRET_KEY])

    assert token is not None
    assert get_token_text(client) == token


@pytest.mark.parametrize("text", ["2\tx", "", "\t", 5, None, ["1"], {"id": "x"}, "1\t1\t1\t1"])
def test_login_of_another_version_is_nobody(
    client: FlaskClient, text: object, caplog: pytest.LogCaptureFixture
) -> None:
    with client.session_transaction() as kept:
        kept["_hf_oauth"] = text
    with client, caplog.at_level(logging.INFO, "flask_hf_oauth"):
        client.get("/")

        assert get_hf_user() is None
        assert get_hf_token() is None
    assert bool(caplog.records) is (text is not None)


def carry_over(client: FlaskClient, app: Flask) -> FlaskClient:
    """Open another app with the cookie of this one, as on one host with one secret key."""
    cookie, other = client.get_cookie("session"), app.test_client()
    assert cookie is not None
    other.set_cookie("session", cookie.value)
    return other


@pytest.mark.parametrize(
    "config",
    [
        {"HF_OAUTH_CLIENT_ID": "another"},
        {"HF_OAUTH_PROVIDER_URL": "https://hub-ci.huggingface.co"},
        {"HF_OAUTH_ALLOWED_ORGS": "acme"},
        {"HF_OAUTH_CLIENT_ID": None, "HF_OAUTH_DEV_PROVIDER": True},
    ],
    ids=["client", "provider", "organizations", "embedded provider"],
)
def test_login_that_would_not_be_made_here_does_not_count(
    client: FlaskClient, config: dict[str, object]
) -> None:
    login(client)
    other = carry_over(client, make_plain_app(None, hf=None, **config))
    with other:
        other.get("/")

        assert get_hf_user() is None
        assert get_hf_token() is None


def test_login_of_another_secret_of_the_same_client_counts(client: FlaskClient) -> None:
    user = login(client)
    other = carry_over(client, make_plain_app(HF_OAUTH_CLIENT_SECRET="new"))
    with other:
        other.get("/")

        assert get_hf_user() == user


def test_user_of_one_request_does_not_stay_for_the_next(app: Flask) -> None:
    app.add_url_rule("/", "home", lambda: str(current_hf_user.username))
    one, other = app.test_client(), app.test_client()
    login(one, "demo-pro")
    with app.app_context():  # as tests do; it outlives the requests
        assert one.get("/").text == "demo-pro"
        assert other.get("/").text == "None"
        login(other, "demo-free")
        assert [one.get("/").text, other.get("/").text] == ["demo-pro", "demo-free"]


def test_logout_inside_a_view_counts_at_once(app: Flask) -> None:
    def leave() -> str:
        before = current_hf_user.username
        session.clear()
        return f"{before} {current_hf_user.username}"

    app.add_url_rule("/", "leave", leave)
    client = app.test_client()
    login(client)

    assert client.get("/").text == "demo-free None"


def test_users_do_not_get_each_others_login_under_threads(app: Flask) -> None:
    people = [persona.username for persona in PERSONAS[:4]]
    together = threading.Barrier(len(people))

    def show() -> str:
        before = current_hf_user.username
        together.wait(timeout=10)
        return f"{before} {current_hf_user.username}"

    def visit(name: str) -> str:
        client = app.test_client()
        login(client, name)
        return client.get("/").text

    app.add_url_rule("/", "show", show)
    with ThreadPoolExecutor(len(people)) as pool:
        assert list(pool.map(visit, people)) == [f"{name} {name}" for name in people]


def test_thread_of_a_request_may_ask(app: Flask) -> None:
    def show() -> str:
        with ThreadPoolExecutor(1) as pool:
            return str(pool.submit(copy_current_request_context(get_name)).result(timeout=10))

    def get_name() -> str | None:
        return current_hf_user.username

    app.add_url_rule("/", "show", show)
    client = app.test_client()
    login(client)

    assert client.get("/").text == "demo-free"


def test_async_view_knows_who_is_signed_in(app: Flask) -> None:
    async def show() -> str:
        return str(current_hf_user.username)

    app.add_url_rule("/", "show", show)
    client = app.test_client()
    login(client)

    assert client.get("/").text == "demo-free"


def test_of_a_user_only_what_is_asked_for_is_read(client: FlaskClient) -> None:
    login(client, "demo-many-orgs")

    with client:
        client.get("/")
        user = get_hf_user()
        assert user is not None
        assert user.username == "demo-many-orgs"
        assert "orgs" not in vars(user)
        assert len(user.orgs) == len(vars(user)["orgs"]) > 1
