"""The example application in the frame of its Space, under its own Content-Security-Policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.audits import find_faint, find_unlabelled, measure_overflow
from browser.framing import SPACE
from browser.insider import Insider
from browser.pictures import keep_pictures
from browser.site import serve_notebook
from flask_hf_oauth.testing import HfProvider

pytestmark = pytest.mark.browser


@pytest.fixture
def space(hub: HfProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the example application, which is told what a Space tells it."""
    for name, value in {**hub.environ(), "SPACE_ID": SPACE}.items():
        monkeypatch.setenv(name, value)
    with serve_notebook(tmp_path, {}) as url:
        yield url


@pytest.mark.parametrize("width", [400, 1200])
def test_a_stranger_can_read_the_frame_and_all_ways_in(width: int, insider: Insider) -> None:
    insider.page.set_viewport_size({"width": width, "height": 800})
    insider.visit()
    for path in ("/", "/nowhere"):
        insider.frame.goto(insider.url + path)

        assert find_faint(insider.frame) == [], path
        assert find_unlabelled(insider.frame) == [], path
        assert measure_overflow(insider.frame) == 0, path


def begin(insider: Insider) -> None:
    """Sign in, and open the form for the first prompt."""
    with insider.frame.expect_navigation():
        insider.find_link().first.click()
    insider.agree()
    insider.follow("Write your first prompt")


def write_prompt(insider: Insider, title: str) -> None:
    insider.view.get_by_label("Title").fill(title)
    insider.view.get_by_label("Prompt", exact=True).fill("Be brief.")
    insider.press("Save prompt")


def test_a_notebook_is_kept_inside_the_frame(insider: Insider) -> None:
    insider.visit()
    insider.reads("Keep the prompts that worked.")
    keep_pictures(insider.page, "space-notebook-signed-out")
    begin(insider)
    write_prompt(insider, "In the frame")
    insider.reads("Your prompts")
    insider.sees("In the frame")
    keep_pictures(insider.page, "space-notebook")

    insider.press("Sign out")
    insider.reads("Keep the prompts that worked.")


def test_a_form_that_is_sent_too_late_leads_to_the_login_and_back(insider: Insider) -> None:
    insider.visit()
    begin(insider)
    insider.page.context.clear_cookies(name="session")
    write_prompt(insider, "Too late")  # from here to the consent page, past form-action
    insider.is_asked_to_agree()
    insider.agree()

    insider.reads("New prompt")
    expect(insider.view.get_by_label("Title")).to_have_value("")
