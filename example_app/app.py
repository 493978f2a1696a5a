"""The application: its settings, its factory, and the headers of every answer."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from flask import Flask, Response, render_template
from huggingface_hub.errors import HfHubHTTPError
from werkzeug.exceptions import HTTPException

from .hub import hf
from .models import Base, db
from .views import notebook

OPTIONAL_SCOPES = ("read-memberships", "read-repos")  # a page asks for them when it is opened


def read_settings(environ: Mapping[str, str]) -> dict[str, object]:
    """Name every setting of this application, once.

    On a Space, or wherever ``OAUTH_CLIENT_ID`` is set, people sign in with Hugging Face itself;
    elsewhere with the provider that the extension brings along for local development.
    """
    has_provider = bool(environ.get("OAUTH_CLIENT_ID") or environ.get("SPACE_ID"))
    scopes = (environ.get("OAUTH_SCOPES") or "openid profile email").split()
    return {
        "SECRET_KEY": environ.get("SECRET_KEY"),
        "NOTEBOOK_FOLDER": environ.get("NOTEBOOK_FOLDER"),  # None: Flask's instance folder
        "SQLALCHEMY_DATABASE_URI": "sqlite:///notebook.sqlite",  # relative to that folder
        "MAX_CONTENT_LENGTH": 256 * 1024,  # bytes; the longest prompt stays well below
        "HUB_SECONDS": 8.0,  # how long a page waits for the Hub
        "HF_OAUTH_SCOPES": " ".join(scope for scope in scopes if scope not in OPTIONAL_SCOPES),
        "HF_OAUTH_OPTIONAL_SCOPES": " ".join(OPTIONAL_SCOPES),
        "HF_OAUTH_PROVIDER_URL": environ.get("OPENID_PROVIDER_URL"),  # None: huggingface.co
        "HF_OAUTH_DEV_PROVIDER": not has_provider,
    }


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Build the application; importing this module reads and writes nothing.

    Args:
        config: Overrides what ``read_settings`` finds in the environment.
    """
    settings = {**read_settings(os.environ), **(config or {})}
    if os.environ.get("SPACE_ID"):
        logging.basicConfig(level=logging.INFO)  # the extension says what it made of the Space
    folder = settings["NOTEBOOK_FOLDER"]
    app = Flask(__name__, instance_path=str(Path(str(folder)).resolve()) if folder else None)
    app.config.from_mapping(settings)
    if app.config["HF_OAUTH_DEV_PROVIDER"] and not app.config["SECRET_KEY"]:
        app.config["SECRET_KEY"] = keep_secret_key(Path(app.instance_path))
    hf.init_app(app)
    db.init_app(app)
    with app.app_context():
        Base.metadata.create_all(db.engine)
    app.register_blueprint(notebook)
    app.register_error_handler(404, show_not_found)
    app.register_error_handler(HfHubHTTPError, hf.handle_unauthorized)
    policy = build_content_security_policy(app)

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response

    return app


def keep_secret_key(folder: Path) -> str:
    """Make a secret key for local development once, readable by its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "secret_key"
    if not path.exists():
        with NamedTemporaryFile("w", dir=folder, encoding="ascii", delete=False) as file:
            file.write(secrets.token_hex(32))
        Path(file.name).replace(path)  # whole at once
    return path.read_text(encoding="ascii")


def build_content_security_policy(app: Flask) -> str:
    """Allow our own style sheet, avatars, forms that end at the provider, and the Space's frame.

    Chromium holds ``form-action`` against redirects too: a form that is sent after the login has
    expired is led to the provider, so the provider has to be named. The page of a Space, which
    shows the application in a frame, is the provider's as well.
    """
    provider = app.config["HF_OAUTH_PROVIDER_URL"] or "https://huggingface.co"
    if app.config["HF_OAUTH_DEV_PROVIDER"]:
        provider = "http://127.0.0.1:*"
    return (
        "default-src 'none'; style-src 'self'; base-uri 'none'; "
        f"img-src 'self' https: {provider}; form-action 'self' {provider}; "
        f"frame-ancestors 'self' {provider}"
    )


def show_not_found(_error: HTTPException) -> tuple[str, int]:
    """Answer a page that does not exist, or is not yours, in the application's own look."""
    return render_template("not_found.html"), 404
