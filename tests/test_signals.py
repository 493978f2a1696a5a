from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flow import AppMaker, begin, parameters, recorded, sign_in, with_parameters

from flask_hf_oauth import (
    AccessDenied,
    HfOAuth,
    HfOAuthError,
    HfUser,
    LoginRefused,
    current_hf_user,
    get_hf_token,
    login_failed,
    token_refreshed,
    user_logged_in,
    user_logged_out,
)
from flask_hf_oauth.testing import HfProvider, login


def test_signals_are_named_as_documented() -> None:
    assert user_logged_in.name == "user-logged-in"
    assert user_logged_out.name == "user-logged-out"
    assert login_failed.name == "login-failed"
    assert token_refreshed.name == "token-refreshed"


def test_login_is_told_after_it_was_written(
    app: Flask, client: FlaskClient, provider: HfProvider
) -> None:
    seen: list[object] = []

    def listen(sender: Flask, user: HfUser) -> None:
        seen.extend([sender, user, current_hf_user.id, get_hf_token() is not None])

    with user_logged_in.connected_to(listen):
        sign_in(client, provider)

    assert seen[0] is app
    assert isinstance(seen[1], HfUser)
    assert seen[2:] == [seen[1].id, True]


def test_login_that_was_there_is_not_told_again(
    app: Flask, client: FlaskClient, provider: HfProvider
) -> None:
    callback = provider.authorize(begin(client))
    with recorded(user_logged_in, app) as users:
        client.get(callback)
        client.get(callback)
        client.get("/private")

    assert len(users) == 1


def test_logout_is_told_after_the_session_was_emptied(app: Flask, client: FlaskClient) -> None:
    user = login(client)
    seen: list[object] = []

    def listen(sender: Flask, user: HfUser) -> None:
        seen.extend([sender, user, current_hf_user.id])

    with user_logged_out.connected_to(listen):
        client.post("/logout")

    assert seen == [app, user, None]


@pytest.mark.parametrize(
    "leave",
    [
        pytest.param(lambda client: client.post("/logout"), id="nobody there"),
        pytest.param(lambda client: client.get("/logout"), id="only asked"),
        pytest.param(
            lambda client: client.post("/logout", headers={"Sec-Fetch-Site": "cross-site"}),
            id="another site",
        ),
    ],
)
def test_no_logout_is_told_when_nobody_left(
    app: Flask, client: FlaskClient, leave: Callable[[FlaskClient], object]
) -> None:
    with recorded(user_logged_out, app) as users:
        leave(client)

    assert not users


def test_failure_is_told_with_its_error(
    app: Flask, client: FlaskClient, provider: HfProvider
) -> None:
    with recorded(login_failed, app) as errors, recorded(user_logged_in, app) as users:
        client.get(provider.refuse(begin(client)))

    assert [type(error) for error in errors] == [AccessDenied]
    assert not users


def test_refusal_of_the_app_is_told(make_app: AppMaker, provider: HfProvider) -> None:
    hf = HfOAuth()

    @hf.login_handler
    def refuse(_user: HfUser, _token: object, _claims: object) -> None:
        raise LoginRefused("Not you.")

    app = make_app(hf=hf)
    with recorded(login_failed, app) as errors, recorded(user_logged_in, app) as users:
        sign_in(app.test_client(), provider)

    assert [error.detail for error in errors] == ["Not you."]
    assert not users


def test_failure_is_told_even_if_the_app_shows_its_own_page(
    app: Flask, client: FlaskClient
) -> None:
    app.register_error_handler(HfOAuthError, lambda _error: "mine")
    with recorded(login_failed, app) as errors:
        assert client.get("/login/callback").text == "mine"

    assert [error.error_code for error in errors] == ["state_missing"]


def test_mistake_of_the_app_is_no_failed_login(make_app: AppMaker, provider: HfProvider) -> None:
    hf = HfOAuth()

    @hf.login_handler
    def stumble(_user: HfUser, _token: object, _claims: object) -> None:
        raise ZeroDivisionError

    app = make_app(hf=hf)
    with recorded(login_failed, app) as errors, pytest.raises(ZeroDivisionError):
        sign_in(app.test_client(), provider)

    assert not errors


@pytest.mark.parametrize("signal", [user_logged_in, user_logged_out, login_failed])
def test_listener_of_one_app_does_not_hear_another(signal: Any, make_app: AppMaker) -> None:  # noqa: ANN401 - blinker's
    listening, speaking = make_app(), make_app()
    client = speaking.test_client()
    with recorded(signal, listening) as heard:
        login(client)
        client.post("/logout")
        client.get("/login/callback")

    assert not heard


@pytest.mark.parametrize("lost", ["state", "code"])
def test_no_secret_is_told(
    lost: str,
    app: Flask,
    client: FlaskClient,
    provider: HfProvider,
    caplog: pytest.LogCaptureFixture,
) -> None:
    callback = provider.authorize(begin(client))
    with caplog.at_level(logging.DEBUG), recorded(login_failed, app) as errors:
        client.get(with_parameters(callback, **{lost: "forged"}))

    (error,) = errors
    told = f"{vars(error)} {error!r} {error} {caplog.text}"
    assert not [value for value in parameters(callback).values() if value in told]
