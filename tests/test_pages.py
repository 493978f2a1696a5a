from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NoReturn

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from jinja2 import DictLoader, StrictUndefined
from page_actions import find_actions
from plain_app import FRAME, HTMX, NAVIGATION, SCRIPT, make_plain_app
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

import flask_hf_oauth
from flask_hf_oauth import errors
from flask_hf_oauth.errors import (
    AccessDenied,
    ConfigurationError,
    CrossSiteRequest,
    HfOAuthError,
    InsufficientScope,
    LoginBusy,
    LoginError,
    LoginRefused,
    LoginRequired,
    MembershipRequired,
    OrganizationRequired,
    PermissionRequired,
    ProviderError,
    ProviderUnavailable,
    SessionTooLarge,
    StateExpired,
    StateUsed,
)
from flask_hf_oauth.pages import refuse
from flask_hf_oauth.testing import login

PACKAGE = Path(flask_hf_oauth.__file__).parent
EVIL = "<script>alert('x')</script>"
SHOWN = [
    error
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, HfOAuthError) and hasattr(error, "code")
]


def refusing(error: HfOAuthError, target: str | None = None) -> Callable[[], NoReturn]:
    def view() -> NoReturn:
        refuse(error, next=target)

    return view


def make(error: type[HfOAuthError]) -> HfOAuthError:
    if error is InsufficientScope:
        return error(["email"], "/more")
    if error is MembershipRequired:
        return make_membership_required()
    return error("what happened")


def make_membership_required(error_code: str = "membership_required") -> MembershipRequired:
    return MembershipRequired("acme", "write", "Join them.", "/more", error_code=error_code)


def show(error: HfOAuthError, target: str | None = None, **headers: str) -> TestResponse:
    client = make_plain_app({"/": refusing(error, target)}).test_client()
    return client.get("/", headers=headers)


def all_pages(client: FlaskClient) -> Iterator[TestResponse]:
    """Yield each page that this extension can show, in all its forms."""
    for error in SHOWN:
        path = f"/{error.__name__}"
        for headers in (NAVIGATION, FRAME):
            with_everything = make(error)
            with_everything.remedy, with_everything.retry_after = "Do this\nand that.", 5
            client.application.view_functions[path] = refusing(with_everything, "/next")
            yield client.get(path, headers=headers)
            client.application.view_functions[path] = refusing(make(error))
            yield client.get(path, headers=headers)
    yield client.get("/logout")
    yield client.get("/logout?next=/home")
    login(client)
    yield client.get("/logout?next=/home")


@pytest.fixture
def client() -> FlaskClient:
    app = make_plain_app({f"/{error.__name__}": refusing(make(error)) for error in SHOWN})
    app.jinja_env.undefined = StrictUndefined
    return app.test_client()


