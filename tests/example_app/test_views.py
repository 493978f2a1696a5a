from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from example_app.models import Prompt, db
from flask_hf_oauth import HfOrg, HfUser
from flask_hf_oauth.testing import login

UNKNOWN = "/prompts/00000000-0000-4000-8000-000000000000"


def add(client: FlaskClient, title: str = "First", text: str = "Be brief.") -> None:
    answer = client.post("/prompts/new", data={"title": title, "text": text})
    assert (answer.status_code, answer.location) == (303, "/prompts")


def only_prompt(app: Flask) -> tuple[UUID, str]:
    with app.app_context():
        prompt = db.session.query(Prompt).one()
        return prompt.id, prompt.title


def test_the_cover_is_open_to_all_and_offers_to_sign_in(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "/login?" in page.text


def test_the_cover_shows_who_is_signed_in_and_how_to_sign_out(client: FlaskClient) -> None:
    login(client, user="demo-free")
    page = client.get("/").text
    assert "demo-free" in page
    assert "/logout" in page
    assert "/login" not in page


@pytest.mark.parametrize("path", ["/prompts", "/prompts/new", UNKNOWN, "/repositories", "/profile"])
def test_a_private_page_sends_strangers_to_sign_in(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code in {302, 303}
    assert answer.location.startswith("/login?")


def test_an_empty_notebook_invites_to_write(client: FlaskClient) -> None:
    login(client, user="demo-free")
    assert "Write your first prompt" in client.get("/prompts").text


def test_a_saved_prompt_is_in_the_notebook(client: FlaskClient) -> None:
    login(client, user="demo-free")
    add(client, title="A title", text="A text")
    page = client.get("/prompts").text
    assert "A title" in page
    assert "A text" in page
    assert "Saved in your notebook." in page


def test_a_prompt_is_shown_as_text_and_never_as_markup(client: FlaskClient) -> None:
    login(client, user="demo-free")
    add(client, title="<b>bold</b>", text="</textarea><script>")
    assert "&lt;b&gt;bold&lt;/b&gt;" in client.get("/prompts").text
    assert "<script" not in client.get("/prompts").text


def test_an_edited_prompt_replaces_the_old_one(app: Flask, client: FlaskClient) -> None:
    login(client, user="demo-free")
    add(client)
    prompt_id, _ = only_prompt(app)
    client.post(f"/prompts/{prompt_id}", data={"title": "Second", "text": "Be briefer."})
    assert only_prompt(app) == (prompt_id, "Second")
    assert "Be briefer." in client.get(f"/prompts/{prompt_id}").text


def test_a_deleted_prompt_is_gone(app: Flask, client: FlaskClient) -> None:
    login(client, user="demo-free")
    add(client)
    prompt_id, _ = only_prompt(app)
    answer = client.post(f"/prompts/{prompt_id}/delete")
    assert answer.location == "/prompts"
    assert client.get(f"/prompts/{prompt_id}").status_code == 404


def test_a_draft_with_a_problem_comes_back_and_is_not_saved(client: FlaskClient) -> None:
    login(client, user="demo-free")
    answer = client.post("/prompts/new", data={"title": " ", "text": "Worth keeping"})
    assert answer.status_code == 422
    assert "Give the prompt a title" in answer.text
    assert "Worth keeping" in answer.text
    assert "Worth keeping" not in client.get("/prompts").text


def test_a_draft_with_a_problem_leaves_the_kept_prompt_alone(
    app: Flask, client: FlaskClient
) -> None:
    login(client, user="demo-free")
    add(client, title="Kept")
    prompt_id, _ = only_prompt(app)
    assert client.post(f"/prompts/{prompt_id}", data={"title": "", "text": ""}).status_code == 422
    assert only_prompt(app) == (prompt_id, "Kept")


def test_a_prompt_is_invisible_to_everybody_else(app: Flask, client: FlaskClient) -> None:
    login(client, user="demo-free")
    add(client, title="Secret")
    stranger = app.test_client()
    login(stranger, user="demo-pro")
    assert "Secret" not in stranger.get("/prompts").text


@pytest.mark.parametrize(
    ("method", "suffix"),
    [
        pytest.param("GET", "", id="open"),
        pytest.param("POST", "", id="edit"),
        pytest.param("POST", "/delete", id="delete"),
    ],
)
def test_a_foreign_prompt_is_not_found_and_stays_as_it_is(
    app: Flask, client: FlaskClient, method: str, suffix: str
) -> None:
    login(client, user="demo-free")
    add(client, title="Untouched")
    prompt_id, _ = only_prompt(app)
    stranger = app.test_client()
    login(stranger, user="demo-pro")
    path = f"/prompts/{prompt_id}{suffix}"
    data = {"title": "Taken", "text": "Over"} if method == "POST" else None
    assert stranger.open(path, method=method, data=data).status_code == 404
    assert only_prompt(app) == (prompt_id, "Untouched")


@pytest.mark.parametrize("path", [UNKNOWN, "/prompts/1", f"{UNKNOWN}0"])
def test_an_unknown_prompt_is_not_found(client: FlaskClient, path: str) -> None:
    login(client, user="demo-free")
    assert client.get(path).status_code == 404


def test_a_renamed_user_keeps_the_prompts(app: Flask, client: FlaskClient) -> None:
    login(client, user=HfUser(id="a" * 24, username="demo-before"))
    add(client, title="Stays")
    renamed = app.test_client()
    login(renamed, user=HfUser(id="a" * 24, username="demo-after"))
    assert "Stays" in renamed.get("/prompts").text


def test_whoever_takes_a_username_over_gets_no_prompts(app: Flask, client: FlaskClient) -> None:
    login(client, user=HfUser(id="a" * 24, username="demo-name"))
    add(client, title="Not yours")
    successor = app.test_client()
    login(successor, user=HfUser(id="b" * 24, username="demo-name"))
    assert "Not yours" not in successor.get("/prompts").text


def test_a_form_on_another_site_cannot_write(client: FlaskClient) -> None:
    login(client, user="demo-free")
    answer = client.post(
        "/prompts/new",
        data={"title": "Planted", "text": "By another site"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403
    assert "Planted" not in client.get("/prompts").text


def test_the_profile_tells_what_hugging_face_said(client: FlaskClient) -> None:
    organization = HfOrg(
        id="c" * 24,
        username="demo-lab",
        name="Demo Lab",
        plan="plus",
        role="admin",
        security_restrictions=("sso", "new-rule"),
    )
    login(
        client,
        user=HfUser(id="a" * 24, username="demo-user", is_pro=True),
        scopes=("openid", "profile", "read-memberships"),
        orgs=(organization,),
    )
    page = client.get("/profile").text
    for expected in ("PRO", "Demo Lab", "Enterprise Plus", "admin", "single sign-on", "new-rule"):
        assert expected in page
    assert "Show my roles" not in page


def test_a_profile_without_memberships_offers_to_ask_for_them(client: FlaskClient) -> None:
    login(client, user="demo-free", scopes=("openid", "profile"))
    page = client.get("/profile").text
    assert "Show my roles" in page
    assert "scopes=read-memberships" in page


def test_a_website_that_is_no_web_address_is_no_link(client: FlaskClient) -> None:
    login(client, user=HfUser(id="a" * 24, username="demo-user", website="javascript:alert(1)"))
    assert 'href="javascript:' not in client.get("/profile").text


def test_a_user_without_a_name_is_greeted_too(client: FlaskClient) -> None:
    login(client, user=HfUser(id="a" * 24))
    for path in ("/", "/prompts", "/profile"):
        assert "a nameless guest" in client.get(path).text


def test_the_api_refuses_strangers_in_json(client: FlaskClient) -> None:
    answer = client.get("/api/me", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.get_json()["error"] == "login_required"


def test_the_api_tells_who_is_signed_in(client: FlaskClient) -> None:
    user = HfUser(id="a" * 24, username="demo-user", is_pro=True)
    login(client, user=user, scopes=("profile", "openid"))
    assert client.get("/api/me").get_json() == {
        "id": "a" * 24,
        "username": "demo-user",
        "is_pro": True,
        "orgs": [],
        "scopes": ["openid", "profile"],
    }
