"""What attackers with the source in hand got through once, and must never again."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin
from flask.testing import FlaskClient
from flask.views import MethodView
from flow import (
    AppMaker,
    Clock,
    begin,
    error_code,
    name_on_page,
    parameters,
    recorded,
    session_cookie,
    sign_in,
)

from flask_hf_oauth import HfOAuthError, HfOrg, HfUser, login_failed, login_required, user_logged_in
from flask_hf_oauth.testing import HfProvider, login
from flask_hf_oauth.testing.faults import Endpoint, Fault


@pytest.mark.parametrize("other", ["HF_OAUTH_CLIENT_ID", "HF_OAUTH_PROVIDER_URL"])
def test_login_made_elsewhere_is_none_here(other: str, make_app: AppMaker) -> None:
    values = {"HF_OAUTH_CLIENT_ID": "another", "HF_OAUTH_PROVIDER_URL": "https://provider.example"}
    theirs = make_app({other: values[other]}).test_client()
    ours = make_app().test_client()
    login(theirs)

    ours.set_cookie("session", session_cookie(theirs))
    assert name_on_page(theirs) == "demo-free"
    assert name_on_page(ours) == "nobody"


def test_login_at_the_embedded_provider_is_none_at_hugging_face(make_app: AppMaker) -> None:
    clientless = {"HF_OAUTH_CLIENT_ID": None, "HF_OAUTH_CLIENT_SECRET": None}
    embedded = make_app(clientless, HF_OAUTH_DEV_PROVIDER=True, HF_OAUTH_PROVIDER_URL=None)
    theirs, ours = embedded.test_client(), make_app().test_client()
    login(theirs)

    ours.set_cookie("session", session_cookie(theirs))
    assert name_on_page(ours) == "nobody"


def test_todays_allowed_organizations_judge_yesterdays_logins(make_app: AppMaker) -> None:
    before, after = make_app().test_client(), make_app(HF_OAUTH_ALLOWED_ORGS="acme").test_client()
    login(before)

    after.set_cookie("session", session_cookie(before))
    assert name_on_page(after) == "nobody"


def test_guard_on_the_static_view_guards(app: Flask, client: FlaskClient) -> None:
    app.view_functions["static"] = login_required(app.view_functions["static"])

    assert client.get("/static/anything").status_code == 302


def test_guard_inside_of_a_static_view_guards(client: FlaskClient, app: Flask) -> None:
    class Files(MethodView):
        @login_required
        def get(self, filename: str) -> str:
            return filename

    app.view_functions["static"] = Files.as_view("static")

    assert client.get("/static/anything").status_code == 302


def test_switch_of_the_account_keeps_a_session_permanent(
    app: Flask, client: FlaskClient, provider: HfProvider
) -> None:
    with client.session_transaction() as kept:
        kept.permanent = True
    sign_in(client, provider)

    answer = client.get(provider.authorize(begin(client, "/login?prompt=consent"), "demo-pro"))
    assert "Expires=" in answer.headers["Set-Cookie"]
    assert name_on_page(client) == "demo-pro"


def test_forged_state_hangs_on_no_error(app: Flask, client: FlaskClient) -> None:
    state = parameters(begin(client))["state"]
    app.secret_key = "another"
    with recorded(login_failed, app) as errors:
        client.get("/login/callback", query_string={"state": state, "code": "x"})

    [error] = errors
    assert (error.error_code, error.__context__) == ("state_invalid", None)


def test_link_to_sign_out_empties_an_expired_session(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    login(client)
    with client.session_transaction() as kept:
        kept["diary"] = "private"
    clock.advance(86_400)

    client.get("/logout", headers={"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"})
    with client.session_transaction() as kept:
        assert "diary" not in kept


def test_receiver_that_raises_leaves_the_login_standing(
    app: Flask, client: FlaskClient, provider: HfProvider
) -> None:
    def fail(_sender: Flask, user: HfUser) -> None:
        raise ZeroDivisionError(user.id)

    app.config["PROPAGATE_EXCEPTIONS"] = False
    with user_logged_in.connected_to(fail, app):
        assert sign_in(client, provider).status_code == 500
    assert name_on_page(client) == "demo-free"


@pytest.mark.parametrize("fault", ["reset", "truncated", "not-json", "empty", "status-500"])
@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
def test_error_holds_nothing_of_the_exchange(
    endpoint: Endpoint, fault: Fault, app: Flask, client: FlaskClient, provider: HfProvider
) -> None:
    provider.fail(endpoint, fault)
    with recorded(login_failed, app) as errors:
        sign_in(client, provider)

    [error] = errors
    assert isinstance(error, HfOAuthError)
    assert (error.__cause__, error.__context__) == (None, None)


class Store(SessionInterface):
    """Sessions on a server that are written after every request, whatever happened in it."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        sid = request.cookies.get(self.get_cookie_name(app), "the only one")
        return SecureCookieSession(self.kept.get(sid))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        self.kept["the only one"] = dict(session)
        response.set_cookie(self.get_cookie_name(app), "the only one")


