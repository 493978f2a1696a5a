"""Somebody's sessions are ended from elsewhere: in every browser, until the next sign-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import redirect, render_template_string
from flask.typing import ResponseReturnValue
from playwright.sync_api import expect

from browser.site import PLAIN_PAGE, make_plain_app, serve
from browser.visitor import Visitor
from flask_hf_oauth import HfOAuth, login_required
from flask_hf_oauth.testing import PERSONAS_BY_USERNAME

pytestmark = pytest.mark.browser

ADMIN_PAGE = """<!doctype html>
<html lang="en"><title>Members</title>
<form method="post"><button>End all sessions of demo-free</button></form>"""


@login_required
def show_admin() -> str:
    return render_template_string(ADMIN_PAGE)


@login_required
def end_sessions() -> ResponseReturnValue:
    HfOAuth().revoke_sessions(PERSONAS_BY_USERNAME["demo-free"].id)
    return redirect("/private", 303)


@pytest.fixture
def url(settings: dict[str, object]) -> Iterator[str]:
    """The address of an app with a page for its admin."""
    app = make_plain_app(settings)
    app.add_url_rule("/admin", "show_admin", show_admin)
    app.add_url_rule("/admin", "end_sessions", end_sessions, methods=["POST"])
    app.add_url_rule("/other", "other", login_required(lambda: render_template_string(PLAIN_PAGE)))
    with serve(app) as url:
        yield url


def test_every_browser_is_signed_out_at_its_next_page_and_can_come_back(
    open_visitor: Callable[..., Visitor],
) -> None:
    laptop, phone, admin = (open_visitor() for _ in range(3))
    for visitor in (laptop, phone):
        visitor.sign_in(path="/private")
    admin.sign_in("demo-pro", path="/admin")
    admin.press("End all sessions of demo-free")

    admin.is_at("/private")
    admin.sees("Hello demo-pro")
    for visitor in (laptop, phone):
        visitor.visit("/other")
        visitor.is_asked_to_agree()
    phone.visit("/")
    phone.sees("Hello stranger")

    laptop.agree()
    laptop.is_at("/other")
    laptop.page.reload()
    expect(laptop.page.get_by_role("heading")).to_have_text("Hello demo-free")
    phone.page.reload()
    phone.sees("Hello stranger")
