from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pytest
from doctor.patient import EMBEDDED, NOBODY, SITE, find, find_all, make_app, verdict
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from flask_hf_oauth import HfOAuth
from flask_hf_oauth.doctor.report import FAILED, OK, WARNING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CALLBACK = f"{SITE}/login/callback"


def behind_proxy(app: Flask, **trusted: int) -> Flask:
    app.wsgi_app = ProxyFix(app.wsgi_app, **trusted)  # type: ignore[method-assign]  # as Flask's docs do
    return app


def wrapped(app: Flask, middleware: Callable[..., Any]) -> Flask:
    app.wsgi_app = middleware  # type: ignore[method-assign]  # as Flask's docs do
    return app


def test_redirect_uri_is_the_one_to_register() -> None:
    finding = find(behind_proxy(make_app()), "redirect_uri")

    assert (finding.verdict, finding.found) == (OK, CALLBACK)
    assert "Register exactly this" in finding.remedy


def test_redirect_uri_of_a_laptop_may_have_any_port() -> None:
    finding = find(make_app(), "redirect_uri", None)

    assert finding.found == "http://127.0.0.1:5000/login/callback"
    assert "localhost is not 127.0.0.1" in finding.remedy


def test_laptop_may_speak_tls() -> None:
    finding = find(make_app(), "redirect_uri", "https://localhost:5000")

    assert (finding.verdict, finding.found) == (OK, "https://localhost:5000/login/callback")


def test_proxy_that_the_app_does_not_know_of_is_named() -> None:
    app = make_app()
    redirect_uri, proxy = find(app, "redirect_uri"), find(app, "proxy")

    assert (redirect_uri.verdict, proxy.verdict) == (FAILED, FAILED)
    assert redirect_uri.remedy.endswith(f"Register\n{CALLBACK}")
    assert "ProxyFix(app.wsgi_app)" in proxy.remedy


def test_remedy_against_the_proxy_is_one() -> None:
    assert verdict(behind_proxy(make_app()), "proxy") == OK


def test_redirect_uri_that_is_set_needs_no_proxy_fix() -> None:
    app = make_app(HF_OAUTH_REDIRECT_URI=CALLBACK)

    assert (verdict(app, "redirect_uri"), verdict(app, "proxy")) == (OK, OK)


def test_space_needs_no_proxy_fix_and_no_registration(on_space: None) -> None:
    app = make_app(HF_OAUTH_CLIENT_ID=None)
    finding = find(app, "redirect_uri", None)

    assert finding.found == "https://demo-org-notes.hf.space/login/callback"
    assert finding.remedy.startswith("Nothing to do")
    assert verdict(app, "proxy", None) == OK


@pytest.mark.parametrize(
    "config", [EMBEDDED, {"HF_OAUTH_CLIENT_ID": "cimd"}], ids=["embedded", "client document"]
)
def test_some_providers_know_it_by_themselves(config: dict[str, object]) -> None:
    finding = find(behind_proxy(make_app(**config)), "redirect_uri")

    assert finding.remedy.startswith("Nothing to do")


def test_site_without_tls_has_no_redirect_uri() -> None:
    app = make_app()
    finding = find(app, "redirect_uri", "http://notes.example.com")

    assert (finding.verdict, finding.found) == (FAILED, "http://notes.example.com/login/callback")
    assert verdict(app, "proxy", "http://notes.example.com") == OK


@pytest.mark.parametrize("trusted", [{}, {"x_prefix": 1}], ids=["server", "header"])
def test_mount_is_in_the_redirect_uri(trusted: dict[str, int]) -> None:
    finding = find(behind_proxy(make_app(), **trusted), "redirect_uri", f"{SITE}/notes")

    assert (finding.verdict, finding.found) == (OK, f"{SITE}/notes/login/callback")


def test_mount_inside_the_app_is_found() -> None:
    app = behind_proxy(make_app())
    wrapped(app, DispatcherMiddleware(Response(status=404), {"/notes": app.wsgi_app}))

    assert find(app, "redirect_uri", f"{SITE}/notes").found == f"{SITE}/notes/login/callback"


