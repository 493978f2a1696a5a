"""An app for a real server; who it signs in with stands in the environment, as on a Space."""

from __future__ import annotations

import os

from flask import Flask, Response

from flask_hf_oauth import HfOAuth, current_hf_user, login_required

app = Flask(__name__)
app.config["SECRET_KEY"] = "secret-key-of-the-tests-0123456789"
HfOAuth(app, timeout=(3.05, 5.0))


@app.get("/")
def home() -> str:
    return current_hf_user.username or "nobody"


@app.get("/private")
@login_required
def private() -> str:
    return f"private to {current_hf_user.username}"


@app.after_request
def name_worker(response: Response) -> Response:
    response.headers["X-Worker"] = str(os.getpid())
    return response
