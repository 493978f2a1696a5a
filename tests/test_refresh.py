"""Refresh: a token near its end is renewed, once, and nobody is signed out who need not be."""

from __future__ import annotations

import inspect
import logging
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cachelib import FileSystemCache, SimpleCache
from caches import SharedCache, SilentCache
from flask import Flask, Response, session, stream_with_context
from flask.testing import FlaskClient
from flask_session import Session  # type: ignore[import-untyped]  # ships no types
from flow import (
    SECRET_KEY,
    AppMaker,
    Clock,
    begin,
    come_with,
    name_on_page,
    recorded,
    session_cookie,
    sign_in,
    signed_in_user,
)

from flask_hf_oauth import HfOAuth, get_hf_token, token_refreshed, user_logged_out
from flask_hf_oauth.testing import HfProvider, login

OVER, NEAR_ITS_END, FRESH = -1, 80, 28_800  # seconds that an access token still lasts
NONE = "none"


@pytest.fixture
def refreshing(make_app: AppMaker) -> Callable[..., Flask]:
    """Make apps that refresh, with a page that shows the token."""

    def make(settings: dict[str, object] | None = None, **config: object) -> Flask:
        return show_token(make_app({"HF_OAUTH_REFRESH": True, **(settings or {}), **config}))

    return make


@pytest.fixture
def app(refreshing: Callable[..., Flask]) -> Flask:
    return refreshing()


def show_token(app: Flask) -> Flask:
    @app.get("/token")
    def token() -> str:
        token = get_hf_token()
        return NONE if token is None else token.access_token

    return app


def token_on_page(client: FlaskClient) -> str:
    return client.get("/token").text


def refreshes(provider: HfProvider) -> list[dict[str, str]]:
    forms = [sent.form.to_dict() for sent in provider.requests]
    return [form for form in forms if form.get("grant_type") == "refresh_token"]


def test_token_is_refreshed_when_it_is_used_and_near_its_end(
    client: FlaskClient, provider: HfProvider, clock: Clock
) -> None:
    sign_in(client, provider)
    first = token_on_page(client)

    clock.advance(FRESH - 100)
    assert (token_on_page(client), refreshes(provider)) == (first, [])
    clock.advance(20)
    assert (name_on_page(client), refreshes(provider)) == ("demo-free", [])
    second = token_on_page(client)
    assert second not in {first, NONE}
    assert token_on_page(client) == second
    assert len(refreshes(provider)) == 1


def test_nothing_is_refreshed_unless_asked_for(
    make_app: AppMaker, provider: HfProvider, clock: Clock
) -> None:
    client = show_token(make_app()).test_client()
    sign_in(client, provider)

    clock.advance(FRESH - 60)
    assert token_on_page(client) != NONE
    clock.advance(60)
    assert (token_on_page(client), name_on_page(client)) == (NONE, "nobody")
    assert refreshes(provider) == []


@pytest.mark.parametrize(
    ("switches", "different"),
    [
        pytest.param({"refresh_tokens": "rotate"}, 3, id="rotates"),
        pytest.param({"refresh_tokens": "repeat"}, 1, id="repeated"),
        pytest.param({"refresh_tokens": "omit", "id_token_on_refresh": False}, 1, id="omitted"),
    ],
)
def test_login_lives_on_whatever_becomes_of_the_refresh_token(
    client: FlaskClient,
    provider: HfProvider,
    clock: Clock,
    switches: dict[str, Any],
    different: int,
) -> None:
    provider.switch(**switches)
    sign_in(client, provider)
    tokens = {token_on_page(client)}
    for _ in range(3):
        clock.advance(FRESH - 60)
        tokens.add(token_on_page(client))

    assert len(tokens - {NONE}) == 4
    assert len({form["refresh_token"] for form in refreshes(provider)}) == different
    assert len(refreshes(provider)) == 3


