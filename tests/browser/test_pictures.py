"""Pictures are taken when somebody asks for them, and the README's one is at hand."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from browser.pictures import FOLDER, SIZES, compose, find_folder, keep_pictures
from browser.tour import PROMPTS
from browser.visitor import Visitor

pytestmark = pytest.mark.browser

README_PICTURE = Path(__file__).parents[2] / "docs" / "screenshot.png"
SIZE_LIMIT = 200_000  # bytes


def measure(picture: bytes) -> tuple[int, int]:
    """Read width and height from a PNG's first chunk."""
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def test_pictures_are_kept_where_the_environment_says(
    visitor: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "pictures"))
    visitor.visit()
    keep_pictures(visitor.page, "cover")

    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == [
        "cover-desktop-dark.png",
        "cover-desktop-light.png",
        "cover-phone-dark.png",
        "cover-phone-light.png",
    ]


def test_no_picture_is_taken_unasked(
    visitor: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(FOLDER, raising=False)
    monkeypatch.chdir(tmp_path)
    visitor.visit()
    before = sorted(tmp_path.rglob("*"))
    keep_pictures(visitor.page, "cover")

    assert sorted(tmp_path.rglob("*")) == before


def test_the_picture_of_the_readme_can_be_taken_anew(
    visitor: Visitor, open_visitor: Callable[..., Visitor], tmp_path: Path
) -> None:
    visitor.page.set_viewport_size(SIZES["desktop"])
    visitor.sign_in("demo-pro")
    for title, text in PROMPTS.items():
        visitor.write(title, text)
        visitor.sees("Saved in your notebook.")
    visitor.page.reload()  # without the note that the last one was saved
    phone = open_visitor(viewport=SIZES["phone"], color_scheme="dark")
    phone.visit()
    blank = visitor.page.context.new_page()
    picture = compose(blank, visitor.page.screenshot(), phone.page.screenshot())
    (find_folder() or tmp_path).joinpath("readme.png").write_bytes(picture)

    assert measure(picture) == (1280, 800)


def test_the_picture_of_the_readme_is_small() -> None:
    picture = README_PICTURE.read_bytes()

    assert measure(picture) == (1280, 800)
    assert len(picture) < SIZE_LIMIT
