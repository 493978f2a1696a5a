from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from flow import sign_in
from victim import Victim

from flask_hf_oauth.testing import HfProvider


@pytest.fixture(params=["signed out", "signed in"])
def victim(request: pytest.FixtureRequest, client: FlaskClient, provider: HfProvider) -> Victim:
    """Two people: each attack has to fail on both."""
    if request.param == "signed out":
        return Victim(client, provider, "nobody")
    sign_in(client, provider)
    client.get("/cart")
    return Victim(client, provider, "demo-free")
