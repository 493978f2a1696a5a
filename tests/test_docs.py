"""The prose is true: its code runs, and its tables say what the code says."""

from __future__ import annotations

import re
from dataclasses import Field, fields
from pathlib import Path
from typing import get_args

import pytest
from _pytest.mark import ParameterSet
from flask import Flask, render_template_string

import flask_hf_oauth
from flask_hf_oauth import HfOAuth, HfOAuthError
from flask_hf_oauth.settings import PREFIX, Settings
from flask_hf_oauth.testing import PERSONAS_BY_USERNAME, Change, Endpoint, Fault

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(language: str) -> list[ParameterSet]:
    fence = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return [
        pytest.param(text, id=f"{page.name}-{number}")
        for page in PAGES
        for number, text in enumerate(fence.findall(page.read_text("utf-8")))
    ]


def rows(name: str) -> list[list[str]]:
    lines = [line for line in read(name).splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def promises(name: str) -> list[list[str]]:
    """Return the cells of each row of a page's only table."""
    lines = [line for line in read(name).splitlines() if line.startswith("| ")]
    return [line.strip("| ").split(" | ") for line in lines[2:]]


def error_classes() -> dict[str, type[HfOAuthError]]:
    exported = {name: getattr(flask_hf_oauth, name) for name in flask_hf_oauth.__all__}
    return {
        name: value
        for name, value in exported.items()
        if isinstance(value, type) and issubclass(value, HfOAuthError)
    }


@pytest.mark.parametrize("block", blocks("python"))
def test_every_example_runs(block: str) -> None:
    exec(compile(block, "example", "exec", dont_inherit=True), {"__name__": "__main__"})  # noqa: S102 - our own documentation


@pytest.mark.parametrize("block", blocks("jinja"))
def test_every_template_renders(block: str) -> None:
    app = Flask(__name__)
    HfOAuth(app)
    with app.test_request_context("/"):
        assert "Sign in with Hugging Face" in render_template_string(block)


@pytest.mark.parametrize("page", [pytest.param(page, id=page.name) for page in PAGES])
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_setting_stands_in_the_table() -> None:
    documented = [
        (row[0].strip("`"), row[1].strip("`").replace("-", "")) for row in rows("docs/settings.md")
    ]
    settings = [
        (PREFIX + setting.name.upper(), setting.metadata["environment"] or "")
        for setting in fields(Settings)
    ]

    assert documented == settings


@pytest.mark.parametrize(
    ("row", "setting"), list(zip(rows("docs/settings.md"), fields(Settings), strict=False))
)
def test_every_default_stands_in_the_table(row: list[str], setting: Field[object]) -> None:
    default = setting.default
    if default == ("openid", "profile"):
        assert row[2] == "`openid profile`"
    elif default in {None, "", ()}:
        assert not row[2].startswith("`")
    else:
        assert row[2] == f"`{default}`"


def test_every_error_stands_in_the_table() -> None:
    abstract = {"HfOAuthError", "LoginError"}

    assert {row[0].strip("`") for row in rows("docs/errors.md")} == set(error_classes()) - abstract


@pytest.mark.parametrize("row", [pytest.param(row, id=row[0]) for row in rows("docs/errors.md")])
def test_code_and_status_of_an_error_are_told(row: list[str]) -> None:
    error = error_classes()[row[0].strip("`")]
    codes = re.findall(r"`([^`]+)`", row[1])

    assert row[2] == str(getattr(error, "code", "-"))
    assert any(
        code == error.error_code or error.error_code.startswith(code.rstrip("…")) for code in codes
    )


def test_every_exported_name_stands_in_the_reference() -> None:
    names = set(flask_hf_oauth.__all__) - set(error_classes())

    assert [name for name in sorted(names) if f"{name}" not in read("docs/reference.md")] == []


@pytest.mark.parametrize(
    "names",
    [Endpoint, Fault, Change, PERSONAS_BY_USERNAME],
    ids=["endpoints", "faults", "changes", "people"],
)
def test_every_word_of_the_test_kit_stands_on_its_page(names: object) -> None:
    words = get_args(names) or names
    assert isinstance(words, (tuple, dict))

    assert [word for word in words if f"`{word}`" not in read("docs/testing.md")] == []


@pytest.mark.parametrize("page", ["SECURITY.md", "docs/promises.md"])
def test_every_promise_names_a_test_that_exists(page: str) -> None:
    cells = [promise[-1].strip("`") for promise in promises(page)]
    named = [test.partition("::") for cell in cells for test in cell.split("`, `")]

    assert named
    assert [name for file, _, name in named if f"def {name}(" not in read(file)] == []


def test_every_mishap_elsewhere_says_where_it_was_seen() -> None:
    unseen = [
        row
        for row in promises("docs/promises.md")
        if len(row) != 4 or not re.fullmatch(r"(\[[^]]+\]\(https://[^)]+\)(, )?)+", row[1])
    ]

    assert unseen == []
