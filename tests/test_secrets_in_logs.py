"""No secret of a login is ever logged, shown or printed, whatever goes wrong."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flow import (
    SECRET_KEY,
    begin,
    decode_cookie,
    parameters,
    recorded,
    session_cookie,
    with_parameters,
)

from flask_hf_oauth import login_failed
from flask_hf_oauth.testing import HfProvider


class Watched:
    """Everything secret that a provider and a browser saw."""

    def __init__(self, provider: HfProvider) -> None:
        self._provider = provider
        self.found = {SECRET_KEY, provider.client_secret}
        provider.change("token_response", self._take_tokens)

    def _take_tokens(self, response: dict[str, Any]) -> dict[str, Any]:
        names = ("access_token", "id_token", "refresh_token")
        self.found |= {response[name] for name in names}
        return response

    def take_login(self, client: FlaskClient, authorization_url: str) -> None:
        asked = parameters(authorization_url)
        self.found |= {asked["state"], asked["nonce"]}
        self.found.add(json.loads(decode_cookie(session_cookie(client)))["_hf_oauth_key"])

    def take_requests(self) -> None:
        for sent in self._provider.requests:
            self.found |= {sent.form.get("code", ""), sent.form.get("code_verifier", "")}
            self.found.add(sent.headers.get("Authorization", "").partition(" ")[2])
        self.found.discard("")


@pytest.fixture
def watched(provider: HfProvider) -> Watched:
    return Watched(provider)


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Turn every logger of this process up to the most it can tell."""
    names = [name for name in logging.root.manager.loggerDict if not name.startswith("hypothesis")]
    for name in (None, *names, "authlib", "flask_hf_oauth", "requests", "urllib3"):
        caplog.set_level(1, logger=name)
    return caplog


def go_well(_provider: HfProvider) -> None:
    """Change nothing."""


class Failure(NamedTuple):
    """How a login is made to fail."""

    prepare: Callable[[HfProvider], None] = go_well
    changes: dict[str, str | None] = {}  # noqa: RUF012 - never changed


def fail(endpoint: Any, fault: Any) -> Callable[[HfProvider], None]:  # noqa: ANN401 - passed on
    return lambda provider: provider.fail(endpoint, fault)


def change_claims(**claims: object) -> Callable[[HfProvider], None]:
    return lambda provider: provider.change("id_token_claims", lambda true: {**true, **claims})


def echo_secrets(provider: HfProvider) -> None:
    """Answer an error that repeats what it was sent, as careless servers do."""

    def echo(response: dict[str, Any]) -> dict[str, Any]:
        sent = provider.requests[-1].form
        return {"error": "invalid_request", "error_description": dict(sent), **response}

    take_tokens = provider._realm.changes._changes["token_response"]
    provider.change("token_response", lambda response: echo(take_tokens(response)))  # type: ignore[arg-type]  # a dict comes back


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(Failure(), id="none"),
        pytest.param(Failure(fail("token", "status-500")), id="token 500"),
        pytest.param(Failure(fail("token", "html-502")), id="token HTML"),
        pytest.param(Failure(fail("token", "reset")), id="token reset"),
        pytest.param(Failure(fail("token", "truncated")), id="token truncated"),
        pytest.param(Failure(fail("token", "redirect")), id="token redirect"),
        pytest.param(Failure(echo_secrets), id="token error that echoes"),
        pytest.param(Failure(fail("keys", "empty")), id="keys empty"),
        pytest.param(Failure(fail("userinfo", "status-503")), id="userinfo 503"),
        pytest.param(Failure(fail("userinfo", "array")), id="userinfo array"),
        pytest.param(Failure(change_claims(nonce="another")), id="nonce"),
        pytest.param(Failure(change_claims(iss="https://attacker.example")), id="issuer"),
        pytest.param(Failure(changes={"code": "code-of-nobody"}), id="code rejected"),
        pytest.param(Failure(changes={"state": "state-of-nobody.x"}), id="state forged"),
        pytest.param(Failure(changes={"iss": "https://attacker.example"}), id="mix-up"),
        pytest.param(Failure(changes={"code": None, "error": "access_denied"}), id="refused"),
    ],
)
def test_secrets_stay_out_of_logs_and_pages(
    failure: Failure,
    app: Flask,
    provider: HfProvider,
    watched: Watched,
    everything_logged: pytest.LogCaptureFixture,
) -> None:
    client = app.test_client()
    url = begin(client, "/login?next=/private")
    watched.take_login(client, url)
    failure.prepare(provider)
    callback = provider.authorize(url)
    watched.found.add(parameters(callback)["code"])

    with recorded(login_failed, app) as errors:
        response = client.get(with_parameters(callback, **failure.changes))
    watched.take_requests()
    told = [everything_logged.text, response.text, client.get("/private").text]
    told += [text for error in errors for text in (repr(error), str(error), error.detail)]
    assert bool(errors) == (response.status_code >= 400)
    assert len(watched.found) >= 6
    assert not [secret for secret in watched.found if any(secret in text for text in told)]


def test_debug_logs_are_really_looked_at(
    client: FlaskClient, provider: HfProvider, everything_logged: pytest.LogCaptureFixture
) -> None:
    client.get(provider.authorize(begin(client)))

    assert "POST /oauth/token" in everything_logged.text


def test_secret_echoed_by_a_mistaken_query_is_not_logged(
    client: FlaskClient, everything_logged: pytest.LogCaptureFixture
) -> None:
    response = client.get("/login/callback?code=hidden-code&state=hidden-state&error=hidden-error")

    told = everything_logged.text + response.text
    assert "hidden-" not in told
