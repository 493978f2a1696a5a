"""A frame of another site in a browser that keeps no cookies: no login, but no dead end either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Response

from browser.chromium import open_without_cookies
from browser.framing import build_stranger_url, make_space_app, serve_stranger
from browser.insider import Insider
from browser.pictures import keep_pictures
from browser.site import serve
from flask_hf_oauth.testing import HfProvider

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(params=["strict-origin-when-cross-origin", "no-referrer"])
def space(request: pytest.FixtureRequest, hub: HfProvider) -> Iterator[str]:
    """The address of a Space's app, which may tell nobody where a click came from."""
    app = make_space_app(hub)

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers["Referrer-Policy"] = request.param
        return response

    with serve(app) as url:
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
