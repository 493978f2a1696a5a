"""An app that names itself by the address of a document, which the provider has to reach."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from flow import AppMaker, error_code, name_on_page, parameters
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from flask_hf_oauth import ConfigurationError, HfOAuth, login_required
from flask_hf_oauth.testing import HfProvider, login

PATH = "/.well-known/oauth-cimd"
HERE = "https://app.example"
CIMD = {"HF_OAUTH_CLIENT_ID": "cimd", "HF_OAUTH_CLIENT_SECRET": None}


@pytest.fixture
def app(make_app: AppMaker) -> Flask:
    return make_app(CIMD)


def read(client: FlaskClient, url: str = HERE + PATH) -> dict[str, Any]:
    """Fetch a document as the provider does."""
    response = client.get(url)
    assert (response.status_code, response.mimetype) == (200, "application/json"), response.text
    return dict(json.loads(response.text))


def register(provider: HfProvider, client: FlaskClient, url: str = HERE + PATH) -> None:
    """Do what the provider does with a client id that is an address."""
    document = read(client, url)
    assert document["client_id"] == url
    assert document["token_endpoint_auth_method"] == "none"
    provider.add_client(url, redirect_uris=document["redirect_uris"])


def test_document_holds_what_the_provider_asks_for_and_no_more(client: FlaskClient) -> None:
    assert read(client) == {
        "client_id": "https://app.example/.well-known/oauth-cimd",
        "client_name": "app.example",
        "redirect_uris": ["https://app.example/login/callback"],
        "token_endpoint_auth_method": "none",
    }


def test_app_that_is_registered_nowhere_signs_in(client: FlaskClient, provider: HfProvider) -> None:
    register(provider, client)
    way = client.get("/login", base_url=HERE).location
    callback = provider.authorize(way)

    assert parameters(way)["client_id"] == HERE + PATH
    assert client.get(callback, base_url=HERE).location == "/"
    assert name_on_page(client) == "nobody"  # on another host
    assert client.get("/", base_url=HERE).text == "demo-free"


def test_each_host_is_a_client_of_its_own(client: FlaskClient, provider: HfProvider) -> None:
    for host in ("https://one.example", "https://two.example"):
        register(provider, client, host + PATH)
        callback = provider.authorize(client.get("/login", base_url=host).location)

        assert client.get(callback, base_url=host).location == "/"
        assert client.get("/", base_url=host).text == "demo-free"
    assert len([request for request in provider.requests if request.endpoint == "discovery"]) == 1


def test_login_of_one_host_is_none_on_another(client: FlaskClient, provider: HfProvider) -> None:
    register(provider, client)
    callback = provider.authorize(client.get("/login", base_url=HERE).location)
    client.get(callback, base_url=HERE)
    cookie = client.get_cookie("session", domain="app.example")

    assert cookie is not None
    client.set_cookie("session", cookie.value, domain="other.example")
    assert client.get("/", base_url="https://other.example").text == "nobody"


@pytest.mark.parametrize(
    "base",
    [
        "http://localhost:5000",
        "https://localhost",
        "https://127.0.0.1",
        "https://[::1]:8443",
        "http://app.example",
        "https://10.0.0.7",
        "https://intranet",
        "https://app.localhost",
        "https://nas.local",
    ],
)
def test_address_that_the_provider_cannot_fetch_is_refused_with_a_sentence(
    client: FlaskClient, base: str
) -> None:
    for path in ("/login", PATH):
        response = client.get(path, base_url=base)

        assert (response.status_code, error_code(response)) == (503, "cimd_not_public")
        assert f"it can&#39;t from {base.lower()}." in response.text


def test_host_that_nobody_named_is_no_client(make_app: AppMaker) -> None:
    client = make_app(CIMD, TESTING=False).test_client()
    response = client.get("/login", base_url=HERE)

    assert (response.status_code, error_code(response)) == (503, "cimd_host_unknown")
    assert read(client)["client_id"] == HERE + PATH  # anybody can write such a document


@pytest.mark.parametrize(
    "named",
    [
        {"TRUSTED_HOSTS": ["app.example"]},
        {"SERVER_NAME": "app.example", "PREFERRED_URL_SCHEME": "https"},
        {"HF_OAUTH_REDIRECT_URI": f"{HERE}/login/callback"},
    ],
    ids=lambda named: next(iter(named)),
)
def test_host_header_of_an_attacker_chooses_no_client(
    make_app: AppMaker, named: dict[str, object]
) -> None:
    client = make_app(CIMD, TESTING=False, **named).test_client()  # type: ignore[arg-type]  # mypy does not see through **
    answers = [client.get(path, base_url="https://evil.example") for path in ("/login", PATH)]

    assert read(client)["client_id"] == HERE + PATH
    assert all("//evil.example" not in f"{each.location} {each.text}" for each in answers)


def test_document_for_a_host_that_is_none_is_refused(client: FlaskClient) -> None:
    response = client.get(PATH, headers={"Host": "my_app"})

    assert (response.status_code, error_code(response)) == (400, "host_invalid")


def test_document_is_below_the_mount_and_not_below_the_prefix(make_app: AppMaker) -> None:
    app = make_app(CIMD, HF_OAUTH_URL_PREFIX="/auth")
    mounted = DispatcherMiddleware(Flask("root"), {"/notes": app.wsgi_app})
    app.wsgi_app = mounted  # type: ignore[method-assign]  # as Flask's own documentation does
    document = read(app.test_client(), f"{HERE}/notes{PATH}")

    assert document["client_id"] == f"{HERE}/notes{PATH}"
    assert document["redirect_uris"] == [f"{HERE}/notes/auth/login/callback"]


def test_redirect_uri_below_a_path_puts_the_document_there_too(make_app: AppMaker) -> None:
    app = make_app(CIMD, HF_OAUTH_REDIRECT_URI=f"{HERE}/notes/login/callback")

    assert read(app.test_client())["client_id"] == f"{HERE}/notes{PATH}"


def test_view_of_the_app_before_the_document_is_named(make_app: AppMaker) -> None:
    app = Flask("demo")
    app.config.update(CIMD)
    app.add_url_rule(PATH, "mine", lambda: "mine")
    with pytest.warns(UserWarning, match="already"):
        HfOAuth(app)


def test_two_mounts_of_one_host_keep_apart(client: FlaskClient) -> None:
    login(client)
    for root, expected in (("", "demo-free"), ("/a", "nobody")):
        assert client.get("/", base_url=f"http://localhost{root}").text == expected


def test_document_behind_a_proxy_names_the_outer_address(make_app: AppMaker) -> None:
    app = make_app(CIMD)
    app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_host=1)  # type: ignore[method-assign]  # as Flask's own documentation does
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "app.example"}
    response = app.test_client().get(PATH, headers=headers)

    assert json.loads(response.text)["client_id"] == HERE + PATH


def test_redirect_uri_that_is_set_decides_the_host(make_app: AppMaker) -> None:
    app = make_app(CIMD, HF_OAUTH_REDIRECT_URI=f"{HERE}/login/callback")

    assert read(app.test_client(), f"http://localhost{PATH}")["client_id"] == HERE + PATH


def test_document_of_a_space_is_on_its_own_host(
    make_app: AppMaker, monkeypatch: pytest.MonkeyPatch, provider: HfProvider
) -> None:
    monkeypatch.setenv("SPACE_ID", "demo-org/notebook")
    monkeypatch.setenv("SPACE_HOST", "demo-org-notebook.hf.space")
    client = make_app(CIMD).test_client()
    space = "https://demo-org-notebook.hf.space"
    register(provider, client, space + PATH)
    callback = provider.authorize(client.get("/login", base_url=space).location)

    assert client.get(callback, base_url=space).location == "/"
    assert client.get("/", base_url=space).text == "demo-free"


def test_document_is_there_behind_an_app_wide_guard(app: Flask) -> None:
    app.before_request(login_required(lambda: None))

    assert read(app.test_client())["client_name"] == "app.example"


def test_caches_may_keep_the_document_for_minutes(client: FlaskClient) -> None:
    assert client.get(HERE + PATH).headers["Cache-Control"] == "max-age=300"


def test_registered_client_serves_no_document(make_app: AppMaker) -> None:
    app = make_app()

    assert app.test_client().get(HERE + PATH).status_code == 404
    with app.test_request_context(), pytest.raises(Exception, match="client_metadata"):
        url_for("hf_oauth.client_metadata")


def test_secret_beside_it_is_a_contradiction(make_app: AppMaker) -> None:
    with pytest.raises(ConfigurationError, match="a client without a secret") as caught:
        make_app(CIMD, HF_OAUTH_CLIENT_SECRET="secret")

    assert caught.value.error_code == "settings_invalid"
