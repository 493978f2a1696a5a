"""The app's client of its provider: made at the first login, or a page says what is missing."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from flask import Flask
from flow import AppMaker, begin, error_code, name_on_page, recorded, sign_in

from flask_hf_oauth import HfOAuth, get_hf_token, login_failed
from flask_hf_oauth.client import find_client
from flask_hf_oauth.oidc.client import OidcClient
from flask_hf_oauth.testing import HfProvider

NOT_SET = {
    "HF_OAUTH_CLIENT_ID": None,
    "HF_OAUTH_CLIENT_SECRET": None,
    "HF_OAUTH_PROVIDER_URL": None,
}
DEV = {**NOT_SET, "HF_OAUTH_DEV_PROVIDER": True}


def test_app_starts_without_oauth_variables_and_login_tells_the_owner(
    make_app: AppMaker, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(NOT_SET)
    client = app.test_client()
    assert name_on_page(client) == "nobody"

    with recorded(login_failed, app) as sent:
        response = client.get("/login")
    assert (response.status_code, error_code(response)) == (503, "not_configured")
    assert "OAUTH_CLIENT_ID" in response.text
    assert "https://huggingface.co/settings/applications/new" in response.text
    assert "HF_OAUTH_DEV_PROVIDER = True" in response.text
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert [error.error_code for error in sent] == ["not_configured"]


def test_duplicated_space_tells_its_owner_the_line_to_add(
    make_app: AppMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_ID", "demo-owner/demo-space")
    response = make_app(NOT_SET).test_client().get("/login")

    assert error_code(response) == "not_configured"
    assert "hf_oauth: true" in response.text


def test_missing_secret_key_is_named_at_the_first_login(make_app: AppMaker) -> None:
    client = make_app(SECRET_KEY=None).test_client()
    assert name_on_page(client) == "nobody"

    response = client.get("/login")
    assert (response.status_code, error_code(response)) == (503, "secret_key_missing")
    assert "secrets.token_hex()" in response.text


def test_missing_secret_key_is_named_at_the_callback_too(
    make_app: AppMaker, provider: HfProvider
) -> None:
    app = make_app()
    client = app.test_client()
    callback = provider.authorize(begin(client))
    app.secret_key = None

    assert error_code(client.get(callback)) == "secret_key_missing"


def test_secret_key_may_be_set_after_the_extension(
    make_app: AppMaker, provider: HfProvider
) -> None:
    app = make_app(SECRET_KEY=None)
    app.secret_key = b"set later, as bytes"

    assert sign_in(app.test_client(), provider).location == "/"


def test_wrong_client_secret_names_the_remedy(make_app: AppMaker, provider: HfProvider) -> None:
    client = make_app(HF_OAUTH_CLIENT_SECRET="mistyped").test_client()

    response = sign_in(client, provider)
    assert (response.status_code, error_code(response)) == (502, "token_invalid_client")
    assert "OAUTH_CLIENT_SECRET" in response.text
    assert "mistyped" not in response.text


def test_threads_that_log_in_first_share_one_client(app: Flask) -> None:
    state, start = app.extensions["hf_oauth"], threading.Barrier(8)

    def find(_number: int) -> OidcClient:
        start.wait(5)
        return find_client(state)

    with ThreadPoolExecutor(8) as threads:
        assert len(set(map(id, threads.map(find, range(8))))) == 1


def test_client_that_another_thread_made_meanwhile_is_taken(app: Flask) -> None:
    state, other = app.extensions["hf_oauth"], object()

    class SlowLock(AbstractContextManager[None]):
        """A lock that was waited for, until another thread had made the client."""

        def __enter__(self) -> None:
            state.clients[os.getpid()] = other

        def __exit__(self, *_exception: object) -> None:
            pass

    state.locks[os.getpid()] = SlowLock()
    found = find_client(state)
    state.clients.clear()
    assert found is other


def test_process_that_was_forked_makes_its_own_client(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = app.extensions["hf_oauth"]
    of_the_parent = find_client(state)
    state.locks[os.getpid()].acquire()  # by a thread that is not forked along
    monkeypatch.setattr(os, "getpid", lambda: 1)

    assert find_client(state) is not of_the_parent
    assert find_client(state) is find_client(state)


@pytest.mark.parametrize("fallbacks", ["an older key", b"an older key", [""], ["older", b""], [5]])
def test_what_anybody_could_sign_with_is_no_secret_key(
    make_app: AppMaker, fallbacks: object
) -> None:
    response = make_app(SECRET_KEY_FALLBACKS=fallbacks).test_client().get("/login")

    assert (response.status_code, error_code(response)) == (503, "secret_key_fallbacks")


@pytest.mark.parametrize(
    ("config", "environ"),
    [
        pytest.param({"TESTING": False}, {}, id="neither debug nor testing"),
        pytest.param({"TESTING": True}, {"SPACE_ID": "demo-owner/demo-space"}, id="on a Space"),
        pytest.param(
            {"TESTING": False, "DEBUG": True},
            {"SPACE_ID": "demo-owner/demo-space"},
            id="on a Space in debug mode",
        ),
    ],
)
def test_mock_login_is_refused_in_public(
    config: dict[str, object],
    environ: dict[str, str],
    make_app: AppMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    app = make_app({**DEV, **config})

    response = app.test_client().get("/login")
    assert (response.status_code, error_code(response)) == (503, "dev_provider_refused")
    assert "debug or testing mode" in response.text
    assert not app.extensions["hf_oauth"].clients


def test_debug_mode_may_be_switched_on_after_the_extension(make_app: AppMaker) -> None:
    app = make_app({**DEV, "TESTING": False})
    app.debug = True

    assert begin(app.test_client()).startswith("http://127.0.0.1:")


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    with requests.Session() as browser:
        browser.trust_env = False
        yield browser


def agree(browser: requests.Session, authorization_url: str) -> str:
    """Press the button on the consent page, as a person does."""
    page = browser.get(authorization_url, timeout=5)
    assert "this is not Hugging Face" in page.text
    fields: dict[str, Any] = dict(re.findall(r'name="(form_token)" value="([^"]+)"', page.text))
    action = re.findall(r'<form method="post" action="([^"]+)"', page.text)[0]
    answer = browser.post(
        urljoin(page.url, action.replace("&amp;", "&")),
        data={**fields, "persona": "demo-pro", "decision": "authorize"},
        allow_redirects=False,
        timeout=5,
    )
    return str(answer.headers["Location"])


def test_developing_locally_needs_no_network(make_app: AppMaker, browser: requests.Session) -> None:
    client = make_app(DEV).test_client()

    callback = agree(browser, begin(client, "/login?next=/private"))
    assert client.get(callback).location == "/private"
    assert name_on_page(client) == "demo-pro"


def test_developer_chooses_somebody_at_each_login(
    make_app: AppMaker, browser: requests.Session
) -> None:
    client = make_app(DEV).test_client()
    client.get(agree(browser, begin(client)))
    client.post("/logout")

    page = browser.get(begin(client), allow_redirects=False, timeout=5)
    assert (page.status_code, "demo-pro" in page.text) == (200, True)


def test_mock_login_never_reads_the_token_of_this_machine(
    make_app: AppMaker,
    browser: requests.Session,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "token").write_text("hf_token-in-a-file")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_TOKEN", "hf_token-of-this-machine")
    client = make_app(DEV).test_client()

    with client:
        client.get(agree(browser, begin(client)))
        client.get("/")
        token = get_hf_token()
    assert token is not None
    assert token.access_token.startswith("hf_oauth_")


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        pytest.param("HF_OAUTH_DEV_PROVIDER", True, "set it above", id="set too late"),
        pytest.param("OAUTH_CLIENT_ID", "x", "in app.config it is HF_OAUTH_CLIENT_ID", id="name"),
    ],
)
def test_setting_in_the_wrong_place_is_named(key: str, value: object, sentence: str) -> None:
    app = Flask("demo")
    HfOAuth(app)
    app.config[key] = value

    assert sentence in app.test_client().get("/login").text


def test_setting_in_the_wrong_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_OAUTH_DEV_PROVIDER", "1")
    app = Flask("demo")
    HfOAuth(app)

    answer = app.test_client().get("/login")
    assert "is read from app.config, not from the environment" in answer.text
