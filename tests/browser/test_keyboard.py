"""Nobody needs a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator

from browser.visitor import SIGN_IN, Visitor

pytestmark = pytest.mark.browser

MOST_STOPS = 40


def tab_to(visitor: Visitor, target: Locator) -> None:
    for _ in range(MOST_STOPS):
        visitor.page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"{target} cannot be reached with the Tab key.")


def test_a_keyboard_is_enough_to_sign_in(visitor: Visitor) -> None:
    visitor.visit()
    tab_to(visitor, visitor.page.get_by_role("link", name=SIGN_IN).first)
    visitor.page.keyboard.press("Enter")
    tab_to(visitor, visitor.page.locator("input[name=persona]").first)
    visitor.page.keyboard.press("ArrowDown")
    tab_to(visitor, visitor.page.get_by_role("button", name="Authorize"))
    visitor.page.keyboard.press("Enter")

    visitor.is_at("/prompts")
    visitor.sees("A fresh page, Demo Pro.")


def test_a_keyboard_is_enough_to_refuse_and_to_go_on(visitor: Visitor) -> None:
    visitor.visit("/prompts")
    tab_to(visitor, visitor.page.get_by_role("button", name="Cancel"))
    visitor.page.keyboard.press("Enter")
    visitor.sees("You chose not to sign in")
    tab_to(visitor, visitor.page.get_by_role("link", name="Sign in", exact=True))
    visitor.page.keyboard.press("Enter")

    visitor.is_asked_to_agree()


@pytest.mark.parametrize("path", ["/", "/logout", "/login/callback?state=forged"])
def test_every_stop_of_the_tab_key_is_outlined(visitor: Visitor, path: str) -> None:
    visitor.visit(path)
    stops = visitor.page.locator("a[href], button, input, textarea, summary")
    for _ in range(stops.count()):
        visitor.page.keyboard.press("Tab")
        style = "getComputedStyle(document.activeElement).outlineStyle"

        assert visitor.page.evaluate(style) != "none"


def test_the_first_stop_skips_to_the_content(visitor: Visitor) -> None:
    visitor.visit()
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")

    assert visitor.page.evaluate("document.activeElement.id") == "content"
