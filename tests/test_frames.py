"""Who frames a page: told by the Referer of the frame's first request, kept in the session."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from flask import Flask, render_template_string, session
from flask.testing import FlaskClient
from flow import AppMaker, Clock, name_on_page, sign_in

from flask_hf_oauth.testing import HfProvider

HOST = "demo-org-notebook.hf.space"
HERE = f"https://{HOST}"
CUSTOM = "https://notebook.example"
FOREIGN = "https://blog.example/posts/1"
FRAME = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate"}
INSIDE = {**FRAME, "Sec-Fetch-Site": "same-origin", "Referer": f"{HERE}/"}


def framed_by(referer: str | None) -> dict[str, str]:
    """Return the headers of a frame's first request."""
    headers = {**FRAME, "Sec-Fetch-Site": "cross-site"}
    return headers if referer is None else {**headers, "Referer": referer}


@pytest.fixture
def hub(provider: HfProvider) -> str:
    provider.switch(space_host=HOST)
    return f"{provider.url}/"


@pytest.fixture
def space(make_app: AppMaker, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setenv("SPACE_ID", "demo-org/notebook")
    monkeypatch.setenv("SPACE_HOST", f"{HOST},notebook.example")
    app = make_app()
    app.add_url_rule("/badge", "badge", lambda: render_template_string("{{ hf_login_button() }}"))
    return app


@pytest.fixture
def visitor(space: Flask) -> FlaskClient:
    return space.test_client()


def get(client: FlaskClient, path: str, headers: Mapping[str, str]) -> str:
    """Return where a request leads, or the page."""
    response = client.get(path, base_url=HERE, headers=headers)
    return response.location or response.text


def opens_tab(page: str) -> bool:
    return "<h1>Sign in in a new tab</h1>" in page


def test_login_in_the_frame_of_a_space_stays_in_it(visitor: FlaskClient, hub: str) -> None:
    assert "private" in get(visitor, "/private", framed_by(hub))

    assert get(visitor, "/login", INSIDE).startswith(f"{hub}oauth/authorize?")


@pytest.mark.parametrize("referer", [FOREIGN, None], ids=["named", "no-referrer"])
def test_login_in_a_frame_of_another_site_gets_a_tab_of_its_own(
    visitor: FlaskClient, hub: str, referer: str | None
) -> None:
    get(visitor, "/", framed_by(referer))
    page = get(visitor, "/login?next=/private&prompt=consent", INSIDE)

    assert opens_tab(page)
    assert 'href="/login?next=/private&amp;prompt=consent" target="_blank" rel="noopener"' in page
    assert "here, you stay signed out" in " ".join(page.split())


@pytest.mark.parametrize("referer", [FOREIGN, None], ids=["named", "no-referrer"])
def test_guarded_page_framed_by_another_site_gets_a_tab_of_its_own(
    visitor: FlaskClient, hub: str, referer: str | None
) -> None:
    way = get(visitor, "/private", framed_by(referer))

    assert opens_tab(get(visitor, way, framed_by(referer)))


def test_the_hub_around_the_same_frame_takes_the_mark_away(visitor: FlaskClient, hub: str) -> None:
    get(visitor, "/", framed_by(FOREIGN))
    get(visitor, "/", framed_by(hub))

    assert "/oauth/authorize?" in get(visitor, "/login", INSIDE)


def test_frame_that_moves_between_hosts_of_the_space_is_not_of_another_site(
    visitor: FlaskClient, hub: str
) -> None:
    headers = framed_by(f"{CUSTOM}/")
    second = get(visitor, "/login?_moved=1", headers)

    assert "/oauth/authorize?" in get(visitor, second, headers)


def test_what_the_provider_says_of_itself_at_the_callback_does_not_count(
    space: Flask, visitor: FlaskClient, provider: HfProvider, hub: str
) -> None:
    get(visitor, "/", framed_by(hub))
    callback = provider.authorize(get(visitor, "/login", INSIDE))
    for path in (callback.removeprefix(HERE), "/"):
        visitor.get(path, base_url=HERE, headers=framed_by(None))
    with visitor.session_transaction(base_url=HERE) as kept:
        assert kept["_hf_oauth_frame"] is False


def test_browser_that_keeps_no_cookie_in_the_frame_gets_a_tab_of_its_own(
    space: Flask, hub: str
) -> None:
    visitor = space.test_client(use_cookies=False)
    get(visitor, "/", framed_by(FOREIGN))
    second = get(visitor, "/login?next=/private&__sign=x", INSIDE)

    assert second == "/login?next=/private&_tried=1"
    assert opens_tab(get(visitor, second, INSIDE))


def test_cookie_that_was_lost_in_the_frame_is_tried_once(visitor: FlaskClient, hub: str) -> None:
    get(visitor, "/", framed_by(hub))
    visitor.post("/logout", base_url=HERE, headers=INSIDE)
    visitor.delete_cookie("session", domain=HOST)
    second = get(visitor, "/login?next=/private", INSIDE)

    assert get(visitor, second, INSIDE).startswith(f"{hub}oauth/authorize?")


def test_frame_whose_page_is_not_named_is_believed_to_be_the_hubs(
    visitor: FlaskClient, hub: str
) -> None:
    assert "/oauth/authorize?" in get(visitor, "/login", FRAME)


def test_third_site_on_the_way_does_not_make_the_hubs_frame_a_strangers(
    visitor: FlaskClient, hub: str
) -> None:
    get(visitor, "/", framed_by(hub))
    get(visitor, "/", framed_by("https://payment.example/"))

    assert get(visitor, "/login", INSIDE).startswith(f"{hub}oauth/authorize?")


def test_who_is_signed_in_has_nothing_written_in_a_frame(
    visitor: FlaskClient, provider: HfProvider, hub: str
) -> None:
    get(visitor, provider.authorize(get(visitor, "/login", {})).removeprefix(HERE), {})
    answers = [visitor.get("/", base_url=HERE, headers=framed_by(each)) for each in (FOREIGN, None)]

    assert [answer.text for answer in answers] == ["demo-free"] * 2
    assert not any("Set-Cookie" in answer.headers for answer in answers)


def test_session_that_all_frames_share_follows_the_frame(
    space: Flask, visitor: FlaskClient, hub: str
) -> None:
    space.config["SESSION_COOKIE_PARTITIONED"] = False
    get(visitor, "/", framed_by(hub))
    get(visitor, "/", framed_by(FOREIGN))

    assert opens_tab(get(visitor, "/login", INSIDE))


def test_login_that_is_over_does_not_hide_the_frame(
    visitor: FlaskClient, provider: HfProvider, hub: str, clock: Clock
) -> None:
    get(visitor, provider.authorize(get(visitor, "/login", {})).removeprefix(HERE), {})
    clock.advance(10 * 3600)
    get(visitor, "/", framed_by(FOREIGN))

    assert opens_tab(get(visitor, "/login", INSIDE))


def test_static_file_in_a_frame_leaves_without_a_cookie(space: Flask, visitor: FlaskClient) -> None:
    for path in ("/hf-oauth/static/hf-oauth.css", "/static/missing.css"):
        with visitor.get(path, base_url=HERE, headers=framed_by(FOREIGN)) as response:
            assert "Set-Cookie" not in response.headers


def test_tab_of_its_own_knows_no_frame(visitor: FlaskClient, hub: str) -> None:
    get(visitor, "/", framed_by(FOREIGN))

    assert "/oauth/authorize?" in get(visitor, "/login", {"Sec-Fetch-Dest": "document"})


def test_frame_without_a_secret_key_is_no_error(
    make_app: AppMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_ID", "demo-org/notebook")
    app = make_app(SECRET_KEY=None, HF_OAUTH_CLIENT_ID=None, HF_OAUTH_CLIENT_SECRET=None)
    response = app.test_client().get("/", headers=framed_by(FOREIGN))

    assert response.text == "nobody"


def test_space_without_oauth_tells_its_owner_in_the_frame_too(
    make_app: AppMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_ID", "demo-org/notebook")
    app = make_app(SECRET_KEY=None, HF_OAUTH_CLIENT_ID=None, HF_OAUTH_CLIENT_SECRET=None)

    assert "hf_oauth: true" in get(app.test_client(), "/login", INSIDE)


def test_visitors_outside_of_frames_get_no_cookie(visitor: FlaskClient) -> None:
    response = visitor.get("/", base_url=HERE, headers={"Referer": FOREIGN})

    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (framed_by(FOREIGN), True),
        (framed_by(None), True),
        ({**FRAME, "Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Dest": "document"}, False),
        ({}, False),
    ],
    ids=["foreign", "no-referrer", "own", "tab", "old browser"],
)
def test_elsewhere_than_on_a_space_every_frame_is_of_another_site(
    client: FlaskClient, headers: Mapping[str, str], expected: object
) -> None:
    response = client.get("/login", headers=headers)

    assert opens_tab(response.text) is expected
    assert "Sec-Fetch-Dest" in response.headers["Vary"]


def test_who_is_signed_in_goes_on_in_any_frame(client: FlaskClient, provider: HfProvider) -> None:
    sign_in(client, provider)

    assert client.get("/login?next=/cart", headers=framed_by(FOREIGN)).location == "/cart"
    assert name_on_page(client) == "demo-free"


def badge(client: FlaskClient, referer: str | None) -> list[tuple[str, bool]]:
    """Return class and kind of each link of the badge."""
    page = get(client, "/badge", framed_by(referer))
    links = re.findall(r'<a class="([a-z-]+)"([^>]*)>', page)
    return [(name, "_blank" in rest) for name, rest in links]


def test_badge_in_the_frame_of_a_space_leaves_the_choice(visitor: FlaskClient, hub: str) -> None:
    assert badge(visitor, hub) == [("hf-oauth-login", False), ("hf-oauth-new-tab", True)]


def test_badge_in_a_frame_of_another_site_opens_a_tab(visitor: FlaskClient, hub: str) -> None:
    assert badge(visitor, FOREIGN) == [("hf-oauth-login", True)]


def test_session_in_a_frame_holds_no_more_than_a_mark(visitor: FlaskClient, hub: str) -> None:
    with visitor:
        visitor.get("/", base_url=HERE, headers=framed_by(FOREIGN))

        assert dict(session) == {"_hf_oauth_frame": True}


def test_who_refuses_in_the_frame_of_a_space_may_sign_in_there_again(
    visitor: FlaskClient, provider: HfProvider, hub: str
) -> None:
    get(visitor, "/", framed_by(hub))
    callback = provider.refuse(get(visitor, "/login", INSIDE)).removeprefix(HERE)

    assert '<a class="button" href="/login?next=/">Sign in</a>' in get(
        visitor, callback, framed_by(hub)
    )


def test_cookie_that_is_missing_in_the_frame_of_a_space_asks_for_a_tab(
    visitor: FlaskClient, provider: HfProvider, hub: str
) -> None:
    get(visitor, "/", framed_by(hub))
    way = get(visitor, "/login", INSIDE)
    for _ in range(2):
        visitor.delete_cookie("session", domain=HOST)
        callback = provider.authorize(way).removeprefix(HERE)
        way = get(visitor, callback, framed_by(hub))

    assert "Error code: cookie_missing" in way
    assert 'href="/login?next=/" target="_blank" rel="noopener">Sign in again' in way


def test_page_of_a_lost_cookie_varies_by_frame(make_app: AppMaker, provider: HfProvider) -> None:
    authorization_url = make_app().test_client().get("/login").location
    stranger = make_app().test_client()
    again = stranger.get(provider.authorize(authorization_url)).location
    page = make_app().test_client().get(provider.authorize(again))

    assert "Error code: cookie_missing" in page.text
    assert "Sec-Fetch-Dest" in page.headers["Vary"]
