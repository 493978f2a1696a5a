from __future__ import annotations

from doctor.patient import SITE, make_app
from flask import Flask, request
from werkzeug.wrappers import Response

from flask_hf_oauth.doctor.setup import Setup
from flask_hf_oauth.doctor.site import Site


def make_setup(app: Flask) -> Setup:
    return Setup(app=app, state=app.extensions["hf_oauth"], site=Site(url=SITE, source=""))


def test_nothing_of_the_app_itself_runs() -> None:
    app = make_app()

    def refuse(*_arguments: object) -> Response:
        raise AssertionError("nobody asked for this")

    app.before_request(refuse)
    app.after_request(refuse)
    app.register_error_handler(Exception, refuse)
    app.view_functions["hf_oauth.login"] = refuse

    assert make_setup(app).visit(lambda: request.path) == "/login"


def test_other_requests_meet_the_app_as_always() -> None:
    app = make_app()
    app.add_url_rule("/", view_func=lambda: "home")

    assert make_setup(app).visit(lambda: app.test_client().get("/").text) == "home"


def test_app_stays_as_it_was() -> None:
    app = make_app(PROPAGATE_EXCEPTIONS=False)
    make_setup(app).visit(lambda: None)

    assert app.config["PROPAGATE_EXCEPTIONS"] is False
