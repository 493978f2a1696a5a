"""What looks at every page sees what it is there to see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, Response
from playwright.sync_api import Browser, Page

from browser.audits import find_faint, find_unlabelled, measure_overflow
from browser.site import POLICY, serve
from browser.watch import Watch, open_context

pytestmark = pytest.mark.browser

GOOD = (
    '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">'
    "<title>Title</title><main><h1>One</h1>{}</main>"
)


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A tab, which each test fills anew."""
    with open_context(browser) as context:
        yield context.new_page()


def test_a_good_page_passes(page: Page) -> None:
    page.set_content(GOOD.format('<label>Name <input name="name"></label><a href="/">Home</a>'))

    assert find_unlabelled(page) == []
    assert find_faint(page) == []
    assert measure_overflow(page) == 0


@pytest.mark.parametrize(
    ("careless", "complaint"),
    [
        pytest.param("<h1>Two</h1>", "not one h1", id="two h1"),
        pytest.param("<h3>Three</h3>", "a skipped heading", id="no h2"),
        pytest.param("<main></main>", "not one main", id="two main"),
        pytest.param('<i id="x"></i><b id="x"></b>', "an id twice", id="same id"),
        pytest.param('<img src="data:,">', "a picture without alt", id="no alt"),
        pytest.param('<input name="name">', "a field without label", id="no label"),
        pytest.param("<button></button>", "nothing to read out", id="empty button"),
        pytest.param(
            '<a href="/"><img src="data:," alt=""></a>', "nothing to read out", id="empty link"
        ),
        pytest.param(
            '<p aria-describedby="nobody">', "a reference to nothing", id="wrong reference"
        ),
        pytest.param('<p tabindex="1">', "an order of its own", id="tabindex"),
        pytest.param(
            '<a href="/" target="_blank">x</a>', "a new tab that knows us", id="no noopener"
        ),
    ],
)
def test_a_careless_page_is_found_out(page: Page, careless: str, complaint: str) -> None:
    page.set_content(GOOD.format(careless))

    assert [fault.split(":")[0] for fault in find_unlabelled(page)] == [complaint]


def test_a_page_that_lacks_its_head_is_found_out(page: Page) -> None:
    page.set_content("<main><h1>One</h1></main>")

    faults = [fault.split(":")[0] for fault in find_unlabelled(page)]
    assert faults == ["no language", "no title", "no viewport"]


def test_a_faint_text_is_found_out(page: Page) -> None:
    page.set_content(GOOD.format('<p style="color: #999">Faint</p>'))

    assert find_faint(page) == ["2.85: Faint"]


def test_a_wide_page_is_found_out(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.set_content(GOOD.format('<p style="width: 500px">Wide</p>'))

    assert measure_overflow(page) > 0


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        pytest.param("<script>document.title = 1</script>", "inline script", id="script"),
        pytest.param('<p style="color: red">Red</p>', "inline style", id="style"),
        pytest.param('<link rel="stylesheet" href="/nowhere.css">', "status of 404", id="file"),
        pytest.param('<img src="https://pictures.example/1.png">', "img-src", id="picture"),
    ],
)
def test_chromium_complains_about_a_careless_page(
    browser: Browser, body: str, complaint: str
) -> None:
    app = Flask("careless app")
    app.add_url_rule("/favicon.ico", view_func=lambda: ("", 204))
    app.add_url_rule(
        "/",
        "page",
        lambda: Response(f"<!doctype html>{body}", headers={"Content-Security-Policy": POLICY}),
    )
    context = browser.new_context()
    watch = Watch(context)
    with serve(app) as url:
        context.new_page().goto(url)
        context.close()

    assert [complaint in text for text in watch.complaints] == [True]
