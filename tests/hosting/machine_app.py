"""The app of a page of the documentation, and a view that says who is signed in."""

from __future__ import annotations

import importlib

from flask import Flask

from flask_hf_oauth import current_hf_user, get_hf_token

app: Flask = importlib.import_module("app").app  # written beside by the test


@app.get("/who")
def who() -> str:
    name = current_hf_user.username or "nobody"
    return name if get_hf_token() is None else f"{name} with a token"
