"""Lies of a provider: how one is told during one login, and what must come of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, TypeAlias

from flask.testing import FlaskClient
from flow import REDIRECTS, error_code, recorded
from oidc.forging import change
from werkzeug import Request
from werkzeug.test import TestResponse

from flask_hf_oauth import login_failed
from flask_hf_oauth.testing import HfProvider
from flask_hf_oauth.testing.answers import Answer
from flask_hf_oauth.testing.faults import Change

#: Where a provider can lie, and what it is asked for there.
PATHS = {
    "discovery": "/.well-known/openid-configuration",
    "keys": "/oauth/jwks",
    "token": "/oauth/token",
    "userinfo": "/oauth/userinfo",
}

Lie: TypeAlias = Callable[[HfProvider], None]


# What must come of a lie


def check_refused(
    client: FlaskClient, provider: HfProvider, lie: Lie, code: str, *, status: int = 502
) -> None:
    """Let the provider lie in one login: it is refused, leaves nothing, and the next one works."""
    with lying(provider, lie), recorded(login_failed, client.application) as errors:
        answer = attempt(client, provider)
    assert (error_code(answer), answer.status_code) == (code, status)
    [error] = errors
    assert error.error_code == code
    assert error.detail  # the owner reads why
    assert client.get("/private").location == "/login?next=/private"
    check_accepted(client, provider)


def check_accepted(client: FlaskClient, provider: HfProvider) -> None:
    """Sign in, as with a provider that tells the truth."""
    assert attempt(client, provider).location == "/"
    assert client.get("/private").text == "private to demo-free"


def attempt(client: FlaskClient, provider: HfProvider, persona: str = "demo-free") -> TestResponse:
    """Try to sign in, and return the page that this ends on: /login may fail already."""
    answer = client.get("/login?prompt=consent")
    if answer.status_code not in REDIRECTS:
        return answer
    return client.get(provider.authorize(answer.location, persona))


def pass_a_minute(client: FlaskClient) -> None:
    """Let the documents of the provider that are kept grow a minute older."""
    [oidc_client] = client.application.extensions["hf_oauth"].clients.values()
    for kept in (oidc_client._metadata, oidc_client._keys):
        kept._clock = lambda: time.monotonic() + 61


@contextmanager
def lying(provider: HfProvider, lie: Lie) -> Iterator[None]:
    """Let a provider lie for a while."""
    behavior = provider.behavior
    lie(provider)
    try:
        yield
    finally:
        provider.heal()
        provider.switch(**asdict(behavior))
        _server(provider).answer_request = provider._endpoints.answer


# How a lie is told


def changed(name: Change, /, **members: object) -> Lie:
    """Change members of what the provider says; MISSING takes one away."""
    return edited(name, lambda value: change(value, members))


def edited(name: Change, edit: Callable[[Any], object]) -> Lie:
    """Pass what the provider says through a function."""
    return lambda provider: provider.change(name, edit)


def answered(
    endpoint: str,
    body: bytes | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Lie:
    """Change an answer on its way out: its whole body, its status, some of its headers."""

    def rewrite(answer: Answer) -> Answer:
        answer.status_code = status
        answer.headers.update(headers or {})
        if body is not None:
            answer.set_data(body)
        return answer

    def lie(provider: HfProvider) -> None:
        tell_truth = _server(provider).answer_request

        def answer(request: Request) -> Answer:
            truth = tell_truth(request)
            return rewrite(truth) if request.path == PATHS[endpoint] else truth

        _server(provider).answer_request = answer

    return lie


def _server(provider: HfProvider) -> Any:  # noqa: ANN401 - private to the provider
    return provider._server


def switched(**switches: object) -> Lie:
    """Let the provider behave in another way."""
    return lambda provider: provider.switch(**switches)


def together(*lies: Lie) -> Lie:
    """Tell several lies that belong together."""

    def lie(provider: HfProvider) -> None:
        for each in lies:
            each(provider)

    return lie
