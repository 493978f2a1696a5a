from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from example_app.app import create_app
from example_app.hub import HubUnavailable, answer_within
from example_app.models import db
from flask_hf_oauth.testing import HfProvider, login

PUBLIC, PRIVATE = "demo-tiny-writer", "demo-next-writer"
AWAY = "Hugging Face does not answer just now."
STEP_UP = "Show my private ones as well"


@pytest.fixture
def app(provider: HfProvider, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application before a provider of the test's own, with settings of the test's own."""
    settings = {**provider.config(), **getattr(request, "param", {})}
    folder = {"NOTEBOOK_FOLDER": str(tmp_path), "SECRET_KEY": "k" * 32}
    app = create_app({"TESTING": True, **folder, **settings})
    yield app
    for oidc_client in app.extensions["hf_oauth"].clients.values():
        oidc_client.close()
    with app.app_context():
        db.engine.dispose()


def open_page(client: FlaskClient) -> TestResponse:
    return client.get("/repositories", headers={"Accept": "text/html"})


def test_public_repositories_are_shown_and_a_way_to_the_private_ones(
    client: FlaskClient, provider: HfProvider
) -> None:
    login(client, "demo-pro", provider=provider)
    page = open_page(client).text

    for expected in (PUBLIC, "12 likes", "demo-letters", "demo-playground", STEP_UP):
        assert expected in page
    assert f'href="{provider.url}/datasets/demo-pro/demo-letters"' in page
    assert PRIVATE not in page


def test_private_repositories_come_with_the_scope_and_back_on_the_same_page(
    client: FlaskClient, provider: HfProvider
) -> None:
    login(client, "demo-pro", provider=provider)
    authorization_url = client.get("/login?next=/repositories&scopes=read-repos").location
    back = client.get(provider.authorize(authorization_url, "demo-pro"))
    page = open_page(client).text

    assert back.location == "/repositories"
    assert PRIVATE in page
    assert STEP_UP not in page


def test_somebody_without_repositories_is_told_so(
    client: FlaskClient, provider: HfProvider
) -> None:
    login(client, "demo-free", provider=provider)

    assert "No Spaces yet." in open_page(client).text


def test_a_token_that_the_hub_refuses_leads_to_the_sign_in_and_back(
    client: FlaskClient, provider: HfProvider
) -> None:
    login(client, "demo-pro", provider=provider)
    provider.revoke("demo-pro")
    answer = open_page(client)

    assert (answer.status_code, answer.location) == (302, "/login?next=/repositories")
    assert client.get("/api/me").status_code in {302, 401}


@pytest.mark.parametrize("fault", ["not-json", "array", "html"])
def test_nonsense_of_the_hub_is_no_mistake_of_ours(
    client: FlaskClient, provider: HfProvider, fault: str
) -> None:
    login(client, "demo-pro", provider=provider)
    provider.fail("hub", fault)  # type: ignore[arg-type]  # a table of them
    answer = open_page(client)

    assert (answer.status_code, AWAY in answer.text) == (503, True)
    assert PUBLIC in open_page(client).text


def test_an_error_of_the_hub_is_no_mistake_of_ours(
    client: FlaskClient, provider: HfProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)  # huggingface_hub tries again
    login(client, "demo-pro", provider=provider)
    provider.fail("hub", "status-503", times=None)
    answer = open_page(client)

    assert (answer.status_code, AWAY in answer.text) == (503, True)


def test_a_hub_that_hangs_is_not_waited_for() -> None:
    released = threading.Event()
    try:
        with pytest.raises(HubUnavailable):
            answer_within(0.01, released.wait)
    finally:
        released.set()


def test_a_hub_that_hangs_takes_few_threads() -> None:
    released, asked, lines = threading.Event(), threading.Event(), threading.BoundedSemaphore(1)
    try:
        with pytest.raises(HubUnavailable):
            answer_within(0.01, released.wait, lines)
        with pytest.raises(HubUnavailable):
            answer_within(5, asked.set, lines)
    finally:
        released.set()
    assert not asked.is_set()


@pytest.mark.parametrize(
    ("app", "begin"),
    [({}, "Bearer hf_oauth_"), ({"HF_OAUTH_STORE_TOKEN": False}, "")],
    indirect=["app"],
    ids=["the user's", "none"],
)
def test_the_token_of_this_machine_is_never_used(
    client: FlaskClient, provider: HfProvider, monkeypatch: pytest.MonkeyPatch, begin: str
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of-this-machine")
    login(client, "demo-pro", provider=provider)
    page = open_page(client)
    sent = [record.headers.get("Authorization", "") for record in provider.requests]

    assert [text[:16] for text in sent] == [begin] * 3
    assert PUBLIC in page.text


def test_somebody_without_a_username_is_not_taken_for_everybody(
    client: FlaskClient, provider: HfProvider
) -> None:
    login(client, "demo-pro", scopes="openid", provider=provider)

    assert "did not tell us your username" in open_page(client).text
    assert provider.requests == []
