"""The versions of what takes part in a login."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

from .report import Finding, passed

_PACKAGES = (
    *("flask-hf-oauth", "flask", "werkzeug", "authlib", "joserfc", "requests", "urllib3"),
    *("cryptography", "cachelib", "flask-session"),
)


def examine_versions() -> Finding:
    """List them, as a bug report wants it."""
    return passed("versions", ", ".join([f"Python {platform.python_version()}", *_find_versions()]))


def _find_versions() -> Iterator[str]:
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            yield f"{package} {version(package)}"
