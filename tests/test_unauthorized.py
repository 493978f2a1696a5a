"""A 401 of the Hub to the token that an app has used for somebody."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from flow import REDIRECTS, AppMaker, Clock, error_code, name_on_page, recorded, sign_in
from plain_app import HTMX, SCRIPT
from werkzeug.test import TestResponse

from flask_hf_oauth import (
    HfOAuth,
    SessionEnded,
    get_hf_token,
    login_required,
    user_logged_out,
)
from flask_hf_oauth.testing import HfProvider, login

WHOAMI = "https://huggingface.co/api/whoami-v2"
LOGIN_URL = "/login?next=/hub"


def own_token() -> str | None:
    token = get_hf_token()
    return None if token is None else token.access_token


def fail(status: int = 401, access_token: str | None = None) -> requests.HTTPError:
    """Make what requests raises; without a token none was sent."""
    headers = {} if access_token is None else {"Authorization": f"Bearer {access_token}"}
    response = requests.Response()
    response.status_code = status
    response.request = requests.Request("GET", WHOAMI, headers).prepare()
    return requests.HTTPError("the Hub refused", response=response)


class HttpxError(Exception):
    """As httpx raises it, and huggingface_hub 1.0: the answer may have no request."""

    def __init__(self, status: int, access_token: str | None = None) -> None:
        self.response = HttpxResponse(status, access_token)


class HttpxResponse:
    def __init__(self, status_code: int, access_token: str | None) -> None:
        self.status_code = status_code
        self._access_token = access_token

    @property
    def request(self) -> requests.PreparedRequest:
        if self._access_token is None:
            raise RuntimeError("The request instance has not been set on this response.")
        return fail(401, self._access_token).response.request  # type: ignore[union-attr]  # as made above


class Hub:
    """What the view at /hub runs into; by default, a 401 to the user's own token."""

    def __init__(self) -> None:
        self.error: Callable[[], Exception] = lambda: fail(401, own_token())

    def ask(self) -> str:
        raise self.error()


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def app(make_app: AppMaker, hub: Hub) -> Flask:
    hf = HfOAuth()
    app = make_app(hf=hf)
    app.add_url_rule("/hub", "hub", login_required(hub.ask), methods=["GET", "POST"])
    app.add_url_rule("/open", "open", lambda: hub.ask())  # noqa: PLW0108 - a view without a guard
    for error in (requests.HTTPError, HttpxError):
        app.register_error_handler(error, hf.handle_unauthorized)
    return app


@pytest.fixture
def client(app: Flask, provider: HfProvider) -> FlaskClient:
    """Return a browser of somebody who is signed in, and has put something into the session."""
    client = app.test_client()
    sign_in(client, provider)
    client.get("/cart")
    return client


def test_revoked_access_signs_out_and_leads_through_a_login_back(
    client: FlaskClient, hub: Hub, provider: HfProvider
) -> None:
    def ask_the_provider() -> Exception:
        headers = {"Authorization": f"Bearer {own_token()}"}
        answer = requests.get(f"{provider.url}/api/whoami-v2", headers=headers, timeout=5)
        return requests.HTTPError(response=answer)

    hub.error = ask_the_provider
    provider.revoke("demo-free")
    refused = client.get("/hub")

    assert (refused.status_code, refused.location) == (302, LOGIN_URL)
    assert name_on_page(client) == "nobody"
    assert client.get("/cart").text == "cart of None"
    assert sign_in(client, provider, url=refused.location).location == "/hub"


def test_form_comes_back_to_its_page(client: FlaskClient) -> None:
    refused = client.post("/hub", headers={"Referer": "http://localhost/form?draft=1"})

    assert (refused.status_code, refused.location) == (303, "/login?next=/form?draft%3D1")


def test_script_is_told_where_to_sign_in(client: FlaskClient) -> None:
    refused = client.get("/hub", headers={**SCRIPT, "Referer": "http://localhost/form"})

    assert refused.status_code == 401
    assert refused.json == {
        "error": "session_ended",
        "message": SessionEnded.message,
        "login_url": "/login?next=/form",
    }
    assert name_on_page(client) == "nobody"


def test_htmx_opens_the_login_as_a_page(client: FlaskClient) -> None:
    refused = client.get("/hub", headers={**HTMX, "Referer": "http://localhost/form"})

    assert refused.headers["HX-Redirect"] == "/login?next=/form"
    assert name_on_page(client) == "nobody"


def test_app_is_told_who_was_signed_out(client: FlaskClient, app: Flask) -> None:
    with recorded(user_logged_out, app) as users:
        client.get("/hub")

    assert [user.username for user in users] == ["demo-free"]


def walk(client: FlaskClient, provider: HfProvider, url: str) -> TestResponse:
    """Go where a browser is sent, with a person who agreed before, until there is a page."""
    for _ in range(20):  # redirects, after which a browser gives up
        answer = client.get(url)
        if answer.status_code not in REDIRECTS:
            return answer
        at_provider = answer.location.startswith(provider.url)
        url = provider.authorize(answer.location) if at_provider else answer.location
    raise AssertionError("The browser goes round in circles.")


