"""Rows of docs/promises.md that no other module shows under a name of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import pytest
from flask.testing import FlaskClient
from flow import (
    AppMaker,
    begin,
    error_code,
    name_on_page,
    sign_in,
    signed_in_user,
    with_parameters,
)
from werkzeug.test import TestResponse

from flask_hf_oauth.testing import HfProvider

Visit: TypeAlias = Callable[[FlaskClient, str], TestResponse]

NOT_IN_CONFIG = {
    "HF_OAUTH_CLIENT_ID": None,
    "HF_OAUTH_CLIENT_SECRET": None,
    "HF_OAUTH_PROVIDER_URL": None,
}
HOST = "demo-org-notebook.hf.space"
ON_A_SPACE = {"SPACE_ID": "demo-org/notebook", "SPACE_HOST": HOST}


def come_back_after_sign_out(client: FlaskClient, callback: str) -> TestResponse:
    client.get(callback)
    client.post("/logout")
    return client.get(callback)


@pytest.mark.parametrize(
    ("cause", "visit"),
    [
        ("state_invalid", lambda client, url: client.get(with_parameters(url, state="forged"))),
        ("state_missing", lambda client, url: client.get(with_parameters(url, state=None))),
        ("state_used", come_back_after_sign_out),
    ],
)
def test_state_not_equal_is_a_page_with_a_way_on_and_a_cause_in_the_log(
    cause: str,
    visit: Visit,
    client: FlaskClient,
    provider: HfProvider,
    caplog: pytest.LogCaptureFixture,
) -> None:
    response = visit(client, provider.authorize(begin(client)))

    assert (response.status_code, error_code(response)) == (400, cause)
    assert "Sign in again" in response.text
    assert f"login failed: {cause} (" in caplog.text


@pytest.mark.parametrize(
    ("environ", "site"),
    [
        pytest.param(ON_A_SPACE, f"https://{HOST}", id="on a Space"),
        pytest.param({}, "http://localhost", id="elsewhere"),
    ],
)
def test_same_app_signs_in_on_a_space_and_elsewhere(
    environ: Mapping[str, str],
    site: str,
    make_app: AppMaker,
    provider: HfProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {**provider.environ(), **environ}.items():
        monkeypatch.setenv(name, value)
    provider.switch(space_host=HOST)
    client = make_app(NOT_IN_CONFIG).test_client()

    client.get(provider.authorize(begin(client, base_url=site)))
    assert client.get("/", base_url=site).text == "demo-free"


def test_username_that_somebody_took_over_opens_nothing_of_the_one_before(
    client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider)
    client.get("/cart")
    before = signed_in_user(client)
    provider.rename("demo-free", "demo-renamed")
    provider.rename("demo-pro", "demo-free")

    sign_in(client, provider, "demo-free", url="/login?prompt=consent")
    with client.session_transaction() as kept:
        assert "cart" not in kept
    assert name_on_page(client) == "demo-free"
    assert signed_in_user(client) != before
