from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.cli import ScriptInfo
from flask.testing import FlaskClient

from example_app.app import create_app, keep_secret_key, read_settings
from example_app.models import db

ROOT = str(Path(__file__).parents[2])


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({}, True, id="a laptop"),
        pytest.param({"OAUTH_CLIENT_ID": ""}, True, id="a laptop with an empty variable"),
        pytest.param({"OAUTH_CLIENT_ID": "demo-client"}, False, id="a registered app"),
        pytest.param({"SPACE_ID": "demo/space"}, False, id="a Space without hf_oauth"),
        pytest.param({"SPACE_ID": "demo/space", "OAUTH_CLIENT_ID": "x"}, False, id="a Space"),
    ],
)
def test_the_embedded_provider_serves_laptops_alone(
    environ: dict[str, str], *, expected: bool
) -> None:
    assert read_settings(environ)["HF_OAUTH_DEV_PROVIDER"] is expected


@pytest.mark.parametrize("scopes", ["openid profile", "openid profile read-memberships read-repos"])
def test_a_space_decides_about_its_own_scopes_and_no_login_asks_for_all(scopes: str) -> None:
    settings = read_settings({"OAUTH_SCOPES": scopes})
    assert settings["HF_OAUTH_SCOPES"] == "openid profile"


def test_a_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    secret_key = keep_secret_key(tmp_path / "new")
    assert keep_secret_key(tmp_path / "new") == secret_key
    assert len(secret_key) == 64
    assert stat.S_IMODE((tmp_path / "new/secret_key").stat().st_mode) == 0o600


def test_no_secret_key_is_made_for_a_registered_app(tmp_path: Path) -> None:
    app = create_app(
        {
            "NOTEBOOK_FOLDER": str(tmp_path),
            "SECRET_KEY": None,
            "HF_OAUTH_CLIENT_ID": "demo-client",
            "HF_OAUTH_DEV_PROVIDER": False,
        }
    )
    dispose(app)
    assert not (tmp_path / "secret_key").exists()


def test_the_flask_command_finds_the_factory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTEBOOK_FOLDER", str(tmp_path))
    monkeypatch.delenv("OAUTH_CLIENT_ID", raising=False)
    app = ScriptInfo("example_app.app").load_app()
    dispose(app)
    assert (tmp_path / "notebook.sqlite").exists()


def test_importing_the_application_writes_nothing(tmp_path: Path) -> None:
    code = f"import sys; sys.path.append({ROOT!r}); import example_app.app"
    environ = {**os.environ, "NOTEBOOK_FOLDER": str(tmp_path / "folder")}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environ, check=True)
    assert not list(tmp_path.iterdir())


def test_the_content_security_policy_allows_nothing_inline(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "script-src" not in policy


def test_forms_may_end_at_the_embedded_provider(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "form-action 'self' http://127.0.0.1:*;" in policy
    assert "img-src 'self' https: http://127.0.0.1:*;" in policy


def test_forms_may_end_at_hugging_face_which_may_frame_the_application(tmp_path: Path) -> None:
    config = {"NOTEBOOK_FOLDER": str(tmp_path), "HF_OAUTH_DEV_PROVIDER": False}
    app = create_app(config)
    policy = app.test_client().get("/").headers["Content-Security-Policy"]
    dispose(app)
    assert "form-action 'self' https://huggingface.co;" in policy
    assert policy.endswith("frame-ancestors 'self' https://huggingface.co")


def test_a_missing_page_looks_like_the_application(client: FlaskClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "This page was torn out." in answer.text
    assert "Prompt notebook" in answer.text


def test_the_pages_of_the_extension_look_like_the_application(client: FlaskClient) -> None:
    answer = client.get("/login/callback?state=forged")
    assert answer.status_code == 400
    assert "Prompt notebook" in answer.text
    assert "app.css" in answer.text


def dispose(app: Flask) -> None:
    """Close the database, which Python would otherwise warn about."""
    with app.app_context():
        db.engine.dispose()
