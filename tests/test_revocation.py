"""Log out everywhere: what it ends, what it leaves, and who gets to know of it."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from pathlib import Path

import pytest
from cachelib import BaseCache, FileSystemCache, SimpleCache
from caches import SharedCache
from flask import Flask, request, session
from flask.testing import FlaskClient
from flask_session import Session  # type: ignore[import-untyped]  # ships no types
from flow import (
    AppMaker,
    Clock,
    begin,
    come_with,
    name_on_page,
    recorded,
    session_cookie,
    sign_in,
)

from flask_hf_oauth import (
    HfOAuth,
    HfUser,
    ProviderUnavailable,
    current_hf_user,
    get_hf_token,
    login_required,
    refresh_hf_user,
    user_logged_out,
)
from flask_hf_oauth.compact import Login
from flask_hf_oauth.revocation import find_mark, retire
from flask_hf_oauth.testing import PERSONAS_BY_USERNAME, HfProvider, login

DEMO_FREE, DEMO_PRO = (PERSONAS_BY_USERNAME[name].id for name in ("demo-free", "demo-pro"))
MINUTE, HOUR, DAY = 60, 3_600, 86_400  # seconds


@pytest.fixture
def cache() -> SharedCache:
    return SharedCache()


@pytest.fixture
def machines(make_app: AppMaker, cache: SharedCache) -> tuple[Flask, Flask]:
    """Return two apps as two machines run them: the same keys, the same cache, nothing else."""
    return make_app(HF_OAUTH_CACHE=cache), make_app(HF_OAUTH_CACHE=cache)


def revoke(app: Flask, user_id: str = DEMO_FREE) -> None:
    with app.app_context():
        HfOAuth().revoke_sessions(user_id)


def sign_in_anew(app: Flask, provider: HfProvider, persona: str = "demo-free") -> FlaskClient:
    client = app.test_client()
    sign_in(client, provider, persona)
    return client


# What it ends


@pytest.fixture(params=["cookie", "server"])
def site(request: pytest.FixtureRequest, make_app: AppMaker, tmp_path: Path) -> Flask:
    """Return an app that keeps its sessions in cookies, or on the server."""
    if request.param == "cookie":
        return make_app()
    files = FileSystemCache(str(tmp_path / "sessions"))
    app = make_app(SESSION_TYPE="cachelib", SESSION_CACHELIB=files)
    Session(app)
    return app


def test_every_session_of_the_user_ends_and_nobody_elses(site: Flask, provider: HfProvider) -> None:
    first, second = sign_in_anew(site, provider), sign_in_anew(site, provider)
    other = sign_in_anew(site, provider, "demo-pro")
    revoke(site)

    for client in (first, second):
        assert client.get("/private").location == "/login?next=/private"
        assert name_on_page(client) == "nobody"
    assert other.get("/private").text == "private to demo-pro"


def test_what_the_app_kept_for_the_user_goes_too(site: Flask, provider: HfProvider) -> None:
    client = sign_in_anew(site, provider)
    client.get("/cart")
    revoke(site)
    client.get("/private")

    with client.session_transaction() as session:
        assert session.keys() <= {"_permanent"}


def test_new_login_works_at_once_and_brings_no_other_back(
    site: Flask, provider: HfProvider
) -> None:
    elsewhere, here = sign_in_anew(site, provider), sign_in_anew(site, provider)
    revoke(site)
    answer = sign_in(here, provider, url=here.get("/private").location)

    assert answer.location == "/private"
    assert here.get("/private").text == "private to demo-free"
    assert name_on_page(elsewhere) == "nobody"


def test_copy_of_an_old_cookie_stays_worthless(app: Flask, provider: HfProvider) -> None:
    client = sign_in_anew(app, provider)
    copy = come_with(app, session_cookie(client))
    revoke(app)
    sign_in(client, provider, url="/login?prompt=consent")

    assert name_on_page(copy) == "nobody"
    assert name_on_page(client) == "demo-free"


def test_token_and_userinfo_are_gone(app: Flask, provider: HfProvider) -> None:
    app.add_url_rule("/token", "token", lambda: repr(get_hf_token()))
    app.add_url_rule("/again", "again", lambda: repr(refresh_hf_user()))
    for url in ("/token", "/again"):
        client = sign_in_anew(app, provider)
        revoke(app)

        assert client.get(url).text == "None"


def test_log_says_so_and_no_signal_does(
    app: Flask, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "flask_hf_oauth")
    client = sign_in_anew(app, provider)
    revoke(app)
    with recorded(user_logged_out, app) as users:
        name_on_page(client)

    assert users == []
    assert (
        caplog.messages[-1] == "signed out: this login was ended before, or all those of this user"
    )


def test_login_under_way_in_another_tab_comes_to_its_end(app: Flask, provider: HfProvider) -> None:
    client = sign_in_anew(app, provider)
    callback = provider.authorize(begin(client, "/login?prompt=consent&next=/private"))
    revoke(app)

    assert client.get(callback).location == "/private"
    assert client.get("/private").text == "private to demo-free"


def test_login_under_way_comes_to_its_end_after_another_tab_was_signed_out(
    app: Flask, provider: HfProvider
) -> None:
    client = sign_in_anew(app, provider)
    authorization_url = begin(client, "/login?prompt=consent&next=/private")
    revoke(app)
    client.get("/private")

    # The key of that login went with the session: it begins once more by itself.
    again = client.get(provider.authorize(authorization_url))
    assert client.get(provider.authorize(again.location)).location == "/private"
    assert client.get("/private").text == "private to demo-free"


def test_our_own_pages_take_the_user_for_nobody(app: Flask, provider: HfProvider) -> None:
    client = sign_in_anew(app, provider)
    revoke(app)

    assert "/oauth/authorize?" in client.get("/login").location
    assert client.post("/logout").status_code == 303
    assert client.get_cookie("session") is None


def test_login_of_the_test_kit_begins_after_the_mark(app: Flask) -> None:
    client = app.test_client()
    revoke(app)
    login(client)

    assert name_on_page(client) == "demo-free"


# Who may be meant


def test_username_is_warned_about(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    revoke(app, "demo-free")

    assert "revoke_sessions('demo-free') ends nothing unless that is the id" in caplog.text


@pytest.mark.parametrize("user", [None, 5, PERSONAS_BY_USERNAME["demo-free"]], ids=type)
def test_what_is_no_id_is_a_mistake_of_the_programmer(app: Flask, user: object) -> None:
    with pytest.raises(TypeError, match=r"takes the id of a user: user\.id"):
        revoke(app, user)  # type: ignore[arg-type]  # that is the claim


# Within a login_handler


def make_handled_app(make_app: AppMaker, *others: str) -> Flask:
    """Make an app where only the newest login of a user counts."""
    hf = HfOAuth()

    @hf.login_handler
    def end_the_others(user: HfUser, _token: object, _claims: object) -> None:
        for user_id in (user.id, *others):
            hf.revoke_sessions(user_id)

    return make_app(hf=hf)


@pytest.mark.parametrize("others", [(), (DEMO_PRO,)], ids=["own", "somebody else's too"])
def test_newest_login_ends_the_earlier_ones_and_not_itself(
    make_app: AppMaker, provider: HfProvider, others: tuple[str, ...]
) -> None:
    app = make_handled_app(make_app, *others)
    earlier, newest = sign_in_anew(app, provider), sign_in_anew(app, provider)

    assert name_on_page(earlier) == "nobody"
    assert name_on_page(newest) == "demo-free"


def test_ban_that_is_pronounced_while_the_handler_looks_ends_the_new_login(
    machines: tuple[Flask, Flask], make_app: AppMaker, provider: HfProvider, clock: Clock
) -> None:
    hf, other = HfOAuth(), machines[0]
    hf.login_handler(lambda user, _token, _claims: revoke(other, user.id))
    app = make_app(hf=hf, HF_OAUTH_CACHE=other.config["HF_OAUTH_CACHE"])
    client = sign_in_anew(app, provider)
    clock.advance(MINUTE)

    assert name_on_page(client) == "nobody"


# Who gets to know


@pytest.mark.parametrize("cache", [None, SimpleCache()], ids=["none", "in the process"])
def test_cache_of_one_process_is_warned_about(
    make_app: AppMaker, caplog: pytest.LogCaptureFixture, cache: BaseCache | None
) -> None:
    revoke(make_app(HF_OAUTH_CACHE=cache))

    assert "reaches the sessions that this process sees and no others" in caplog.text


def test_another_process_without_a_cache_never_knows(
    make_app: AppMaker, provider: HfProvider, clock: Clock
) -> None:
    here, there = make_app(), make_app()
    client = sign_in_anew(here, provider)
    revoke(here)
    clock.advance(HOUR)

    assert name_on_page(come_with(there, session_cookie(client))) == "demo-free"


def test_login_at_another_process_without_a_cache_works_at_once(
    make_app: AppMaker, provider: HfProvider
) -> None:
    here, there = make_app(), make_app()
    revoke(here)
    client = sign_in_anew(there, provider)

    assert name_on_page(come_with(here, session_cookie(client))) == "demo-free"


def test_another_machine_knows_within_a_minute(
    machines: tuple[Flask, Flask],
    provider: HfProvider,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    here, there = machines
    client = come_with(there, session_cookie(sign_in_anew(here, provider)))
    assert name_on_page(client) == "demo-free"
    revoke(here)
    clock.advance(MINUTE)

    assert name_on_page(client) == "nobody"
    assert caplog.text == ""


def test_machine_that_starts_later_knows_at_once(
    machines: tuple[Flask, Flask], provider: HfProvider
) -> None:
    here, there = machines
    client = sign_in_anew(here, provider)
    revoke(here)

    assert name_on_page(come_with(there, session_cookie(client))) == "nobody"


def test_cache_is_asked_once_a_minute_for_each_user(
    machines: tuple[Flask, Flask], provider: HfProvider, clock: Clock, cache: SharedCache
) -> None:
    _, there = machines
    clients = [sign_in_anew(there, provider, name) for name in ("demo-free", "demo-pro")]
    cache.gets.clear()
    clock.advance(MINUTE)
    for _ in range(5):
        assert [name_on_page(client) for client in clients] == ["demo-free", "demo-pro"]

    assert [*cache.gets.values()] == [1, 1] * 3  # of the user, and two words of the login


def test_clock_that_is_set_back_does_not_stop_the_reading(
    machines: tuple[Flask, Flask], provider: HfProvider, clock: Clock
) -> None:
    here, there = machines
    client = sign_in_anew(there, provider)
    clock.advance(-HOUR)
    sign_in_anew(there, provider)
    clock.advance(HOUR + 1)
    revoke(here)
    clock.advance(MINUTE)

    assert name_on_page(client) == "nobody"


def test_mark_outlives_the_longest_session(make_app: AppMaker, cache: SharedCache) -> None:
    revoke(make_app(HF_OAUTH_CACHE=cache, HF_OAUTH_SESSION_LIFETIME=timedelta(days=800)))

    (timeout,) = cache.timeouts.values()
    assert isinstance(timeout, int)
    assert timeout >= 800 * DAY


# The cache is away


def test_nobody_is_signed_out_while_the_cache_is_away(
    machines: tuple[Flask, Flask],
    provider: HfProvider,
    clock: Clock,
    cache: SharedCache,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = sign_in_anew(machines[0], provider)
    clock.advance(MINUTE)
    cache.answers = 0

    assert [name_on_page(client) for _ in range(3)] == ["demo-free"] * 3
    assert caplog.text.count("who was signed out is not known now") == 1


def test_whoever_is_known_to_be_out_stays_out_while_the_cache_is_away(
    machines: tuple[Flask, Flask], provider: HfProvider, clock: Clock, cache: SharedCache
) -> None:
    here, there = machines
    client = sign_in_anew(here, provider)
    copy = come_with(there, session_cookie(client))
    revoke(here)
    assert name_on_page(come_with(there, session_cookie(client))) == "nobody"
    cache.answers = 0
    clock.advance(MINUTE)

    assert name_on_page(copy) == "nobody"


def test_mark_that_cannot_be_kept_is_an_error_and_counts_here(
    machines: tuple[Flask, Flask], provider: HfProvider, cache: SharedCache
) -> None:
    client = sign_in_anew(machines[0], provider)
    cache.answers = 0
    with pytest.raises(ProviderUnavailable) as refusal:
        revoke(machines[0])

    assert refusal.value.error_code == "cache_unavailable"
    assert name_on_page(client) == "nobody"


def test_memcached_that_says_no_is_an_error_too(
    machines: tuple[Flask, Flask], cache: SharedCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "set", lambda *_args, **_kwargs: False)
    with pytest.raises(ProviderUnavailable, match="answer"):
        revoke(machines[0])


# Two clocks


@pytest.mark.parametrize("seconds", [3 * MINUTE, 2 * HOUR, 3_650 * DAY], ids=["a little", "h", "y"])
def test_mark_of_a_clock_that_is_ahead_locks_nobody_out(
    machines: tuple[Flask, Flask], provider: HfProvider, clock: Clock, seconds: int
) -> None:
    here, there = machines
    before = sign_in_anew(here, provider)
    clock.advance(seconds)
    revoke(there)
    clock.advance(-seconds)
    after = sign_in_anew(here, provider)

    assert name_on_page(before) == "nobody"
    assert name_on_page(after) == "demo-free"
    assert name_on_page(come_with(there, session_cookie(after))) == "demo-free"


def test_login_after_a_mark_from_ahead_lasts_no_longer_than_any_other(
    make_app: AppMaker, provider: HfProvider, clock: Clock, cache: SharedCache
) -> None:
    app = make_app(HF_OAUTH_CACHE=cache, HF_OAUTH_SESSION_LIFETIME=HOUR)
    clock.advance(3_650 * DAY)
    revoke(app)
    clock.advance(-3_650 * DAY)
    client = sign_in_anew(app, provider)
    clock.advance(HOUR)

    assert name_on_page(client) == "nobody"


def test_login_after_a_mark_from_ahead_is_revalidated_like_any_other(
    make_app: AppMaker, provider: HfProvider, clock: Clock, cache: SharedCache
) -> None:
    app = make_app(HF_OAUTH_CACHE=cache, HF_OAUTH_REVALIDATE_AFTER=MINUTE)
    clock.advance(3_650 * DAY)
    revoke(app)
    clock.advance(-3_650 * DAY)
    client = sign_in_anew(app, provider)
    provider.revoke("demo-free")
    clock.advance(MINUTE)

    assert name_on_page(client) == "nobody"


def test_second_mark_ends_what_came_after_the_first_whatever_the_clocks_say(
    machines: tuple[Flask, Flask], provider: HfProvider, clock: Clock
) -> None:
    here, there = machines
    clock.advance(HOUR)
    old = sign_in_anew(there, provider)
    revoke(there)
    clock.advance(-HOUR)
    new = sign_in_anew(here, provider)
    copy = come_with(there, session_cookie(new))
    revoke(here)

    assert [name_on_page(client) for client in (new, copy, old)] == ["nobody"] * 3
    assert name_on_page(sign_in_anew(here, provider)) == "demo-free"


def test_login_of_a_machine_that_is_seconds_ahead_ends_too(
    machines: tuple[Flask, Flask], provider: HfProvider, clock: Clock
) -> None:
    here, there = machines
    clock.advance(5)
    client = sign_in_anew(there, provider)
    clock.advance(-5)
    revoke(here)
    clock.advance(5)  # itsdangerous takes no signature of tomorrow

    assert name_on_page(come_with(here, session_cookie(client))) == "nobody"
    assert name_on_page(sign_in_anew(there, provider)) == "demo-free"


# One login


def test_sign_out_ends_every_copy_of_the_cookie(app: Flask, provider: HfProvider) -> None:
    client = sign_in_anew(app, provider)
    copy, elsewhere = come_with(app, session_cookie(client)), sign_in_anew(app, provider)
    assert name_on_page(copy) == "demo-free"
    client.post("/logout")

    assert [name_on_page(each) for each in (copy, elsewhere)] == ["nobody", "demo-free"]
    assert copy.get_cookie("session") is None


def test_sign_out_ends_copies_on_another_machine_within_a_minute(
    machines: tuple[Flask, Flask], provider: HfProvider, clock: Clock
) -> None:
    here, there = machines
    client = sign_in_anew(here, provider)
    copy = come_with(there, session_cookie(client))
    assert name_on_page(copy) == "demo-free"
    client.post("/logout")
    clock.advance(MINUTE)

    assert name_on_page(copy) == "nobody"


def test_answer_that_comes_late_undoes_no_sign_out(app: Flask, provider: HfProvider) -> None:
    client = app.test_client()

    @app.get("/slow")
    def slow() -> str:
        session["seen"] = current_hf_user.username
        come_with(app, request.cookies["session"]).post("/logout")
        return "done"

    sign_in(client, provider)
    client.get("/slow")

    assert name_on_page(client) == "nobody"


@pytest.mark.parametrize("is_permanent", [True, False], ids=["permanent", "written"])
@pytest.mark.parametrize("url", ["/slow", "/slow/guarded"])
def test_answer_that_comes_late_replaces_no_newer_login(
    app: Flask, provider: HfProvider, url: str, *, is_permanent: bool
) -> None:
    client = app.test_client()

    @app.get("/slow")
    def slow() -> str:
        before = current_hf_user.username
        sign_in(come_with(app, request.cookies["session"]), provider, url="/login?prompt=consent")
        if not is_permanent:
            session["seen"] = before
        return "done"

    @app.before_request
    def keep() -> None:
        session.permanent = is_permanent

    app.add_url_rule("/slow/guarded", "guarded", login_required(slow))
    sign_in(client, provider)

    assert "Set-Cookie" not in client.get(url).headers


def test_nonsense_in_the_place_of_a_login_is_nobodys(app: Flask) -> None:
    revoke(app)  # there is something to look up
    client = app.test_client()
    with client.session_transaction() as kept:
        kept["_hf_oauth"], kept.permanent = 5, True

    assert client.get("/private").status_code == 302


def test_refresh_that_comes_late_ends_no_newer_login(
    make_app: AppMaker, provider: HfProvider
) -> None:
    app = make_app(HF_OAUTH_REFRESH=True)
    client = app.test_client()
    tabs = []

    @app.get("/slow")
    def slow() -> str:
        assert current_hf_user
        tabs.append(come_with(app, request.cookies["session"]))
        tabs[0].post("/logout")
        sign_in(tabs[0], provider)
        return str(get_hf_token())

    login(client, expires_in=-1, provider=provider)
    with recorded(user_logged_out, app) as users:
        late = client.get("/slow")

    assert (late.text, "Set-Cookie" in late.headers) == ("None", False)
    assert name_on_page(tabs[0]) == "demo-free"
    assert len(users) == 1


def test_copy_of_a_cookie_is_over_two_minutes_after_the_next_login(
    app: Flask, provider: HfProvider, clock: Clock
) -> None:
    client = sign_in_anew(app, provider)
    copy = come_with(app, session_cookie(client))
    sign_in(client, provider, url="/login?prompt=consent")

    assert name_on_page(copy) == "demo-free"  # a request that is under way
    clock.advance(2 * MINUTE)
    assert [name_on_page(each) for each in (copy, client)] == ["nobody", "demo-free"]


def test_who_comes_back_in_the_same_millisecond_is_signed_in(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, now = app.test_client(), time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    for _ in range(3):
        login(client)
        assert name_on_page(client) == "demo-free"
        client.post("/logout")
        assert name_on_page(client) == "nobody"


def test_who_steps_up_in_the_same_millisecond_is_signed_in_anew(
    app: Flask, provider: HfProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, now = app.test_client(), time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    cookies = set()
    for _ in range(3):
        sign_in(client, provider, url="/login?prompt=consent")
        cookies.add(session_cookie(client))
        assert name_on_page(client) == "demo-free"

    assert len(cookies) == 3


# Many users


def test_users_of_a_whole_town_take_bounded_room_and_lose_no_mark(
    make_app: AppMaker, cache: SharedCache, provider: HfProvider
) -> None:
    app = make_app(HF_OAUTH_CACHE=cache)
    client = sign_in_anew(app, provider)
    revoke(app)
    state = app.extensions["hf_oauth"]
    cache.answers = 0
    logging.getLogger("flask_hf_oauth").disabled = True
    for number in range(25_000):
        find_mark(state, f"{number:024x}")
    logging.getLogger("flask_hf_oauth").disabled = False

    assert len(state.revoked) <= 10_000
    assert name_on_page(client) == "nobody"


def test_users_who_were_all_signed_out_take_bounded_room_too(
    make_app: AppMaker, cache: SharedCache, provider: HfProvider
) -> None:
    app = make_app(HF_OAUTH_CACHE=cache)
    client = sign_in_anew(app, provider)
    for user_id in (DEMO_FREE, *(f"{number:024x}" for number in range(10_000))):
        revoke(app, user_id)
    state = app.extensions["hf_oauth"]
    find_mark(state, DEMO_PRO)

    assert len(state.revoked) <= 10_000
    assert name_on_page(client) == "nobody"


@pytest.mark.parametrize("expires_at", [HOUR, 1 << 33], ids=["over", "living"])
def test_sign_outs_of_a_whole_town_take_bounded_room_and_lose_no_mark(
    app: Flask, provider: HfProvider, expires_at: int
) -> None:
    client = sign_in_anew(app, provider)
    revoke(app)
    state, user = app.extensions["hf_oauth"], HfUser(id=DEMO_PRO)
    for number in range(10_000):
        ended = Login(user, "bound-to", number, expires_at, token_expires_at=0, checked_at=0)
        retire(state, ended)

    assert len(state.revoked) <= 10_000
    assert name_on_page(client) == "nobody"
