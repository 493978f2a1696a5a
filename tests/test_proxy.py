"""An app behind a proxy: TLS that ends before it, a path above it, a name it does not know."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask, render_template_string
from flow import AppMaker, parameters
from person import Answer, Person, Send
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from flask_hf_oauth import ConfigurationError
from flask_hf_oauth.testing import HfProvider, ProviderRefusal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Config: TypeAlias = dict[str, object]
Wrap: TypeAlias = Callable[["WSGIApplication"], "WSGIApplication"]

PAGE = Path(__file__).parents[1] / "docs/proxy.md"
SITE = "https://app.example"
HOME = "{{ current_hf_user.username or 'nobody' }} {{ hf_login_button() }} {{ hf_logout_button() }}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """What ends TLS, and may more than that.

    Attributes:
        host: What it puts in the place of the name that the browser used.
        prefix: What it takes off the path.
        tells: Whether it says so in X-Forwarded headers.
    """

    host: str | None = None
    prefix: str = ""
    tells: bool = True

    def reaches(self, app: Flask) -> Send:
        """Make the way through it to an app."""
        client = app.test_client(use_cookies=False)

        def send(
            method: str, url: str, headers: Mapping[str, str], fields: Mapping[str, str] | None
        ) -> Answer:
            parts = urlsplit(url)
            path = parts.path.removeprefix(self.prefix)
            response = client.open(
                f"{path}?{parts.query}",
                method=method,
                base_url=f"http://{self.host or parts.netloc}",
                headers={**headers, **(self._forwarded(url) if self.tells else {})},
                data=fields,
            )
            with response:
                return Answer(
                    url=url,
                    status=response.status_code,
                    headers=response.headers,
                    text=response.get_data(as_text=True),
                )

        return send

    def _forwarded(self, url: str) -> dict[str, str]:
        parts = urlsplit(url)
        return {
            "X-Forwarded-For": "192.0.2.7",
            "X-Forwarded-Proto": parts.scheme,
            "X-Forwarded-Host": parts.netloc,
            "X-Forwarded-Prefix": self.prefix,
        }


def fix(**trusted: int) -> Wrap:
    return lambda wsgi_app: ProxyFix(wsgi_app, **trusted)


def unfixed(wsgi_app: WSGIApplication) -> WSGIApplication:
    return wsgi_app


def register(provider: HfProvider, *redirect_uris: str) -> Config:
    """Register an app at the provider, and return its settings."""
    provider.add_client("registered", "secret-of-the-app", redirect_uris)
    return {"HF_OAUTH_CLIENT_ID": "registered", "HF_OAUTH_CLIENT_SECRET": "secret-of-the-app"}


def wrapped(app: Flask, wrap: Wrap) -> Flask:
    app.wsgi_app = wrap(app.wsgi_app)  # type: ignore[method-assign,assignment]  # Flask documents this very use
    return app


def count(person: Person, path: str) -> int:
    return sum(urlsplit(url).path == path for url in person.visited)


# TLS


def test_proxy_that_ends_tls_unknown_to_the_app_ends_at_the_provider(
    make_app: AppMaker, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(register(provider, f"{SITE}/login/callback"))
    person = Person(Proxy().reaches(app), provider)

    with pytest.raises(ProviderRefusal):
        person.open(f"{SITE}/private")
    assert f"register {SITE}/login/callback" in caplog.text
    assert [urlsplit(url).path for url in person.visited] == [
        *("/private", "/login", "/oauth/authorize"),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A proxy, and what makes an app behind it know its own address."""

    proxy: Proxy = Proxy()
    wrap: Wrap = unfixed
    config: Config
    mount: str = ""


