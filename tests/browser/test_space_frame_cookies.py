"""What the cookies of others do to a login in the frame of a Space: the provider's, and none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.chromium import open_without_cookies
from browser.framing import SANDBOX, SPACE
from browser.insider import Insider
from browser.navigations import noting_navigations
from browser.pictures import keep_pictures
from browser.visitor import Visitor
from flask_hf_oauth.testing import HfProvider

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

ASKED = ["GET /oauth/authorize", "POST /oauth/authorize", "GET /login/callback"]
NOT_ASKED = ["GET /oauth/authorize", "GET /login/callback"]
LOST = "Your browser did not keep the cookie"


@pytest.mark.parametrize(
    ("samesite", "steps"),
    [
        pytest.param("None", NOT_ASKED, id="None: known to the provider"),
        pytest.param("Lax", ASKED, id="Lax: a stranger to the provider"),
    ],
)
def test_the_providers_cookie_decides_who_has_to_choose_again(
    hub: HfProvider, insider: Insider, samesite: str, steps: list[str]
) -> None:
    hub.switch(cookie_samesite=samesite, remember_consent=True)
    insider.sign_in()
    insider.press("Sign out")
    with noting_navigations(insider.page) as navigations:
        insider.follow()
        if steps is ASKED:
            insider.agree()
        insider.reads("Hello demo-free")

    # Twice: the sign-out took the cookie, and the first finds out whether one is kept here.
    assert navigations == ["GET /login", "GET /login", *steps, "GET /"]


@pytest.mark.parametrize(("samesite", "is_asked"), [("None", False), ("Lax", True)])
def test_who_agreed_in_a_tab_is_known_in_the_frame_by_a_cookie_for_all_sites(
    hub: HfProvider, insider: Insider, samesite: str, *, is_asked: bool
) -> None:
    hub.switch(cookie_samesite=samesite, remember_consent=True)
    tab = insider.open_a_tab()
    tab.visit("/private")
    tab.agree()
    tab.is_at("/private")
    insider.visit()
    insider.follow()
    if is_asked:
        insider.agree()

    insider.reads("Hello demo-free")


@pytest.fixture
def without_cookies(
    browser: Browser, hub: HfProvider, space: str, tmp_path: Path
) -> Iterator[Insider]:
    """Somebody whose browser keeps no cookies at all."""
    from browser.watch import watching  # noqa: PLC0415 - it imports Playwright

    with watching(open_without_cookies(browser, tmp_path), excused=[SANDBOX]) as context:
        yield Insider(page=context.new_page(), top=hub.show_space(SPACE, space), url=space)


def test_without_cookies_a_login_in_the_frame_is_tried_once_more_and_ends_on_a_page(
    without_cookies: Insider,
) -> None:
    without_cookies.visit()
    with noting_navigations(without_cookies.page) as navigations:
        without_cookies.follow()
        without_cookies.reads("Sign in in a new tab")
    keep_pictures(without_cookies.page, "space-without-cookies")

    assert navigations == ["GET /login", "GET /login"]


def test_without_cookies_a_login_in_a_tab_is_tried_once_more_and_ends_on_a_page(
    without_cookies: Insider,
) -> None:
    tab = Visitor(page=without_cookies.page, url=without_cookies.url)
    with noting_navigations(without_cookies.page) as navigations:
        tab.visit("/private")
        with tab.page.expect_navigation():
            tab.agree()
        tab.is_asked_to_agree()
        tab.agree()
        tab.sees(LOST)
    keep_pictures(tab.page, "tab-without-cookies")

    assert navigations == ["GET /private", "GET /login", *ASKED, *ASKED]
