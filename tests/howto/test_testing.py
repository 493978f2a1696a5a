"""docs/testing.md: its examples are tests, and they pass where the package is installed."""

from __future__ import annotations

import re

import pytest
from hosting.documentation import find_blocks

pytest_plugins = ["pytester"]

CONFTEST, *TESTS = find_blocks("testing.md", "python")


def test_every_test_of_the_page_passes(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(**{f"test_{number}": text for number, text in enumerate(TESTS)})

    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", timeout=120)

    outcomes = result.parseoutcomes()
    assert set(outcomes) == {"passed"}
    assert outcomes["passed"] >= len(re.findall(r"^def test_", "\n".join(TESTS), re.MULTILINE))
