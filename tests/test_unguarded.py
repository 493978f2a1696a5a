"""A guard that stands above the route, where Flask has registered the view without it."""

from __future__ import annotations

import pytest
from doctor.patient import find
from flask import Flask
from flow import AppMaker
from plain_app import make_plain_app

from flask_hf_oauth import login_required, org_required
from flask_hf_oauth.guards import find_unguarded


class Unhashable:
    """A view that is an object, and can be neither a key nor in a set."""

    __name__ = "unhashable"
    __hash__ = None  # type: ignore[assignment]  # what this is for

    def __call__(self) -> str:
        return "open"


def add_views(app: Flask) -> None:
    @login_required
    @app.get("/above")
    def above() -> str:
        return "open"

    @app.get("/below")
    @org_required("acme")
    @login_required
    def below() -> str:
        return "guarded"

    app.add_url_rule("/object", view_func=login_required(Unhashable()), endpoint="object")
    app.add_url_rule("/open", view_func=Unhashable())


def test_guard_above_the_route_is_found() -> None:
    app = make_plain_app()
    add_views(app)

    assert find_unguarded(app) == ["above"]


def test_doctor_says_so() -> None:
    app = make_plain_app()
    add_views(app)

    assert "guards nothing: above" in find(app, "views").found


def test_login_says_so_in_the_log(make_app: AppMaker, caplog: pytest.LogCaptureFixture) -> None:
    app = make_app()
    add_views(app)
    app.test_client().get("/login")

    assert "a guard above the route guards nothing, put it below: above" in caplog.text