REMEDIES = {
    "ProxyFix": Remedy(wrap=fix(x_proto=1), config={}),
    "ProxyFix of a Host that was rewritten": Remedy(
        proxy=Proxy(host="127.0.0.1:8000"), wrap=fix(x_proto=1, x_host=1), config={}
    ),
    "ProxyFix of a path that was taken off": Remedy(
        proxy=Proxy(prefix="/notes"), wrap=fix(x_proto=1, x_prefix=1), config={}, mount="/notes"
    ),
    "ProxyFix of all": Remedy(
        proxy=Proxy(host="backend", prefix="/notes"),
        wrap=fix(x_proto=1, x_host=1, x_prefix=1),
        config={"SESSION_COOKIE_SECURE": True},
        mount="/notes",
    ),
    "the redirect URI alone": Remedy(
        proxy=Proxy(tells=False), config={"HF_OAUTH_REDIRECT_URI": f"{SITE}/login/callback"}
    ),
    "the redirect URI with a Secure cookie": Remedy(
        config={
            "HF_OAUTH_REDIRECT_URI": f"{SITE}/login/callback",
            "SESSION_COOKIE_SECURE": True,
        },
    ),
}


@pytest.mark.parametrize("remedy", REMEDIES.values(), ids=REMEDIES)
def test_app_that_knows_its_address_signs_in_without_a_warning(
    remedy: Remedy, make_app: AppMaker, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    root = SITE + remedy.mount
    config = {**register(provider, f"{root}/login/callback"), **remedy.config}
    person = Person(remedy.proxy.reaches(wrapped(make_app(config), remedy.wrap)), provider)

    page = person.open(f"{root}/private?page=2")
    assert (page.url, page.text) == (f"{root}/private?page=2", "private to demo-free")
    assert [urlsplit(url).path.removeprefix(remedy.mount) for url in person.visited] == [
        *("/private", "/login", "/oauth/authorize", "/login/callback", "/private"),
    ]
    assert not caplog.records


def test_login_begun_over_plain_http_ends_over_https(
    make_app: AppMaker, provider: HfProvider
) -> None:
    # The Secure cookie of the first /login is dropped; the second one, over https, is kept.
    uri = f"{SITE}/login/callback"
    app = make_app(register(provider, uri), HF_OAUTH_REDIRECT_URI=uri, SESSION_COOKIE_SECURE=True)
    person = Person(Proxy().reaches(app), provider)

    page = person.open("http://app.example/private")
    assert (page.url, page.text) == (f"{SITE}/private", "private to demo-free")
    assert count(person, "/login/callback") == 2


# A path above the app


def split_path(wsgi_app: WSGIApplication) -> WSGIApplication:
    """Mount an app as a server does that was given SCRIPT_NAME=/notes."""
    return lambda environ, start_response: wsgi_app(
        {
            **environ,
            "SCRIPT_NAME": "/notes",
            "PATH_INFO": environ["PATH_INFO"].removeprefix("/notes"),
        },
        start_response,
    )


def dispatch(wsgi_app: WSGIApplication) -> WSGIApplication:
    return DispatcherMiddleware(Response(status=404), {"/notes": wsgi_app})


def dispatch_below_a_proxy(wsgi_app: WSGIApplication) -> WSGIApplication:
    return fix_prefix(dispatch(wsgi_app))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """How an app comes to stand below a path."""

    root: str = "/notes"
    ours: str = ""
    proxy: Proxy = Proxy()
    wrap: Wrap = unfixed


TAKES_NOTES_OFF = Proxy(prefix="/notes")
fix_prefix = fix(x_proto=1, x_prefix=1)
MOUNTS = {
    "URL_PREFIX": Mount(root="", ours="/auth"),
    "SCRIPT_NAME": Mount(wrap=split_path),
    "SCRIPT_NAME and URL_PREFIX": Mount(wrap=split_path, ours="/auth"),
    "DispatcherMiddleware": Mount(wrap=dispatch),
    "DispatcherMiddleware and URL_PREFIX": Mount(wrap=dispatch, ours="/auth"),
    "X-Forwarded-Prefix": Mount(proxy=TAKES_NOTES_OFF, wrap=fix_prefix),
    "X-Forwarded-Prefix and URL_PREFIX": Mount(
        proxy=TAKES_NOTES_OFF, wrap=fix_prefix, ours="/auth"
    ),
    "X-Forwarded-Prefix and DispatcherMiddleware": Mount(
        root="/pages/notes", proxy=Proxy(prefix="/pages"), wrap=dispatch_below_a_proxy
    ),
}
mounted = pytest.mark.parametrize("mount", MOUNTS.values(), ids=MOUNTS)


def move_in(mount: Mount, make_app: AppMaker, provider: HfProvider) -> Person:
    """Mount an app with a home page of links, and stand before it."""
    scheme = "https" if mount.proxy.prefix else "http"
    uri = f"{scheme}://app.example{mount.root}{mount.ours}/login/callback"
    config = {**register(provider, uri), "HF_OAUTH_URL_PREFIX": mount.ours}
    app = make_app(config)
    app.add_url_rule("/home", "links", lambda: render_template_string(HOME))
    return Person(mount.proxy.reaches(wrapped(app, mount.wrap)), provider)


@mounted
def test_login_below_a_path_comes_back_to_its_page(
    mount: Mount, make_app: AppMaker, provider: HfProvider
) -> None:
    person = move_in(mount, make_app, provider)

    page = person.open(f"{SITE}{mount.root}/private?page=2")
    assert urlsplit(page.url).path == f"{mount.root}/private"
    assert page.text == "private to demo-free"
    [asked] = [url for url in person.visited if url.startswith(provider.url)]
    callback = urlsplit(parameters(asked)["redirect_uri"])
    assert callback.path == f"{mount.root}{mount.ours}/login/callback"


@mounted
def test_logout_below_a_path_stays_there(
    mount: Mount, make_app: AppMaker, provider: HfProvider
) -> None:
    person = move_in(mount, make_app, provider)
    person.open(f"{SITE}{mount.root}/private")

    home = person.send(f"{SITE}{mount.root}{mount.ours}/logout")
    assert (urlsplit(home.url).path, home.text) == (f"{mount.root}/", "nobody")
    goodbye = person.send(f"{SITE}{mount.root}{mount.ours}/logout", next=f"{mount.root}/private")
    assert "You are signed out" in goodbye.text


def test_two_apps_of_one_host_stay_signed_in_with_cookies_of_their_own(
    make_app: AppMaker, provider: HfProvider
) -> None:
    notes = make_app(SESSION_COOKIE_NAME="notes")
    shop = make_app(SESSION_COOKIE_NAME="shop", SECRET_KEY="secret-key-of-the-shop-0123456789")
    both = wrapped(notes, lambda first: DispatcherMiddleware(first, {"/shop": shop.wsgi_app}))
    person = Person(Proxy(tells=False).reaches(both), provider)
    urls = ["http://localhost/private", "http://localhost/shop/private"]
    for url in urls:
        person.open(url)

    person.visited.clear()
    assert [person.open(url).text for url in urls] == ["private to demo-free"] * 2
    assert person.visited == urls


LINK = re.compile(r'(?:href|src|action|value)="((?:/|http://app|https://app)[^"]*)"')
PAGES = (
    "{root}/home",
    "{ours}/login/callback?state=forged",
    "{ours}/logout",
    "{ours}/logout?next={root}/home",
)


@mounted
def test_every_link_below_a_path_stays_there(
    mount: Mount, make_app: AppMaker, provider: HfProvider
) -> None:
    person = move_in(mount, make_app, provider)
    found: set[str] = set()
    ours = mount.root + mount.ours
    for is_signed_in in (False, True):
        if is_signed_in:
            person.open(f"{SITE}{ours}/login")
        for path in PAGES:
            page = person.open(SITE + path.format(root=mount.root, ours=ours))
            found |= {urljoin(page.url, link) for link in LINK.findall(page.text)}

    paths = {urlsplit(link).path for link in found}
    assert all(path.startswith(f"{mount.root}/") for path in paths), paths
    assert {f"{ours}/login", f"{ours}/logout", f"{ours}/hf-oauth/static/hf-oauth.css"} <= paths
    assert [link for link in found if person.open(link).status == 404] == []


IN_A_FRAME = {
    "Sec-Fetch-Dest": "iframe",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "cross-site",
    "Referer": "https://blog.example/",
}


@mounted
@pytest.mark.parametrize(
    ("path", "headers"),
    [
        pytest.param("{root}/private", {"HX-Request": "true"}, id="htmx"),
        pytest.param("{root}/private", {"Accept": "application/json"}, id="script"),
        pytest.param("{ours}/login?next={root}/private", IN_A_FRAME, id="frame"),
    ],
)
def test_what_is_no_page_of_its_own_is_sent_to_the_login_below_the_path(
    path: str, headers: dict[str, str], mount: Mount, make_app: AppMaker
) -> None:
    send = mount.proxy.reaches(wrapped(make_app(HF_OAUTH_URL_PREFIX=mount.ours), mount.wrap))
    ours = mount.root + mount.ours

    answer = send("GET", SITE + path.format(root=mount.root, ours=ours), headers, None)
    sent = answer.headers.get("HX-Redirect") or answer.text
    assert f"{ours}/login" in sent
    assert answer.location is None


# Another name


@pytest.mark.parametrize(
    ("opened", "registered"),
    [
        pytest.param("127.0.0.1", "localhost", id="opened by number"),
        pytest.param("localhost", "127.0.0.1", id="opened by name"),
    ],
)
def test_login_on_the_other_loopback_name_moves_first_and_once(
    opened: str, registered: str, make_app: AppMaker, provider: HfProvider
) -> None:
    app = make_app(HF_OAUTH_REDIRECT_URI=f"http://{registered}:5000/login/callback")
    person = Person(Proxy(tells=False).reaches(app), provider)

    page = person.open(f"http://{opened}:5000/private?page=2")
    assert (page.url, page.text) == (
        f"http://{registered}:5000/private?page=2",
        "private to demo-free",
    )
    assert count(person, "/login") == 2
    assert count(person, "/login/callback") == 1


def test_proxy_that_rewrites_host_is_named_and_people_sign_in(
    make_app: AppMaker, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    uri = f"{SITE}/login/callback"
    app = make_app(register(provider, uri), HF_OAUTH_REDIRECT_URI=uri)
    person = Person(Proxy(host="127.0.0.1:8000").reaches(app), provider)

    page = person.open(f"{SITE}/private?page=2")
    assert (page.url, page.text) == (f"{SITE}/private?page=2", "private to demo-free")
    assert count(person, "/login") == 2
    [line] = [record.getMessage() for record in caplog.records]
    assert "the callback is on app.example but this request came in on '127.0.0.1:8000'" in line
    assert "if a proxy rewrites the Host header" in line


def test_right_redirect_uri_is_no_news(
    make_app: AppMaker, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    # nginx's $host, which is much copied, has no port.
    app = make_app(register(provider, "https://app.example:8443/login/callback"))
    client = wrapped(app, fix(x_proto=1)).test_client()
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "app.example"}

    assert client.get("/login", base_url="http://app.example:8443", headers=headers).location
    assert not caplog.records


def test_server_name_of_flask_is_where_a_login_moves_to(
    make_app: AppMaker, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    app = wrapped(make_app(SERVER_NAME="localhost:5000"), fix())
    person = Person(Proxy().reaches(app), provider)

    page = person.open("http://127.0.0.1:5000/private")
    assert (page.url, page.text) == ("http://localhost:5000/private", "private to demo-free")
    assert not caplog.records


def test_redirect_uri_that_misses_the_prefix_is_a_problem(make_app: AppMaker) -> None:
    with pytest.raises(ConfigurationError, match="/auth/login/callback"):
        make_app(HF_OAUTH_URL_PREFIX="/auth", HF_OAUTH_REDIRECT_URI=f"{SITE}/login/callback")


def test_name_that_is_none_is_explained_to_people_and_owner(
    make_app: AppMaker, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    # nginx calls an app by the name of its upstream, which people like to write so.
    person = Person(Proxy(host="my_app").reaches(make_app()), provider)

    page = person.open(f"{SITE}/private")
    assert page.status == 400
    assert "HF_OAUTH_REDIRECT_URI" in page.text
    assert "host_invalid (the site was opened as 'my_app')" in caplog.text
    assert [urlsplit(url).path for url in person.visited] == ["/private", "/login"]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"X-Forwarded-Host": "app.example"}, id="the proxy tells"),
        pytest.param(
            {"Sec-Fetch-Site": "same-origin", "Referer": f"{SITE}/"}, id="the browser tells"
        ),
    ],
)
def test_proxy_that_hides_the_host_behind_a_loopback_name_is_named(
    headers: dict[str, str], app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    # nginx does so when nobody told it to pass on Host; the redirect URI looks like a laptop's.
    app.test_client().get("/login", base_url="http://127.0.0.1:8000", headers=headers)

    assert "http://127.0.0.1:8000/login/callback" in caplog.text
    assert "app.example" in caplog.text


# Cookies that do not come back


def see_end_of_login(person: Person, url: str) -> Answer:
    """Walk until the page that says why the login did not end well."""
    page = person.open(url)
    assert page.status == 400
    assert "Error code: cookie_missing" in page.text
    assert count(person, "/login") == 1
    assert count(person, "/login/callback") == 2  # one retry
    return page


def test_secure_cookie_over_plain_http_ends_on_a_page(
    make_app: AppMaker, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    settings = register(provider, "http://app.example/login/callback")
    app = make_app(settings, SESSION_COOKIE_SECURE=True)
    person = Person(Proxy(tells=False).reaches(app), provider)

    page = see_end_of_login(person, "http://app.example/private")
    assert "Sign in again" in page.text
    assert "SESSION_COOKIE_SECURE is set" in caplog.text


def test_strict_cookie_ends_on_a_page_that_leads_on(
    make_app: AppMaker, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    settings = register(provider, f"{SITE}/login/callback")
    app = wrapped(make_app(settings, SESSION_COOKIE_SAMESITE="Strict"), fix(x_proto=1))
    assert "SESSION_COOKIE_SAMESITE is Strict" in caplog.text
    person = Person(Proxy().reaches(app), provider)

    page = see_end_of_login(person, f"{SITE}/private?page=2")
    # This way begins on a page of ours, and the provider asks nothing any more.
    [again] = re.findall(r'href="(/login[^"]*)"', page.text)
    assert person.open(urljoin(page.url, again)).text == "private to demo-free"


# What docs/proxy.md says of it


def explained_lines() -> list[str]:
    return re.findall(r"^\| `(.+?)` \|", PAGE.read_text("utf-8"), re.MULTILINE)


def test_every_line_that_is_explained_can_be_found_in_a_log(
    make_app: AppMaker, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    uri = "http://app.example/login/callback"
    settings = register(provider, uri)
    renamed = Proxy(host="other.example")
    strict = make_app(settings, SESSION_COOKIE_SAMESITE="Strict", HF_OAUTH_REDIRECT_URI=uri)
    visits = [
        (make_app(settings, SESSION_COOKIE_SECURE=True), Proxy(), "http://app.example/login"),
        (strict, renamed, uri),
        (strict, renamed, f"{SITE}/login"),
        (make_app(), Proxy(host="127.0.0.1:8000"), f"{SITE}/login"),
        (make_app(), Proxy(host="my_app"), f"{SITE}/login"),
    ]
    for app, proxy, url in visits:
        Person(proxy.reaches(app), provider).open(url)

    patterns = [re.escape(line).replace("…", ".+") for line in explained_lines()]
    logged = caplog.messages
    assert len(patterns) == 7
    missing = [each for each in patterns if not any(re.match(each, line) for line in logged)]
    assert missing == []
