"""The ways in which an app can put a guard before a view: each adds /private to an app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from flask import Blueprint, Flask, g
from flask.views import MethodView, View

from flask_hf_oauth import current_hf_user

Gate: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]
Way: TypeAlias = Callable[[Flask, Gate], None]

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def show() -> str:
    return f"private to {current_hf_user.username}"


async def show_async() -> str:
    return show()


class Shown(View):
    methods = METHODS

    def dispatch_request(self) -> str:
        return show()


class ShownByMethod(MethodView):
    def get(self) -> str:
        return show()

    post = put = patch = delete = options = get


class ShownByAsyncMethod(MethodView):
    async def get(self) -> str:
        return show()

    post = put = patch = delete = options = get


def _add_view(app: Flask | Blueprint, view: Callable[..., Any]) -> None:
    app.add_url_rule("/private", "private", view, methods=METHODS)


def _add_class(app: Flask, view: type[View], gate: Gate) -> None:
    guarded: type[View] = type("Guarded", (view,), {"decorators": [gate]})
    app.add_url_rule("/private", view_func=guarded.as_view("private"))


def add_sync(app: Flask, gate: Gate) -> None:
    _add_view(app, gate(show))


def add_async(app: Flask, gate: Gate) -> None:
    _add_view(app, gate(show_async))


def add_class(app: Flask, gate: Gate) -> None:
    _add_class(app, Shown, gate)


def add_method_view(app: Flask, gate: Gate) -> None:
    _add_class(app, ShownByMethod, gate)


def add_async_method_view(app: Flask, gate: Gate) -> None:
    _add_class(app, ShownByAsyncMethod, gate)


def add_blueprint(app: Flask, gate: Gate) -> None:
    blueprint = Blueprint("inside", __name__)

    @blueprint.before_request
    @gate
    def guard() -> None:
        g.passed = True

    def show_what_passed() -> str:
        assert g.passed
        return show()

    _add_view(blueprint, show_what_passed)
    app.register_blueprint(blueprint)


def add_async_blueprint(app: Flask, gate: Gate) -> None:
    blueprint = Blueprint("inside", __name__)

    @blueprint.before_request
    @gate
    async def guard() -> None:
        g.passed = True

    _add_view(blueprint, show)
    app.register_blueprint(blueprint)


def add_outer_blueprint(app: Flask, gate: Gate) -> None:
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    outer.before_request(gate(lambda: None))
    _add_view(inner, show)
    outer.register_blueprint(inner)
    app.register_blueprint(outer)


def add_app_wide(app: Flask, gate: Gate) -> None:
    app.before_request(gate(lambda: None))
    _add_view(app, show)


WAYS: list[Way] = [
    *(add_sync, add_async, add_class, add_method_view, add_async_method_view),
    *(add_blueprint, add_async_blueprint, add_outer_blueprint, add_app_wide),
]


def name_of(way: Way) -> str:
    """Name a way, for the id of a test."""
    return way.__name__.removeprefix("add_")
