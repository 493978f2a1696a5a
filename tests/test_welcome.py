"""The last steps of a login: organizations that are let in, the app's handler, what is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, NoReturn

import pytest
from flask import Flask, Response, abort, session
from flask.testing import FlaskClient
from flow import (
    AppMaker,
    Clock,
    begin,
    error_code,
    name_on_page,
    parameters,
    recorded,
    sign_in,
    signed_in_user,
)
from page_actions import find_way_on

from flask_hf_oauth import (
    HfOAuth,
    HfToken,
    HfUser,
    LoginError,
    LoginRefused,
    get_hf_token,
    get_hf_user,
    login_failed,
    user_logged_in,
)
from flask_hf_oauth.testing import PERSONAS_BY_USERNAME, HfProvider

Claims = Mapping[str, object]
GUILD = PERSONAS_BY_USERNAME["demo-pro"].orgs[0]


@pytest.fixture
def hf() -> HfOAuth:
    return HfOAuth()


@pytest.fixture
def app(make_app: AppMaker, hf: HfOAuth) -> Flask:
    return make_app(hf=hf, PROPAGATE_EXCEPTIONS=False)


def test_handler_is_asked_before_anything_is_saved(
    hf: HfOAuth, client: FlaskClient, provider: HfProvider
) -> None:
    calls: list[tuple[HfUser, HfToken, Claims, HfUser | None]] = []

    @hf.login_handler
    def link(user: HfUser, token: HfToken, claims: Claims) -> None:
        calls.append((user, token, claims, get_hf_user()))

    assert sign_in(client, provider, "demo-pro", url="/login?next=/cart").location == "/cart"
    [(user, token, claims, signed_in)] = calls
    assert user.username == "demo-pro"
    assert token.access_token.startswith("hf_oauth_")
    assert claims["isPro"] is True
    assert signed_in is None


def test_handler_cannot_change_the_claims(
    hf: HfOAuth, client: FlaskClient, provider: HfProvider
) -> None:
    @hf.login_handler
    def change(_user: HfUser, _token: HfToken, claims: Any) -> None:  # noqa: ANN401 - to try
        with pytest.raises(TypeError):
            claims["sub"] = "somebody else"

    assert sign_in(client, provider).location == "/"


def test_response_of_the_handler_replaces_the_redirect(
    hf: HfOAuth, client: FlaskClient, provider: HfProvider
) -> None:
    hf.login_handler(lambda _user, _token, _claims: Response("welcome", 201))

    response = sign_in(client, provider)
    assert (response.status_code, response.text) == (201, "welcome")
    assert name_on_page(client) == "demo-free"


def test_handler_that_returns_no_response_signs_nobody_in(
    hf: HfOAuth, client: FlaskClient, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    hf.login_handler(lambda _user, _token, _claims: False)  # type: ignore[type-var]  # the mistake

    assert sign_in(client, provider).status_code == 500
    assert "To refuse: raise LoginRefused" in caplog.text
    assert name_on_page(client) == "nobody"


def test_async_handler_is_awaited(hf: HfOAuth, client: FlaskClient, provider: HfProvider) -> None:
    @hf.login_handler
    async def welcome(user: HfUser, _token: HfToken, _claims: Claims) -> str:
        return f"welcome {user.username}"

    assert sign_in(client, provider).text == "welcome demo-free"


def test_what_the_handler_keeps_in_the_session_stays(
    hf: HfOAuth, client: FlaskClient, provider: HfProvider
) -> None:
    @hf.login_handler
    def remember(user: HfUser, _token: HfToken, _claims: Claims) -> None:
        session["cart"] = f"first cart of {user.username}"

    for name in ("demo-free", "demo-pro"):
        sign_in(client, provider, name, url="/login?prompt=consent")
        assert client.get("/cart").text == f"first cart of {name}"


def test_handler_that_refuses_tells_why(
    hf: HfOAuth, app: Flask, client: FlaskClient, provider: HfProvider
) -> None:
    @hf.login_handler
    def refuse(_user: HfUser, _token: HfToken, _claims: Claims) -> None:
        session["cart"] = "half a cart"
        raise LoginRefused("Only <invited> people come in.")

    with recorded(login_failed, app) as failed, recorded(user_logged_in, app) as signed_in:
        response = sign_in(client, provider)
    assert (response.status_code, error_code(response)) == (403, "login_refused")
    assert "Only &lt;invited&gt; people come in." in response.text
    assert "Set-Cookie" not in response.headers
    assert client.get("/cart").text == "cart of None"
    assert ([error.error_code for error in failed], signed_in) == (["login_refused"], [])


def test_handler_that_refuses_without_a_word_gives_a_page(
    hf: HfOAuth, client: FlaskClient, provider: HfProvider
) -> None:
    @hf.login_handler
    def refuse(_user: HfUser, _token: HfToken, _claims: Claims) -> None:
        raise LoginRefused

    assert "This site did not accept the sign-in." in sign_in(client, provider).text


def raise_(error: Exception) -> NoReturn:
    raise error


@pytest.mark.parametrize(
    ("fail", "status"),
    [
        pytest.param(lambda: 1 / 0, 500, id="mistake"),
        pytest.param(lambda: abort(409), 409, id="abort"),
        pytest.param(lambda: raise_(LoginError("no")), 500, id="error without a status"),
    ],
)
def test_handler_that_fails_signs_nobody_in(
    fail: Callable[[], object],
    status: int,
    hf: HfOAuth,
    client: FlaskClient,
    provider: HfProvider,
) -> None:
    @hf.login_handler
    def handle(_user: HfUser, _token: HfToken, _claims: Claims) -> None:
        session["cart"] = "half a cart"
        fail()

    response = sign_in(client, provider)
    assert response.status_code == status
    assert "Set-Cookie" not in response.headers
    assert name_on_page(client) == "nobody"
    assert client.get("/cart").text == "cart of None"


def test_handler_that_fails_sends_no_permanent_session(
    hf: HfOAuth, app: Flask, client: FlaskClient, provider: HfProvider
) -> None:
    @app.before_request
    def keep() -> None:
        session.permanent = True

    hf.login_handler(lambda _user, _token, _claims: abort(409))
    assert "Set-Cookie" not in sign_in(client, provider).headers


def test_handler_that_fails_leaves_the_login_before_it(
    hf: HfOAuth, client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider)
    hf.login_handler(lambda _user, _token, _claims: abort(409))

    sign_in(client, provider, "demo-pro", url="/login?prompt=consent")
    assert name_on_page(client) == "demo-free"


def test_signal_comes_after_the_login_was_saved(
    app: Flask, client: FlaskClient, provider: HfProvider
) -> None:
    seen: list[HfUser | None] = []

    def look(_app: Flask, **_what: object) -> None:
        seen.append(get_hf_user())

    with user_logged_in.connected_to(look, app):
        sign_in(client, provider)
    assert [user and user.username for user in seen] == ["demo-free"]


@pytest.mark.parametrize(
    "allowed",
    [
        pytest.param("demo-guild", id="by username"),
        pytest.param(GUILD.id, id="by id"),
        pytest.param("demo-nowhere demo-guild", id="one of several"),
    ],
)
def test_members_of_an_allowed_organization_come_in(
    allowed: str, make_app: AppMaker, provider: HfProvider
) -> None:
    client = make_app(HF_OAUTH_ALLOWED_ORGS=allowed).test_client()

    assert sign_in(client, provider, "demo-pro").location == "/"


@pytest.mark.parametrize(
    ("allowed", "persona"),
    [
        pytest.param("demo-guild", "demo-free", id="in no organization"),
        pytest.param("demo-nowhere", "demo-pro", id="in another one"),
        pytest.param(["Demo Guild"], "demo-pro", id="its display name, which anybody can take"),
        pytest.param("demo-locked", "demo-org-admin", id="role no_access"),
    ],
)
def test_everybody_else_is_turned_away(
    allowed: object, persona: str, make_app: AppMaker, provider: HfProvider
) -> None:
    scopes = "openid profile read-memberships"
    client = make_app(HF_OAUTH_ALLOWED_ORGS=allowed, HF_OAUTH_SCOPES=scopes).test_client()

    response = sign_in(client, provider, persona)
    assert (response.status_code, error_code(response)) == (403, "organization_required")
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    ("allowed", "asked"), [(GUILD.id, GUILD.id), ("demo-guild", None)], ids=["id", "username"]
)
def test_who_did_not_share_the_organization_is_offered_the_choice_again(
    allowed: str, asked: str | None, make_app: AppMaker, provider: HfProvider
) -> None:
    provider.switch(orgs_without_memberships="absent")
    client = make_app(HF_OAUTH_ALLOWED_ORGS=allowed).test_client()
    wish = begin(client, "/login?next=/cart")
    refused = client.get(provider.authorize(wish, "demo-pro", orgs=[]))
    review = begin(client, find_way_on(refused))

    assert "Choose organizations again" in refused.text
    assert (parameters(review)["prompt"], parameters(review).get("orgIds")) == ("consent", asked)
    back = client.get(provider.authorize(review, "demo-pro", orgs="demo-guild"))
    assert back.location == "/cart"


def test_who_has_to_do_something_for_the_organization_first_is_told_what(
    make_app: AppMaker, provider: HfProvider
) -> None:
    scopes = "openid profile read-memberships"
    settings = {"HF_OAUTH_ALLOWED_ORGS": "demo-enterprise", "HF_OAUTH_SCOPES": scopes}
    client = make_app(settings).test_client()
    refused = client.get(
        provider.authorize(begin(client), "demo-sso-pending", orgs="demo-enterprise")
    )

    assert (refused.status_code, error_code(refused)) == (403, "organization_required")
    assert "demo-enterprise lets you in only with single sign-on" in refused.text
    assert parameters(begin(client, find_way_on(refused)))["prompt"] == "consent"


def kept_token(client: FlaskClient) -> HfToken | None:
    with client:
        client.get("/")
        return get_hf_token()


def test_store_token_off_keeps_none(make_app: AppMaker, provider: HfProvider) -> None:
    client = make_app(HF_OAUTH_STORE_TOKEN=False).test_client()
    sign_in(client, provider)

    assert name_on_page(client) == "demo-free"
    assert kept_token(client) is None


def test_login_ends_with_the_access_token(
    client: FlaskClient, provider: HfProvider, clock: Clock
) -> None:
    provider.switch(access_token_lifetime=3600)
    sign_in(client, provider)

    clock.advance(3600 - 40)
    assert name_on_page(client) == "demo-free"
    clock.advance(20)
    assert name_on_page(client) == "nobody"
    assert kept_token(client) is None
    assert client.get("/private").location == "/login?next=/private"


def test_session_lifetime_ends_the_login_before_the_token(
    make_app: AppMaker, provider: HfProvider, clock: Clock
) -> None:
    client = make_app(HF_OAUTH_SESSION_LIFETIME=timedelta(minutes=10)).test_client()
    sign_in(client, provider)

    clock.advance(590)
    assert name_on_page(client) == "demo-free"
    clock.advance(10)
    assert name_on_page(client) == "nobody"


def test_login_that_outlives_its_token_has_none_at_last(
    make_app: AppMaker, provider: HfProvider, clock: Clock
) -> None:
    provider.switch(access_token_lifetime=3600)
    client = make_app(HF_OAUTH_SESSION_LIFETIME=86_400).test_client()
    sign_in(client, provider)

    clock.advance(3600 - 40)
    assert kept_token(client)
    clock.advance(20)  # 20 s before its end: a call with it could come too late
    assert kept_token(client) is None
    assert name_on_page(client) == "demo-free"


def test_clock_of_the_provider_does_not_matter_for_expiry(
    client: FlaskClient, provider: HfProvider
) -> None:
    provider.switch(clock_offset=-60)
    sign_in(client, provider)

    token = kept_token(client)
    assert token is not None
    left = token.expires_at - datetime.now(timezone.utc)
    assert timedelta(hours=7, minutes=59) < left <= timedelta(hours=8)


def test_token_that_lives_seconds_makes_no_loop(client: FlaskClient, provider: HfProvider) -> None:
    provider.switch(access_token_lifetime=20)
    url, visits = "/private", 0
    response = client.get(url)
    while response.location and visits < 4:
        response = client.get(response.location)
        if response.location and "/oauth/authorize" in response.location:
            visits += 1
            response = client.get(provider.authorize(response.location))

    assert visits < 4
    assert response.status_code >= 400


def test_login_of_a_user_who_is_signed_in_elsewhere_stays(app: Flask, provider: HfProvider) -> None:
    phone, laptop = app.test_client(), app.test_client()
    sign_in(phone, provider)
    sign_in(laptop, provider)
    laptop.post("/logout")

    user = signed_in_user(phone)
    assert user is not None
    assert begin(laptop)
