"""/logout: who is signed out, who is asked first, and where it ends."""

from __future__ import annotations

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from flow import AppMaker, name_on_page, recorded, sign_in

from flask_hf_oauth import HfUser, login_required, user_logged_out
from flask_hf_oauth.testing import HfProvider, login

NAVIGATION = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}


def test_post_signs_out_and_empties_the_session(client: FlaskClient) -> None:
    login(client)
    client.get("/cart")

    response = client.post("/logout")
    assert (response.status_code, response.location) == (303, "/")
    assert client.get("/cart").text == "cart of None"


def test_sign_out_deletes_the_cookie(client: FlaskClient, provider: HfProvider) -> None:
    sign_in(client, provider)
    client.post("/logout")

    assert client.get_cookie("session") is None


def test_signal_tells_who_signed_out(app: Flask) -> None:
    client = app.test_client()
    login(client)

    with recorded(user_logged_out, app) as sent:
        client.post("/logout")
        client.post("/logout")
    assert [user.username for user in sent] == ["demo-free"]


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        pytest.param("POST", {"Sec-Fetch-Site": "cross-site"}, id="form of another site"),
        pytest.param("POST", {"Sec-Fetch-Site": "same-site"}, id="form of a sister site"),
        pytest.param("POST", {"Origin": "https://attacker.example"}, id="form in an old browser"),
        pytest.param("POST", {"Origin": "null"}, id="form in a sandbox"),
        pytest.param("GET", {}, id="link in an old browser"),
        pytest.param("GET", {**NAVIGATION, "Sec-Fetch-Site": "cross-site"}, id="link elsewhere"),
        pytest.param("GET", {**NAVIGATION, "Sec-Fetch-Site": "none"}, id="address typed in"),
        pytest.param(
            "GET",
            {**NAVIGATION, "Sec-Fetch-Site": "same-origin", "Sec-Purpose": "prefetch"},
            id="prefetch",
        ),
        pytest.param(
            "GET",
            {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "image"},
            id="image",
        ),
        pytest.param("HEAD", {**NAVIGATION, "Sec-Fetch-Site": "same-origin"}, id="HEAD"),
    ],
)
def test_logout_through_an_image_or_another_site_asks_first(
    method: str, headers: dict[str, str], client: FlaskClient
) -> None:
    login(client)

    response = client.open("/logout", method=method, headers=headers)
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert name_on_page(client) == "demo-free"


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        pytest.param("POST", {"Sec-Fetch-Site": "same-origin"}, id="form of this site"),
        pytest.param("POST", {"Origin": "http://localhost"}, id="form in an old browser"),
        pytest.param("GET", {**NAVIGATION, "Sec-Fetch-Site": "same-origin"}, id="link here"),
    ],
)
def test_logout_from_this_site_happens_at_once(
    method: str, headers: dict[str, str], client: FlaskClient
) -> None:
    login(client)

    assert client.open("/logout", method=method, headers=headers).status_code == 303
    assert name_on_page(client) == "nobody"


def test_trusted_origin_may_sign_out(make_app: AppMaker) -> None:
    client = make_app(HF_OAUTH_TRUSTED_ORIGINS="https://sister.example").test_client()
    login(client)

    headers = {"Origin": "https://sister.example", "Sec-Fetch-Site": "cross-site"}
    assert client.post("/logout", headers=headers).status_code == 303


def test_page_that_asks_first_is_shown_in_no_frame_of_another_site(
    client: FlaskClient,
    make_app: AppMaker,
    monkeypatch: pytest.MonkeyPatch,
    provider: HfProvider,
) -> None:
    login(client)
    assert client.get("/logout").headers["X-Frame-Options"] == "SAMEORIGIN"

    monkeypatch.setenv("SPACE_ID", "demo-org/notebook")
    of_a_space = make_app().test_client()
    login(of_a_space)
    by_the_hub, by_a_stranger = (
        of_a_space.get("/logout", headers={"Referer": referer})
        for referer in (f"{provider.url}/", "https://blog.example/")
    )
    assert "Sign out?" in by_the_hub.text
    assert "X-Frame-Options" not in by_the_hub.headers
    assert by_a_stranger.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_page_that_asks_first_signs_out_with_one_click(client: FlaskClient) -> None:
    login(client)

    page = client.get("/logout?next=/cart").text
    assert '<form class="actions" method="post" action="/logout">' in page
    assert '<input type="hidden" name="next" value="/cart">' in page
    assert "signed in as <strong>demo-free</strong>" in page
    assert client.post("/logout", data={"next": "/cart"}).location == "/cart"


