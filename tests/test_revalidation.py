"""Revalidation: userinfo is asked again, and what it says counts."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from caches import SharedCache, SilentCache
from flask import Flask
from flask.testing import FlaskClient
from flow import (
    AppMaker,
    Clock,
    begin,
    come_with,
    error_code,
    name_on_page,
    recorded,
    session_cookie,
    sign_in,
    signed_in_user,
)

from flask_hf_oauth import (
    ConfigurationError,
    LoginError,
    current_hf_user,
    refresh_hf_user,
    user_logged_out,
)
from flask_hf_oauth.testing import HfProvider, login

INTERVAL = 600  # seconds
LONG = {"HF_OAUTH_SESSION_LIFETIME": timedelta(days=7)}
SCOPES = "openid profile read-memberships"


@pytest.fixture
def make_asking(make_app: AppMaker) -> Callable[..., Flask]:
    """Make apps that ask again, by themselves or at /ask."""

    def make(**config: object) -> Flask:
        settings = {"HF_OAUTH_REVALIDATE_AFTER": INTERVAL, "HF_OAUTH_SCOPES": SCOPES}
        app = make_app({**settings, **config})

        @app.get("/ask")
        def ask() -> str:
            user = refresh_hf_user()
            assert bool(user) == bool(current_hf_user)
            return "nobody" if user is None else str(user.username)

        return app

    return make


@pytest.fixture
def app(make_asking: Callable[..., Flask]) -> Flask:
    return make_asking()


def questions(provider: HfProvider) -> int:
    return sum(sent.endpoint == "userinfo" for sent in provider.requests)


def say(**claims: object) -> Callable[[HfProvider], None]:
    return lambda provider: provider.change("userinfo", lambda true: {**true, **claims})


def fail(fault: Any) -> Callable[[HfProvider], None]:  # noqa: ANN401 - passed on
    return lambda provider: provider.fail("userinfo", fault)


def test_userinfo_is_asked_when_it_is_due_and_not_before(
    client: FlaskClient, provider: HfProvider, clock: Clock
) -> None:
    login(client, provider=provider)
    asked = []
    for seconds in (INTERVAL - 60, 70, 0, INTERVAL - 60, 70):
        clock.advance(seconds)
        assert name_on_page(client) == "demo-free"
        asked.append(questions(provider))

    assert asked == [0, 1, 1, 1, 2]


def test_interval_of_seconds_is_kept(
    make_asking: Callable[..., Flask], provider: HfProvider, clock: Clock
) -> None:
    client = make_asking(HF_OAUTH_REVALIDATE_AFTER=1).test_client()
    login(client, provider=provider)
    for times in range(1, 4):
        clock.advance(1)
        assert (name_on_page(client), questions(provider)) == ("demo-free", times)
    provider.revoke("demo-free")
    clock.advance(1)

    assert name_on_page(client) == "nobody"


def test_what_is_new_counts_at_once_and_stays(
    client: FlaskClient, provider: HfProvider, clock: Clock
) -> None:
    login(client, "demo-pro", provider=provider)
    before = signed_in_user(client)
    assert before is not None
    assert before.is_pro
    assert before.orgs
    clock.advance(INTERVAL)
    say(isPro=False, orgs=[], preferred_username="renamed")(provider)

    users = [signed_in_user(client), signed_in_user(client)]

    for user in users:
        assert user == before
        assert user is not None
        assert (user.username, user.is_pro, user.orgs) == ("renamed", False, ())
        assert user.scopes == before.scopes
    assert questions(provider) == 1


def test_person_who_took_access_back_is_signed_out_and_the_session_emptied(
    app: Flask, provider: HfProvider, clock: Clock
) -> None:
    client = app.test_client()
    user = login(client, provider=provider)
    client.get("/cart")
    provider.revoke("demo-free")
    clock.advance(INTERVAL)

    with recorded(user_logged_out, app) as signed_out:
        assert name_on_page(client) == "nobody"
    assert signed_out == [user]
    assert client.get_cookie("session") is None


def test_person_who_left_every_allowed_organization_is_signed_out(
    make_asking: Callable[..., Flask], provider: HfProvider, clock: Clock
) -> None:
    client = make_asking(HF_OAUTH_ALLOWED_ORGS="demo-guild").test_client()
    login(client, "demo-pro", provider=provider)
    clock.advance(INTERVAL)
    assert name_on_page(client) == "demo-pro"

    say(orgs=[])(provider)
    clock.advance(INTERVAL)

    assert name_on_page(client) == "nobody"
    assert client.get_cookie("session") is None


TROUBLE = {
    "503": fail("status-503"),
    "reset": fail("reset"),
    "hang": fail("hang"),
    "HTML": fail("html"),
    "somebody else": say(sub="0" * 24),
    "down": HfProvider.stop,
}


@pytest.mark.parametrize("spoil", TROUBLE.values(), ids=TROUBLE)
def test_trouble_at_the_provider_leaves_people_as_they_are(
    make_asking: Callable[..., Flask],
    provider: HfProvider,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    spoil: Callable[[HfProvider], None],
) -> None:
    client = make_asking(HF_OAUTH_TIMEOUT=0.1).test_client()
    login(client, provider=provider)
    clock.advance(INTERVAL)
    spoil(provider)

    assert [name_on_page(client) for _ in range(3)] == ["demo-free"] * 3
    assert caplog.text.count("a login was not revalidated") == 1


def test_failed_question_is_asked_again_after_a_pause(
    client: FlaskClient, provider: HfProvider, clock: Clock
) -> None:
    login(client, provider=provider)
    clock.advance(INTERVAL)
    provider.fail("userinfo", "status-503")
    provider.revoke("demo-free")
    for _ in range(3):
        assert name_on_page(client) == "demo-free"
        clock.advance(2)
    assert questions(provider) == 1
    clock.advance(6)

    assert name_on_page(client) == "nobody"


def test_requests_at_once_ask_once(app: Flask, provider: HfProvider, clock: Clock) -> None:
    browser = app.test_client()
    login(browser, provider=provider)
    clock.advance(INTERVAL)
    provider.delay("userinfo", 0.1)
    tabs = [app.test_client() for _ in range(8)]
    for tab in tabs:
        tab.set_cookie("session", session_cookie(browser))

    with ThreadPoolExecutor(len(tabs)) as threads:
        names = list(threads.map(name_on_page, tabs))

    assert names == ["demo-free"] * len(tabs)
    assert questions(provider) == 1


@pytest.mark.parametrize(
    "url", ["/login?scopes=email", "/logout", "/hf-oauth/static/badge.css", "/nowhere"]
)
def test_nobody_is_asked_for_at_endpoints_that_need_nobody(
    make_asking: Callable[..., Flask], provider: HfProvider, clock: Clock, url: str
) -> None:
    client = make_asking(HF_OAUTH_OPTIONAL_SCOPES="email").test_client()
    login(client, provider=provider)
    clock.advance(INTERVAL)
    provider.revoke("demo-free")

    assert client.get(url).status_code < 500
    assert questions(provider) == 0
    assert client.get_cookie("session") is not None


def test_login_that_is_due_can_be_stepped_up_and_ended(
    make_asking: Callable[..., Flask], provider: HfProvider, clock: Clock
) -> None:
    client = make_asking(HF_OAUTH_OPTIONAL_SCOPES="email").test_client()
    login(client, provider=provider)
    clock.advance(INTERVAL)

    client.get(provider.authorize(begin(client, "/login?scopes=email")))
    user = signed_in_user(client)
    assert user is not None
    assert "email" in user.scopes
    clock.advance(INTERVAL)
    client.post("/logout")
    assert name_on_page(client) == "nobody"


def test_token_that_is_over_ends_the_login(
    make_asking: Callable[..., Flask], provider: HfProvider, clock: Clock
) -> None:
    client = make_asking(**LONG).test_client()
    login(client, provider=provider)

    clock.advance(28_800)

    assert name_on_page(client) == "nobody"
    assert client.get_cookie("session") is None


@pytest.mark.parametrize("url", ["/", "/ask"])
def test_token_that_is_over_is_refreshed_first(
    make_asking: Callable[..., Flask], provider: HfProvider, clock: Clock, url: str
) -> None:
    client = make_asking(HF_OAUTH_REFRESH=True).test_client()
    login(client, provider=provider)

    clock.advance(28_800)
    assert client.get(url).text == "demo-free"
    asked = [sent.endpoint for sent in provider.requests if sent.endpoint != "discovery"]
    assert asked[:2] == ["token", "userinfo"]
    clock.advance(28_800)
    provider.fail("token", "status-503")
    assert client.get("/").text == "demo-free"


@pytest.mark.parametrize("url", ["/", "/ask"])
def test_refresh_token_that_is_dead_signs_out_on_this_very_page(
    make_asking: Callable[..., Flask], provider: HfProvider, clock: Clock, url: str
) -> None:
    client = make_asking(HF_OAUTH_REFRESH=True).test_client()
    login(client, provider=provider)
    provider.revoke("demo-free")
    clock.advance(28_800)

    assert client.get(url).text == "nobody"
    assert client.get_cookie("session") is None


def test_login_ends_when_it_would_have_ended(
    make_asking: Callable[..., Flask], provider: HfProvider, clock: Clock
) -> None:
    client = make_asking().test_client()
    login(client, provider=provider)
    for _ in range(28_800 // INTERVAL - 1):
        clock.advance(INTERVAL)
        assert name_on_page(client) == "demo-free"

    clock.advance(INTERVAL)
    assert name_on_page(client) == "nobody"


def test_user_is_asked_for_when_the_app_wants_it(client: FlaskClient, provider: HfProvider) -> None:
    login(client, provider=provider)
    say(preferred_username="renamed", isPro=True)(provider)

    assert client.get("/ask").text == "renamed"
    user = signed_in_user(client)
    assert user is not None
    assert user.is_pro
    assert questions(provider) == 1


def test_user_whose_access_was_taken_back_is_nobody_from_then_on(
    app: Flask, provider: HfProvider
) -> None:
    client = app.test_client()
    user = login(client, provider=provider)
    client.get("/cart")
    provider.revoke("demo-free")

    with recorded(user_logged_out, app) as signed_out:
        assert client.get("/ask").text == "nobody"
    assert signed_out == [user]
    assert client.get_cookie("session") is None
    assert client.get("/ask").text == "nobody"
    assert questions(provider) == 1


def test_nobody_is_asked_for_outside_of_a_request(app: Flask) -> None:
    with app.app_context():
        assert refresh_hf_user() is None


MANY_ORGS = [
    {"sub": secrets.token_hex(12), "name": "Org", "preferred_username": secrets.token_hex(12)}
    for _ in range(200)
]


@pytest.mark.parametrize(
    ("spoil", "status", "code"),
    [
        pytest.param(fail("status-503"), 503, "provider_unavailable", id="503"),
        pytest.param(fail("hang"), 504, "provider_timeout", id="hang"),
        pytest.param(fail("html"), 502, "userinfo_not_json", id="HTML"),
        pytest.param(say(sub="0" * 24), 502, "userinfo_sub", id="somebody else"),
        pytest.param(say(orgs=MANY_ORGS), 500, "session_too_large", id="too large"),
    ],
)
def test_question_that_fails_has_a_page_and_changes_nothing(
    make_asking: Callable[..., Flask],
    provider: HfProvider,
    spoil: Callable[[HfProvider], None],
    status: int,
    code: str,
) -> None:
    client = make_asking(HF_OAUTH_TIMEOUT=0.1).test_client()
    login(client, provider=provider)
    spoil(provider)
    page = client.get("/ask", headers={"Accept": "text/html"})
    spoil(provider)
    data = client.get("/ask", headers={"Accept": "application/json"})

    assert (page.status_code, error_code(page)) == (status, code)
    assert (data.status_code, data.get_json()["error"]) == (status, code)
    for answer in (page, data):
        assert "You are still signed in" in answer.text
        assert "you were not signed in" not in answer.text
    user = signed_in_user(client)
    assert user is not None
    assert (user.username, user.orgs) == ("demo-free", ())


def test_app_can_catch_what_a_question_raises(app: Flask, provider: HfProvider) -> None:
    @app.get("/careful")
    def careful() -> str:
        try:
            refresh_hf_user()
        except LoginError as error:
            return error.error_code
        return "asked"

    client = app.test_client()
    login(client, provider=provider)
    provider.fail("userinfo", "status-503")

    assert client.get("/careful").text == "provider_unavailable"
    assert client.get("/careful").text == "asked"


def test_app_that_keeps_no_token_is_told_so(make_app: AppMaker, provider: HfProvider) -> None:
    app = make_app(HF_OAUTH_STORE_TOKEN=False)
    client = app.test_client()
    login(client, provider=provider)

    @app.get("/ask")
    def ask() -> str:
        with pytest.raises(ConfigurationError, match="HF_OAUTH_STORE_TOKEN is off"):
            refresh_hf_user()
        return "told"

    assert client.get("/ask").text == "told"


def test_login_of_which_nobody_can_tell_for_a_day_is_over(
    make_asking: Callable[..., Flask], provider: HfProvider, clock: Clock
) -> None:
    client = make_asking(**LONG).test_client()
    login(client, provider=provider, expires_in=2 * 86_400)
    provider.fail("userinfo", "html", times=None)

    clock.advance(3600 * 23)
    assert name_on_page(client) == "demo-free"
    clock.advance(3600 * 23)
    assert name_on_page(client) == "demo-free"  # doubt begins with the first failure
    copy = come_with(client.application, session_cookie(client))
    clock.advance(3600)
    assert name_on_page(client) == "nobody"
    assert client.get_cookie("session") is None
    assert [name_on_page(copy) for _ in range(3)] == ["nobody"] * 3


def test_room_of_the_app_stays_when_userinfo_is_kept_anew(
    client: FlaskClient, provider: HfProvider
) -> None:
    login(client, "demo-many-orgs", provider=provider)
    before = len(session_cookie(client))

    client.get("/ask")

    assert abs(len(session_cookie(client)) - before) < 50


def test_sign_out_wins_over_a_question_that_is_under_way(
    make_asking: Callable[..., Flask], provider: HfProvider
) -> None:
    app = make_asking(HF_OAUTH_REVALIDATE_AFTER=None)
    late, tab = app.test_client(), app.test_client()
    login(late, provider=provider)
    tab.set_cookie("session", session_cookie(late))

    def answer(claims: object) -> object:
        tab.post("/logout")
        return claims

    provider.change("userinfo", answer)

    assert "Set-Cookie" not in late.get("/ask").headers


def test_page_that_is_due_ends_no_login_that_came_in_between(
    app: Flask, provider: HfProvider, clock: Clock
) -> None:
    client, late = app.test_client(), app.test_client()
    login(client, provider=provider)
    late.set_cookie("session", session_cookie(client))
    clock.advance(INTERVAL)
    client.get(provider.authorize(client.get("/login?prompt=consent").location))

    assert "Set-Cookie" not in late.get("/").headers


@pytest.mark.parametrize("is_revoked", [True, False])
def test_userinfo_is_asked_while_the_cache_is_away(
    make_asking: Callable[..., Flask], provider: HfProvider, clock: Clock, *, is_revoked: bool
) -> None:
    cache = SharedCache()
    client = make_asking(HF_OAUTH_CACHE=cache, **LONG).test_client()
    login(client, provider=provider)
    if is_revoked:
        provider.revoke("demo-free")
    clock.advance(INTERVAL)
    cache.answers = 0

    assert name_on_page(client) == ("nobody" if is_revoked else "demo-free")
    assert questions(provider) == 1


def test_everything_away_leaves_people_as_they_are_until_they_sign_out(
    make_asking: Callable[..., Flask], provider: HfProvider, clock: Clock
) -> None:
    cache = SharedCache()
    client = make_asking(HF_OAUTH_CACHE=cache, HF_OAUTH_REFRESH=True, **LONG).test_client()
    login(client, provider=provider, expires_in=INTERVAL)
    clock.advance(INTERVAL)
    cache.answers = 0
    provider.stop()

    assert name_on_page(client) == "demo-free"
    assert client.post("/logout").status_code == 303
    assert name_on_page(client) == "nobody"


def test_copy_of_the_cookie_of_whom_userinfo_turned_away_is_out_too(
    make_asking: Callable[..., Flask], provider: HfProvider
) -> None:
    client = make_asking(HF_OAUTH_ALLOWED_ORGS="demo-guild", **LONG).test_client()
    login(client, "demo-pro", provider=provider)
    copy = come_with(client.application, session_cookie(client))
    say(orgs=[])(provider)

    assert client.get("/ask").text == name_on_page(copy) == "nobody"


def test_login_that_was_replaced_ends_without_the_newer_one(
    app: Flask, provider: HfProvider, clock: Clock
) -> None:
    client = app.test_client()
    login(client, provider=provider)
    late = come_with(app, session_cookie(client))
    clock.advance(INTERVAL)
    provider.revoke("demo-free")
    sign_in(client, provider, url="/login?prompt=consent")

    assert "Set-Cookie" not in late.get("/ask").headers
    assert name_on_page(client) == "demo-free"


def test_userinfo_is_asked_where_memcached_is_away(
    make_asking: Callable[..., Flask], provider: HfProvider, clock: Clock
) -> None:
    client = make_asking(HF_OAUTH_CACHE=SilentCache(), **LONG).test_client()
    login(client, provider=provider)
    provider.revoke("demo-free")
    clock.advance(INTERVAL)

    assert name_on_page(client) == "nobody"


def test_word_that_came_before_the_claim_is_looked_for(
    make_asking: Callable[..., Flask], provider: HfProvider, clock: Clock
) -> None:
    cache = SharedCache()
    app = make_asking(HF_OAUTH_CACHE=cache, **LONG)
    client = app.test_client()
    login(client, provider=provider)
    faster, add = come_with(app, session_cookie(client)), cache.add

    def be_second(key: str, value: object, timeout: object = None) -> bool:
        cache.add = add  # type: ignore[method-assign]  # the others are first
        assert name_on_page(faster) == "demo-free"
        return add(key, value, timeout)

    clock.advance(INTERVAL)
    cache.add = be_second  # type: ignore[method-assign]  # for once

    assert (name_on_page(client), questions(provider)) == ("demo-free", 1)


def test_sign_out_on_another_machine_is_known_when_userinfo_is_due(
    make_asking: Callable[..., Flask], provider: HfProvider, clock: Clock
) -> None:
    cache = SharedCache()
    settings = {"HF_OAUTH_CACHE": cache, "HF_OAUTH_REVALIDATE_AFTER": 1}
    here, there = (make_asking(**settings, **LONG) for _ in range(2))
    client = here.test_client()
    login(client, provider=provider)
    copy = come_with(there, session_cookie(client))
    assert name_on_page(copy) == "demo-free"
    client.post("/logout")
    clock.advance(2)

    assert (name_on_page(copy), questions(provider)) == ("nobody", 0)


def test_word_about_somebody_else_is_passed_over(
    make_asking: Callable[..., Flask], provider: HfProvider, clock: Clock
) -> None:
    cache = SharedCache()
    app = make_asking(HF_OAUTH_CACHE=cache, HF_OAUTH_REVALIDATE_AFTER=1, **LONG)
    clients = [app.test_client() for _ in range(2)]
    for client, name in zip(clients, ["demo-org-admin", "demo-free"], strict=True):
        login(client, name, provider=provider)
    clock.advance(1)
    [admin, free] = map(name_on_page, clients)
    told = [key for key in cache.kept if ":revalidated:" in key]
    cache.kept[told[1]] = cache.kept[told[0]]
    clock.advance(0.5)

    assert (admin, free) == ("demo-org-admin", name_on_page(clients[1]))