def test_hub_that_refuses_every_new_token_makes_no_loop(
    client: FlaskClient, provider: HfProvider
) -> None:
    page = walk(client, provider, "/hub")

    assert (page.status_code, error_code(page)) == (401, "session_ended")
    assert f'href="{LOGIN_URL}"' in page.text
    assert name_on_page(client) == "nobody"


def test_htmx_makes_no_loop_either(client: FlaskClient, provider: HfProvider) -> None:
    client.get("/hub", headers=HTMX)
    sign_in(client, provider)
    again = client.get("/hub", headers=HTMX)

    assert again.status_code == 401
    assert "HX-Redirect" not in again.headers


def test_refusal_a_minute_later_leads_to_the_login_again(
    client: FlaskClient, provider: HfProvider, clock: Clock
) -> None:
    for _ in range(3):
        assert client.get("/hub").location == LOGIN_URL
        clock.advance(61)
        sign_in(client, provider, url=LOGIN_URL)


def test_refusal_of_another_person_is_no_repetition(
    client: FlaskClient, provider: HfProvider
) -> None:
    client.get("/hub")
    sign_in(client, provider, "demo-pro")
    client.post("/logout")
    sign_in(client, provider)

    assert client.get("/hub").location == LOGIN_URL


SPARED: dict[str, Callable[[], Exception]] = {
    "not allowed": lambda: fail(403, own_token()),
    "not found": lambda: fail(404, own_token()),
    "down": lambda: fail(503, own_token()),
    "token of the app itself": lambda: fail(401, "hf_token-of-the-app"),
    "own token and more": lambda: fail(401, f"{own_token()}x"),
    "no token sent": fail,
    "no answer": lambda: requests.HTTPError("the line broke"),
    "answer of another kind": lambda: HttpxError(418, own_token()),
}


@pytest.mark.parametrize("error", SPARED)
def test_any_other_error_is_raised_again_and_signs_nobody_out(
    client: FlaskClient, hub: Hub, error: str
) -> None:
    hub.error = SPARED[error]

    with pytest.raises((requests.HTTPError, HttpxError)):
        client.get("/hub")
    assert name_on_page(client) == "demo-free"


@pytest.mark.parametrize("access_token", [None, "hf_token-of-the-app"], ids=["none", "the app's"])
def test_token_of_the_app_itself_sends_no_visitor_to_sign_in(
    app: Flask, hub: Hub, access_token: str | None
) -> None:
    hub.error = lambda: fail(401, access_token)

    with pytest.raises(requests.HTTPError):
        app.test_client().get("/open")


@pytest.mark.parametrize("knows_request", [True, False], ids=["of a request", "made by hand"])
def test_error_of_httpx_is_understood(
    client: FlaskClient, hub: Hub, *, knows_request: bool
) -> None:
    hub.error = lambda: HttpxError(401, own_token() if knows_request else None)

    assert client.get("/hub").location == LOGIN_URL
    assert name_on_page(client) == "nobody"


def test_token_that_ends_while_the_hub_is_asked_is_understood(
    client: FlaskClient, hub: Hub, clock: Clock
) -> None:
    def take_hours() -> Exception:
        error = fail(401, own_token())
        clock.advance(8 * 3_600)
        return error

    hub.error = take_hours

    assert client.get("/hub").location == LOGIN_URL
    assert name_on_page(client) == "nobody"


@pytest.mark.parametrize("headers", [SCRIPT, {}], ids=["script", "page"])
def test_handler_of_the_app_answers_in_its_own_way(
    app: Flask, provider: HfProvider, headers: dict[str, str]
) -> None:
    app.register_error_handler(SessionEnded, lambda _error: ("our own words", 401))
    client = app.test_client()
    for _ in range(2):
        sign_in(client, provider)
        answer = client.get("/hub", headers=headers)

    assert answer.text == "our own words"


def test_token_stays_out_of_the_answer(client: FlaskClient, provider: HfProvider) -> None:
    answers: list[TestResponse] = []
    for headers in (SCRIPT, {}, {}):
        answers.append(client.get("/hub", headers=headers))
        sign_in(client, provider)

    assert not any("hf_oauth_ey" in f"{answer.headers}{answer.text}" for answer in answers)


def test_token_that_did_not_fit_into_the_cookie_is_known_too(
    make_app: AppMaker, hub: Hub, provider: HfProvider
) -> None:
    hf = HfOAuth()
    app = make_app(hf=hf, HF_OAUTH_REFRESH=True)
    app.add_url_rule("/hub", "hub", login_required(hub.ask))
    app.register_error_handler(requests.HTTPError, hf.handle_unauthorized)
    client = app.test_client()
    login(client, expires_in=-1, provider=provider)
    long = f"hf_oauth_{secrets.token_hex(4000)}"
    provider.change("token_response", lambda answer: {**answer, "access_token": long})

    assert client.get("/hub").location == LOGIN_URL
    assert name_on_page(client) == "nobody"
