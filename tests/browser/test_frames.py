"""In a frame, the provider refuses to be shown; the badge opens a tab of its own there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from browser.site import make_plain_app, provider_settings, serve
from browser.visitor import Visitor
from flask_hf_oauth.testing import HfProvider

pytestmark = pytest.mark.browser


@pytest.fixture
def url(provider: HfProvider) -> Iterator[str]:
    app = make_plain_app(provider_settings(provider))

    @app.get("/framing")
    def framing() -> str:
        return '<!doctype html><title>Framing</title><iframe src="/"></iframe>'

    with serve(app) as url:
        yield url


def test_a_login_begun_in_a_frame_goes_on_in_a_tab_of_its_own(visitor: Visitor) -> None:
    visitor.visit("/framing")
    with visitor.page.expect_popup() as popup:
        visitor.page.frame_locator("iframe").get_by_role("link").click()
    tab = Visitor(page=popup.value, url=visitor.url)
    tab.agree()

    tab.is_at("/")
    expect(visitor.page).to_have_url(visitor.url + "/framing")
    visitor.page.reload()
    expect(visitor.page.frame_locator("iframe").get_by_role("heading")).to_have_text(
        "Hello demo-free"
    )
