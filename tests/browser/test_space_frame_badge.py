"""The badge knows where it is: in the frame of a Space, in a frame of another site, in a tab."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from browser.framing import build_stranger_url, serve_stranger
from browser.insider import OPEN_TAB, Insider
from browser.visitor import SIGN_IN

pytestmark = pytest.mark.browser


def look_through_a_stranger(insider: Insider) -> None:
    with serve_stranger() as stranger:
        insider.page.goto(build_stranger_url(stranger, insider.url))


def test_the_link_beside_the_badge_signs_in_in_a_tab(insider: Insider) -> None:
    insider.visit()
    tab = insider.follow_to_a_tab(OPEN_TAB)
    tab.agree("demo-pro")
    tab.is_at("/")
    tab.sees("Hello demo-pro")

    insider.page.bring_to_front()
    insider.page.reload()
    insider.reads("Hello stranger")
    insider.follow()
    insider.is_asked_to_agree()


def test_out_of_frames_no_link_stands_beside_the_badge(insider: Insider) -> None:
    insider.page.goto(insider.url)

    expect(insider.page.get_by_role("link", name=SIGN_IN)).to_be_visible()
    expect(insider.page.get_by_role("link", name=OPEN_TAB)).to_have_count(0)


def test_a_frame_of_another_site_leaves_that_of_the_space_as_it_is(insider: Insider) -> None:
    look_through_a_stranger(insider)
    expect(insider.find_link()).to_have_attribute("target", "_blank")
    insider.sign_in()
    look_through_a_stranger(insider)
    expect(insider.find_link()).to_have_attribute("target", "_blank")
    insider.visit()

    insider.reads("Hello demo-free")
