"""The lowest versions that the installed flask-hf-oauth allows, read from its own metadata.

Run as a script it installs them over whatever is there: `tox run -e min` does.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import requires

from packaging.requirements import Requirement

PACKAGE = "flask-hf-oauth"


def run_time_requirements() -> list[Requirement]:
    """Return what the package needs on this Python."""
    requirements = map(Requirement, requires(PACKAGE) or [])
    return [needed for needed in requirements if not needed.marker or needed.marker.evaluate()]


def lowest_version(needed: Requirement) -> str:
    """Return the version after ``>=``.

    Raises:
        ValueError: The requirement has no lower bound, or more than that.
    """
    bounds = list(needed.specifier)
    if [bound.operator for bound in bounds] != [">="]:
        raise ValueError(f"{needed} must have a lower bound and nothing else.")
    return bounds[0].version


def main() -> None:
    """Install every requirement at its lowest version, and check that they agree."""
    pins = [f"{needed.name}=={lowest_version(needed)}" for needed in run_time_requirements()]
    pip = [sys.executable, "-m", "pip"]
    subprocess.run([*pip, "install", *pins], check=True)
    subprocess.run([*pip, "check"], check=True)


if __name__ == "__main__":
    main()
