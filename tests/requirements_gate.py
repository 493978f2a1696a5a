"""The programs that some tests need beside Python: skipped loudly without, failed in CI.

A test marked ``browser``, ``nginx`` or ``redis`` is held back by its marker alone;
`require_program` also tells a fixture where the program is.
"""

from __future__ import annotations

import os
import shutil

import pytest

REQUIRE_ALL = "HF_OAUTH_TESTS_REQUIRE_ALL"
PROGRAMS = {
    "browser": ("chromium", "chromium-browser", "google-chrome"),
    "nginx": ("nginx", "/usr/sbin/nginx"),
    "redis": ("redis-server",),
}


def require_program(marker: str) -> str:
    """Return the path of the program behind a marker, or end the test.

    Args:
        marker: "browser", "nginx" or "redis".

    Raises:
        pytest.skip.Exception: The program is missing.
        pytest.fail.Exception: The same, where HF_OAUTH_TESTS_REQUIRE_ALL is 1.
    """
    names = PROGRAMS[marker]
    path = next(filter(None, map(shutil.which, names)), None)
    if path is not None:
        return path
    reason = f"No {' or '.join(names)} on PATH: install one to run the tests marked {marker!r}."
    if os.environ.get(REQUIRE_ALL) == "1":
        pytest.fail(f"{reason} {REQUIRE_ALL}=1 forbids to skip.", pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Ask for a marked test's program before its fixtures start anything."""
    for marker in PROGRAMS:
        if item.get_closest_marker(marker) is not None:
            require_program(marker)
