from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flow import AppMaker, sign_in
from security.attack_surface import METHODS
from security.victim import Victim

from flask_hf_oauth import get_hf_token, login_required
from flask_hf_oauth.testing import HfProvider


@pytest.fixture(params=["signed out", "signed in"])
def victim(request: pytest.FixtureRequest, client: FlaskClient, provider: HfProvider) -> Victim:
    """Two people: each attack has to fail on both."""
    if request.param == "signed out":
        return Victim(client, provider, "nobody")
    sign_in(client, provider)
    client.get("/cart")
    return Victim(client, provider, "demo-free")


@pytest.fixture(scope="module")
def shared_provider() -> Iterator[HfProvider]:
    """One provider for hundreds of inputs, none of which changes anything there."""
    with HfProvider() as provider:
        yield provider


@pytest.fixture(scope="module")
def shared_app(shared_provider: HfProvider) -> Iterator[Flask]:
    maker = AppMaker(shared_provider)
    app = maker()
    app.add_url_rule("/write", "write", login_required(lambda: "written"), methods=METHODS)
    app.add_url_rule("/token", "token", lambda: repr(get_hf_token()))
    yield app
    maker.close()
