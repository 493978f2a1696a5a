"""Who is signed in and refused: the page says what is missing, and a click or two mend it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import render_template_string
from playwright.sync_api import expect

from browser.audits import find_faint, find_unlabelled, measure_overflow
from browser.pictures import keep_pictures, show_looks
from browser.site import PLAIN_PAGE, make_plain_app, serve
from browser.visitor import Visitor
from flask_hf_oauth import org_required, scopes_required
from flask_hf_oauth.testing import PERSONAS_BY_USERNAME, HfProvider, PersonaOrg

pytestmark = pytest.mark.browser

ENTERPRISE, _guild, STUDIO, _locked = PERSONAS_BY_USERNAME["demo-org-admin"].orgs


@pytest.fixture
def url(settings: dict[str, object], provider: HfProvider) -> Iterator[str]:
    """The address of an app with a view for who granted a scope, and one for members."""
    provider.switch(orgs_without_memberships="absent")
    app = make_plain_app({**settings, "HF_OAUTH_OPTIONAL_SCOPES": "inference-api"})
    for path, gate in {
        "/ask": scopes_required("inference-api"),
        "/studio": org_required(STUDIO.id),
        "/enterprise": org_required(ENTERPRISE.id),
    }.items():
        app.add_url_rule(path, path, gate(lambda: render_template_string(PLAIN_PAGE)))
    with serve(app) as url:
        yield url


def choose(visitor: Visitor, persona: str, org: PersonaOrg, *, shares: bool = True) -> None:
    """Follow the refusal's button, and share an organization that the app asks for, or not."""
    visitor.follow("Choose organizations again")
    visitor.be(persona)
    visitor.page.get_by_label(org.name).locator("visible=true").set_checked(shares)
    visitor.press("Authorize")


def test_a_missing_scope_is_granted_on_top_and_the_page_is_there(visitor: Visitor) -> None:
    visitor.sign_in(path="/private")
    visitor.visit("/ask?topic=cats")
    visitor.sees("Your permission is needed", "inference-api", "Error code: insufficient_scope")
    keep_pictures(visitor.page, "step-up-scope")
    visitor.follow("Continue to Hugging Face")
    scopes = visitor.page.locator(".scopes code")
    expect(scopes).to_have_text(["openid", "profile", "inference-api"])
    visitor.agree()

    visitor.is_at("/ask?topic=cats")
    visitor.sees("Hello demo-free")


def test_an_organization_that_was_not_shared_is_ticked_at_the_second_look(
    visitor: Visitor,
) -> None:
    visitor.sign_in("demo-org-admin", path="/private")
    visitor.visit("/studio?tab=2")
    visitor.sees("This page is for members", "Error code: membership_required")
    keep_pictures(visitor.page, "step-up-member")
    choose(visitor, "demo-org-admin", STUDIO, shares=False)
    visitor.sees("This page is for members")
    choose(visitor, "demo-org-admin", STUDIO)

    visitor.is_at("/studio?tab=2")
    visitor.sees("Hello demo-org-admin")


def test_who_has_to_sign_on_at_the_organization_first_reads_so(visitor: Visitor) -> None:
    visitor.sign_in("demo-sso-pending", path="/private")
    visitor.visit("/enterprise")
    choose(visitor, "demo-sso-pending", ENTERPRISE)
    visitor.sees("demo-enterprise lets you in only with single sign-on")
    keep_pictures(visitor.page, "step-up-restricted")

    assert find_unlabelled(visitor.page) == []
    for _look in show_looks(visitor.page):
        assert (find_faint(visitor.page), measure_overflow(visitor.page) <= 0) == ([], True)
