"""What a lying provider could make this server send: to other hosts, or of other logins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from oidc.rough_server import RoughServer, build_answer
from security.lies import PATHS, answered, attempt, check_accepted, check_refused, lying

from flask_hf_oauth.testing import HfProvider

every_endpoint = pytest.mark.parametrize("endpoint", PATHS)


@pytest.fixture(autouse=True)
def poisoned_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine know a password for every host."""
    path = tmp_path / "netrc"
    path.write_text("default login somebody password netrc-secret\n")
    monkeypatch.setenv("NETRC", str(path))


@pytest.fixture
def elsewhere() -> Iterator[RoughServer]:
    """Another host, which keeps what it is sent."""
    with RoughServer([build_answer(b"{}")]) as server:
        yield server


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@every_endpoint
def test_redirect_is_refused_and_not_followed(
    endpoint: str, status: int, client: FlaskClient, provider: HfProvider, elsewhere: RoughServer
) -> None:
    """A redirect would carry the code, the secret or the token to whoever it names."""
    lie = answered(endpoint, status=status, headers={"Location": f"{elsewhere.url}/steal"})
    check_refused(client, provider, lie, "provider_redirect")
    assert elsewhere.heads == []


@pytest.mark.parametrize("location", ["", "/oauth/token", "//evil.example", "gopher://x", "\u00e9"])
@every_endpoint
def test_redirect_to_nowhere_is_refused(
    endpoint: str, location: str, client: FlaskClient, provider: HfProvider
) -> None:
    lie = answered(endpoint, status=302, headers={"Location": location})
    check_refused(client, provider, lie, "provider_redirect")


@every_endpoint
def test_cookies_of_the_provider_are_never_sent_back(
    endpoint: str, client: FlaskClient, provider: HfProvider
) -> None:
    """Every login of every person shares this server: a cookie would mix them."""
    with lying(
        provider, answered(endpoint, headers={"Set-Cookie": "who=somebody; Path=/; Max-Age=9999"})
    ):
        answers = [attempt(client, provider), attempt(client, provider, "demo-pro")]
    check_accepted(client, provider)

    assert [request.endpoint for request in provider.requests if "Cookie" in request.headers] == []
    assert not any(
        "who=" in cookie for answer in answers for cookie in answer.headers.getlist("Set-Cookie")
    )


@pytest.mark.parametrize("status", [200, 401, 407])
@every_endpoint
def test_netrc_adds_and_replaces_no_credentials(
    endpoint: str, status: int, client: FlaskClient, provider: HfProvider
) -> None:
    """CVE-2024-47081; and a 401 must not make the client look for more."""
    headers = {"WWW-Authenticate": "Basic realm=x", "Proxy-Authenticate": "Basic realm=x"}
    with lying(provider, answered(endpoint, status=status, headers=headers)):
        attempt(client, provider)
    check_accepted(client.application.test_client(), provider)

    sent = {
        (r.endpoint, r.headers.get("Authorization", "").split(" ")[0]) for r in provider.requests
    }
    assert sent == {("discovery", ""), ("keys", ""), ("token", "Basic"), ("userinfo", "Bearer")}
    assert all("Proxy-Authorization" not in request.headers for request in provider.requests)
