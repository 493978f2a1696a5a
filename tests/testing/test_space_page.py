from __future__ import annotations

import pytest
from testing.relying_party import RelyingParty

from flask_hf_oauth.testing import HfProvider

NAME = "demo-org/notebook"
APP = "http://127.0.0.1:7860"


def test_page_of_a_space_frames_its_app(relying_party: RelyingParty) -> None:
    page = relying_party.get(relying_party.provider.show_space(NAME, APP))

    assert page.status_code == 200
    assert f'src="{APP}"' in page.text


def test_page_of_a_space_says_what_it_is_not(relying_party: RelyingParty) -> None:
    page = relying_party.get(relying_party.provider.show_space(NAME, APP))

    assert "not Hugging Face" in page.text


def test_frame_of_a_space_may_be_led_anywhere(relying_party: RelyingParty) -> None:
    page = relying_party.get(relying_party.provider.show_space(NAME, APP))

    assert page.headers["Content-Security-Policy"].endswith("; frame-src *")


def test_app_learns_the_origin_of_the_page_around_it(relying_party: RelyingParty) -> None:
    page = relying_party.get(relying_party.provider.show_space(NAME, APP))

    assert page.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_space_shows_another_app_after_a_move(relying_party: RelyingParty) -> None:
    relying_party.provider.show_space(NAME, APP)
    page = relying_party.get(relying_party.provider.show_space(NAME, "http://127.0.0.1:7861"))

    assert 'src="http://127.0.0.1:7861"' in page.text
    assert APP not in page.text


@pytest.mark.parametrize("path", ["/spaces/demo-org/other", "/spaces/demo-org", "/spaces"])
def test_space_that_nobody_showed_is_not_found(relying_party: RelyingParty, path: str) -> None:
    relying_party.provider.show_space(NAME, APP)

    assert relying_party.get(path).status_code == 404


def test_space_needs_an_address_to_be_shown_at() -> None:
    with pytest.raises(RuntimeError, match="call start"):
        HfProvider().show_space(NAME, APP)
