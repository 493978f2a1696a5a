from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from flask import Flask, Response, g, make_response, send_file
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from guarded_views import METHODS, WAYS, Gate, add_app_wide, add_sync, name_of
from plain_app import FRAME, HTMX, NAVIGATION, SCRIPT, make_plain_app
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from flask_hf_oauth import HfOAuthError, LoginRequired, current_hf_user, login_required
from flask_hf_oauth.testing import login

UNSAFE = ["POST", "PUT", "PATCH", "DELETE"]
PREFLIGHT = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}


def counted(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def counting(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the view's
        g.count = g.get("count", 0) + 1
        return view(*args, **kwargs)

    return counting


def add_stack(app: Flask, gate: Gate) -> None:
    @app.route("/private", methods=METHODS)
    @counted
    @gate
    @counted
    @gate
    def private() -> str:
        assert g.count == 2
        return f"private to {current_hf_user.username}"


@pytest.fixture(params=[*WAYS, add_stack], ids=name_of)
def guarded(request: pytest.FixtureRequest) -> FlaskClient:
    app = make_plain_app()
    request.param(app, login_required)
    return app.test_client()


@pytest.fixture
def client() -> FlaskClient:
    app = make_plain_app()
    add_sync(app, login_required)
    return app.test_client()


@pytest.fixture
def signed_in(client: FlaskClient) -> FlaskClient:
    login(client)
    return client


def assert_kept_out(response: TestResponse) -> None:
    assert "private to" not in response.text
    assert response.status_code in {302, 303}
    assert response.location.startswith("/login")


def test_class_of_views_is_refused_with_a_word_about_its_decorators() -> None:
    with pytest.raises(TypeError, match="decorators = "):
        login_required(type("Page", (), {}))


def test_signed_in_user_passes(guarded: FlaskClient) -> None:
    login(guarded)

    assert guarded.get("/private").text == "private to demo-free"


@pytest.mark.parametrize("method", ["GET", *UNSAFE])
def test_nobody_else_passes(guarded: FlaskClient, method: str) -> None:
    assert_kept_out(guarded.open("/private", method=method))


def test_expired_login_does_not_pass(guarded: FlaskClient) -> None:
    login(guarded, expires_in=-1)

    assert_kept_out(guarded.get("/private"))


@pytest.mark.parametrize("headers", [{}, PREFLIGHT], ids=["plain", "preflight"])
def test_anonymous_options_never_runs_the_view(
    guarded: FlaskClient, headers: dict[str, str]
) -> None:
    response = guarded.options("/private", headers=headers)

    assert response.status_code == 200
    assert response.text == ""
    assert "POST" in response.headers["Allow"]


def test_preflight_never_runs_the_view_even_signed_in(guarded: FlaskClient) -> None:
    login(guarded)

    assert guarded.options("/private", headers=PREFLIGHT).text == ""


def test_cross_site_form_does_not_pass(guarded: FlaskClient) -> None:
    login(guarded)
    response = guarded.post("/private", headers={"Sec-Fetch-Site": "cross-site", **NAVIGATION})

    assert response.status_code == 403
    assert "private to" not in response.text


def test_own_form_passes(guarded: FlaskClient) -> None:
    login(guarded)

    assert guarded.post("/private", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_options_of_the_view_itself_is_for_signed_in_users(signed_in: FlaskClient) -> None:
    assert signed_in.options("/private").status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 302), (NAVIGATION, 302), (FRAME, 302), ({"Accept": "*/*"}, 302)],
    ids=["old browser", "page", "frame", "curl"],
)
def test_page_is_sent_to_the_login_and_comes_back(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    response = client.get("/private?tab=1", headers=headers)

    assert response.status_code == status
    assert response.location == "/login?next=/private?tab%3D1"


def test_head_is_sent_to_the_login_too(client: FlaskClient) -> None:
    assert client.head("/private").location == "/login?next=/private"


@pytest.mark.parametrize("method", UNSAFE)
def test_form_is_sent_to_the_login_and_back_to_its_page(client: FlaskClient, method: str) -> None:
    headers = {**NAVIGATION, "Referer": "http://localhost/form?id=1"}
    response = client.open("/private", method=method, headers=headers)

    assert response.status_code == 303
    assert response.location == "/login?next=/form?id%3D1"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Referer": "https://evil.example/form"}, {"Referer": "http://localhost/logout"}],
    ids=["no page", "page of another site", "our own page"],
)
def test_form_of_nowhere_leads_nowhere(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post("/private", headers=headers).location == "/login"


@pytest.mark.parametrize(
    "headers",
    [SCRIPT, {"Accept": "application/json"}, {"X-Requested-With": "XMLHttpRequest"}],
    ids=["fetch", "json", "xhr"],
)
def test_script_learns_where_to_sign_in(client: FlaskClient, headers: dict[str, str]) -> None:
    response = client.get("/private", headers={**headers, "Referer": "http://localhost/board"})

    assert response.status_code == 401
    assert response.json == {
        "error": "login_required",
        "message": "You need to sign in first.",
        "login_url": "/login?next=/board",
    }
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_htmx_turns_the_whole_page(client: FlaskClient, method: str) -> None:
    headers = {**HTMX, "HX-Current-URL": "http://localhost/board", "Referer": "http://localhost/x"}
    response = client.open("/private", method=method, headers=headers)

    assert response.status_code == 204
    assert response.headers["HX-Redirect"] == "/login?next=/board"
    assert response.text == ""


def test_boosted_link_of_htmx_comes_back_to_where_it_leads(client: FlaskClient) -> None:
    headers = {**HTMX, "HX-Boosted": "true", "HX-Current-URL": "http://localhost/board"}

    assert client.get("/private", headers=headers).headers["HX-Redirect"] == "/login?next=/private"


def test_boosted_form_of_htmx_comes_back_to_its_page(client: FlaskClient) -> None:
    headers = {**HTMX, "HX-Boosted": "true", "HX-Current-URL": "http://localhost/board"}

    assert client.post("/private", headers=headers).headers["HX-Redirect"] == "/login?next=/board"


def test_app_wide_guard_leaves_our_endpoints_and_static_files_alone() -> None:
    app = make_plain_app()
    add_app_wide(app, login_required)
    client = app.test_client()

    assert client.get("/login/callback").status_code == 400  # judged, and not sent to /login
    assert client.get("/logout").status_code == 200
    assert client.get("/static/nothing.css").status_code == 404
    with client.get("/hf-oauth/static/hf-oauth.css") as style:
        assert style.status_code == 200


def test_static_files_that_are_guarded_themselves_stay_guarded() -> None:
    app = make_plain_app()
    app.view_functions["static"] = login_required(app.view_functions["static"])

    assert_kept_out(app.test_client().get("/static/secret.txt"))


def test_endpoint_that_only_sounds_like_ours_is_guarded() -> None:
    app = make_plain_app()
    add_app_wide(app, login_required)
    app.add_url_rule("/own", "hf_oauth.own", lambda: "own")

    assert_kept_out(app.test_client().get("/own"))


def test_app_wide_guard_also_covers_what_does_not_exist() -> None:
    app = make_plain_app()
    add_app_wide(app, login_required)

    assert_kept_out(app.test_client().get("/nothing"))


def test_cross_site_link_passes(signed_in: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", **NAVIGATION}

    assert signed_in.get("/private", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"), [("http://localhost", 200), ("https://evil.example", 403)]
)
def test_another_site_opens_no_socket(signed_in: FlaskClient, origin: str, status: int) -> None:
    view = login_required(lambda: "opened")
    signed_in.application.add_url_rule("/socket", "socket", view, websocket=True)
    headers = {"Upgrade": "WebSocket", "Connection": "Upgrade", "Origin": origin}

    assert signed_in.get("/socket", headers=headers).status_code == status


def test_script_of_another_site_is_refused_as_data(signed_in: FlaskClient) -> None:
    response = signed_in.post("/private", headers={"Sec-Fetch-Site": "cross-site", **SCRIPT})

    assert response.status_code == 403
    assert response.json is not None
    assert response.json["error"] == "cross_site_request"


def test_refused_form_does_not_sign_out(signed_in: FlaskClient) -> None:
    signed_in.post("/private", headers={"Origin": "https://evil.example"})

    assert signed_in.get("/private").status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"), [("https://admin.example", 200), ("https://evil.example", 403)]
)
def test_trusted_origins_may_send_forms(origin: str, status: int) -> None:
    app = make_plain_app(HF_OAUTH_TRUSTED_ORIGINS="https://admin.example https://shop.example")
    add_sync(app, login_required)
    client = app.test_client()
    login(client)
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": origin}

    assert client.post("/private", headers=headers).status_code == status


def test_check_of_forms_can_be_turned_off(caplog: pytest.LogCaptureFixture) -> None:
    app = make_plain_app(HF_OAUTH_CSRF_CHECK=False)
    add_sync(app, login_required)
    client = app.test_client()
    login(client)

    assert client.post("/private", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
    assert "HF_OAUTH_CSRF_CHECK is off" in caplog.text


def answer_with(cache_control: str | None) -> Callable[[], Response]:
    @login_required
    def view() -> Response:
        response = make_response("x")
        if cache_control is not None:
            response.headers["Cache-Control"] = cache_control
        return response

    return view


@pytest.mark.parametrize(
    ("of_the_view", "sent"),
    [
        (None, "private"),
        ("max-age=60", "max-age=60, private"),
        ("no-cache", "no-cache, private"),
        ("public, max-age=60", "public, max-age=60"),
        ("s-maxage=60", "s-maxage=60"),
        ("no-store", "no-store"),
    ],
)
def test_shared_caches_keep_nothing_unless_the_view_says_so(
    of_the_view: str | None, sent: str
) -> None:
    client = make_plain_app({"/x": answer_with(of_the_view)}).test_client()
    login(client)

    assert client.get("/x").headers["Cache-Control"] == sent


def test_file_of_one_person_is_kept_by_no_shared_cache() -> None:
    """With an age, werkzeug's send_file says "public" by itself."""
    app = make_plain_app({"/x": login_required(lambda: send_file(__file__, max_age=60))})
    client = app.test_client()
    login(client)

    with client.get("/x") as response:
        assert response.headers["Cache-Control"] == "max-age=60, private"


@pytest.mark.parametrize("is_signed_in", [True, False], ids=["signed in", "signed out"])
def test_guarded_answer_varies_with_the_cookie(client: FlaskClient, is_signed_in: object) -> None:
    if is_signed_in:
        login(client)
    response = client.get("/private")

    assert "Cookie" in response.vary
    assert response.cache_control.private


def test_view_keeps_its_name_and_arguments() -> None:
    @login_required
    def show(number: int, *, kind: str = "x") -> str:
        """Show it."""
        return f"{number}{kind}"

    app = make_plain_app()
    app.add_url_rule("/show/<int:number>", view_func=show, defaults={"kind": "y"})
    client = app.test_client()
    login(client)

    assert client.get("/show/5").text == "5y"
    assert (show.__name__, show.__doc__) == ("show", "Show it.")


@pytest.mark.parametrize("caught", [401, LoginRequired, HfOAuthError, HTTPException, Exception])
@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [("mine", 200, "mine"), ("", 200, ""), (("mine", 418), 418, "mine"), ({}, 200, "{}\n")],
    ids=["text", "nothing", "status", "object"],
)
def test_script_gets_what_the_errorhandler_of_the_app_answers(
    caught: type[Exception] | int, answer: ResponseReturnValue, status: int, text: str
) -> None:
    app = make_plain_app()
    add_sync(app, login_required)
    app.register_error_handler(caught, lambda _error: answer)

    response = app.test_client().get("/private", headers={"Accept": "application/json"})
    assert (response.status_code, response.text) == (status, text)


def test_errorhandler_may_change_the_answer_to_a_script() -> None:
    def change(error: LoginRequired) -> LoginRequired:
        error.response = Response("changed", 401)
        return error

    app = make_plain_app()
    add_sync(app, login_required)
    app.register_error_handler(LoginRequired, change)

    response = app.test_client().get("/private", headers={"Accept": "application/json"})
    assert (response.status_code, response.text) == (401, "changed")


def test_errorhandler_without_an_answer_is_told_so() -> None:
    app = make_plain_app()
    add_sync(app, login_required)
    app.register_error_handler(LoginRequired, lambda _error: None)  # type: ignore[arg-type]  # the mistake

    with pytest.raises(TypeError, match="did not return a valid response"):
        app.test_client().get("/private", headers={"Accept": "application/json"})
