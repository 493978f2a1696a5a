"""A sign-in that fails ends on a page that says what happened, and leads on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from browser.people import BUSY
from browser.visitor import Visitor
from flask_hf_oauth.testing import PERSONAS, HfProvider

pytestmark = pytest.mark.browser


@pytest.fixture
def provider() -> Iterator[HfProvider]:
    with HfProvider(remember_consent=False, personas=(*PERSONAS, BUSY)) as provider:
        yield provider


def test_a_forged_callback_signs_nobody_in(visitor: Visitor) -> None:
    visitor.visit("/login/callback?code=x&state=forged")

    visitor.sees("This sign-in can't be completed", "Error code: state_invalid")


def test_a_provider_that_is_down_is_named_and_the_next_try_works(
    visitor: Visitor, provider: HfProvider
) -> None:
    provider.fail("discovery", "status-503", times=None)
    visitor.visit("/prompts")
    visitor.sees("Hugging Face can't be reached", "Error code: provider_unavailable")
    provider.heal()
    visitor.follow("Sign in again")
    visitor.agree()

    visitor.is_at("/prompts")


def test_a_login_that_fails_behind_the_consent_leaves_the_old_one(
    visitor: Visitor, provider: HfProvider
) -> None:
    visitor.sign_in("demo-free", path="/profile")
    provider.change("userinfo", lambda claims: {**claims, "sub": "somebody else"})
    visitor.follow("Show my roles as well")
    visitor.agree("demo-pro")
    visitor.sees("The sign-in could not be verified")
    visitor.follow("Continue")

    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Demo Free")


def test_somebody_who_fits_into_no_cookie_is_told_so_once(visitor: Visitor) -> None:
    visitor.visit("/prompts")
    visitor.agree(BUSY.username)

    visitor.sees("This sign-in does not fit into a cookie", "Error code: session_too_large")


def test_a_missing_page_leads_back_to_the_cover(visitor: Visitor) -> None:
    visitor.visit("/nowhere")
    visitor.follow("Back to the cover")

    visitor.is_at("/")