class Strict(HTMLParser):
    """Collects what a strict Content-Security-Policy would block, and what is left open."""

    VOID = frozenset({"meta", "link", "img", "input", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.blocked: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        if tag in {"script", "style", "iframe", "object", "embed", "base"}:
            self.blocked.append(tag)
        for name, value in attrs:
            if name == "style" or name.startswith("on") or (value or "").startswith("javascript:"):
                self.blocked.append(f"{tag} {name}")
            is_avatar = tag == "img" and (value or "").startswith("https://")
            if name in {"src", "action"} and not is_avatar and not (value or "").startswith("/"):
                self.blocked.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag: str) -> None:
        if self.open.pop() != tag:
            self.blocked.append(f"</{tag}> closes something else")


def test_pages_pass_a_strict_content_security_policy(client: FlaskClient) -> None:
    for response in all_pages(client):
        page = Strict()
        page.feed(response.text)

        assert not page.blocked, response.text
        assert not page.open


def test_style_sheet_loads_nothing_from_elsewhere() -> None:
    style = (PACKAGE / "static" / "hf-oauth.css").read_text(encoding="utf-8")

    assert not re.search(r"@import|url\(\s*['\"]?(data:|https?:|//)|expression\(", style)


def test_pages_tell_everything_that_they_use(client: FlaskClient) -> None:
    # The client's app raises at what a template misspells or is not given.
    assert all("<h1>" in response.text for response in all_pages(client))


def test_pages_are_kept_by_no_cache(client: FlaskClient) -> None:
    assert all(page.headers["Cache-Control"] == "no-store" for page in all_pages(client))


def test_pages_are_for_phones_and_for_the_dark(client: FlaskClient) -> None:
    for page in all_pages(client):
        assert 'content="width=device-width, initial-scale=1"' in page.text
        assert 'content="light dark"' in page.text
        assert '<html lang="en">' in page.text


@pytest.mark.parametrize("error", SHOWN, ids=lambda error: error.__name__)
def test_error_page_says_what_happened_and_its_code(error: type[HfOAuthError]) -> None:
    made = make(error)
    response = show(made)

    assert isinstance(made, HTTPException)
    assert response.status_code == made.code
    assert f"<h1>{made.title}</h1>".replace("'", "&#39;") in response.text
    assert f"Error code: {made.error_code}" in response.text


# What a script is told besides the code and the sentence.
BESIDES: dict[str, dict[str, object]] = {
    "LoginRequired": {"login_url": "what happened"},
    "SessionEnded": {"login_url": "what happened"},
    "PermissionRequired": {"login_url": None},
    "InsufficientScope": {"scopes": ["email"], "login_url": "/more"},
    "MembershipRequired": {"org": "acme", "role": "write", "login_url": "/more"},
}


@pytest.mark.parametrize("error", SHOWN, ids=lambda error: error.__name__)
@pytest.mark.parametrize("headers", [SCRIPT, HTMX, {"Accept": "application/json"}])
def test_each_page_has_a_twin_as_json(error: type[HfOAuthError], headers: dict[str, str]) -> None:
    made = make(error)
    response = show(made, **headers)

    assert isinstance(made, HTTPException)
    assert response.status_code == made.code
    of_class = BESIDES.get(error.__name__, {})
    assert response.json == {"error": made.error_code, "message": made.description, **of_class}
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("headers", [NAVIGATION, SCRIPT], ids=["page", "json"])
def test_detail_is_for_the_log_alone(headers: dict[str, str]) -> None:
    assert "inside" not in show(ProviderError("what is inside"), **headers).text


def test_refusal_of_the_person_is_met_with_a_smile() -> None:
    assert "logo.svg" in show(AccessDenied()).text
    assert "logo.svg" not in show(StateExpired()).text


def test_remedy_is_shown_with_its_lines() -> None:
    response = show(ConfigurationError(["First & foremost.", "Second."]))

    assert "First &amp; foremost.\nSecond." in response.text


def test_page_without_a_remedy_says_nothing_to_the_owner() -> None:
    assert "owner" not in show(StateExpired()).text


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(lambda: show(LoginRefused(EVIL)), id="reason"),
        pytest.param(lambda: show(StateExpired(remedy=EVIL)), id="remedy"),
        pytest.param(lambda: show(StateExpired(), f"/{EVIL}"), id="next"),
        pytest.param(lambda: show(StateExpired(error_code=EVIL)), id="code"),
        pytest.param(lambda: show(StateExpired(), Host="<script>"), id="host"),
    ],
)
def test_nothing_on_a_page_is_markup_of_others(response: Callable[[], TestResponse]) -> None:
    assert "<script" not in response().text


@pytest.mark.parametrize("reason", ["You are banned.", ""])
def test_person_reads_the_reason_of_the_app(reason: str) -> None:
    expected = reason or "This site did not accept the sign-in."

    assert f"<p>{expected}</p>" in show(LoginRefused(reason)).text


SIGN_IN = ("Sign in", "/login?next=/next")
AGAIN, ONWARDS = ("Sign in again", "/login?next=/next"), ("Continue", "/next")
HOME = ("Back to the start page", "/")
REVIEW = {"prompt": "consent", "org_ids": "0123456789abcdef01234567"}


