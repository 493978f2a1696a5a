"""What people do with a browser besides clicking on: go back, reload, use two tabs, wait."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from browser.visitor import SIGN_IN, Visitor
from flask_hf_oauth.testing import HfProvider

pytestmark = pytest.mark.browser


def sign_in_and_keep_the_callback(visitor: Visitor) -> str:
    with visitor.page.expect_request("**/login/callback?*") as callback:
        visitor.sign_in()
    return callback.value.url


def test_the_way_back_from_a_login_ends_at_a_page_that_knows_the_user(
    visitor: Visitor,
) -> None:
    visitor.visit()
    visitor.follow(SIGN_IN)
    visitor.agree()
    visitor.is_at("/prompts")
    visitor.page.go_back()
    visitor.is_asked_to_agree()
    visitor.page.go_back()
    visitor.is_at("/")

    visitor.sees("Good to see you, Demo Free.")


def test_who_agrees_again_on_the_way_back_stays_signed_in(visitor: Visitor) -> None:
    visitor.sign_in()
    visitor.page.go_back()
    visitor.agree()

    visitor.is_at("/prompts")
    visitor.sees("A fresh page")


def test_two_tabs_that_sign_in_at_once_both_end_signed_in(visitor: Visitor) -> None:
    visitor.visit()
    visitor.follow(SIGN_IN)
    other = Visitor(page=visitor.page.context.new_page(), url=visitor.url)
    other.visit("/profile")
    visitor.agree()
    visitor.is_at("/prompts")
    other.agree()

    other.is_at("/profile")
    other.sees("What this app may see")
    visitor.page.reload()
    visitor.sees("A fresh page")


def test_two_first_logins_in_the_same_moment_both_end_signed_in(
    visitor: Visitor, provider: HfProvider
) -> None:
    provider.switch(remember_consent=True)
    visitor.visit("/prompts")
    # As if both had set out without a cookie: the second answer replaces the key of the first.
    visitor.page.context.clear_cookies(name="session")
    other = Visitor(page=visitor.page.context.new_page(), url=visitor.url)
    other.visit("/profile")
    visitor.agree()
    visitor.is_at("/prompts")
    other.agree()

    other.is_at("/profile")
    other.sees("What this app may see")


def test_a_reloaded_callback_leads_on_to_where_it_led_before(visitor: Visitor) -> None:
    callback = sign_in_and_keep_the_callback(visitor)
    visitor.page.goto(callback)

    visitor.is_at("/prompts")
    visitor.sees("A fresh page")


def test_a_callback_is_of_no_use_after_the_sign_out(visitor: Visitor) -> None:
    callback = sign_in_and_keep_the_callback(visitor)
    visitor.press("Sign out")
    visitor.is_at("/")
    visitor.page.goto(callback)

    visitor.sees("This sign-in was already used")
    visitor.follow("Continue")
    visitor.is_asked_to_agree()


def test_a_callback_is_of_no_use_in_another_browser(
    visitor: Visitor, open_visitor: Callable[..., Visitor]
) -> None:
    callback = sign_in_and_keep_the_callback(visitor)
    other = open_visitor()
    other.page.goto(callback)

    other.sees("This sign-in was already used")
    other.visit()
    expect(other.page.get_by_role("link", name=SIGN_IN)).to_have_count(2)


def test_a_deep_link_comes_back_with_its_query(visitor: Visitor) -> None:
    visitor.sign_in(path="/prompts/new?from=a%20friend&tag=%C3%BC")

    visitor.sees("New prompt")


def test_a_script_gets_data_instead_of_a_page(visitor: Visitor) -> None:
    script = visitor.page.context.request
    accept = {"Accept": "application/json"}
    refusal = script.get(f"{visitor.url}/api/me", headers=accept)
    visitor.sign_in("demo-pro")
    answer = script.get(f"{visitor.url}/api/me", headers=accept)

    assert (refusal.status, refusal.json()["error"]) == (401, "login_required")
    assert (answer.status, answer.json()["username"]) == (200, "demo-pro")


def test_a_form_that_is_sent_after_the_login_has_ended_leads_to_a_new_one(
    visitor: Visitor,
) -> None:
    visitor.sign_in(path="/prompts/new")
    visitor.page.get_by_label("Title").fill("Too late")
    visitor.page.get_by_label("Prompt", exact=True).fill("Be brief.")
    visitor.page.context.clear_cookies(name="session")
    visitor.press("Save prompt")
    visitor.agree()

    visitor.is_at("/prompts/new")
