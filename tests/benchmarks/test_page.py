from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.__main__ import parse_arguments
from benchmarks.limits import PROMISES
from benchmarks.machine import describe_machine
from benchmarks.page import NoBlock, describe, fill

PAGE = "# Speed\n\n```text\nold\n```\n\n```sh\ntox\n```\n"
MACHINE = {**describe_machine(), "processor": "Fast", "cpus": 2, "packages": {"flask": "3.1.3"}}


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "speed.md"
    path.write_text(PAGE)
    return path


def test_the_block_is_replaced_and_the_prose_stays(page: Path) -> None:
    fill(page, "the table\n", MACHINE)

    block = f"```text\n{describe(MACHINE)}\n\nthe table\n```"
    assert page.read_text() == PAGE.replace("```text\nold\n```", block)


def test_the_machine_is_named() -> None:
    assert describe(MACHINE).startswith("Fast, 2 processors")
    assert describe(MACHINE).endswith("\nflask 3.1.3")


@pytest.mark.parametrize("text", ["# Speed\n", PAGE + PAGE], ids=["none", "two"])
def test_a_page_without_its_one_block_is_left_alone(page: Path, text: str) -> None:
    page.write_text(text)

    with pytest.raises(NoBlock):
        fill(page, "the table", MACHINE)
    with pytest.raises(SystemExit):
        parse_arguments(["--page", str(page)])

    assert page.read_text() == text


def test_every_promise_stands_on_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "speed.md").read_text("utf-8")

    assert [one.sentence for one in PROMISES if one.sentence not in page] == []
