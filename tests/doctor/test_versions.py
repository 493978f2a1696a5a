from __future__ import annotations

import platform
from importlib.metadata import version

from flask_hf_oauth.doctor import versions


def test_versions_are_those_that_are_installed() -> None:
    found = versions.examine_versions().found.split(", ")

    assert found[0] == f"Python {platform.python_version()}"
    assert f"flask-hf-oauth {version('flask-hf-oauth')}" in found


def test_package_that_is_missing_is_left_out() -> None:
    assert list(versions.find_versions(("flask", "no-such-package"))) == [
        f"flask {version('flask')}"
    ]
