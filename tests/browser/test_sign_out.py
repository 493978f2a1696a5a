"""Signing out needs a click on this site; a link or a form of another site gets a question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from flask import Flask
from playwright.sync_api import expect

from browser.site import serve
from browser.visitor import SIGN_IN, Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def other_site(url: str) -> Iterator[str]:
    """Another site (a port makes none, a host does), with a link and a form to our sign-out."""
    app = Flask("other site")

    @app.get("/")
    def page() -> str:
        return (
            '<!doctype html><title>Other site</title><link rel="icon" href="data:,">'
            f'<a href="{url}/logout">Free pictures</a>'
            f'<form method="post" action="{url}/logout"><button>Win a prize</button></form>'
        )

    with serve(app) as address:
        yield address.replace("127.0.0.1", "localhost")


@pytest.mark.parametrize(
    ("role", "name"),
    [
        pytest.param("link", "Free pictures", id="a link"),
        pytest.param("button", "Win a prize", id="a form"),
    ],
)
def test_another_site_signs_nobody_out(
    visitor: Visitor, other_site: str, role: Literal["link", "button"], name: str
) -> None:
    visitor.sign_in()
    visitor.page.goto(other_site)
    visitor.page.get_by_role(role, name=name).click()
    visitor.sees("Sign out?")
    visitor.follow("Stay signed in")
    visitor.is_at("/")

    visitor.follow("Open your notebook")
    visitor.sees("A fresh page")


def test_the_question_names_who_is_signed_in_and_signs_out(
    visitor: Visitor, other_site: str
) -> None:
    visitor.sign_in("demo-pro")
    visitor.page.goto(other_site)
    visitor.follow("Free pictures")
    visitor.sees("You are signed in as demo-pro")
    visitor.page.get_by_role("main").get_by_role("button", name="Sign out").click()

    visitor.is_at("/")
    expect(visitor.page.get_by_role("link", name=SIGN_IN)).to_have_count(2)


def test_who_is_signed_out_already_reads_so_and_can_sign_in(visitor: Visitor) -> None:
    visitor.visit("/logout")
    visitor.sees("You are signed out")
    visitor.page.get_by_role("main").get_by_role("link", name=SIGN_IN).click()
    visitor.agree()

    visitor.sees("Good to see you, Demo Free.")


def test_the_page_after_a_sign_out_leads_to_the_connected_applications(visitor: Visitor) -> None:
    visitor.visit("/logout")
    link = visitor.page.get_by_role("link", name="connected applications")

    expect(link).to_have_attribute("href", re.compile("/settings/connected-applications$"))
    expect(link).to_have_attribute("target", "_blank")