def test_refresh_that_is_switched_off_leaves_what_was_kept_before(
    refreshing: Callable[..., Flask], provider: HfProvider
) -> None:
    browser = refreshing().test_client()
    login(browser, expires_in=OVER, provider=provider)
    other = come_with(refreshing(HF_OAUTH_REFRESH=False), session_cookie(browser))

    assert (token_on_page(other), name_on_page(other)) == (NONE, "demo-free")
    assert refreshes(provider) == []


def test_login_without_a_refresh_token_ends_with_its_token(
    client: FlaskClient, provider: HfProvider, clock: Clock
) -> None:
    provider.switch(refresh_tokens="never")
    sign_in(client, provider)

    clock.advance(FRESH - 60)
    assert token_on_page(client) != NONE
    clock.advance(60)
    assert (token_on_page(client), name_on_page(client)) == (NONE, "nobody")
    assert refreshes(provider) == []


DAY = 86_400


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        pytest.param({"REFRESH": False}, FRESH, id="as long as the token"),
        pytest.param({}, 30 * DAY, id="30 days"),
        pytest.param({"SESSION_LIFETIME": timedelta(days=2)}, 2 * DAY, id="shorter"),
        pytest.param({"SESSION_LIFETIME": 90 * DAY}, 90 * DAY, id="longer"),
        pytest.param({"SESSION_LIFETIME": 3600}, 3600, id="shorter than the token"),
    ],
)
def test_login_lasts_as_long_as_is_set_however_often_it_is_refreshed(
    refreshing: Callable[..., Flask],
    provider: HfProvider,
    clock: Clock,
    settings: dict[str, object],
    seconds: int,
) -> None:
    config = {f"HF_OAUTH_{name}": value for name, value in settings.items()}
    client = refreshing(config, PERMANENT_SESSION_LIFETIME=timedelta(days=100)).test_client()
    login(client, provider=provider)

    clock.advance(seconds // 2)
    assert token_on_page(client) != NONE
    clock.advance(seconds // 2 - 60)
    assert name_on_page(client) == "demo-free"
    clock.advance(60)
    assert (name_on_page(client), token_on_page(client)) == ("nobody", NONE)


def test_login_that_outlives_its_token_goes_on_without_one(
    refreshing: Callable[..., Flask], provider: HfProvider, clock: Clock
) -> None:
    settings = {"HF_OAUTH_REFRESH": False, "HF_OAUTH_SESSION_LIFETIME": 2 * DAY}
    client = refreshing(settings).test_client()
    login(client, provider=provider)

    clock.advance(FRESH)

    assert (token_on_page(client), name_on_page(client)) == (NONE, "demo-free")


@pytest.mark.parametrize("kind", ["public", "confidential"])
def test_client_names_itself_at_a_refresh(
    refreshing: Callable[..., Flask], provider: HfProvider, kind: str
) -> None:
    settings = provider.config(public=kind == "public")
    client = refreshing({"HF_OAUTH_CLIENT_SECRET": None, **settings}).test_client()
    login(client, expires_in=OVER, provider=provider)

    assert token_on_page(client) != NONE
    [form] = refreshes(provider)
    assert form["client_id"] == settings["HF_OAUTH_CLIENT_ID"]
    assert set(form) == {"client_id", "grant_type", "refresh_token"}
    assert ("Authorization" in provider.requests[-1].headers) == (kind == "confidential")


def lie(**members: object) -> Callable[[HfProvider], None]:
    """Answer nonsense, without spending the refresh token."""

    def lie(provider: HfProvider) -> None:
        provider.switch(refresh_tokens="repeat")
        provider.change("token_response", lambda response: {**response, **members})

    return lie


def fail(fault: Any) -> Callable[[HfProvider], None]:  # noqa: ANN401 - passed on
    return lambda provider: provider.fail("token", fault, None)


FAILURES = {
    "no token": lie(access_token=""),
    "token with a line feed": lie(access_token="hf_oauth_\n"),
    "another token type": lie(token_type="mac"),
    "scope that is none": lie(scope=["openid"]),
    "error": lie(error="invalid_request"),
    "HTML": fail("html"),
    "too many": fail("status-429"),
    "500": fail("status-500"),
    "502 HTML": fail("html-502"),
    "reset": fail("reset"),
    "redirect": fail("redirect"),
    "hang": fail("hang"),
    "down": HfProvider.stop,
}


@pytest.mark.parametrize("spoil", FAILURES.values(), ids=FAILURES)
def test_failed_refresh_keeps_a_living_token_and_the_person_signed_in(
    refreshing: Callable[..., Flask],
    provider: HfProvider,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    spoil: Callable[[HfProvider], None],
) -> None:
    client = refreshing(HF_OAUTH_TIMEOUT=0.1).test_client()
    login(client, expires_in=NEAR_ITS_END, provider=provider)
    before, started = session_cookie(client), time.monotonic()
    spoil(provider)

    assert token_on_page(client).startswith("hf_oauth_ey")
    assert time.monotonic() - started < 2
    assert session_cookie(client) == before
    assert "the token was not refreshed: " in caplog.text
    clock.advance(NEAR_ITS_END)
    assert (token_on_page(client), name_on_page(client)) == (NONE, "demo-free")


def test_failed_refresh_is_tried_again_after_a_pause(
    client: FlaskClient, provider: HfProvider, clock: Clock
) -> None:
    login(client, expires_in=OVER, provider=provider)
    provider.fail("token", "status-503")

    for _ in range(3):
        assert token_on_page(client) == NONE
        clock.advance(2)
    assert len(refreshes(provider)) == 1
    clock.advance(6)
    assert token_on_page(client) != NONE


@pytest.mark.parametrize("expires_in", [NEAR_ITS_END, OVER], ids=["living", "over"])
def test_person_who_took_access_back_is_signed_out_and_the_session_emptied(
    app: Flask, provider: HfProvider, expires_in: int
) -> None:
    client = app.test_client()
    user = login(client, expires_in=expires_in, provider=provider)
    client.get("/cart")
    provider.revoke(user.id)

    with recorded(user_logged_out, app) as signed_out:
        assert token_on_page(client) == NONE
    assert signed_out == [user]
    assert client.get_cookie("session") is None
    assert name_on_page(client) == "nobody"


@pytest.mark.parametrize(("expires_in", "questions"), [(NEAR_ITS_END, 1), (OVER, 0)])
def test_everybody_with_the_cookie_of_a_dead_refresh_token_is_signed_out(
    app: Flask, provider: HfProvider, clock: Clock, expires_in: int, questions: int
) -> None:
    tab = app.test_client()
    login(tab, expires_in=expires_in, provider=provider)
    others = [come_with(app, session_cookie(tab)) for _ in range(2)]
    provider.revoke("demo-free")

    for client in (tab, *others):
        assert (token_on_page(client), name_on_page(client)) == (NONE, "nobody")
        clock.advance(10)
    assert len(refreshes(provider)) == 1
    assert sum(sent.endpoint == "userinfo" for sent in provider.requests) == questions


def test_dead_refresh_token_is_asked_about_once(
    app: Flask, provider: HfProvider, clock: Clock
) -> None:
    tab = app.test_client()
    login(tab, expires_in=OVER, provider=provider)
    other = come_with(app, session_cookie(tab))
    provider.revoke("demo-free")
    token_on_page(tab)

    clock.advance(1800)

    assert (token_on_page(other), name_on_page(other)) == (NONE, "nobody")
    assert len(refreshes(provider)) == 1


def test_scopes_follow_what_a_refresh_grants(app: Flask, provider: HfProvider) -> None:
    client = app.test_client()
    login(client, scopes="openid profile email", expires_in=OVER, provider=provider)
    other = come_with(app, session_cookie(client))
    provider.change("token_response", lambda answer: {**answer, "scope": "openid profile"})

    for tab in (client, other):
        token_on_page(tab)
        user = signed_in_user(tab)
        assert user is not None
        assert user.scopes == {"openid", "profile"}
    assert len(refreshes(provider)) == 1


def test_short_lived_token_is_not_refreshed_over_and_over(
    app: Flask, provider: HfProvider, clock: Clock
) -> None:
    client = app.test_client()
    login(client, expires_in=OVER, provider=provider)
    provider.switch(access_token_lifetime=60)

    tokens = {token_on_page(client) for _ in range(3)}
    assert len(refreshes(provider)) == len(tokens) == 1
    assert NONE not in tokens
    provider.switch(access_token_lifetime=FRESH)
    clock.advance(40)
    assert token_on_page(client) not in {NONE, *tokens}


def test_tokens_of_seconds_are_handed_out_as_they_come(
    app: Flask, provider: HfProvider, clock: Clock
) -> None:
    provider.switch(access_token_lifetime=5)
    client = app.test_client()
    sign_in(client, provider)

    tokens = set()
    for times in range(1, 4):
        tokens.add(token_on_page(client))
        token_on_page(client)  # another one would be no better
        assert len(refreshes(provider)) == len(tokens) == times
        clock.advance(6)
    assert NONE not in tokens
    assert name_on_page(client) == "demo-free"


def test_signal_is_sent_once_for_each_refresh(app: Flask, provider: HfProvider) -> None:
    client = app.test_client()
    user = login(client, expires_in=OVER, provider=provider)
    other = come_with(app, session_cookie(client))

    with recorded(token_refreshed, app) as sent:
        token = token_on_page(client)
        assert token_on_page(client) == token_on_page(other) == token
    [told_user, told_token] = sent
    assert (told_user, told_token.access_token) == (user, token)


THREADS = 8


@pytest.mark.parametrize("expires_in", [NEAR_ITS_END, OVER], ids=["living", "over"])
def test_threads_at_once_refresh_once(app: Flask, provider: HfProvider, expires_in: int) -> None:
    browser = app.test_client()
    login(browser, expires_in=expires_in, provider=provider)
    cookie = session_cookie(browser)
    provider.delay("token", 0.15)

    with ThreadPoolExecutor(THREADS) as threads:
        tabs = [come_with(app, cookie) for _ in range(THREADS)]
        tokens = list(threads.map(token_on_page, tabs))

    assert len(refreshes(provider)) == 1
    assert len(set(tokens)) == (2 if expires_in == NEAR_ITS_END else 1)
    assert NONE not in tokens
    newest = {token_on_page(tab) for tab in [*tabs, browser]}
    assert len(newest) == 1
    assert len(refreshes(provider)) == 1


def test_request_waits_for_another_for_seventeen_seconds_at_most(
    app: Flask, provider: HfProvider, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = app.test_client()
    login(browser, expires_in=OVER, provider=provider)
    other = come_with(app, session_cookie(browser))
    started, answers = clock.time(), []
    monkeypatch.setattr(time, "sleep", clock.advance)

    def come_meanwhile(response: object) -> object:
        answers.append(token_on_page(other))
        return response

    provider.change("token_response", come_meanwhile)

    assert token_on_page(browser) != NONE
    assert answers == [NONE]
    assert name_on_page(other) == "demo-free"
    assert 15 < clock.time() - started < 18
    assert len(refreshes(provider)) == 1


def test_old_cookie_adopts_what_was_refreshed_until_a_day_after_its_end(
    app: Flask, provider: HfProvider, clock: Clock
) -> None:
    browser = app.test_client()
    login(browser, expires_in=OVER, provider=provider)
    late = session_cookie(browser)
    token_on_page(browser)
    clock.advance(FRESH - 60)
    newest = token_on_page(browser)

    latecomer = come_with(app, late)
    assert token_on_page(latecomer) == newest
    assert token_on_page(latecomer) == newest
    assert len(refreshes(provider)) == 2
    clock.advance(FRESH)
    assert token_on_page(come_with(app, late)) == token_on_page(browser) != NONE
    clock.advance(FRESH + DAY)
    assert token_on_page(come_with(app, late)) == NONE


def test_token_that_is_refreshed_in_a_stream_is_found_by_the_next_request(
    app: Flask, provider: HfProvider
) -> None:
    @app.get("/stream")
    def stream() -> Response:
        return Response(stream_with_context(str(get_hf_token() and "token") for _ in "1"))

    client = app.test_client()
    login(client, expires_in=OVER, provider=provider)
    before = session_cookie(client)

    assert client.get("/stream").text == "token"
    assert session_cookie(client) == before  # the headers were gone already
    assert token_on_page(client) != NONE
    assert len(refreshes(provider)) == 1


def test_process_without_a_shared_cache_keeps_what_lives(
    refreshing: Callable[..., Flask],
    provider: HfProvider,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, second = refreshing().test_client(), refreshing()
    login(first, expires_in=NEAR_ITS_END, provider=provider)
    loser = come_with(second, session_cookie(first))
    newer = token_on_page(first)

    [kept] = {token_on_page(loser) for _ in range(3)}

    assert kept not in {newer, NONE}
    assert len(refreshes(provider)) == 2
    assert "set HF_OAUTH_CACHE to a cache that all processes share" in caplog.text
    clock.advance(40)
    assert token_on_page(loser) == kept
    assert len(refreshes(provider)) == 2
    clock.advance(60)
    assert (token_on_page(loser), name_on_page(loser)) == (NONE, "nobody")


def test_nobody_is_signed_out_while_userinfo_cannot_tell(app: Flask, provider: HfProvider) -> None:
    client = app.test_client()
    login(client, expires_in=NEAR_ITS_END, provider=provider)
    provider.revoke("demo-free")
    provider.fail("userinfo", "status-503")

    assert token_on_page(client).startswith("hf_oauth_ey")
    assert name_on_page(client) == "demo-free"


def test_memcached_that_is_away_holds_nobody_up(
    refreshing: Callable[..., Flask], provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    client = refreshing(HF_OAUTH_CACHE=SilentCache()).test_client()
    login(client, expires_in=OVER, provider=provider)

    started = time.monotonic()
    assert token_on_page(client) == NONE
    assert time.monotonic() - started < 2
    assert "HF_OAUTH_CACHE keeps nothing" in caplog.text


@pytest.mark.parametrize("refresh_tokens", ["rotate", "omit", "repeat"])
def test_cookie_of_two_tokens_before_waits_for_nobody(
    app: Flask, provider: HfProvider, clock: Clock, refresh_tokens: str
) -> None:
    provider.switch(refresh_tokens=refresh_tokens)
    client = app.test_client()
    login(client, provider=provider)
    copy = come_with(app, session_cookie(client))
    clock.advance(FRESH)
    token_on_page(client)
    clock.advance(FRESH + 600)

    started = time.monotonic()
    assert token_on_page(copy) != NONE
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("expires_at", [float("inf"), 10**30, "soon", None, -1])
def test_nonsense_in_the_cache_is_no_result(
    refreshing: Callable[..., Flask], provider: HfProvider, expires_at: object
) -> None:
    cache = SharedCache()
    app = refreshing(HF_OAUTH_CACHE=cache)
    client = app.test_client()
    login(client, expires_in=OVER, provider=provider)
    copy = come_with(app, session_cookie(client))
    token_on_page(client)
    [key] = [key for key in cache.kept if ":refreshed:" in key]
    cache.kept = {key: (expires_at, "openid", "sealed")}  # and no claim to wait for

    assert token_on_page(copy) == NONE


@pytest.mark.parametrize(("answers", "refreshed"), [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 1)])
def test_cache_that_is_away_signs_nobody_out(
    refreshing: Callable[..., Flask],
    provider: HfProvider,
    caplog: pytest.LogCaptureFixture,
    answers: int,
    refreshed: int,
) -> None:
    cache = SharedCache()
    client = refreshing(HF_OAUTH_CACHE=cache).test_client()
    login(client, expires_in=NEAR_ITS_END, provider=provider)
    before = session_cookie(client)
    cache.answers = answers

    assert token_on_page(client).startswith("hf_oauth_ey")
    assert len(refreshes(provider)) == refreshed
    assert (session_cookie(client) != before) == bool(refreshed)
    assert "HF_OAUTH_CACHE does not answer (ConnectionError)" in caplog.text
    assert "hidden-address" not in caplog.text


def test_cache_that_goes_away_before_a_rejection_is_judged_signs_nobody_out(
    refreshing: Callable[..., Flask], provider: HfProvider
) -> None:
    cache = SharedCache()
    client = refreshing(HF_OAUTH_CACHE=cache).test_client()
    login(client, expires_in=OVER, provider=provider)
    provider.revoke("demo-free")
    cache.answers = 4

    assert token_on_page(client) == NONE
    assert name_on_page(client) == "demo-free"


class LateCache(SimpleCache):
    """A cache that knows a result only when it is asked again, as a replica does."""

    is_late = False

    def get(self, key: str) -> object:
        if self.is_late and "refreshed" in key:
            self.is_late = False
            return None
        return super().get(key)


def test_result_that_is_found_late_is_adopted_after_all(
    refreshing: Callable[..., Flask], provider: HfProvider, clock: Clock
) -> None:
    cache = LateCache()
    app = refreshing(HF_OAUTH_CACHE=cache)
    client = app.test_client()
    login(client, expires_in=OVER, provider=provider)
    latecomer = come_with(app, session_cookie(client))
    token = token_on_page(client)
    clock.advance(60)  # the claim has ended
    cache.is_late = True

    assert token_on_page(latecomer) == token
    assert len(refreshes(provider)) == 2


def test_result_in_the_cache_is_sealed(
    refreshing: Callable[..., Flask], provider: HfProvider
) -> None:
    cache = SimpleCache()
    client = refreshing(HF_OAUTH_CACHE=cache).test_client()
    login(client, expires_in=OVER, provider=provider)
    token = token_on_page(client)

    kept = repr(cache._cache)
    assert "hf_oauth:refreshed:" in kept
    assert token not in kept
    assert not [form for form in refreshes(provider) if form["refresh_token"] in kept]
    assert "hf_oauth__refresh_" not in kept


def test_result_of_one_user_is_never_adopted_by_another(
    app: Flask, provider: HfProvider, clock: Clock
) -> None:
    same = provider.issue_tokens("demo-free").refresh_token  # as careless stand-ins answer
    provider.switch(refresh_tokens="repeat")
    provider.change("token_response", lambda response: {**response, "refresh_token": same})
    clients = [app.test_client() for _ in range(2)]
    for client, name in zip(clients, ["demo-free", "demo-pro"], strict=True):
        login(client, name, expires_in=OVER, provider=provider)
        token_on_page(client)

    clock.advance(FRESH)
    first, second = map(token_on_page, clients)
    assert NONE not in {first, second}
    assert first != second


def test_copy_of_a_cookie_is_refreshed_until_the_sign_out(
    refreshing: Callable[..., Flask], provider: HfProvider, clock: Clock
) -> None:
    app = refreshing(PERMANENT_SESSION_LIFETIME=timedelta(days=100))
    client = app.test_client()
    login(client, provider=provider)
    thief = come_with(app, session_cookie(client))
    for _ in range(30):
        clock.advance(DAY - 100)
        assert token_on_page(thief) != NONE
    clock.advance(3000)
    assert (token_on_page(thief), name_on_page(thief)) == (NONE, "nobody")

    login(client, provider=provider)
    patient_thief = come_with(app, session_cookie(client))
    client.post("/logout")
    assert (token_on_page(patient_thief), name_on_page(patient_thief)) == (NONE, "nobody")


def test_copy_of_a_cookie_ends_with_all_sessions_of_its_user(
    make_app: AppMaker, provider: HfProvider
) -> None:
    hf = HfOAuth()
    app = show_token(make_app(hf=hf, HF_OAUTH_REFRESH=True))
    client = app.test_client()
    user = login(client, expires_in=OVER, provider=provider)
    thief = come_with(app, session_cookie(client))
    token_on_page(client)

    with app.app_context():
        hf.revoke_sessions(user.id)

    assert (token_on_page(thief), name_on_page(thief)) == (NONE, "nobody")
    assert token_on_page(client) == NONE
    assert len(refreshes(provider)) == 1


def test_long_new_token_is_used_from_the_cache_where_the_cookie_is_full(
    client: FlaskClient, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    login(client, expires_in=OVER, provider=provider)
    long = f"hf_oauth_{secrets.token_hex(4000)}"
    lie(access_token=long)(provider)

    responses = [client.get("/token") for _ in range(3)]

    assert [response.text for response in responses] == [long] * 3
    assert not any("Set-Cookie" in response.headers for response in responses)
    assert len(refreshes(provider)) == 1
    assert "a refreshed token was not kept: The session cookie is full" in caplog.text


def test_new_token_takes_the_room_of_what_can_be_missed(
    refreshing: Callable[..., Flask], provider: HfProvider
) -> None:
    client = refreshing(HF_OAUTH_SCOPES="openid profile read-memberships").test_client()
    user = login(client, "demo-many-orgs", expires_in=OVER, provider=provider)
    long = f"hf_oauth_{secrets.token_hex(450)}"
    lie(access_token=long)(provider)

    response = client.get("/token")

    assert response.text == long
    assert len(response.headers["Set-Cookie"]) < 4093
    kept = signed_in_user(client)
    assert kept is not None
    assert [org.id for org in kept.orgs] == [org.id for org in user.orgs]


def test_token_outlives_the_change_of_the_secret_key(
    refreshing: Callable[..., Flask], provider: HfProvider
) -> None:
    old = refreshing(SECRET_KEY="old-key").test_client()
    login(old, expires_in=OVER, provider=provider)
    changed = refreshing(SECRET_KEY="new-key", SECRET_KEY_FALLBACKS=["old-key"])
    done = refreshing(SECRET_KEY="new-key")

    browser = come_with(changed, session_cookie(old))
    token = token_on_page(browser)

    assert token_on_page(come_with(done, session_cookie(browser))) == token != NONE
    assert len(refreshes(provider)) == 1


@pytest.fixture
def on_server(refreshing: Callable[..., Flask], tmp_path: Path) -> Flask:
    """Return an app whose sessions are on the server, with Flask-Session."""
    files = FileSystemCache(str(tmp_path), threshold=100)
    app = refreshing(SESSION_TYPE="cachelib", SESSION_CACHELIB=files)
    Session(app)
    return app


def test_session_on_the_server_keeps_the_new_token(
    on_server: Flask, provider: HfProvider, clock: Clock
) -> None:
    client = on_server.test_client()
    login(client, expires_in=OVER, provider=provider)

    tokens = [token_on_page(client)]
    clock.advance(FRESH - 60)
    tokens += [token_on_page(client), token_on_page(client)]

    assert len(set(tokens)) == len(refreshes(provider)) == 2


def test_request_that_saves_the_old_session_over_the_new_takes_no_token_back(
    on_server: Flask, provider: HfProvider
) -> None:
    client = on_server.test_client()

    @on_server.get("/slow")
    def slow() -> str:
        session["visited"] = name_on_page(come_with(on_server, cookie))
        tokens.append(token_on_page(come_with(on_server, cookie)))
        return "saved"

    login(client, expires_in=OVER, provider=provider)
    tokens: list[str] = []
    cookie = session_cookie(client)
    client.get("/slow")

    assert token_on_page(client) == tokens[0] != NONE
    assert len(refreshes(provider)) == 1


def test_tokens_that_no_key_opens_are_left_alone(on_server: Flask, provider: HfProvider) -> None:
    client = on_server.test_client()
    login(client, expires_in=OVER, provider=provider)
    on_server.config["SECRET_KEY"] = "another-key"

    assert (token_on_page(client), name_on_page(client)) == (NONE, "demo-free")
    assert refreshes(provider) == []


def test_refresh_in_another_tab_leaves_a_login_under_way_alone(
    refreshing: Callable[..., Flask], provider: HfProvider
) -> None:
    client = refreshing(HF_OAUTH_OPTIONAL_SCOPES="email").test_client()
    login(client, expires_in=NEAR_ITS_END, provider=provider)
    url = begin(client, "/login?scopes=email&next=/private")

    token_on_page(client)
    assert len(refreshes(provider)) == 1

    assert client.get(provider.authorize(url)).location == "/private"
    user = signed_in_user(client)
    assert user is not None
    assert "email" in user.scopes


def test_nobody_has_a_token_outside_of_a_request(app: Flask) -> None:
    with app.app_context():
        assert get_hf_token() is None


def echo(provider: HfProvider) -> None:
    """Answer an error that repeats what it was sent, as careless servers do."""
    provider.change(
        "token_response",
        lambda response: {
            "error": "invalid_request",
            "error_description": {**response, **provider.requests[-1].form},
        },
    )


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda _provider: None, id="none"),
        pytest.param(echo, id="error that echoes"),
        pytest.param(fail("reset"), id="reset"),
        pytest.param(lambda provider: provider.revoke("demo-free"), id="dead"),
    ],
)
def test_no_secret_of_a_refresh_is_told(
    app: Flask,
    provider: HfProvider,
    caplog: pytest.LogCaptureFixture,
    spoil: Callable[[HfProvider], None],
) -> None:
    for name in (None, *logging.root.manager.loggerDict):
        caplog.set_level(1, logger=name)

    @app.get("/used")
    def used() -> str:
        return "yes" if get_hf_token() else "no"

    told: list[str] = []

    def look_around(_sender: Flask, **what: object) -> None:
        told.extend(map(repr, what.values()))
        for frame in inspect.stack(context=0):
            told.extend(repr(value) for value in frame.frame.f_locals.values() if _is_ours(value))

    client = app.test_client()
    login(client, expires_in=OVER, provider=provider)
    grants = provider._realm.grants
    secret = {SECRET_KEY, provider.client_secret, *grants._access_tokens, *grants._refresh_tokens}
    spoil(provider)
    with token_refreshed.connected_to(look_around, app), user_logged_out.connected_to(look_around):
        told.append(client.get("/used").text)
    secret |= {*grants._access_tokens, *grants._refresh_tokens}

    assert len(refreshes(provider)) == 1
    assert "urllib3" in caplog.text
    assert len(secret) >= 4
    assert not [word for word in secret if any(word in text for text in [*told, caplog.text])]


def _is_ours(value: object) -> bool:
    return type(value).__module__.startswith("flask_hf_oauth")


def test_sign_out_wins_over_a_refresh_that_is_under_way(
    app: Flask, provider: HfProvider, clock: Clock
) -> None:
    late = app.test_client()
    login(late, expires_in=OVER, provider=provider)
    tab = come_with(app, session_cookie(late))

    def answer(tokens: object) -> object:
        tab.post("/logout")
        return tokens

    provider.change("token_response", answer)

    assert "Set-Cookie" not in late.get("/token").headers
    assert (token_on_page(late), name_on_page(late)) == (NONE, "nobody")
    assert late.get_cookie("session") is None


def test_request_under_way_ends_no_login_that_came_in_between(
    app: Flask, provider: HfProvider
) -> None:
    client = app.test_client()
    login(client, expires_in=NEAR_ITS_END, provider=provider)
    late = come_with(app, session_cookie(client))
    client.get(provider.authorize(client.get("/login?prompt=consent").location))

    assert "Set-Cookie" not in late.get("/token").headers


def test_login_in_front_of_a_copied_cookie_wakes_no_login_that_was_signed_out(
    app: Flask, provider: HfProvider, clock: Clock
) -> None:
    client = app.test_client()
    login(client, expires_in=200, provider=provider)
    thief, copy = (come_with(app, session_cookie(client)) for _ in range(2))
    client.post("/logout")
    url = thief.get("/login?prompt=consent").location
    thief.get(provider.authorize(url, persona="demo-pro"))

    clock.advance(125)

    assert (token_on_page(copy), name_on_page(copy)) == (NONE, "nobody")
    assert not refreshes(provider)
