from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from flask import Flask
from flow import AppMaker
from hostile_addresses import BYPASSES, HARMLESS, addresses
from hypothesis import example, given, settings
from plain_app import make_plain_app
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Rule
from werkzeug.test import EnvironBuilder, run_wsgi_app
from whatwg import resolve_origin

from flask_hf_oauth import HfOAuth, login_required
from flask_hf_oauth.redirects import (
    MOVED,
    build_default,
    build_login_on,
    build_redirect_uri,
    build_url,
    find_next,
    parse_next,
    referring_page,
    this_page,
    warn_of_plain_http,
    warn_of_rewritten_host,
)
from flask_hf_oauth.state import State, current_state

SIGNED = {
    "/?__sign=a.b.c": "/",
    "/x?__sign=a.b.c": "/x",
    "/x?__sign=a&b=1": "/x?b=1",
    "/x?b=1&__sign=a": "/x?b=1",
    "/x?b=1&__sign=a&c=2": "/x?b=1&c=2",
    "/x?__sign=a&__sign=b": "/x",
    "/x?__sign=": "/x",
    "/x?__sign=a=b": "/x",
    "/x?__sign=a#top": "/x#top",
    "http://localhost/x?__sign=a": "/x",
    "/x?not__sign=1": "/x?not__sign=1",
    "/__sign=1": "/__sign=1",
}

# The time of an example says something about the machine only.
unhurried = settings(deadline=None)

#: For properties, which take no fixtures.
APP = make_plain_app()


@pytest.fixture
def app() -> Flask:
    return make_plain_app()


@pytest.fixture
def at_localhost(app: Flask) -> Iterator[None]:
    with app.test_request_context("/"):
        yield


@pytest.mark.usefixtures("at_localhost")
@pytest.mark.parametrize("target", BYPASSES.values(), ids=BYPASSES)
def test_open_redirect_is_refused(target: str) -> None:
    assert parse_next(target) is None


@pytest.mark.usefixtures("at_localhost")
@pytest.mark.parametrize(("target", "kept"), HARMLESS.items(), ids=HARMLESS.values())
def test_page_of_this_origin_is_kept(target: str, kept: str) -> None:
    assert parse_next(target) == kept


@pytest.mark.usefixtures("at_localhost")
@pytest.mark.parametrize(("target", "kept"), SIGNED.items(), ids=SIGNED)
def test_token_of_a_private_space_is_never_kept(target: str, kept: str) -> None:
    assert parse_next(target) == kept


@given(target=addresses)
@example(target="//evil.example")
@example(target="/??#")
@example(target="/?a&?#")
@example(target="/a\ud800")
@example(target="/\ud800__sign=secret")
@example(target="/?%5f_sign=secret")
@unhurried
def test_whatever_is_asked_for_a_browser_stays_on_this_origin(target: str) -> None:
    with APP.test_request_context("/"):
        path = parse_next(target)
        if path is not None:
            assert resolve_origin(path) == "http://localhost"
            assert path.isascii()
            assert parse_next(path) == path
            assert "__sign" not in dict(parse_qsl(urlsplit(path).query))


@pytest.mark.parametrize(
    "path",
    [
        *("/login", "/login/callback", "/logout", "/logout?next=/", "/log%69n"),
        *("/login//callback", "/login/callback/", "/login%2f/callback", "/logout/"),
    ],
)
@pytest.mark.usefixtures("at_localhost")
def test_our_own_endpoints_are_no_destination(path: str) -> None:
    assert parse_next(path) is None


@pytest.mark.parametrize("path", ["/a/../logout", "/a/%2e%2e/logout", "/a/b/../../login", "/a/."])
@pytest.mark.usefixtures("at_localhost")
def test_path_that_climbs_is_no_destination(path: str) -> None:
    # A browser would resolve the dots and stand before another page than the judged one.
    assert parse_next(path) is None


def test_nothing_is_asked_for(app: Flask) -> None:
    with app.test_request_context("/"):
        assert parse_next(None) is None
        assert find_next(None, "/home") == "/home"
        assert find_next("//evil.example", "/home") == "/home"
        assert find_next("/x", "/home") == "/x"


@pytest.mark.parametrize(
    ("destination", "built"),
    [
        ("/home", "/mounted/home"),
        ("/mounted/home", "/mounted/home"),
        ("/mountedness", "/mounted/mountedness"),
        ("https://example.com/", "https://example.com/"),
    ],
)
def test_default_counts_from_where_the_app_is_mounted(
    app: Flask, destination: str, built: str
) -> None:
    with app.test_request_context("/", base_url="http://localhost/mounted/"):
        assert build_default(destination) == built


