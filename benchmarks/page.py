"""The page of the documentation that shows a run: its prose stays, its block is replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap

_BLOCK = re.compile(r"^```text\n.*?^```$", re.MULTILINE | re.DOTALL)


class NoBlock(ValueError):
    """The page has not exactly one block of text, so it is not clear what a run replaces."""


def fill(path: Path, text: str, machine: Mapping[str, object]) -> None:
    """Put what a run has printed, and on which machine, into the only block of a page.

    Raises:
        NoBlock: There is none, or there are several.
    """
    before, after = read_parts(path)
    block = f"```text\n{describe(machine)}\n\n{text.strip()}\n```"
    path.write_text(f"{before}{block}{after}", encoding="utf-8")


def read_parts(path: Path) -> tuple[str, str]:
    """Read what stands before and after the only block of a page.

    Raises:
        NoBlock: There is none, or there are several.
    """
    parts = _BLOCK.split(path.read_text(encoding="utf-8"))
    if len(parts) != 2:  # noqa: PLR2004 - before and after
        raise NoBlock(f"{path} has {len(parts) - 1} blocks that begin with ```text, and needs one")
    return parts[0], parts[1]


def describe(machine: Mapping[str, object]) -> str:
    """Say in a few lines what `benchmarks.machine` has found."""
    packages = machine["packages"]
    assert isinstance(packages, dict)  # noqa: S101 - as it was built
    versions = ", ".join(f"{name} {found}" for name, found in packages.items() if found)
    lines = [
        f"{machine['processor']}, {machine['cpus']} processors, {machine['system']}",
        f"{machine['python']}, {machine['valgrind'] or 'no valgrind'}",
        *wrap(versions, width=100, break_on_hyphens=False),
    ]
    return "\n".join(lines)
