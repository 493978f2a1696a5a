"""``next`` in every disguise, wherever somebody can put one: a browser never leaves this origin.

One function judges it, and ``test_redirects.py`` has that; here stands that each place asks it.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, unquote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flow import AppMaker, begin, parameters
from hostile_addresses import BYPASSES
from plain_app import HTMX, SCRIPT
from security.attack_surface import LINK
from security.states import Signer
from werkzeug.test import TestResponse

from flask_hf_oauth.testing import HfProvider, login


@pytest.fixture
def client(shared_app: Flask) -> FlaskClient:
    return shared_app.test_client()


every_bypass = pytest.mark.parametrize("target", BYPASSES.values(), ids=BYPASSES)


def _encoded(target: str) -> str:
    return urlencode({"next": target.encode("utf-8", "surrogatepass")})


@every_bypass
def test_bypass_at_the_shortcut_leads_to_the_start_page(target: str, client: FlaskClient) -> None:
    login(client)

    assert client.get(f"/login?{_encoded(target)}").location == "/"


@every_bypass
def test_bypass_at_login_leads_to_the_start_page(
    target: str, client: FlaskClient, shared_provider: HfProvider
) -> None:
    url = begin(client, f"/login?{_encoded(target)}")

    assert client.get(shared_provider.authorize(url)).location == "/"


@every_bypass
def test_bypass_in_a_signed_state_is_judged_again(
    target: str, shared_app: Flask, client: FlaskClient, shared_provider: HfProvider
) -> None:
    callback = shared_provider.authorize(begin(client))

    assert client.get(Signer(shared_app).change(callback, next=target)).location == "/"


def find_strays(ask: Callable[[str], str | None], stays_at: str) -> dict[str, str | None]:
    """Ask with each bypass; name those that lead elsewhere than they should, and where to."""
    led_to = {name: ask(target) for name, target in BYPASSES.items()}
    return {name: location for name, location in led_to.items() if location != stays_at}


Logout = Callable[[FlaskClient, str], TestResponse]
LOGOUTS: dict[str, Logout] = {
    "form": lambda client, target: client.post("/logout", data={"next": target}),
    "address": lambda client, target: client.post(f"/logout?{_encoded(target)}"),
    "link": lambda client, target: client.get(f"/logout?{_encoded(target)}", headers=LINK),
}


@pytest.mark.parametrize("way", LOGOUTS)
def test_bypass_at_logout_leads_to_the_start_page(way: str, client: FlaskClient) -> None:
    def ask(target: str) -> str | None:
        login(client)
        return LOGOUTS[way](client, target).location

    assert find_strays(ask, "/") == {}


@pytest.mark.parametrize("page", ["/logout", "/login/callback", "/login"])
def test_bypass_stands_on_no_page_of_ours(page: str, client: FlaskClient) -> None:
    headers = SCRIPT if page == "/login" else {}

    def find_evil(target: str) -> str | None:
        text = client.get(f"{page}?{_encoded(target)}", headers=headers).text
        return text if "evil.example" in text or "script:alert" in text else None

    assert {name for name, target in BYPASSES.items() if find_evil(target)} == set()


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        pytest.param("HTTP_REFERER", SCRIPT, id="Referer"),
        pytest.param("HTTP_HX_CURRENT_URL", HTMX, id="HX-Current-URL"),
    ],
)
def test_bypass_in_a_header_is_no_page_to_come_back_to(
    header: str, kind: dict[str, str], client: FlaskClient
) -> None:
    def ask(target: str) -> str | None:
        environ = {header: target.encode("utf-8", "surrogatepass").decode("latin-1")}
        response = client.get("/private", headers=kind, environ_overrides=environ)
        return response.headers.get("HX-Redirect") or str(response.get_json()["login_url"])

    assert find_strays(ask, "/login") == {}


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("http://127.0.0.1:5000", id="address with a port"),
        pytest.param("http://[::1]:5000", id="IPv6"),
        pytest.param("https://app.evil.example", id="sister of the attacker"),
    ],
)
def test_bypass_fails_on_hosts_of_any_shape(host: str, client: FlaskClient) -> None:
    def ask(target: str) -> str | None:
        return client.post("/logout", data={"next": target}, base_url=host).location

    assert find_strays(ask, "/") == {}


@pytest.mark.parametrize("prefix", ["/mounted", "/gr%C3%B6%C3%9Fe"])
def test_bypass_fails_where_an_app_is_mounted(prefix: str, client: FlaskClient) -> None:
    base_url = f"http://localhost{prefix}/"

    def ask(target: str) -> str | None:
        return client.post("/logout", data={"next": target}, base_url=base_url).location

    assert find_strays(ask, quote(f"{unquote(prefix)}/")) == {}


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("evil.example@localhost", id="credentials"),
        pytest.param("localhost\\@evil.example", id="backslash"),
        pytest.param("localhost/evil.example", id="slash"),
        pytest.param("localhost#evil.example", id="hash"),
        pytest.param("local host", id="space"),
        pytest.param("localhost:80:80", id="two ports"),
        pytest.param("[::1", id="open bracket"),
        pytest.param("löcalhost", id="not ASCII"),
        pytest.param("", id="none"),
        pytest.param("x" * 10_000, id="very long"),
    ],
)
@pytest.mark.parametrize(
    "path", ["/login", "/login?next=/private", "/login/callback", "/logout", "/private"]
)
def test_hostile_host_never_ends_in_a_path_of_its_own(
    path: str, host: str, make_app: AppMaker, provider: HfProvider
) -> None:
    client = make_app(PROPAGATE_EXCEPTIONS=False).test_client()
    environ = {"HTTP_HOST": host.encode().decode("latin-1")}
    response = client.get(path, environ_overrides=environ)

    assert response.status_code in {200, 302, 400}
    location = response.headers.get("Location", "/")
    assert location.startswith(("/", f"{provider.url}/oauth/authorize?"))
    assert not location.startswith("//")


def test_host_that_is_not_trusted_begins_no_login(make_app: AppMaker, provider: HfProvider) -> None:
    client = make_app(TRUSTED_HOSTS=["localhost"]).test_client()
    provider.reset_records()

    response = client.get("/login", base_url="http://evil.example")
    assert response.status_code == 400
    assert "Set-Cookie" not in response.headers
    assert provider.requests == []
    assert parameters(begin(client))["redirect_uri"] == "http://localhost/login/callback"
