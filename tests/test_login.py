"""/login: who is sent to the provider, with what, and who is not."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import asdict

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flow import (
    REDIRECTS,
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
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Response

from flask_hf_oauth import HfOAuth, get_hf_token, user_logged_in
from flask_hf_oauth.testing import HfProvider

ALL_SCOPES = "openid profile email read-billing read-memberships"
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def test_stranger_signs_in(client: FlaskClient, provider: HfProvider) -> None:
    assert name_on_page(client) == "nobody"

    assert sign_in(client, provider).location == "/"
    assert name_on_page(client) == "demo-free"


def test_first_login_brings_the_whole_user(make_app: AppMaker, provider: HfProvider) -> None:
    client = make_app(HF_OAUTH_SCOPES=ALL_SCOPES).test_client()
    sign_in(client, provider, "demo-pro")

    user = signed_in_user(client)
    assert user is not None
    [guild] = user.orgs
    assert asdict(user) == {
        "id": provider.personas[1].id,
        "username": "demo-pro",
        "name": "Demo Pro",
        "email": "demo-pro@example.com",
        "avatar_url": f"{provider.url}/avatars/demo-pro.svg",
        "profile_url": f"{provider.url}/demo-pro",
        "website": "https://demo-pro.example",
        "is_pro": True,
        "can_pay": True,
        "orgs": (asdict(guild),),
        "scopes": frozenset(ALL_SCOPES.split()),
    }
    assert (guild.username, guild.name, guild.role) == ("demo-guild", "Demo Guild", "contributor")


def test_email_counts_only_when_verified(make_app: AppMaker, provider: HfProvider) -> None:
    client = make_app(HF_OAUTH_SCOPES=ALL_SCOPES).test_client()
    sign_in(client, provider, "demo-unverified")

    user = signed_in_user(client)
    assert user is not None
    assert user.email is None


def test_granted_scopes_differ_from_asked_ones(make_app: AppMaker, provider: HfProvider) -> None:
    client = make_app(HF_OAUTH_SCOPES=ALL_SCOPES).test_client()
    client.get(provider.authorize(begin(client), scopes="openid profile"))

    user = signed_in_user(client)
    assert user is not None
    assert user.scopes == {"openid", "profile"}
    assert not user.has_scope("email")


def test_confidential_client_proves_itself_with_its_secret(
    client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider)

    [token_request] = [sent for sent in provider.requests if sent.endpoint == "token"]
    credentials = f"{provider.client_id}:{provider.client_secret}".encode()
    expected = f"Basic {base64.b64encode(credentials).decode()}"
    assert token_request.headers["Authorization"] == expected
    assert "client_secret" not in token_request.form


def test_public_client_has_its_verifier_alone(make_app: AppMaker, provider: HfProvider) -> None:
    settings = provider.config(public=True)
    client = make_app(settings, HF_OAUTH_CLIENT_SECRET=None).test_client()
    sign_in(client, provider)

    [token_request] = [sent for sent in provider.requests if sent.endpoint == "token"]
    assert "Authorization" not in token_request.headers
    assert token_request.form["client_id"] == provider.public_client_id
    assert name_on_page(client) == "demo-free"


def test_authorization_request_is_bound_to_this_browser(
    client: FlaskClient, provider: HfProvider
) -> None:
    url = begin(client)
    asked = parameters(url)
    client.get(provider.authorize(url))

    [token_request] = [sent for sent in provider.requests if sent.endpoint == "token"]
    digest = hashlib.sha256(token_request.form["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"] == "openid profile"
    assert asked["redirect_uri"] == "http://localhost/login/callback"
    assert {"state", "nonce"} <= set(asked)
    assert "prompt" not in asked


def test_provider_down_at_start_does_not_stop_the_app(
    client: FlaskClient, provider: HfProvider
) -> None:
    provider.stop()

    assert client.get("/").status_code == 200
    assert client.get("/private").status_code == 302
    response = client.get("/login")
    assert (response.status_code, error_code(response)) == (503, "provider_unavailable")
    assert response.headers["Retry-After"] == "10"


def test_nothing_is_fetched_before_the_first_login(
    client: FlaskClient, provider: HfProvider
) -> None:
    for path in ("/", "/private", "/logout", "/login/callback", "/hf-oauth/static/hf-oauth.css"):
        client.get(path).close()

    assert provider.requests == []
    assert provider.connections == 0


def test_warm_login_makes_two_requests_over_the_connection_that_is_there(
    app: Flask, provider: HfProvider
) -> None:
    sign_in(app.test_client(), provider)
    provider.reset_records()

    for _ in range(5):
        sign_in(app.test_client(), provider)
    assert [sent.endpoint for sent in provider.requests] == ["token", "userinfo"] * 5
    assert provider.connections == 0


def test_whoami_is_not_asked_on_every_page(client: FlaskClient, provider: HfProvider) -> None:
    sign_in(client, provider)
    provider.reset_records()

    for path in ("/", "/private", "/login", "/logout"):
        client.get(path)
    assert provider.requests == []


def test_login_leads_back_to_the_page_that_asked_for_it(
    client: FlaskClient, provider: HfProvider
) -> None:
    login_url = client.get("/private?page=2&tag=a%20b").location

    assert sign_in(client, provider, url=login_url).location == "/private?page=2&tag=a%20b"


def test_login_leads_to_login_redirect_without_next(
    make_app: AppMaker, provider: HfProvider
) -> None:
    client = make_app(HF_OAUTH_LOGIN_REDIRECT="/private").test_client()

    assert sign_in(client, provider).location == "/private"


def test_login_never_leads_to_another_site(client: FlaskClient, provider: HfProvider) -> None:
    response = sign_in(client, provider, url="/login?next=https://attacker.example/")

    assert response.location == "/"


def test_signed_in_already_goes_straight_to_next(client: FlaskClient, provider: HfProvider) -> None:
    sign_in(client, provider)

    assert client.get("/login?next=/private").location == "/private"
    assert client.get("/login?next=/private&prompt=none").location == "/private"


FETCH = {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"}


def test_prefetched_login_says_to_open_it_directly(client: FlaskClient) -> None:
    response = client.get("/login", headers={"Sec-Purpose": "prefetch"})

    assert error_code(response) == "navigation_required"
    assert "Sign in again" in response.text


def test_fetch_of_login_learns_where_to_go(client: FlaskClient) -> None:
    document = client.get("/login?next=/private", headers=FETCH).get_json()

    assert document["error"] == "login_required"
    assert document["login_url"] == "/login?next=/private"


def test_htmx_turns_the_whole_page_to_login(client: FlaskClient) -> None:
    response = client.get("/login?next=/private", headers={"HX-Request": "true", **FETCH})

    assert response.headers["HX-Redirect"] == "/login?next=/private"


@pytest.mark.parametrize(
    "headers",
    [{"HX-Request": "true"}, {"HX-Request": "true", **FETCH}],
    ids=["old browser", "new browser"],
)
def test_htmx_keeps_what_is_asked_for(client: FlaskClient, headers: dict[str, str]) -> None:
    url = "/login?next=/private&scopes=email&prompt=consent"

    answer = client.get(url, headers=headers).headers["HX-Redirect"]
    assert parameters(answer) == {"next": "/private", "scopes": "email", "prompt": "consent"}


@pytest.mark.parametrize("host", ["my_app:5000", "a@b", "localhost/x", "a." * 200])
def test_host_that_no_redirect_uri_can_have_is_named(
    client: FlaskClient, provider: HfProvider, host: str
) -> None:
    response = client.get("/login", headers={"Host": host})

    assert (response.status_code, error_code(response)) == (400, "host_invalid")
    assert "HF_OAUTH_REDIRECT_URI" in response.text
    assert "Sign in again" not in response.text  # the next try would end here too
    assert not provider.requests


@pytest.mark.parametrize("path", ["/login", "/login/callback", "/logout"])
def test_query_of_raw_bytes_is_a_bad_request(app: Flask, path: str) -> None:
    environ = {**EnvironBuilder(path).get_environ(), "QUERY_STRING": "next=\x80"}

    _body, status, _headers = run_wsgi_app(app, environ)
    assert status == "400 BAD REQUEST"


def test_browser_with_fetch_metadata_signs_in(client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}

    assert begin(client, headers=headers)


def test_localhost_against_127_0_0_1_moves_once(make_app: AppMaker, provider: HfProvider) -> None:
    client = make_app(HF_OAUTH_REDIRECT_URI="http://localhost/login/callback").test_client()

    moved = client.get("/login?next=/private", base_url="http://127.0.0.1")
    assert moved.location == "http://localhost/login?next=/private&_moved=1"
    assert "Set-Cookie" not in moved.headers
    assert sign_in(client, provider, url=moved.location).location == "/private"
    assert name_on_page(client) == "demo-free"


def test_move_keeps_no_question_mark_too_many(make_app: AppMaker) -> None:
    client = make_app(HF_OAUTH_REDIRECT_URI="http://localhost/login/callback").test_client()

    moved = client.get("/login", base_url="http://127.0.0.1")
    assert moved.location == "http://localhost/login?_moved=1"


def test_custom_domain_of_a_space_moves_to_its_own_host(
    make_app: AppMaker, provider: HfProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_ID", "demo/space")
    monkeypatch.setenv("SPACE_HOST", "demo-space.hf.space,app.example")
    provider.switch(space_host="demo-space.hf.space")
    client = make_app().test_client()

    moved = client.get("/login?next=/private", base_url="https://app.example").location
    assert moved == "https://demo-space.hf.space/login?next=/private&_moved=1"
    url = begin(client, moved)
    assert parameters(url)["redirect_uri"] == "https://demo-space.hf.space/login/callback"
    assert client.get(provider.authorize(url)).location == "/private"


def test_proxy_that_rewrites_host_makes_no_loop(
    make_app: AppMaker, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_app(HF_OAUTH_REDIRECT_URI="http://localhost:8000/login/callback").test_client()

    moved = client.get("/login").location
    assert moved == "http://localhost:8000/login?_moved=1"
    # The proxy hands the moved request on as it did with the first one.
    assert begin(client, moved.removeprefix("http://localhost:8000"))
    assert "if a proxy rewrites the Host header" in caplog.text


def test_http_callback_behind_a_tls_proxy_is_named_with_its_remedy(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    begin(client, base_url="http://app.example")

    assert "http://app.example/login/callback is plain http" in caplog.text
    assert "register https://app.example/login/callback" in caplog.text


@pytest.mark.parametrize(
    ("host", "warned"), [("http://app.example", True), ("https://app.example", False)]
)
def test_secure_cookie_over_plain_http_is_named(
    host: str,
    warned: bool,  # noqa: FBT001 - a row of the table
    make_app: AppMaker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    begin(make_app(SESSION_COOKIE_SECURE=True).test_client(), base_url=host)

    assert ("SESSION_COOKIE_SECURE is set" in caplog.text) is warned


def test_app_under_a_path_prefix(app: Flask, provider: HfProvider) -> None:
    app.wsgi_app = DispatcherMiddleware(Response(status=404), {"/mounted": app.wsgi_app})  # type: ignore[method-assign]  # Flask documents this very use
    client = app.test_client()

    login_url = client.get("/mounted/private").location
    assert login_url == "/mounted/login?next=/mounted/private"
    url = begin(client, login_url)
    assert parameters(url)["redirect_uri"] == "http://localhost/mounted/login/callback"
    assert client.get(provider.authorize(url)).location == "/mounted/private"
    assert client.get("/mounted/").text == "demo-free"
    assert client.post("/mounted/logout").location == "/mounted/"


def test_url_prefix_moves_the_endpoints(make_app: AppMaker, provider: HfProvider) -> None:
    client = make_app(HF_OAUTH_URL_PREFIX="/auth").test_client()

    login_url = client.get("/private").location
    assert login_url == "/auth/login?next=/private"
    assert sign_in(client, provider, url=login_url).location == "/private"
    assert client.get("/login").status_code == 404
    assert client.post("/auth/logout").status_code == 303


def test_two_apps_in_one_process_keep_apart(make_app: AppMaker, provider: HfProvider) -> None:
    hf = HfOAuth()
    shop = make_app(hf=hf, HF_OAUTH_SCOPES=ALL_SCOPES).test_client()
    with HfProvider() as other:
        forum = make_app(other.config(), hf=hf, SECRET_KEY="another").test_client()
        sign_in(shop, provider, "demo-pro")
        sign_in(forum, other, "demo-no-email")

    assert name_on_page(shop) == "demo-pro"
    assert name_on_page(forum) == "demo-no-email"
    forum.set_cookie("session", shop.get_cookie("session").value)  # type: ignore[union-attr]  # it is signed in
    assert name_on_page(forum) == "nobody"


def test_signal_tells_who_signed_in(app: Flask, provider: HfProvider) -> None:
    with recorded(user_logged_in, app) as sent:
        sign_in(app.test_client(), provider)

    assert [user.username for user in sent] == ["demo-free"]


def test_token_is_the_one_that_the_provider_issued(
    client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider)
    issued = provider.requests[-1].headers["Authorization"].removeprefix("Bearer ")

    with client:
        client.get("/")
        token = get_hf_token()
    assert token is not None
    assert token.access_token == issued
    assert token.scopes == {"openid", "profile"}


def test_login_page_is_kept_by_no_cache(client: FlaskClient, provider: HfProvider) -> None:
    url = begin(client)
    answers = [client.get("/login"), client.get(provider.authorize(url)), client.get("/logout")]

    assert [answer.headers["Cache-Control"] for answer in answers] == ["no-store"] * 3
    assert answers[1].headers["Referrer-Policy"] == "no-referrer"


def test_two_machines_that_disagree_make_no_loop(
    make_app: AppMaker, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    """Different secret keys behind one name: here somebody is signed in, there nobody is."""
    here, there = make_app().test_client(), make_app(SECRET_KEY="another").test_client()
    sign_in(here, provider)
    for _ in range(20):
        way = there.get("/private").location
        response = here.get(way, headers=NAVIGATION)
        if response.status_code not in REDIRECTS:
            break

    assert (response.status_code, error_code(response)) == (503, "login_loop")
    assert "different SECRET_KEYs" in caplog.text


def test_opening_the_login_again_and_again_is_no_loop(
    client: FlaskClient, provider: HfProvider, clock: Clock
) -> None:
    sign_in(client, provider)
    for number in range(20):
        assert client.get("/login?next=/private", headers=NAVIGATION).location == "/private"
        assert client.get(f"/login?next=/{number}", headers=NAVIGATION).location == f"/{number}"
        clock.advance(3)
    for _ in range(20):
        assert client.get("/login?next=/private").location == "/private"


def test_returns_take_no_room_from_the_next_login(
    client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider)
    client.get("/login", headers=NAVIGATION)
    begin(client, "/login?prompt=consent", headers=NAVIGATION)
    with client.session_transaction() as kept:
        assert kept.keys() == {"_hf_oauth", "_hf_oauth_key"}


def test_log_names_the_remedy_that_the_page_names(
    make_app: AppMaker, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_app(HF_OAUTH_CLIENT_SECRET="of another app").test_client()
    page = sign_in(client, provider)

    (line,) = [line for line in caplog.messages if line.startswith("login failed: ")]
    assert line.startswith("login failed: token_invalid_client (the token endpoint answered")
    assert "Compare OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET" in line
    assert "Compare OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET" in page.text


def test_log_line_without_a_detail_has_no_empty_brackets(
    make_app: AppMaker, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_app(HF_OAUTH_ALLOWED_ORGS="demo-nobody").test_client()
    sign_in(client, provider)

    assert "login failed: organization_required" in caplog.messages
