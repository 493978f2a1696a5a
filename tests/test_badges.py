"""The badges are small, self-contained pictures that say what they show."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from importlib.resources import files

import pytest

SVG = "{http://www.w3.org/2000/svg}"
HEIGHTS = {"sm": 20, "md": 24, "lg": 36, "xl": 48}
BADGES = [f"sign-in-{size}-{theme}.svg" for size in HEIGHTS for theme in ("light", "dark")]
PICTURES = [*BADGES, "logo.svg"]
SIZE_LIMIT = 10_000  # bytes


def read_picture(name: str) -> str:
    return (files("flask_hf_oauth") / "static" / name).read_text(encoding="utf-8")


def parse_picture(name: str) -> ET.Element:
    return ET.fromstring(read_picture(name))  # noqa: S314 - our own file


@pytest.mark.parametrize("name", BADGES)
def test_badge_has_the_height_of_its_name(name: str) -> None:
    assert parse_picture(name).get("height") == str(HEIGHTS[name.split("-")[2]])


@pytest.mark.parametrize("size", HEIGHTS)
def test_light_and_dark_badge_are_equally_wide(size: str) -> None:
    light, dark = (parse_picture(f"sign-in-{size}-{theme}.svg") for theme in ("light", "dark"))

    assert light.get("width") == dark.get("width")


def test_largest_badge_has_the_documented_size_and_radius() -> None:
    badge = parse_picture("sign-in-xl-light.svg")
    pill = badge.find(f"{SVG}rect")

    assert (badge.get("width"), badge.get("height")) == ("290", "48")
    assert pill is not None
    assert pill.get("rx") == "23"


@pytest.mark.parametrize("name", PICTURES)
def test_picture_fills_its_view_box(name: str) -> None:
    picture = parse_picture(name)

    assert picture.get("viewBox") == f"0 0 {picture.get('width')} {picture.get('height')}"


@pytest.mark.parametrize("name", BADGES)
def test_badge_says_what_it_shows(name: str) -> None:
    badge = parse_picture(name)

    assert badge.get("role") == "img"
    assert badge.findtext(f"{SVG}title") == "Sign in with Hugging Face"


@pytest.mark.parametrize("name", PICTURES)
def test_picture_passes_a_strict_content_security_policy(name: str) -> None:
    for element in parse_picture(name).iter():
        assert element.tag not in {f"{SVG}script", f"{SVG}style", f"{SVG}image", f"{SVG}use"}
        assert not [key for key in element.attrib if key == "style" or key.startswith("on")]


@pytest.mark.parametrize("name", PICTURES)
def test_picture_refers_to_nothing_outside_itself(name: str) -> None:
    text = read_picture(name).replace('xmlns="http://www.w3.org/2000/svg"', "")

    assert not [part for part in ("://", "href", "url(", "<!ENTITY") if part in text]


@pytest.mark.parametrize("name", BADGES)
def test_badge_needs_no_font(name: str) -> None:
    assert parse_picture(name).find(f".//{SVG}text") is None


@pytest.mark.parametrize("name", PICTURES)
def test_picture_is_below_ten_kilobytes(name: str) -> None:
    assert len(read_picture(name).encode()) < SIZE_LIMIT
