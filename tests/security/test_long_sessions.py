"""Somebody who has to go, and would rather stay: long sessions, and cookies that are kept."""

from __future__ import annotations

from collections.abc import Callable
from secrets import token_hex
from typing import Any

import pytest
from flask import Flask
from flow import AppMaker, Clock, session_cookie, sign_in

from flask_hf_oauth import get_hf_token, org_required
from flask_hf_oauth.state import seal_tokens
from flask_hf_oauth.testing import PERSONAS_BY_USERNAME, HfProvider
from flask_hf_oauth.user import TokenPair

MINUTE, DAY = 60, 86_400  # seconds
MEMBER = "demo-org-admin"
ORG = PERSONAS_BY_USERNAME[MEMBER].orgs[0].username
GUARDED, PUBLIC = "/acme", "/"


def show_token() -> str:
    token = get_hf_token()
    return "none" if token is None else token.access_token


@pytest.fixture
def app(make_app: AppMaker) -> Flask:
    app = make_app(
        HF_OAUTH_SCOPES="openid profile read-memberships",
        HF_OAUTH_SESSION_LIFETIME=30 * DAY,
        HF_OAUTH_REVALIDATE_AFTER=MINUTE,
        HF_OAUTH_REFRESH=True,
    )
    app.add_url_rule(GUARDED, "acme", org_required(ORG)(lambda: "welcome"))
    app.add_url_rule("/token", "token", show_token)
    return app


@pytest.fixture
def cookie(app: Flask, provider: HfProvider) -> str:
    """Return the cookie of a member, who will not let go of it."""
    client = app.test_client()
    sign_in(client, provider, MEMBER)
    assert client.get(GUARDED).text == "welcome"
    return session_cookie(client)


def visit(app: Flask, cookie: str, url: str = GUARDED) -> str:
    """Come with a cookie of old, whatever cookies came since; return status or text."""
    client = app.test_client()
    client.set_cookie("session", cookie)
    answer = client.get(url)
    return answer.text if answer.status_code == 200 else answer.status


Change = Callable[[HfProvider], None]


def drop_out(provider: HfProvider) -> None:
    """Let an organization remove the member."""
    provider.change("userinfo", lambda claims: {**claims, "orgs": []})


def remove_the_app(provider: HfProvider) -> None:
    provider.revoke(MEMBER)


def found_organizations(number: int) -> Change:
    """Let somebody who was removed found organizations of their own, which costs nothing."""

    def replace(claims: dict[str, Any]) -> dict[str, Any]:
        model, names = claims["orgs"][0], [token_hex(16) for _ in range(number)]
        own = [{**model, "sub": name, "preferred_username": name} for name in names]
        return {**claims, "orgs": own}

    return lambda provider: provider.change("userinfo", replace)


CHANGES: dict[str, Change] = {
    "removed": drop_out,
    "took access back": remove_the_app,
    "removed, and does not fit into the cookie": found_organizations(300),
    "removed, and in more organizations than anybody": found_organizations(1_001),
}


@pytest.mark.parametrize("change", CHANGES)
def test_member_who_was_removed_stays_outside_with_an_old_cookie_too(
    app: Flask, provider: HfProvider, clock: Clock, cookie: str, change: str
) -> None:
    CHANGES[change](provider)
    clock.advance(MINUTE)

    assert "welcome" not in [visit(app, cookie) for _ in range(5)]
    clock.advance(MINUTE)
    assert "welcome" not in [visit(app, cookie) for _ in range(5)]


def add_data(app: Flask, cookie: str) -> str:
    """Return a cookie with the same login that holds as much of the app's as fits."""
    client = app.test_client()
    client.set_cookie("session", cookie)
    with client.session_transaction() as session:
        session["notes"] = token_hex(1_000)
    return session_cookie(client)


def test_old_cookie_that_is_too_full_to_learn_is_of_no_use(
    app: Flask, provider: HfProvider, clock: Clock, cookie: str
) -> None:
    full = add_data(app, cookie)
    assert visit(app, full) == "welcome"
    found_organizations(50)(provider)
    clock.advance(MINUTE)

    assert [visit(app, each) for each in (cookie, full)] == ["403 FORBIDDEN", "302 FOUND"]


def test_old_cookie_learns_what_a_newer_one_learned(
    app: Flask, provider: HfProvider, clock: Clock, cookie: str
) -> None:
    provider.rename(MEMBER, "demo-renamed")
    clock.advance(MINUTE)

    assert [visit(app, cookie, PUBLIC) for _ in range(3)] == ["demo-renamed"] * 3


@pytest.mark.parametrize("told", ["0|of another version", "not sealed"])
def test_outcome_that_cannot_be_read_is_asked_for_again(
    app: Flask, provider: HfProvider, clock: Clock, cookie: str, told: str
) -> None:
    clock.advance(MINUTE)
    visit(app, cookie)
    cache: Any = app.extensions["hf_oauth"].cache
    (key,) = [key for key in cache._cache if ":revalidated:" in key]
    with app.app_context():
        cache.set(key, told if told == "not sealed" else seal_tokens(TokenPair(told)))
    drop_out(provider)
    clock.advance(MINUTE)

    assert visit(app, cookie) == "403 FORBIDDEN"


def test_outcome_that_cannot_be_kept_counts_for_this_request(
    app: Flask, provider: HfProvider, clock: Clock, cookie: str, caplog: pytest.LogCaptureFixture
) -> None:
    drop_out(provider)
    clock.advance(MINUTE)
    app.extensions["hf_oauth"].cache.set = lambda *_, **__: 1 / 0

    assert visit(app, cookie) == "403 FORBIDDEN"
    assert "what userinfo said is not known to other requests" in caplog.text


def test_questions_about_an_old_cookie_are_few(
    app: Flask, provider: HfProvider, clock: Clock, cookie: str
) -> None:
    clock.advance(MINUTE)
    provider.reset_records()
    for _ in range(5):
        visit(app, cookie)

    assert len(provider.requests) == 1


def test_old_cookie_gets_no_token_after_access_was_taken_back(
    app: Flask, provider: HfProvider, clock: Clock, cookie: str
) -> None:
    provider.revoke(MEMBER)
    clock.advance(9 * 60 * MINUTE)

    assert [visit(app, cookie, "/token") for _ in range(3)] == ["none"] * 3
    assert [visit(app, cookie, PUBLIC) for _ in range(3)] == ["nobody"] * 3
