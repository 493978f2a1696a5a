"""The main job, whole, as a stranger meets it, with the provider of HF_OAUTH_DEV_PROVIDER."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from browser.visitor import SIGN_IN, Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def settings() -> dict[str, object]:
    return {"HF_OAUTH_DEV_PROVIDER": True}


def test_a_stranger_reads_the_public_page(visitor: Visitor) -> None:
    visitor.visit()

    visitor.sees("Keep the prompts that worked.")
    expect(visitor.page.get_by_role("link", name=SIGN_IN)).to_have_count(2)
    expect(visitor.page.get_by_role("button", name="Sign out")).to_have_count(0)


def test_a_click_and_a_yes_sign_in(visitor: Visitor) -> None:
    visitor.visit()
    visitor.follow(SIGN_IN)
    visitor.is_asked_to_agree()
    visitor.sees("this is not Hugging Face")
    visitor.agree("demo-pro")

    visitor.is_at("/prompts")
    visitor.sees("A fresh page, Demo Pro.")


def test_the_profile_shows_who_somebody_is_and_what_they_granted(visitor: Visitor) -> None:
    visitor.sign_in("demo-sso-pending", path="/profile")

    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Demo SSO Pending")
    expect(page.get_by_role("heading", level=3)).to_have_text(["Demo Enterprise", "Demo Guild"])
    expect(page.locator(".scopes code")).to_have_text(["email", "openid", "profile"])
    expect(page.locator(".person img")).not_to_have_js_property("naturalWidth", 0)


def test_a_prompt_is_kept(visitor: Visitor) -> None:
    visitor.sign_in()
    visitor.write("Explain it to a friend", "No jargon, one example.")

    visitor.is_at("/prompts")
    visitor.sees("Saved in your notebook.", "Explain it to a friend", "No jargon, one example.")


def test_a_prompt_is_edited_and_torn_out(visitor: Visitor) -> None:
    visitor.sign_in()
    visitor.write("A draft")
    visitor.follow("A draft")
    visitor.page.get_by_label("Title").fill("A fair copy")
    visitor.press("Save prompt")
    visitor.follow("A fair copy")
    visitor.page.get_by_text("Delete this prompt").click()
    visitor.press("Delete for good")

    visitor.sees("The prompt is gone.", "A fresh page")


def test_signing_out_closes_the_notebook(visitor: Visitor) -> None:
    visitor.sign_in()
    visitor.press("Sign out")

    visitor.is_at("/")
    expect(visitor.page.get_by_role("button", name="Sign out")).to_have_count(0)
    visitor.visit("/prompts")
    visitor.is_asked_to_agree()


def test_a_second_persona_does_not_see_the_prompt_of_the_first(visitor: Visitor) -> None:
    visitor.sign_in("demo-free")
    visitor.write("A secret of mine")
    visitor.follow("A secret of mine")
    visitor.page.wait_for_url("**/prompts/*")
    address = visitor.page.url
    visitor.press("Sign out")
    visitor.sign_in("demo-pro")
    visitor.sees("A fresh page, Demo Pro.")
    expect(visitor.page.get_by_text("A secret of mine")).to_have_count(0)
    visitor.page.goto(address)

    visitor.sees("This page was torn out.")


def test_who_refuses_is_treated_politely_and_can_sign_in_after_all(visitor: Visitor) -> None:
    visitor.visit("/prompts")
    visitor.press("Cancel")
    visitor.sees("You chose not to sign in", "No problem: nothing was shared with this site.")
    visitor.follow("Sign in")
    visitor.agree()

    visitor.is_at("/prompts")
    visitor.sees("A fresh page")


def test_a_whole_visit_needs_no_javascript(open_visitor: Callable[..., Visitor]) -> None:
    visitor = open_visitor(java_script_enabled=False)
    visitor.visit()
    visitor.follow(SIGN_IN)
    visitor.press("Cancel")
    visitor.follow("Sign in")
    visitor.agree("demo-pro")
    visitor.write("A prompt without a script")
    visitor.sees("Saved in your notebook.")
    visitor.follow("Profile")
    visitor.sees("What this app may see")
    visitor.press("Sign out")

    expect(visitor.page.get_by_role("link", name=SIGN_IN)).to_have_count(2)
