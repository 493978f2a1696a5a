"""A cookie with SameSite=Strict stays away when a page of the provider leads back: no loop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from browser.framing import make_app
from browser.navigations import noting_navigations
from browser.site import provider_settings, serve
from browser.visitor import Visitor
from flask_hf_oauth.testing import HfProvider

pytestmark = pytest.mark.browser


@pytest.fixture
def url(hub: HfProvider) -> Iterator[str]:
    app = make_app(**provider_settings(hub), SESSION_COOKIE_SAMESITE="Strict")
    with serve(app) as url:
        yield url


def test_a_strict_cookie_makes_no_loop_but_a_page(visitor: Visitor, hub: HfProvider) -> None:
    hub.switch(remember_consent=True)
    with noting_navigations(visitor.page) as navigations:
        visitor.visit("/private")
        visitor.agree()
        visitor.sees("Your browser did not keep the cookie")

    first = ["GET /oauth/authorize", "POST /oauth/authorize", "GET /login/callback"]
    assert navigations == ["GET /private", "GET /login", *first, *first[::2]]


def test_a_strict_cookie_comes_along_where_no_page_of_the_provider_lies_between(
    visitor: Visitor, hub: HfProvider
) -> None:
    hub.switch(remember_consent=True)
    visitor.visit("/private")
    visitor.agree()
    visitor.follow("Sign in again")

    visitor.is_at("/private")
    visitor.sees("In private: demo-free")