def test_loser_of_two_callbacks_leaves_the_store_to_the_winner(
    app: Flask, provider: HfProvider
) -> None:
    app.session_interface = Store()
    client, loser = app.test_client(), app.test_client()
    callback = provider.authorize(begin(client))
    loser.set_cookie("session", "the only one")

    def win(_sender: Flask, error: HfOAuthError) -> None:
        assert client.get(callback).location == "/"  # in the middle of the loser's request
        assert error.error_code == "callback_invalid"

    with login_failed.connected_to(win, app):
        loser.get(f"{callback}&code=twice")
    assert name_on_page(client) == "demo-free"


def test_state_of_another_app_with_the_same_key_begins_nothing(make_app: AppMaker) -> None:
    theirs = make_app(HF_OAUTH_CLIENT_ID="another", HF_OAUTH_SCOPES="openid write-repos")
    ours = make_app().test_client()
    state = parameters(begin(theirs.test_client()))["state"]

    answer = ours.get("/login/callback", query_string={"state": state, "code": "x"})
    assert (answer.status_code, error_code(answer)) == (400, "state_invalid")


def test_old_state_asks_for_no_scope_that_was_taken_away(make_app: AppMaker) -> None:
    before = make_app(HF_OAUTH_OPTIONAL_SCOPES="write-repos").test_client()
    after = make_app().test_client()
    state = parameters(begin(before, "/login?scopes=write-repos"))["state"]

    again = begin(after, f"/login/callback?code=x&state={state}")
    assert parameters(again)["scope"] == "openid profile"


def test_link_to_an_organization_that_is_shared_switches_no_account(client: FlaskClient) -> None:
    shared, other = 24 * "a", 24 * "b"
    acme = HfOrg(id=shared, username="acme", role="read")
    login(client, orgs=[acme, HfOrg(id=other, username="other")])

    assert client.get(f"/login?org_ids={shared}&next=/cart").location == "/cart"
    begin(client, f"/login?org_ids={other}")
    begin(client, f"/login?org_ids={shared},{other}")


@pytest.mark.parametrize("host", ["my_app:5000", "localhost"])
def test_form_without_an_origin_is_of_another_site(
    host: str, app: Flask, client: FlaskClient
) -> None:
    """werkzeug knows no host behind a name with an underscore; "null" has none either."""
    app.add_url_rule("/send", "send", login_required(lambda: "sent"), methods=["POST"])
    login(client)
    client.set_cookie("session", session_cookie(client), domain=host.partition(":")[0])

    def send(origin: str) -> int:
        headers = {"Host": host, "Origin": origin}
        return client.post(f"http://{host}/send", headers=headers).status_code

    assert [send("null"), send("http://"), send(f"http://{host}")] == [403, 403, 200]
