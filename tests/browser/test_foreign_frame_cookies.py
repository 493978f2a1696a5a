"""A frame of another site in a browser that keeps no cookies: no login, but no dead end either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.chromium import open_without_cookies
from browser.framing import build_stranger_url, make_space_app, serve_stranger
from browser.insider import Insider
from browser.pictures import keep_pictures
from browser.site import serve
from flask_hf_oauth.testing import HfProvider

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture
def space(hub: HfProvider) -> Iterator[str]:
    """The address of a Space's app."""
    with serve(make_space_app(hub)) as url:
        yield url


@pytest.fixture
def insider(browser: Browser, space: str, tmp_path: Path) -> Iterator[Insider]:
    """Somebody whose browser keeps no cookies, at a stranger's page with a Space's app."""
    from browser.watch import watching  # noqa: PLC0415 - it imports Playwright

    context = open_without_cookies(browser, tmp_path)
    with serve_stranger() as stranger, watching(context):
        top = build_stranger_url(stranger, space)
        yield Insider(page=context.new_page(), top=top, url=space)


def test_without_cookies_a_guarded_link_is_no_dead_end(insider: Insider) -> None:
    insider.visit()
    insider.follow("Private page")

    insider.reads("Sign in in a new tab")
    keep_pictures(insider.page, "foreign-without-cookies")


def test_without_cookies_the_button_opens_a_tab(insider: Insider) -> None:
    insider.visit()
    tab = insider.follow_to_a_tab()

    tab.is_asked_to_agree()