@pytest.mark.parametrize(
    ("target", "end"),
    [
        pytest.param("/cart?a=1#b", "/cart?a=1#b", id="open page"),
        pytest.param("/nowhere", "/nowhere", id="no page"),
        pytest.param("https://attacker.example/", "/", id="another site"),
        pytest.param("//attacker.example", "/", id="another site in disguise"),
        pytest.param("/logout", "/", id="itself"),
    ],
)
def test_logout_leads_to_a_page_of_this_site(target: str, end: str, client: FlaskClient) -> None:
    assert client.post("/logout", data={"next": target}).location == end


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("/private", id="guarded"),
        pytest.param("/private?page=2", id="with a query"),
        pytest.param("/private#top", id="with a fragment"),
        pytest.param("/priv%61te", id="encoded"),
        pytest.param("/members/", id="guarded blueprint"),
        pytest.param("/members", id="redirected to the guarded one"),
    ],
)
def test_logout_does_not_sign_straight_back_in(target: str, app: Flask) -> None:
    members = Blueprint("members", __name__, url_prefix="/members")
    members.before_request(login_required(lambda: None))
    members.add_url_rule("/", "index", lambda: "members")
    app.register_blueprint(members)
    client = app.test_client()
    login(client)

    response = client.post("/logout", data={"next": target}, follow_redirects=True)
    assert response.status_code == 200
    assert response.request.path == "/logout"
    assert "You are signed out" in response.text


def test_logout_redirect_may_be_a_guarded_page(make_app: AppMaker) -> None:
    client = make_app(HF_OAUTH_LOGOUT_REDIRECT="/private").test_client()
    login(client)

    assert "You are signed out" in client.post("/logout", follow_redirects=True).text


def test_logout_redirect_may_be_another_site(make_app: AppMaker) -> None:
    client = make_app(HF_OAUTH_LOGOUT_REDIRECT="https://example.com/bye").test_client()
    login(client)

    assert client.post("/logout").location == "https://example.com/bye"


def test_whole_app_protection_does_not_loop_on_itself(app: Flask, provider: HfProvider) -> None:
    app.before_request(login_required(lambda: None))
    client = app.test_client()

    login_url = client.get("/cart").location
    assert sign_in(client, provider, url=login_url).location == "/cart"
    assert "You are signed out" in client.post("/logout", follow_redirects=True).text


def test_page_of_signed_out_person_offers_to_sign_in(
    client: FlaskClient, provider: HfProvider
) -> None:
    page = client.get("/logout?next=/cart").text

    assert "You are signed out" in page
    assert 'href="/login?next=/cart"' in page
    assert f"{provider.url}/settings/connected-applications" in page


def test_question_and_sign_out_work_below_a_path(app: Flask) -> None:
    client = app.test_client()
    login(client)
    mounted = "http://localhost/mounted"

    page = client.get("/logout", base_url=mounted).text
    assert 'action="/mounted/logout"' in page
    answer = client.post("/logout", data={"next": "/mounted/private"}, base_url=mounted)
    assert answer.location == "/mounted/logout"


def test_sign_out_without_a_secret_key_signs_nobody_out(make_app: AppMaker) -> None:
    assert make_app(SECRET_KEY=None).test_client().post("/logout").status_code == 303


def test_guarded_catch_all_does_not_catch_another_site(make_app: AppMaker) -> None:
    app = make_app(HF_OAUTH_LOGOUT_REDIRECT="https://example.com/bye")
    app.add_url_rule("/<path:_anything>", "spa", login_required(lambda _anything: "spa"))
    client = app.test_client()
    login(client)

    assert client.post("/logout").location == "https://example.com/bye"


def test_person_without_a_username_is_asked_by_name(app: Flask) -> None:
    client = app.test_client()
    login(client, HfUser(id="0123456789abcdef01234567", name="Demo"))

    assert "signed in as <strong>Demo</strong>" in client.get("/logout").text


def test_sign_out_empties_the_session_of_somebody_who_never_signed_in(client: FlaskClient) -> None:
    with client.session_transaction() as kept:
        kept["cart"] = "of nobody"

    client.post("/logout")
    with client.session_transaction() as kept:
        assert not kept
