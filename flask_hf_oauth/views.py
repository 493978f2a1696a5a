"""The blueprint. What its /login and callback do is loaded at the first login."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from .cimd import client_metadata
from .endpoints import CIMD_PATH, PATHS
from .logout import logout
from .partitioned import check_cookie
from .redirects import check_root
from .settings import CIMD, Settings


def make_blueprint(settings: Settings) -> Blueprint:
    """Make the blueprint ``hf_oauth`` of one app."""
    blueprint = Blueprint(
        "hf_oauth",
        __name__,
        url_prefix=settings.url_prefix or None,
        static_folder="static",
        static_url_path="/hf-oauth/static",
        template_folder="templates",
    )
    blueprint.add_url_rule(PATHS["login"], "login", login)
    blueprint.add_url_rule(PATHS["callback"], "callback", callback)
    blueprint.add_url_rule(PATHS["logout"], "logout", logout, methods=["GET", "POST"])
    if settings.client_id == CIMD:
        blueprint.record(
            lambda setup: setup.app.add_url_rule(
                CIMD_PATH, f"{setup.name}.client_metadata", client_metadata
            )
        )
    blueprint.before_request(_check_address)
    blueprint.after_request(_keep_to_ourselves)
    blueprint.teardown_request(check_cookie)
    return blueprint


def _check_address() -> None:
    """Refuse a prefix that is no path, and a query that is no text: some servers pass them on."""
    check_root()
    try:
        request.query_string.decode()
    except UnicodeDecodeError:
        raise BadRequest("The query of this address is not UTF-8.") from None


def _keep_to_ourselves(response: Response) -> Response:
    """Let no cache keep these answers, and no other site see the callback's address."""
    if request.endpoint not in {"hf_oauth.static", "hf_oauth.client_metadata"}:
        response.headers["Cache-Control"] = "no-store"
    if request.endpoint == "hf_oauth.callback":
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


def login() -> ResponseReturnValue:
    """Send the browser to Hugging Face; somebody who is signed in already goes to ``next``."""
    from . import signing_in  # noqa: PLC0415 - an app that starts has nobody to sign in yet

    return signing_in.login()


def callback() -> ResponseReturnValue:
    """Take what the provider sent back, and sign the person in when every check holds."""
    from . import signing_in  # noqa: PLC0415 - as above

    return signing_in.callback()
