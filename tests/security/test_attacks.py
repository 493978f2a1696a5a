"""What attackers with the source in hand got through once, and must never again."""

from __future__ import annotations

import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from flow import AppMaker, Clock, begin, name_on_page, recorded, session_cookie, sign_in
from werkzeug.middleware.proxy_fix import ProxyFix

from flask_hf_oauth import HfOAuthError, HfUser, login_failed, login_required, user_logged_in
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


@pytest.mark.parametrize("prefix", ["//evil.example", "http://evil.example", "/\\evil.example"])
def test_forwarded_prefix_leads_nowhere_else(prefix: str, app: Flask, client: FlaskClient) -> None:
    app.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1)  # type: ignore[method-assign]  # as Flask's docs do
    login(client)

    answer = client.post("/logout", headers={"X-Forwarded-Prefix": prefix})
    assert answer.location.startswith("/")
    assert not answer.location.startswith(("//", "/\\"))


def test_loser_of_two_callbacks_saves_nothing_on_a_server(
    app: Flask, provider: HfProvider, client: FlaskClient
) -> None:
    saves: list[str] = []

    class Interface(type(app.session_interface)):  # type: ignore[misc]  # whatever Flask's own is
        def should_set_cookie(self, app: Flask, session: object) -> bool:
            verdict: bool = super().should_set_cookie(app, session)
            saves.extend(["saved"] * verdict)
            return verdict

    @app.before_request
    def stay() -> None:
        session.permanent = True

    callback = provider.authorize(begin(client))
    client.get(callback.replace("code=", "code=x"))
    app.session_interface = Interface()
    client.get(callback)
    assert saves == []
