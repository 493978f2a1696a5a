"""``next`` in every disguise, wherever somebody can put one: a browser never leaves this origin."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote, urlencode

import pytest
from addresses import BYPASSES, HARMLESS
from flask import Flask
from flask.testing import FlaskClient
from flow import AppMaker, begin, parameters
from states import Signer
from victim import stays_here
from werkzeug.test import TestResponse
from whatwg import resolve_origin

from flask_hf_oauth.testing import HfProvider, login

FETCH = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
HTMX = {"HX-Request": "true", **FETCH}
LINK = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture
def provider(shared_provider: HfProvider) -> HfProvider:
    return shared_provider


@pytest.fixture
def app(shared_app: Flask) -> Flask:
    return shared_app


every_bypass = pytest.mark.parametrize("target", BYPASSES.values(), ids=BYPASSES)


def _encoded(target: str) -> str:
    return urlencode({"next": target.encode("utf-8", "surrogatepass")})


def at_the_shortcut(client: FlaskClient, target: str) -> TestResponse:
    login(client)
    return client.get(f"/login?{_encoded(target)}")


def at_logout(client: FlaskClient, target: str) -> TestResponse:
    login(client)
    return client.post("/logout", data={"next": target})


def at_logout_by_its_address(client: FlaskClient, target: str) -> TestResponse:
    login(client)
    return client.post(f"/logout?{_encoded(target)}")


def at_the_link_to_logout(client: FlaskClient, target: str) -> TestResponse:
    login(client)
    return client.get(f"/logout?{_encoded(target)}", headers=LINK)


@every_bypass
@pytest.mark.parametrize(
    "ask", [at_the_shortcut, at_logout, at_logout_by_its_address, at_the_link_to_logout]
)
def test_bypass_leads_to_the_start_page(
    ask: Callable[[FlaskClient, str], TestResponse], target: str, client: FlaskClient
) -> None:
    response = ask(client, target)

    assert response.status_code in {302, 303}
    assert response.location == "/"
    assert "http://evil.example" not in str(response.headers)


@every_bypass
def test_bypass_at_login_leads_to_the_start_page(
    target: str, client: FlaskClient, provider: HfProvider
) -> None:
    url = begin(client, f"/login?{_encoded(target)}")

    assert client.get(provider.authorize(url)).location == "/"


@every_bypass
def test_bypass_in_a_signed_state_is_judged_again(
    target: str, app: Flask, client: FlaskClient, provider: HfProvider
) -> None:
    callback = provider.authorize(begin(client))

    assert client.get(Signer(app).change(callback, next=target)).location == "/"


@every_bypass
@pytest.mark.parametrize("page", ["/logout", "/login/callback", "/login"])
def test_bypass_stands_on_no_page_of_ours(page: str, target: str, client: FlaskClient) -> None:
    headers = FETCH if page == "/login" else {}
    text = client.get(f"{page}?{_encoded(target)}", headers=headers).text

    assert "evil.example" not in text
    assert "script:alert" not in text


@every_bypass
@pytest.mark.parametrize(
    ("header", "kind"),
    [
        pytest.param("HTTP_REFERER", FETCH, id="Referer"),
        pytest.param("HTTP_HX_CURRENT_URL", HTMX, id="HX-Current-URL"),
    ],
)
def test_bypass_in_a_header_is_no_page_to_come_back_to(
    header: str, kind: dict[str, str], target: str, client: FlaskClient
) -> None:
    environ = {header: target.encode("utf-8", "surrogatepass").decode("latin-1")}
    response = client.get("/private", headers=kind, environ_overrides=environ)

    login_url = response.headers.get("HX-Redirect") or response.get_json()["login_url"]
    assert login_url == "/login"


@pytest.mark.parametrize("target", HARMLESS)
def test_harmless_address_stays_here(target: str, client: FlaskClient) -> None:
    assert stays_here(at_the_shortcut(client, target))


@every_bypass
@pytest.mark.parametrize(
    "host",
    [
        pytest.param("http://127.0.0.1:5000", id="address with a port"),
        pytest.param("http://[::1]:5000", id="IPv6"),
        pytest.param("https://app.evil.example", id="sister of the attacker"),
    ],
)
def test_bypass_fails_on_hosts_of_any_shape(host: str, target: str, app: Flask) -> None:
    client = app.test_client()
    login(client)
    response = client.post("/logout", data={"next": target}, base_url=host)

    assert resolve_origin(response.location, host) == host
    assert response.location.startswith("/")


@every_bypass
@pytest.mark.parametrize("prefix", ["/mounted", "/gr%C3%B6%C3%9Fe"])
def test_bypass_fails_where_an_app_is_mounted(prefix: str, target: str, app: Flask) -> None:
    client = app.test_client()
    login(client)
    response = client.post("/logout", data={"next": target}, base_url=f"http://localhost{prefix}/")

    assert unquote(response.location) == unquote(prefix) + "/"
    assert response.location.isascii()


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
