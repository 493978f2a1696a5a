from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.__main__ import parse_arguments
from benchmarks.runner import FIGURES

FOLDER = Path(__file__).parents[2] / "benchmarks"
TEXT = (FOLDER / "README.md").read_text("utf-8")


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)", TEXT))
def test_every_link_leads_somewhere(target: str) -> None:
    assert (FOLDER / target).exists()


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_is_explained(figure: str) -> None:
    assert f"[`{figure}.py`]({figure}.py)" in TEXT


@pytest.mark.parametrize("option", re.findall(r"^\| `(--[^`]+)` \|", TEXT, re.MULTILINE))
def test_every_option_is_taken(option: str, tmp_path: Path) -> None:
    file = tmp_path / "FILE"
    file.write_text("```text\n```\n")
    words = [str(file) if word == "FILE" else word for word in option.split()]

    assert option.split(maxsplit=1)[0].strip("-") in vars(parse_arguments(words))
