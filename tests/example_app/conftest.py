"""The example application, with a database of its own for each test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

# Last, so that the checkout cannot shadow the installed extension.
sys.path.append(str(Path(__file__).parents[2]))

from example_app.app import create_app
from example_app.models import db


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    for name in ("OAUTH_CLIENT_ID", "OAUTH_SCOPES", "OPENID_PROVIDER_URL", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)
    app = create_app({"TESTING": True, "NOTEBOOK_FOLDER": str(tmp_path), "SECRET_KEY": "k" * 32})
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