@pytest.mark.parametrize(
    "prefix",
    [
        *("//evil.example", "/\\evil.example", "http://evil.example", "@evil.example"),
        *(".evil.example", ":x", "//[", "a[b", "/\t/evil.example"),
    ],
)
@pytest.mark.parametrize("path", ["/login", "/login/callback", "/logout", "/private"])
def test_prefix_that_leads_elsewhere_is_a_bad_request(app: Flask, path: str, prefix: str) -> None:
    app.add_url_rule("/private", "private", login_required(lambda: "private"))
    environ = {**EnvironBuilder(path).get_environ(), "SCRIPT_NAME": prefix}

    for matching in (False, True):
        app.subdomain_matching = matching
        _body, status, _headers = run_wsgi_app(app, environ)
        assert status == "400 BAD REQUEST"


def test_login_is_on_the_domain_that_has_it() -> None:
    app = Flask("demo", subdomain_matching=True)
    app.config.update(SECRET_KEY="key", SERVER_NAME="example.com", HF_OAUTH_CLIENT_ID="demo")
    HfOAuth(app)

    with app.test_request_context("/", base_url="http://admin.example.com/größe"):
        assert build_url("login") == f"http://example.com{quote('/größe')}/login"


@pytest.mark.parametrize("prefix", ["/app", "/größe", "/a b", "/a/b"])
def test_prefix_of_a_path_is_kept(app: Flask, prefix: str) -> None:
    with app.test_request_context("/", base_url=f"http://localhost{prefix}"):
        assert build_url("logout") == f"{quote(prefix)}/logout"
        state = app.extensions["hf_oauth"]
        assert build_redirect_uri(state) == f"http://localhost{quote(prefix)}/login/callback"


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("/private", "/private"),
        ("/private?a=b&c=%C3%A9", "/private?a=b&c=%C3%A9"),
        ("/gr%C3%B6%C3%9Fe", "/gr%C3%B6%C3%9Fe"),
        ("/100%25", "/100%25"),
        ("/a%3Fb%23c", "/a%3Fb%23c"),
        ("/a:b@c", "/a:b@c"),
        ("/private?__sign=a.b.c", "/private"),
        ("/private?" + 1000 * "x", None),
        ("/login?next=/private", None),
    ],
)
def test_this_page_can_be_come_back_to(app: Flask, url: str, page: str | None) -> None:
    with app.test_request_context(url):
        assert this_page() == page


def test_query_of_raw_bytes_comes_back_as_the_same_bytes(app: Flask) -> None:
    raw = "q=Größe".encode().decode("latin-1")
    with app.test_request_context("/private", environ_overrides={"QUERY_STRING": raw}):
        assert this_page() == "/private?q=Gr%C3%B6%C3%9Fe"


def test_this_page_stands_below_where_the_app_is_mounted(app: Flask) -> None:
    with app.test_request_context("/private", base_url="http://localhost/mounted/"):
        assert this_page() == "/mounted/private"


@pytest.mark.parametrize(
    ("headers", "page"),
    [
        ({"Referer": "http://localhost/form?x=1"}, "/form?x=1"),
        ({"HX-Current-URL": "http://localhost/a", "Referer": "http://localhost/b"}, "/a"),
        ({"Referer": "http://evil.example/form"}, None),
        ({"Referer": "http://localhost:8080/form"}, None),
        ({}, None),
    ],
    ids=["form", "htmx", "other site", "other port", "none"],
)
def test_referring_page_counts_when_it_is_ours(
    app: Flask, headers: dict[str, str], page: str | None
) -> None:
    with app.test_request_context("/", method="POST", headers=headers):
        assert referring_page() == page


def state_of(app: Flask) -> State:
    state: State = app.extensions["hf_oauth"]
    return state


def test_redirect_uri_is_the_configured_one() -> None:
    app = make_plain_app(HF_OAUTH_REDIRECT_URI="https://app.example/login/callback")
    with app.test_request_context("/"):
        assert build_redirect_uri(state_of(app)) == "https://app.example/login/callback"


def test_redirect_uri_comes_from_the_request(app: Flask) -> None:
    with app.test_request_context("/", base_url="http://127.0.0.1:5000/mounted"):
        assert build_redirect_uri(state_of(app)) == "http://127.0.0.1:5000/mounted/login/callback"


def test_redirect_uri_on_a_space_is_on_its_own_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "demo-org/notebook")
    monkeypatch.setenv("SPACE_HOST", "demo-org-notebook.hf.space,app.example")
    app = make_plain_app()
    with app.test_request_context("/", base_url="http://app.example"):
        uri = build_redirect_uri(state_of(app))

    assert uri == "https://demo-org-notebook.hf.space/login/callback"


def test_redirect_uri_behind_a_known_proxy_is_https(app: Flask) -> None:
    app.add_url_rule("/uri", "uri", lambda: build_redirect_uri(state_of(app)))
    app.wsgi_app = ProxyFix(app.wsgi_app, x_host=1)  # type: ignore[method-assign]  # as Flask documents
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "app.example"}

    assert app.test_client().get("/uri", headers=headers).text == (
        "https://app.example/login/callback"
    )


