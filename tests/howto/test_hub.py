"""docs/hub.md: its apps call the provider's Hub for somebody who came through a login."""

from __future__ import annotations

import logging

import pytest
from flask.testing import FlaskClient
from flow import sign_in
from hosting.documentation import find_blocks
from howto.conftest import Run

from flask_hf_oauth.testing import HfProvider

LISTS, INFERENCE, BACKGROUND, _TEST = find_blocks("hub.md", "python")
PUBLIC, PRIVATE = ["demo-pro/demo-tiny-writer"], ["demo-pro/demo-next-writer"]
PAGE = {"Accept": "text/html"}
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def client(run: Run, provider: HfProvider) -> FlaskClient:
    """A browser in which demo-pro is signed in to the first app of the page."""
    client: FlaskClient = run(LISTS)["app"].test_client()
    sign_in(client, provider, "demo-pro")
    provider.reset_records()
    return client


def hub_tokens(provider: HfProvider) -> list[str]:
    """Return the beginning of each token that came to the Hub's lists."""
    sent = [record.headers["Authorization"] for record in provider.requests]
    return [text[:16] for text in sent]


def test_public_models_are_listed_with_the_token_of_the_user(
    client: FlaskClient, provider: HfProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of-this-machine")

    assert client.get("/models").json == PUBLIC
    assert hub_tokens(provider) == ["Bearer hf_oauth_"]


def test_private_models_are_listed_after_a_step_up(
    client: FlaskClient, provider: HfProvider
) -> None:
    refused = client.get("/models/private", headers=SCRIPT)
    sign_in(client, provider, "demo-pro", refused.get_json()["login_url"])

    assert (refused.status_code, refused.get_json()["scopes"]) == (403, ["read-repos"])
    assert client.get("/models/private").json == PRIVATE


def test_a_token_that_was_taken_back_ends_the_login(
    client: FlaskClient, provider: HfProvider
) -> None:
    provider.revoke("demo-pro")
    answer = client.get("/models", headers=PAGE)

    assert (answer.status_code, answer.location) == (302, "/login?next=/models")
    assert client.get("/models", headers=SCRIPT).get_json()["error"] == "login_required"


def test_a_script_hears_of_a_token_that_was_taken_back(
    client: FlaskClient, provider: HfProvider
) -> None:
    provider.revoke("demo-pro")
    answer = client.get("/models", headers=SCRIPT)

    assert (answer.status_code, answer.get_json()["error"]) == (401, "session_ended")


def test_without_a_token_nothing_is_asked_with_that_of_the_machine(
    run: Run, provider: HfProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of-this-machine")
    monkeypatch.setenv("FLASK_HF_OAUTH_STORE_TOKEN", "false")
    client = run(LISTS)["app"].test_client()
    sign_in(client, provider, "demo-pro")

    assert client.get("/models").status_code == 503
    assert "hub" not in [record.endpoint for record in provider.requests]


def test_no_token_is_logged(
    client: FlaskClient, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client.get("/models")
    provider.revoke("demo-pro")
    client.get("/models")

    assert "/api/models" in caplog.text
    assert "hf_oauth_" not in caplog.text.replace("flask_hf_oauth", "")


def test_a_model_is_run_for_those_alone_who_granted_it(run: Run, provider: HfProvider) -> None:
    client = run(INFERENCE)["app"].test_client()
    sign_in(client, provider, "demo-pro")
    answer = client.post("/ask", data={"question": "Why?"}, headers=SCRIPT)

    assert (answer.status_code, answer.get_json()["scopes"]) == (403, ["inference-api"])


def test_work_goes_on_after_the_answer(run: Run, provider: HfProvider) -> None:
    names = run(BACKGROUND)
    client = names["app"].test_client()
    sign_in(client, provider, "demo-pro")

    assert client.get("/count").json == {"models": None}
    assert client.post("/count").status_code == 202
    names["background"].shutdown()
    assert client.get("/count").json == {"models": 1}