def test_app_that_is_not_reached_is_said_once() -> None:
    app = make_app()
    wrapped(app, DispatcherMiddleware(Response(status=404), {"/notes": app.wsgi_app}))
    finding = find(app, "redirect_uri")

    assert (finding.verdict, "--url" in finding.remedy) == (FAILED, True)
    assert find_all(app, "session") == find_all(app, "proxy") == []


def test_middleware_that_renames_the_host_is_noticed() -> None:
    app = behind_proxy(make_app())
    inner = app.wsgi_app

    def rename(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return inner({**environ, "HTTP_HOST": "inside.example"}, start_response)

    assert verdict(wrapped(app, rename), "proxy") == WARNING


def test_host_that_the_app_refuses_is_named() -> None:
    app = make_app(TRUSTED_HOSTS=["other.example.com"])
    finding = find(app, "redirect_uri", f"{SITE}:8443")

    assert finding.remedy == "Add notes.example.com to TRUSTED_HOSTS in app.config."


def test_host_that_is_none_is_explained() -> None:
    finding = find(make_app(), "redirect_uri", "http://my_app:5000")

    assert (finding.verdict, finding.found) == (FAILED, "the site was opened as 'my_app:5000'")


def test_login_that_something_else_answers_is_noticed() -> None:
    app = make_app()
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "hf_oauth.login"]
    app.url_map = type(app.url_map)([rule.empty() for rule in rules])

    assert find(app, "redirect_uri").found == "our login is not reached: its path leads to nothing"


def test_mount_that_only_a_server_can_tell_is_warned_of() -> None:
    finding = find(behind_proxy(make_app(), x_for=1, x_proto=1), "proxy", f"{SITE}/notes")

    assert (finding.verdict, "x_prefix=1" in finding.remedy) == (WARNING, True)


def test_mount_that_the_proxy_tells_is_fine() -> None:
    assert verdict(behind_proxy(make_app(), x_prefix=1), "proxy", f"{SITE}/notes") == OK


def test_app_behind_two_proxies_is_understood() -> None:
    app = behind_proxy(make_app(), x_for=2, x_proto=2)

    assert (verdict(app, "redirect_uri"), verdict(app, "proxy")) == (OK, WARNING)


def test_teardown_that_misses_what_the_app_made_is_no_matter() -> None:
    app = behind_proxy(make_app())

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        raise AttributeError("g.database")

    assert verdict(app, "redirect_uri") == verdict(app, "session") == OK


@pytest.mark.parametrize("key", ["REMOTE_ADDR", "HTTP_USER_AGENT"])
def test_request_is_as_complete_as_a_browsers(key: str) -> None:
    app = behind_proxy(make_app())
    inner = app.wsgi_app

    def read(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        assert environ[key]
        return inner(environ, start_response)

    assert verdict(wrapped(app, read), "redirect_uri") == OK


@pytest.mark.filterwarnings("ignore:.*login/callback")
def test_own_view_at_the_callback_is_noticed() -> None:
    app = Flask("demo")
    app.config.update(SECRET_KEY="key", HF_OAUTH_CLIENT_ID="client", HF_OAUTH_PROVIDER_URL=NOBODY)
    app.add_url_rule("/login/callback", "own", lambda: "own")
    HfOAuth(app)

    assert find(app, "redirect_uri", None).found == (
        "our callback is not reached: its path leads to own"
    )


def test_callback_that_only_takes_forms_is_noticed() -> None:
    app = make_app()
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "hf_oauth.callback"]
    app.url_map = type(app.url_map)([rule.empty() for rule in rules])
    app.add_url_rule("/login/callback", "hf_oauth.callback", methods=["POST"])

    assert "leads to nothing" in find(app, "redirect_uri", None).found


def test_redirect_uri_below_another_path_is_noticed() -> None:
    app = behind_proxy(make_app(HF_OAUTH_REDIRECT_URI=f"{SITE}/typo/login/callback"))
    finding = find(app, "redirect_uri")

    assert (finding.verdict, CALLBACK in finding.remedy) == (FAILED, True)


def test_guess_that_the_app_refuses_is_no_reason_to_trust_it() -> None:
    finding = find(make_app(TRUSTED_HOSTS=[".example"]), "redirect_uri", None)

    assert finding.verdict == FAILED
    assert finding.remedy == "Say where people open the site: --url https://my.host"