def test_plain_http_is_warned_about_with_the_address_to_register(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with make_plain_app().app_context():
        warn_of_plain_http("http://app.example/login/callback")

    assert "register https://app.example/login/callback" in caplog.text
    assert "ProxyFix" in caplog.text


@pytest.mark.parametrize(
    "uri", ["https://app.example/login/callback", "http://localhost:5000/login/callback"]
)
def test_safe_redirect_uri_is_no_news(uri: str, caplog: pytest.LogCaptureFixture) -> None:
    warn_of_plain_http(uri)

    assert not caplog.records


@pytest.mark.parametrize(
    ("headers", "is_told"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Referer": "https://app.example/page"}, True),
        ({"X-Forwarded-Host": "app.example, inner.example"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Referer": "http://127.0.0.1:8000/page"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Referer": "https://app.example/page"}, False),
        ({"X-Forwarded-Host": "127.0.0.1:8000"}, False),
        ({}, False),
    ],
    ids=["page", "proxy", "own page", "no referrer", "another site", "same host", "nothing"],
)
def test_proxy_that_rewrites_the_host_is_told_about(
    app: Flask, headers: dict[str, str], is_told: object, caplog: pytest.LogCaptureFixture
) -> None:
    with app.test_request_context("/login", base_url="http://127.0.0.1:8000", headers=headers):
        warn_of_rewritten_host(current_state(), "http://127.0.0.1:8000/login/callback")

    assert bool(caplog.messages) is is_told
    assert all("knows this site as 'app.example'" in line for line in caplog.messages)


def test_redirect_uri_that_is_set_needs_no_host(
    make_app: AppMaker, caplog: pytest.LogCaptureFixture
) -> None:
    uri = "https://app.example/login/callback"
    app = make_app(HF_OAUTH_REDIRECT_URI=uri)
    with app.test_request_context("/login", headers={"X-Forwarded-Host": "app.example"}):
        warn_of_rewritten_host(current_state(), uri)

    assert not caplog.records


CALLBACK = "http://localhost:5000/auth/login/callback"


@pytest.mark.parametrize(
    ("query", "moved_to"),
    [
        ("", f"?{MOVED}=1"),
        ("?next=/x%3Fy&scopes=a", f"?next=/x%3Fy&scopes=a&{MOVED}=1"),
        ("?__sign=token&next=/x", f"?next=/x&{MOVED}=1"),  # of a private Space: kept nowhere
    ],
    ids=["bare", "with a query", "with the token of a private Space"],
)
def test_login_moves_to_the_host_of_the_callback(app: Flask, query: str, moved_to: str) -> None:
    with app.test_request_context(f"/login{query}", base_url="http://127.0.0.1:5000"):
        assert build_login_on(CALLBACK) == f"http://localhost:5000/auth/login{moved_to}"


def test_login_that_moved_once_stays(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with app.test_request_context(f"/login?{MOVED}=1", base_url="http://127.0.0.1:5000"):
        assert build_login_on(CALLBACK) is None

    assert "localhost:5000" in caplog.text
    assert "127.0.0.1:5000" in caplog.text


@pytest.mark.parametrize(
    "callback",
    [
        pytest.param("http://localhost/login/callback", id="literally"),
        pytest.param("http://LOCALHOST/login/callback", id="in upper case"),
        pytest.param("http://localhost:80/login/callback", id="with the port that is meant anyway"),
        pytest.param("https://localhost:443/login/callback", id="with the port of https"),
    ],
)
def test_login_on_the_host_of_the_callback_stays(app: Flask, callback: str) -> None:
    with app.test_request_context("/login"):
        assert build_login_on(callback) is None


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("/x", "http://localhost"),
        ("http:x", "http://localhost"),
        ("//localhost:80", "http://localhost"),
        ("//evil。example", "http://evil.example"),
        ("/\t/a@b", "http://b"),
        ("https:b", "https://b"),
        ("data:x", "null"),
    ],
)
def test_tests_read_addresses_as_browsers_do(address: str, origin: str) -> None:
    assert resolve_origin(address) == origin


class PrefixedRule(Rule):
    def __init__(self, string: str, **options: Any) -> None:
        super().__init__(f"/api{string}", **options)


class RuleInLanguage(Rule):
    def __init__(self, string: str, **options: Any) -> None:
        super().__init__(f"/<language>{string}", **options)


def make_moved_app(kind: type[Rule]) -> Flask:
    app = Flask("demo")
    app.url_rule_class = kind
    app.config.update(SECRET_KEY="key", HF_OAUTH_CLIENT_ID="demo")
    HfOAuth(app)
    return app


def test_rules_that_the_app_moves_are_found() -> None:
    with make_moved_app(PrefixedRule).test_request_context("/api/"):
        assert build_url("login", next="/api/x") == "/api/login?next=/api/x"
        assert parse_next("/api/logout") is None


def test_rules_with_arguments_are_left_to_the_router() -> None:
    app = make_moved_app(RuleInLanguage)
    app.url_defaults(lambda _endpoint, values: values.setdefault("language", "de"))

    with app.test_request_context("/de/"):
        assert build_url("login") == "/de/login"
