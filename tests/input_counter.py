"""Counts the hostile inputs that are tried, and draws ten times as many where that is asked for.

A row of a table is an input, and so is each example that Hypothesis draws; a test that goes
through a table by itself counts once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("attack", max_examples=10 * settings().max_examples)

_FOLDER, _HARMLESS = "tests/security/", "test_true_twins.py"
_tried: Counter[str] = Counter()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Look into each property for its examples; several items may share one property."""
    handles = [_find_handle(item) for item in items if _is_hostile(item.nodeid)]
    for handle in {id(handle): handle for handle in handles if handle is not None}.values():
        handle.inner_test = _counted(handle.inner_test)


def _find_handle(item: pytest.Item) -> Any:  # noqa: ANN401 - what Hypothesis documents has no type
    return getattr(getattr(item, "obj", None), "hypothesis", None)


def _is_hostile(nodeid: str) -> bool:
    return nodeid.startswith(_FOLDER) and _HARMLESS not in nodeid


def _counted(test: Callable[..., object]) -> Callable[..., object]:
    @wraps(test)
    def counted(*args: object, **kwargs: object) -> object:
        _tried["drawn by Hypothesis"] += 1
        return test(*args, **kwargs)

    return counted


def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Count a row of a table, or a test without one."""
    if _is_hostile(item.nodeid) and _find_handle(item) is None:
        _tried["out of tables"] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many there were."""
    if _tried:
        counts = ", ".join(f"{count:,} {kind}" for kind, count in sorted(_tried.items()))
        terminalreporter.write_line(f"{_tried.total():,} hostile inputs tried: {counts}")