@pytest.mark.parametrize(
    ("error", "actions"),
    [
        (StateExpired(), [AGAIN, ONWARDS]),
        (ProviderUnavailable(), [AGAIN, ONWARDS]),
        (StateUsed(), [ONWARDS, AGAIN]),
        # Continue may be a guarded page, which would ask right away.
        (AccessDenied(), [SIGN_IN, HOME]),
        (LoginRefused(), [AGAIN, HOME]),
        (
            OrganizationRequired("No member.", REVIEW),
            [
                (
                    "Choose organizations again",
                    "/login?next=/next&prompt=consent&org_ids=0123456789abcdef01234567",
                ),
                HOME,
            ],
        ),
        (InsufficientScope(["email"], "/more"), [("Continue to Hugging Face", "/more"), HOME]),
        (make_membership_required(), [("Choose organizations again", "/more"), HOME]),
        # No login mends it.
        (InsufficientScope(["email"], None), [HOME]),
        (PermissionRequired(), [HOME]),
        # Once more would not help.
        (SessionTooLarge(), [HOME]),
        (ConfigurationError("x"), [HOME]),
        (CrossSiteRequest(), [HOME]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, HfOAuthError) else "",
)
def test_page_shows_the_ways_on_the_best_one_first(
    error: HfOAuthError, actions: list[tuple[str, str]]
) -> None:
    assert find_actions(show(error, "/next")) == actions


def test_ways_on_without_a_next_lead_to_the_start() -> None:
    assert find_actions(show(StateExpired())) == [("Sign in again", "/login"), ("Continue", "/")]


def test_start_page_is_where_a_logout_leads() -> None:
    views = {"/": refusing(CrossSiteRequest())}
    client = make_plain_app(views, HF_OAUTH_LOGOUT_REDIRECT="/welcome").test_client()

    assert find_actions(client.get("/")) == [("Back to the start page", "/welcome")]


def test_sign_in_again_opens_a_tab_out_of_a_frame() -> None:
    links = re.findall(r"<a [^>]+>", show(StateExpired(), **FRAME).text)

    assert 'target="_blank" rel="noopener"' in links[0]
    assert "_blank" not in links[1]


@pytest.mark.parametrize("headers", [NAVIGATION, SCRIPT], ids=["page", "json"])
def test_retry_after_is_sent(headers: dict[str, str]) -> None:
    assert show(LoginBusy(retry_after=7), **headers).headers["Retry-After"] == "7"
    assert "Retry-After" not in show(StateExpired(), **headers).headers


def make_templated_app(**templates: str) -> FlaskClient:
    app = make_plain_app({"/": refusing(StateExpired("x"))})
    app.jinja_loader = DictLoader(
        {f"hf_oauth/{name}.html": text for name, text in templates.items()}
    )
    return app.test_client()


def test_app_replaces_the_error_page() -> None:
    client = make_templated_app(error="{{ code }}: {{ title }} {{ actions[0].url }}")

    assert client.get("/").text == "state_expired: That took a little long /login"
    assert client.get("/").status_code == 400


def test_app_replaces_the_frame_of_all_pages() -> None:
    base = "<b>Mine</b>{% block head %}{% endblock %}{% block content %}{% endblock %}"
    client = make_templated_app(base=base)

    assert "<b>Mine</b>" in client.get("/").text
    assert "<!doctype" not in client.get("/").text
    assert "Error code: state_expired" in client.get("/").text
    assert "You are signed out" in client.get("/logout").text


def test_app_extends_the_frame() -> None:
    client = make_templated_app(
        error='{% extends "hf_oauth/base.html" %}{% block title %}Oh{% endblock %}'
    )

    assert "<title>Oh" in client.get("/").text


@pytest.mark.parametrize(
    "caught",
    [403, LoginRefused, LoginError, HfOAuthError, HTTPException, Exception],
    ids=["status", "class", "LoginError", "HfOAuthError", "HTTPException", "Exception"],
)
def test_errorhandler_of_the_app_takes_over(caught: type[Exception] | int) -> None:
    app = make_plain_app({"/": refusing(OrganizationRequired())})

    @app.errorhandler(caught)
    def handle(error: OrganizationRequired) -> tuple[str, int]:
        return f"{error.error_code} {error.title} {error.description}", 418

    response = app.test_client().get("/")

    assert response.status_code == 418
    assert response.text.startswith("organization_required This site is for members You need")


def test_errorhandler_of_another_status_does_not() -> None:
    app = make_plain_app({"/": refusing(OrganizationRequired())})
    app.register_error_handler(404, lambda _error: "mine")

    assert "Error code: organization_required" in app.test_client().get("/").text


def test_errorhandler_of_a_blueprint_takes_over_its_views() -> None:
    blueprint = Blueprint("inside", __name__)
    blueprint.register_error_handler(HfOAuthError, lambda _error: "mine")
    blueprint.add_url_rule("/", "home", refusing(StateExpired()))
    app = make_plain_app()
    app.register_blueprint(blueprint)

    assert app.test_client().get("/").text == "mine"


def test_errorhandler_may_keep_our_page() -> None:
    app = make_plain_app({"/": refusing(StateExpired())})
    app.register_error_handler(HfOAuthError, lambda error: error)

    assert "Error code: state_expired" in app.test_client().get("/").text


def test_errorhandler_sees_where_to_sign_in() -> None:
    app = make_plain_app({"/": refusing(LoginRequired("/login?next=/x"))})
    app.register_error_handler(LoginRequired, lambda error: error.login_url)

    assert app.test_client().get("/").text == "/login?next=/x"


def test_own_endpoints_use_the_errorhandler_too() -> None:
    app = make_plain_app()
    app.register_error_handler(errors.CallbackError, lambda error: f"mine: {error.error_code}")

    assert app.test_client().get("/login/callback").text == "mine: state_missing"


def test_login_without_a_client_id_tells_the_owner_what_to_set() -> None:
    app = Flask("demo")
    app.secret_key = "key"
    flask_hf_oauth.HfOAuth(app)
    response = app.test_client().get("/login")

    assert response.status_code == 503
    assert "Error code: not_configured" in response.text
    assert "OAUTH_CLIENT_ID" in response.text
    assert "https://huggingface.co/settings/applications/new" in response.text


def test_login_without_a_secret_key_tells_the_owner_what_to_set() -> None:
    app = make_plain_app(SECRET_KEY=None)
    response = app.test_client().get("/login")

    assert response.status_code == 503
    assert "Error code: secret_key_missing" in response.text
    assert "print(secrets.token_hex())" in response.text


@pytest.mark.parametrize("url", ["/logout", "/login/callback", "/login"])
def test_search_engines_leave_our_pages_alone(url: str) -> None:
    response = make_plain_app().test_client().get(url, headers={"Sec-Purpose": "prefetch"})

    assert 'name="robots" content="noindex"' in response.text
