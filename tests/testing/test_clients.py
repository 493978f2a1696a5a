from __future__ import annotations

import pytest

from flask_hf_oauth.testing import Client

REGISTERED = Client(
    client_id="an-app",
    redirect_uris=(
        "https://app.example/callback",
        "https://app.example/callback?from=hf",
        "http://localhost/callback",
        "http://[::1]:8000/callback",
    ),
)
DEFAULT = Client(client_id="default", is_default=True)


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://app.example/callback",
        "https://app.example/callback?from=hf",
        "http://localhost/callback",
        "http://localhost:7860/callback",
        "http://[::1]:9000/callback",
    ],
)
def test_registered_uri_is_accepted(redirect_uri: str) -> None:
    assert REGISTERED.accepts_redirect_uri(redirect_uri)


@pytest.mark.parametrize(
    "redirect_uri",
    [
        pytest.param("https://app.example/callback/", id="longer path"),
        pytest.param("https://app.example/callback?next=/", id="another query"),
        pytest.param("https://app.example:8443/callback", id="port off loopback"),
        pytest.param("http://app.example/callback", id="another scheme"),
        pytest.param("https://app.example.evil.example/callback", id="longer host"),
        pytest.param("https://evil@app.example/callback", id="credentials"),
        pytest.param("https://app.example/callback#x", id="fragment"),
        pytest.param("http://127.0.0.1/callback", id="localhost is not 127.0.0.1"),
        pytest.param("https://localhost/callback", id="https on loopback"),
        pytest.param("http://localhost:7860/other", id="another path on loopback"),
        pytest.param("http://localhost:99999/callback", id="impossible port"),
        pytest.param("http://localhost\\@evil.example/callback", id="backslash"),
        pytest.param("http://localhost/callback\r\nX: y", id="line break"),
        pytest.param("http://[::1/callback", id="broken host"),
        pytest.param("", id="empty"),
    ],
)
def test_other_uri_is_refused(redirect_uri: str) -> None:
    assert not REGISTERED.accepts_redirect_uri(redirect_uri)


@pytest.mark.parametrize(
    ("redirect_uri", "is_accepted"),
    [
        ("http://127.0.0.1:5000/login/callback", True),
        ("http://localhost/anything?at=all", True),
        ("https://demo-app.hf.space/login/callback", True),
        ("https://other.hf.space/login/callback", False),
        ("http://demo-app.hf.space/login/callback", False),
    ],
)
def test_default_client_owns_loopback_and_its_space(
    redirect_uri: str, *, is_accepted: bool
) -> None:
    assert DEFAULT.accepts_redirect_uri(redirect_uri, "demo-app.hf.space") is is_accepted


def test_without_a_space_there_is_loopback_only() -> None:
    assert not DEFAULT.accepts_redirect_uri("https://demo-app.hf.space/login/callback")
