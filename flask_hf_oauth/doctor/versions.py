"""The versions of what takes part in a login."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

from .report import Finding, passed

_PACKAGES = (
    *("flask-hf-oauth", "flask", "werkzeug", "authlib", "joserfc", "requests", "urllib3"),
    *("cryptography", "cachelib", "flask-session"),
)


def examine_versions() -> Finding:
    """List them, as a bug report wants it."""
    python = f"Python {platform.python_version()}"
    return passed("versions", ", ".join([python, *find_versions(_PACKAGES)]))


def find_versions(packages: Iterable[str]) -> Iterator[str]:
    """Return name and version of each package that is installed."""
    for package in packages:
        with suppress(PackageNotFoundError):
            yield f"{package} {version(package)}"
