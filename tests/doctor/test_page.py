"""What the page shows is what the command says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from doctor.page import PAGE, Example, read_examples, run, without_versions

from flask_hf_oauth import doctor

EXAMPLES = [pytest.param(example, id=example.title) for example in read_examples()]


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_says_what_the_page_shows(example: Example, tmp_path: Path) -> None:
    said = run(example, tmp_path)

    assert without_versions(said) == without_versions(example.output)
    assert "Python" in said


def test_page_shows_a_good_app_and_five_broken_ones() -> None:
    verdicts = [
        re.findall("^FAILED|^warning", read.output, re.MULTILINE) for read in read_examples()
    ]

    assert [bool(problems) for problems in verdicts] == [False, True, True, True, True, True]


def test_every_check_stands_in_the_table() -> None:
    said = ("settings", "app", "proxy", "cookie", "clock", "credentials", "cimd", "versions")
    rows = re.findall(r"^\| (`.+?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert {*re.findall(r"`(\w+)`", " ".join(rows))} == {*doctor.EXAMINATIONS, *said}
