"""What is installed is what the repository says: names, version, files, bounds and prose."""

from __future__ import annotations

import os
import re
import sysconfig
from importlib.metadata import version
from inspect import ismodule
from pathlib import Path

import pytest
from lowest_versions import PACKAGE, lowest_version, run_time_requirements
from packaging.requirements import Requirement

import flask_hf_oauth

ROOT = Path(__file__).parents[1]
CHECKOUT = ROOT / "flask_hf_oauth"
INSTALLED = Path(flask_hf_oauth.__file__).parent
PROSE = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

in_tox = pytest.mark.skipif(
    os.environ.get("HF_OAUTH_TESTS_INSTALLED") != "1", reason="only tox installs the wheel"
)


def files_below(folder: Path) -> set[Path]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(folder) for path in paths}


def python_blocks() -> list[object]:
    return [
        pytest.param(block[1], id=f"{path.name}:{text.count(chr(10), 0, block.start()) + 1}")
        for path in PROSE
        for text in [path.read_text(encoding="utf-8")]
        for block in PYTHON_BLOCK.finditer(text)
    ]


@in_tox
def test_the_wheel_is_what_is_tested() -> None:
    assert INSTALLED.parent == Path(sysconfig.get_path("purelib"))


def test_the_wheel_holds_every_file_of_the_package() -> None:
    assert files_below(CHECKOUT) <= files_below(INSTALLED)


def test_type_checkers_are_told_that_we_are_typed() -> None:
    assert (INSTALLED / "py.typed").is_file()


def test_public_names_are_the_exported_ones() -> None:
    names = {name for name, value in vars(flask_hf_oauth).items() if not ismodule(value)}

    assert {name for name in names - {"annotations"} if name[0] != "_"} == set(
        flask_hf_oauth.__all__
    )


def test_exported_names_are_sorted() -> None:
    assert list(flask_hf_oauth.__all__) == sorted(flask_hf_oauth.__all__)


def test_installed_version_is_the_one_of_pyproject() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    match = re.search(r'^version = "(.+)"$', text, re.MULTILINE)

    assert match
    assert version(PACKAGE) == match[1]


def test_changelog_begins_with_the_installed_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (\S+)", text, re.MULTILINE)

    assert headings[0] == version(PACKAGE)


@pytest.mark.parametrize("needed", run_time_requirements(), ids=str)
def test_dependency_has_a_lower_bound_and_no_cap(needed: Requirement) -> None:
    assert lowest_version(needed)


@pytest.mark.parametrize("block", python_blocks())
def test_python_in_the_prose_compiles(block: str) -> None:
    compile(block, "<prose>", "exec")


def test_ci_runs_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    command = re.search(r"^\{ (.+/tox); \}", script, re.MULTILINE)

    assert command
    assert command[1] in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", [".css", ".html", ".md", ".svg"])
def test_nothing_is_left_to_do(suffix: str) -> None:
    left = [
        path.relative_to(ROOT)
        for folder in (CHECKOUT, ROOT / "example_app", ROOT / "docs")
        for path in [*folder.rglob(f"*{suffix}"), *ROOT.glob(f"*{suffix}")]
        if re.search(r"\b(TODO|FIXME)\b", path.read_text(encoding="utf-8"))
    ]

    assert not left
