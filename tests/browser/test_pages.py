"""Every page: nothing logged, all labelled, no scrolling sideways, and easy to read in the dark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page

from browser.audits import (
    find_faint,
    find_unlabelled,
    measure_brightness,
    measure_overflow,
)
from browser.people import BUSY
from browser.pictures import SCHEMES, SIZES, Scheme, keep_pictures
from browser.site import Site, serve_site
from browser.tour import TOUR
from browser.visitor import Visitor
from browser.watch import open_context
from flask_hf_oauth.testing import PERSONAS, HfProvider

pytestmark = pytest.mark.browser

#: Pictures of some demo personas lie at Hugging Face; here they come from nowhere.
ELSEWHERE = "https://cdn-avatars.huggingface.co/**"
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


@pytest.fixture(scope="module", params=[pytest.param(key, id="-".join(key)) for key in TOUR])
def page(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    """One page of the tour; several tests look at it, and none changes it."""
    key: tuple[Site, str] = request.param
    personas = (*PERSONAS, BUSY) if key[1] == "too-large" else PERSONAS
    with ExitStack() as stack:
        provider = stack.enter_context(HfProvider(remember_consent=False, personas=personas))
        url = stack.enter_context(serve_site(key[0], provider, tmp_path_factory.mktemp("site")))
        context = stack.enter_context(open_context(browser, reduced_motion="reduce"))
        context.route(
            ELSEWHERE, lambda route: route.fulfill(body=PICTURE, content_type="image/svg+xml")
        )
        visitor = Visitor(page=context.new_page(), url=url)
        TOUR[key](visitor, provider)
        visitor.page.wait_for_load_state()  # with its style sheet
        keep_pictures(visitor.page, "-".join(key))
        yield visitor.page


def test_page_makes_sense_without_seeing_it(page: Page) -> None:
    assert find_unlabelled(page) == []


@pytest.mark.parametrize("size", SIZES)
def test_page_never_scrolls_sideways(page: Page, size: str) -> None:
    page.set_viewport_size(SIZES[size])

    assert measure_overflow(page) <= 0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_of_page_stands_out(page: Page, scheme: Scheme) -> None:
    page.emulate_media(color_scheme=scheme)

    assert find_faint(page) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_page_is_dark_in_the_dark_alone(page: Page, scheme: Scheme) -> None:
    page.emulate_media(color_scheme=scheme)

    assert (measure_brightness(page) < 0.3) is (scheme == "dark")
