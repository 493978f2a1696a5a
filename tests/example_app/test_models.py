from __future__ import annotations

import pytest

from example_app.models import TEXT_LIMIT, TITLE_LIMIT, parse_draft


@pytest.mark.parametrize(
    ("title", "text", "fields"),
    [
        pytest.param("Title", "Text", [], id="good"),
        pytest.param("t" * TITLE_LIMIT, "x" * TEXT_LIMIT, [], id="at both limits"),
        pytest.param("", "Text", ["title"], id="no title"),
        pytest.param(" \t\r\n ", "Text", ["title"], id="blank title"),
        pytest.param("t" * (TITLE_LIMIT + 1), "Text", ["title"], id="title too long"),
        pytest.param("Title", " \r\n ", ["text"], id="blank text"),
        pytest.param("Title", "x" * (TEXT_LIMIT + 1), ["text"], id="text too long"),
        pytest.param("", "", ["title", "text"], id="nothing"),
    ],
)
def test_a_draft_names_each_field_that_is_wrong(title: str, text: str, fields: list[str]) -> None:
    assert list(parse_draft(title, text).find_problems()) == fields


def test_line_ends_count_once_as_they_do_in_the_browser() -> None:
    draft = parse_draft("Title", "\r\n".join(["x"] * (TEXT_LIMIT // 2)))
    assert not draft.find_problems()


def test_a_title_is_one_line() -> None:
    assert parse_draft(" two\r\nlines ", "Text").title == "two lines"
