"""The page of a Space shows the app in a frame: people sign in inside of it, and stay signed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from browser.audits import find_faint, find_unlabelled, measure_overflow
from browser.framing import serve_space
from browser.insider import Insider
from browser.navigations import noting_navigations
from browser.pictures import SCHEMES, SIZES, Scheme, keep_pictures
from browser.visitor import SIGN_IN
from flask_hf_oauth.testing import HfProvider

pytestmark = pytest.mark.browser


def test_a_person_signs_in_inside_the_frame(insider: Insider) -> None:
    insider.visit()
    insider.reads("Hello stranger")
    keep_pictures(insider.page, "space-signed-out")
    with noting_navigations(insider.page) as navigations:
        insider.follow()
        insider.is_asked_to_agree()
        keep_pictures(insider.page, "space-consent")
        insider.agree("demo-pro")
        insider.reads("Hello demo-pro")
    keep_pictures(insider.page, "space-signed-in")

    assert navigations == [
        "GET /login",
        "GET /oauth/authorize",
        "POST /oauth/authorize",
        "GET /login/callback",
        "GET /",
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_page_around_the_frame_can_be_read_on_a_phone(insider: Insider, scheme: Scheme) -> None:
    insider.page.set_viewport_size(SIZES["phone"])
    insider.page.emulate_media(color_scheme=scheme)
    insider.visit()

    assert find_faint(insider.page) == []
    assert find_unlabelled(insider.page) == []
    assert measure_overflow(insider.page) == 0


def test_a_person_stays_signed_in_over_links_reloads_and_visits(insider: Insider) -> None:
    insider.sign_in()
    insider.follow("Private page")
    insider.reads("In private: demo-free")
    insider.follow("Public page")
    insider.reads("Hello demo-free")
    insider.reload()
    insider.reads("Hello demo-free")
    insider.page.reload()
    insider.reads("Hello demo-free")
    insider.page.goto("about:blank")
    insider.visit()

    insider.reads("Hello demo-free")


def test_a_guarded_page_in_the_frame_asks_and_comes_back(insider: Insider) -> None:
    insider.visit()
    insider.follow("Private page")
    insider.agree()

    insider.reads("In private: demo-free")


def test_a_person_signs_out_inside_the_frame_and_stays_so(insider: Insider) -> None:
    insider.sign_in()
    insider.press("Sign out")
    insider.reads("Hello stranger")
    keep_pictures(insider.page, "space-signed-out-again")
    insider.page.reload()

    insider.reads("Hello stranger")


def test_a_person_who_cancels_reads_so_in_the_frame(insider: Insider) -> None:
    insider.visit()
    insider.follow()
    insider.press("Cancel")

    insider.reads("You chose not to sign in")
    keep_pictures(insider.page, "space-refused")


@pytest.fixture
def space(request: pytest.FixtureRequest, hub: HfProvider) -> Iterator[str]:
    """The Space's app, with another cookie where a test says so."""
    with serve_space(hub, **getattr(request, "param", {})) as url:
        yield url


@pytest.mark.parametrize(
    "space",
    [
        pytest.param(
            {"SESSION_COOKIE_SAMESITE": "None", "SESSION_COOKIE_SECURE": True},
            id="not partitioned",
        ),
        pytest.param({"SESSION_COOKIE_SAMESITE": "Lax"}, id="for one site"),
    ],
    indirect=True,
)
def test_any_other_cookie_is_lost_in_the_frame_but_makes_no_loop(
    insider: Insider,
) -> None:
    insider.visit()
    with noting_navigations(insider.page) as navigations:
        insider.follow()
        insider.reads("Sign in in a new tab")
    keep_pictures(insider.page, "space-cookie-lost")
    tab = insider.follow_to_a_tab("Sign in in a new tab")
    tab.agree()
    tab.is_at("/")
    tab.sees("Hello demo-free")
    assert navigations == ["GET /login", "GET /login"]


def test_a_cookie_that_cannot_be_read_is_replaced(insider: Insider, hub: HfProvider) -> None:
    insider.sign_in()
    with serve_space(hub, SECRET_KEY="another one") as url:  # cookies take ports for one host
        moved = replace(insider, top=hub.show_space("demo-org/other", url), url=url)
        moved.visit()
        moved.reads("Hello stranger")
        moved.follow()
        moved.agree("demo-pro")

        moved.reads("Hello demo-pro")


def test_who_is_signed_in_in_the_frame_is_not_in_a_tab(insider: Insider) -> None:
    insider.sign_in()
    tab = insider.open_a_tab()
    tab.visit()
    tab.sees("Hello stranger")
    tab.follow(SIGN_IN)
    tab.agree("demo-pro")
    tab.sees("Hello demo-pro")

    insider.page.reload()
    insider.reads("Hello demo-free")


def test_who_is_signed_in_in_a_tab_is_not_in_the_frame(insider: Insider) -> None:
    tab = insider.open_a_tab()
    tab.visit("/private")
    tab.agree("demo-pro")
    tab.is_at("/private")
    insider.visit()
    insider.reads("Hello stranger")
    insider.follow("Private page")
    insider.agree()
    insider.reads("In private: demo-free")

    tab.page.reload()
    tab.sees("In private: demo-pro")
