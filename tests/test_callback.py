"""/login/callback: what it accepts, what it starts again once, and what it refuses how."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from caches import SharedCache
from flask import Flask
from flask.testing import FlaskClient
from flow import (
    REDIRECTS,
    AppMaker,
    Clock,
    begin,
    error_code,
    name_on_page,
    parameters,
    recorded,
    session_cookie,
    sign_in,
    signed_in_user,
    with_parameters,
)

from flask_hf_oauth import login_failed
from flask_hf_oauth.testing import HfProvider

TEN_MINUTES = 600


def lose_cookie(client: FlaskClient, _clock: Clock) -> None:
    client.delete_cookie("session")


def wait_too_long(_client: FlaskClient, clock: Clock) -> None:
    clock.advance(TEN_MINUTES + 1)


def become_another_browser(client: FlaskClient, _clock: Clock) -> None:
    client.delete_cookie("session")
    begin(client)


class Mishap(NamedTuple):
    """What comes between /login and the callback, and the code of the page it ends on."""

    happen: Callable[[FlaskClient, Clock], None]
    code: str


every_mishap = pytest.mark.parametrize(
    "mishap",
    [
        pytest.param(Mishap(lose_cookie, "cookie_missing"), id="cookie lost"),
        pytest.param(Mishap(wait_too_long, "state_expired"), id="expired"),
        pytest.param(Mishap(become_another_browser, "state_mismatch"), id="foreign"),
    ],
)


@every_mishap
def test_mishap_starts_the_login_again_by_itself(
    mishap: Mishap, client: FlaskClient, provider: HfProvider, clock: Clock
) -> None:
    callback = provider.authorize(begin(client, "/login?next=/private"))
    mishap.happen(client, clock)

    again = begin(client, callback)
    assert client.get(provider.authorize(again)).location == "/private"
    assert name_on_page(client) == "demo-free"


@every_mishap
def test_too_many_redirects_never_come(
    mishap: Mishap,
    client: FlaskClient,
    provider: HfProvider,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    visits, response = 0, client.get("/login?next=/private")
    while response.status_code in REDIRECTS and visits < 5:
        callback = provider.authorize(response.location)
        visits += 1
        mishap.happen(client, clock)
        response = client.get(callback)

    assert visits == 2
    assert (response.status_code, error_code(response)) == (400, mishap.code)
    assert "/login?next=/private" in response.text
    assert f"login failed: {mishap.code}" in caplog.text


@every_mishap
def test_page_in_a_frame_offers_a_new_tab(
    mishap: Mishap, client: FlaskClient, provider: HfProvider, clock: Clock
) -> None:
    callback = provider.authorize(begin(client))
    mishap.happen(client, clock)
    callback = provider.authorize(begin(client, callback))
    mishap.happen(client, clock)

    response = client.get(callback, headers={"Sec-Fetch-Dest": "iframe"})
    assert error_code(response) == mishap.code
    assert 'target="_blank" rel="noopener">Sign in again' in response.text


def test_parameters_that_nobody_knows_are_passed_over(
    client: FlaskClient, provider: HfProvider
) -> None:
    callback = provider.authorize(begin(client))

    assert client.get(f"{callback}&session_state=1&session_state=2").location == "/"


def test_login_csrf_with_the_code_of_an_attacker_fails(app: Flask, provider: HfProvider) -> None:
    attacker, victim = app.test_client(), app.test_client()
    stolen = provider.authorize(begin(attacker), "demo-pro")
    begin(victim)

    again = begin(victim, stolen)
    assert parameters(again)["state"] != parameters(stolen)["state"]
    assert name_on_page(victim) == "nobody"


@pytest.mark.parametrize(
    ("announced", "iss"),
    [
        pytest.param(False, "https://attacker.example", id="another provider"),
        pytest.param(False, "", id="empty"),
        pytest.param(True, None, id="announced and missing"),
    ],
)
def test_mix_up_with_another_provider_is_refused(
    announced: bool,  # noqa: FBT001 - a row of the table
    iss: str | None,
    client: FlaskClient,
    provider: HfProvider,
) -> None:
    provider.switch(announce_callback_iss=announced, callback_iss=True)
    callback = provider.authorize(begin(client))
    query = (
        with_parameters(callback, iss=iss) if iss != "" else callback.split("&iss=")[0] + "&iss="
    )

    response = client.get(query)
    assert (response.status_code, error_code(response)) == (400, "issuer_mismatch")


def test_iss_of_our_provider_is_accepted(client: FlaskClient, provider: HfProvider) -> None:
    provider.switch(announce_callback_iss=True, callback_iss=True)

    assert sign_in(client, provider).location == "/"


def test_consent_refused_gives_a_polite_page(app: Flask, provider: HfProvider) -> None:
    client = app.test_client()
    callback = provider.refuse(begin(client, "/login?next=/private"))

    with recorded(login_failed, app) as sent:
        response = client.get(callback)
    assert (response.status_code, error_code(response)) == (403, "access_denied")
    assert "You chose not to sign in" in response.text
    assert "Set-Cookie" not in response.headers
    assert [error.error_code for error in sent] == ["access_denied"]
    assert name_on_page(client) == "nobody"


def test_refused_once_can_agree_later(client: FlaskClient, provider: HfProvider) -> None:
    client.get(provider.refuse(begin(client)))

    assert sign_in(client, provider).location == "/"


def test_own_errorhandler_takes_over(app: Flask, provider: HfProvider) -> None:
    app.register_error_handler(403, lambda error: (f"ours: {error.error_code}", 418))
    client = app.test_client()

    response = client.get(provider.refuse(begin(client)))
    assert (response.status_code, response.text) == (418, "ours: access_denied")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        pytest.param("invalid_scope", 502, "invalid_scope", id="scope that the app lacks"),
        pytest.param("server_error", 502, "authorization_error", id="server error"),
        pytest.param("<script>", 502, "authorization_error", id="not an error code"),
        pytest.param("temporarily_unavailable", 503, "provider_unavailable", id="unavailable"),
        pytest.param("login_required", 502, "authorization_error", id="silent, but not asked to"),
    ],
)
def test_error_of_the_provider_gives_its_page(
    error: str, status: int, code: str, client: FlaskClient, provider: HfProvider
) -> None:
    callback = provider.refuse(begin(client))

    response = client.get(
        with_parameters(callback, error=error, error_description="words of an attacker")
    )
    assert (response.status_code, error_code(response)) == (status, code)
    assert "words of an attacker" not in response.text
    assert "<script>" not in response.text


def test_scope_that_the_app_lacks_names_the_remedy(
    make_app: AppMaker, provider: HfProvider
) -> None:
    client = make_app(HF_OAUTH_SCOPES="openid no-such-scope").test_client()

    response = sign_in(client, provider)
    assert error_code(response) == "invalid_scope"
    assert "HF_OAUTH_SCOPES" in response.text


def test_silent_login_that_is_refused_goes_on_signed_out(
    client: FlaskClient, provider: HfProvider
) -> None:
    callback = provider.authorize(begin(client, "/login?prompt=none&next=/cart"))
    assert parameters(callback)["error"] == "consent_required"

    assert client.get(callback).location == "/cart"
    assert name_on_page(client) == "nobody"


def test_silent_login_signs_in_whoever_agreed_before(app: Flask, provider: HfProvider) -> None:
    sign_in(app.test_client(), provider)
    client = app.test_client()

    assert sign_in(client, provider, url="/login?prompt=none&next=/cart").location == "/cart"
    assert name_on_page(client) == "demo-free"


@pytest.mark.parametrize("order", [[0, 1], [1, 0]], ids=["first first", "last first"])
def test_two_tabs_signing_in_both_work(
    order: list[int], client: FlaskClient, provider: HfProvider
) -> None:
    pages = ["/private?tab=0", "/private?tab=1"]
    tabs = [begin(client, f"/login?next={page}") for page in pages]

    for tab in order:
        assert client.get(provider.authorize(tabs[tab])).location == pages[tab]
        assert name_on_page(client) == "demo-free"


def test_abandoned_logins_take_no_room(client: FlaskClient, provider: HfProvider) -> None:
    first = begin(client)
    size = len(session_cookie(client))
    for _ in range(20):
        begin(client)

    assert len(session_cookie(client)) == size
    assert client.get(provider.authorize(first)).location == "/"


def test_callback_reloaded_goes_on(client: FlaskClient, provider: HfProvider) -> None:
    callback = provider.authorize(begin(client, "/login?next=/private"))
    client.get(callback)
    provider.reset_records()

    assert client.get(callback).location == "/private"
    assert provider.requests == []
    assert name_on_page(client) == "demo-free"


def test_back_button_to_the_consent_page_goes_on(client: FlaskClient, provider: HfProvider) -> None:
    url = begin(client, "/login?next=/private")
    client.get(provider.authorize(url))
    provider.reset_records()

    assert client.get(provider.authorize(url, "demo-pro")).location == "/private"
    assert provider.requests == []
    assert name_on_page(client) == "demo-free"


def test_callback_reloaded_after_a_step_up_goes_on(
    make_app: AppMaker, provider: HfProvider
) -> None:
    client = make_app(HF_OAUTH_OPTIONAL_SCOPES="email").test_client()
    sign_in(client, provider)
    callback = provider.authorize(begin(client, "/login?scopes=email&next=/private"))
    client.get(callback)

    assert client.get(callback).location == "/private"


def test_callback_reloaded_after_sign_out_says_that_it_was_used(
    client: FlaskClient, provider: HfProvider
) -> None:
    callback = provider.authorize(begin(client, "/login?next=/private"))
    client.get(callback)
    client.post("/logout")

    response = client.get(callback)
    assert (response.status_code, error_code(response)) == (400, "state_used")
    assert 'href="/private">Continue' in response.text
    assert name_on_page(client) == "nobody"


def test_callback_of_an_expired_login_starts_again(
    client: FlaskClient, provider: HfProvider, clock: Clock
) -> None:
    provider.switch(access_token_lifetime=TEN_MINUTES)
    sign_in(client, provider)
    callback = provider.authorize(begin(client, "/login?prompt=consent"))
    clock.advance(TEN_MINUTES + 1)

    again = begin(client, callback)
    assert client.get(provider.authorize(again)).location == "/"
    assert name_on_page(client) == "demo-free"


def test_step_up_that_expired_starts_again_for_the_same_user(
    make_app: AppMaker, provider: HfProvider, clock: Clock
) -> None:
    client = make_app(HF_OAUTH_OPTIONAL_SCOPES="email").test_client()
    sign_in(client, provider)
    callback = provider.authorize(begin(client, "/login?scopes=email&next=/private"))
    clock.advance(TEN_MINUTES + 1)

    again = begin(client, callback)
    assert parameters(again)["scope"] == "openid profile email"
    assert client.get(provider.authorize(again)).location == "/private"
    user = signed_in_user(client)
    assert user is not None
    assert user.has_scope("email")


def test_someone_else_signs_in_and_finds_nothing_of_the_first_user(
    client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider)
    assert client.get("/cart").text == "cart of demo-free"

    sign_in(client, provider, "demo-pro", url="/login?prompt=consent")
    assert client.get("/cart").text == "cart of demo-pro"


def test_same_user_signs_in_again_and_keeps_the_cart(
    client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider)
    client.get("/cart")
    provider.rename("demo-free", "demo-renamed")

    sign_in(client, provider, "demo-renamed", url="/login?prompt=consent")
    assert name_on_page(client) == "demo-renamed"
    assert client.get("/cart").text == "cart of demo-free"


def test_stranger_signs_in_and_keeps_the_cart(client: FlaskClient, provider: HfProvider) -> None:
    client.get("/cart")

    sign_in(client, provider)
    assert client.get("/cart").text == "cart of None"


@pytest.mark.parametrize("dest", ["document", "iframe"])
def test_callback_comes_from_another_site_as_a_navigation(
    dest: str, client: FlaskClient, provider: HfProvider
) -> None:
    callback = provider.authorize(begin(client))
    navigation = {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": dest,
        "Referer": f"{provider.url}/",
    }

    assert client.get(callback, headers=navigation).location == "/"


@pytest.mark.parametrize("seconds", [-110, 110])
def test_clock_a_few_seconds_off_does_not_matter(
    seconds: int, client: FlaskClient, provider: HfProvider
) -> None:
    provider.switch(clock_offset=seconds)

    assert sign_in(client, provider).location == "/"


def test_clock_far_ahead_is_refused(client: FlaskClient, provider: HfProvider) -> None:
    provider.switch(clock_offset=600)

    response = sign_in(client, provider)
    assert (response.status_code, error_code(response)) == (502, "id_token_iat")


def test_machine_whose_clock_is_behind_signs_in_after_one_more_round(
    client: FlaskClient, provider: HfProvider, clock: Clock
) -> None:
    callback = provider.authorize(begin(client, "/login?next=/private"))
    clock.advance(-60)  # Flask takes no cookie from the future

    again = begin(client, callback)
    assert client.get(provider.authorize(again)).location == "/private"


def test_cache_out_of_reach_refuses_the_login(make_app: AppMaker, provider: HfProvider) -> None:
    client = make_app(HF_OAUTH_CACHE=SharedCache(answers=0)).test_client()

    response = sign_in(client, provider)
    assert (response.status_code, error_code(response)) == (503, "cache_unavailable")
    assert response.headers["Retry-After"] == "10"
    assert name_on_page(client) == "nobody"


def test_cache_out_of_reach_refuses_to_start_again(
    make_app: AppMaker, provider: HfProvider
) -> None:
    client = make_app(HF_OAUTH_CACHE=SharedCache(answers=0)).test_client()
    callback = provider.authorize(begin(client))
    client.delete_cookie("session")

    response = client.get(callback)
    assert (response.status_code, error_code(response)) == (503, "cache_unavailable")


def test_claims_of_two_machines_meet_in_a_shared_cache(
    make_app: AppMaker, provider: HfProvider
) -> None:
    shared = SharedCache()
    one, two = (make_app(HF_OAUTH_CACHE=shared).test_client() for _ in range(2))
    callback = provider.authorize(begin(one))
    two.set_cookie("session", session_cookie(one))
    one.get(callback)

    assert error_code(two.get(callback)) == "state_used"


def test_cookie_of_one_machine_is_good_on_another(make_app: AppMaker, provider: HfProvider) -> None:
    one, two = make_app().test_client(), make_app().test_client()
    callback = provider.authorize(begin(one))
    two.set_cookie("session", session_cookie(one))

    assert two.get(callback).location == "/"
    assert name_on_page(two) == "demo-free"


@pytest.mark.parametrize("endpoint", ["token", "keys", "userinfo"])
def test_provider_failing_midway_signs_nobody_in(
    endpoint: str, client: FlaskClient, provider: HfProvider
) -> None:
    url = begin(client)
    provider.fail(endpoint, "status-503")  # type: ignore[arg-type]  # one of its endpoints

    response = client.get(provider.authorize(url))
    assert (response.status_code, error_code(response)) == (503, "provider_unavailable")
    assert "Set-Cookie" not in response.headers
    assert name_on_page(client) == "nobody"
    assert sign_in(client, provider).location == "/"


def test_redirect_of_a_failed_start_sets_no_browser_key(
    client: FlaskClient, provider: HfProvider
) -> None:
    provider.fail("discovery", "status-500")

    assert "Set-Cookie" not in client.get("/login").headers
