"""In a frame of another site nobody can sign in, since the provider refuses to be shown there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from browser.audits import find_faint, find_unlabelled, measure_overflow
from browser.framing import (
    REFUSED,
    build_stranger_url,
    make_app,
    serve_space,
    serve_stranger,
)
from browser.insider import OPEN_TAB, Insider
from browser.pictures import SCHEMES, SIZES, Scheme, keep_pictures
from browser.site import provider_settings, serve
from flask_hf_oauth.testing import HfProvider

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

NEW_TAB = "Sign in in a new tab"
SPACE, SILENT, OWN_HOST = "on a Space", "on a Space, without a Referer", "on its own host"
OpenFrame = Callable[..., Insider]


@pytest.fixture(params=[SPACE, SILENT, OWN_HOST])
def place(request: pytest.FixtureRequest) -> str:
    """Where the app runs; on its own host no Referer is asked for."""
    return str(request.param)


@pytest.fixture
def app_url(place: str, hub: HfProvider) -> Iterator[str]:
    """The address of an app, wherever it runs."""
    is_space = place != OWN_HOST
    with serve_space(hub) if is_space else serve(make_app(**provider_settings(hub))) as url:
        yield url


@pytest.fixture(scope="module")
def stranger() -> Iterator[str]:
    """The address of another site."""
    with serve_stranger() as url:
        yield url


@pytest.fixture
def open_frame(browser: Browser, place: str, app_url: str, stranger: str) -> Iterator[OpenFrame]:
    """Open the page of another site, with a path of the app in its frame."""
    from browser.watch import open_context  # noqa: PLC0415 - it imports Playwright

    with ExitStack() as stack:

        def open_one(path: str = "/") -> Insider:
            policy = "no-referrer" if place == SILENT else ""
            page = stack.enter_context(open_context(browser)).new_page()
            top = build_stranger_url(stranger, app_url + path, policy)
            insider = Insider(page=page, top=top, url=app_url)
            insider.visit()
            return insider

        yield open_one


def test_the_provider_refuses_to_be_shown_by_another_site(
    browser: Browser, hub: HfProvider, stranger: str
) -> None:
    from browser.watch import open_context  # noqa: PLC0415 - it imports Playwright

    with open_context(browser, excused=[REFUSED]) as context:
        page = context.new_page()
        page.goto(build_stranger_url(stranger, hub.url))

        page.frames[1].wait_for_url("chrome-error://chromewebdata/")


def test_the_button_opens_a_tab_and_the_login_ends_there(open_frame: OpenFrame) -> None:
    insider = open_frame()
    insider.reads("Hello stranger")
    tab = insider.follow_to_a_tab()
    tab.agree()
    tab.is_at("/")
    tab.sees("Hello demo-free")

    insider.page.reload()
    insider.reads("Hello stranger")
    assert insider.find_link(OPEN_TAB).count() == 0


def test_a_guarded_link_leads_to_a_page_that_opens_a_tab(open_frame: OpenFrame) -> None:
    insider = open_frame()
    insider.follow("Private page")
    insider.reads(NEW_TAB)
    insider.sees("here, you stay signed out")
    keep_pictures(insider.page, "foreign-new-tab")
    tab = insider.follow_to_a_tab(NEW_TAB)
    tab.agree()

    tab.is_at("/private")
    tab.sees("In private: demo-free")
    insider.reads(NEW_TAB)


@pytest.mark.parametrize("place", [SPACE], indirect=True)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_that_page_can_be_read_in_a_narrow_frame(open_frame: OpenFrame, scheme: Scheme) -> None:
    insider = open_frame("/private")
    insider.page.set_viewport_size(SIZES["phone"])
    insider.page.emulate_media(color_scheme=scheme)

    assert find_faint(insider.frame) == []
    assert find_unlabelled(insider.frame) == []
    assert measure_overflow(insider.frame) == 0


def test_a_frame_that_begins_at_a_guarded_page_shows_that_page_too(open_frame: OpenFrame) -> None:
    insider = open_frame("/private")
    insider.reads(NEW_TAB)
    tab = insider.follow_to_a_tab(NEW_TAB)
    tab.agree()

    tab.is_at("/private")


@pytest.mark.parametrize("place", [SPACE, OWN_HOST], indirect=True)
def test_who_was_signed_in_in_a_tab_before_is_a_stranger_in_the_frame(
    open_frame: OpenFrame,
) -> None:
    insider = open_frame()
    tab = insider.open_a_tab()
    tab.visit("/private")
    tab.agree()
    tab.is_at("/private")
    insider.visit()
    insider.reads("Hello stranger")
    insider.follow("Private page")
    insider.reads(NEW_TAB)

    tab = insider.follow_to_a_tab(NEW_TAB)
    tab.is_at("/private")
    tab.sees("In private: demo-free")
