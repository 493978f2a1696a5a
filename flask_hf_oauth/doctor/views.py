"""The app's views: whether a guard stands where it guards nothing."""

from __future__ import annotations

from collections.abc import Iterator

from ..guards import find_unguarded
from .report import Finding, warned
from .setup import Setup


def examine_views(setup: Setup) -> Iterator[Finding]:
    """Look for guards above the route; an app that has none hears nothing of it."""
    endpoints = find_unguarded(setup.app)
    if endpoints:
        yield warned(
            "views",
            f"a guard above the route guards nothing: {', '.join(endpoints)}",
            "Move @login_required and its kin below @app.route: above it, Flask registers the "
            "view without the guard.",
        )
