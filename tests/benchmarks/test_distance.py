from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from benchmarks.distance import DistantProvider, run_distant_provider
from benchmarks.tls import write_certificates
from flask_hf_oauth import HfOAuth
from flask_hf_oauth.testing import Persona


@pytest.fixture
def distant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DistantProvider]:
    certificates = write_certificates(tmp_path)
    for name, value in certificates.environ().items():
        monkeypatch.setenv(name, value)
    with run_distant_provider(certificates, Persona(username="demo-distant")) as distant:
        yield distant


def sign_in(app: Flask, distant: DistantProvider) -> int:
    with app.test_client() as client:
        callback = distant.person.authorize(client.get("/login").headers["Location"])
        return client.get(callback).status_code


def test_a_warm_login_asks_twice_over_the_connection_that_is_there(
    distant: DistantProvider,
) -> None:
    app = Flask("distant")
    app.secret_key = "k" * 32
    HfOAuth(
        app,
        provider_url=distant.url,
        client_id=distant.client_id,
        client_secret=distant.client_secret,
    )
    sign_in(app, distant)
    before = distant.counters.requests.value
    assert sign_in(app, distant) == 302
    assert (distant.counters.requests.value - before, distant.counters.connections.value) == (2, 1)
