"""What the doctor does with an app as a whole; the folder is called like its package."""

from __future__ import annotations

import asyncio
import sys
import threading

import click
import pytest
from cachelib import BaseCache
from doctor.patient import SITE, make_app
from flask import Flask
from flow import AppMaker

from flask_hf_oauth.doctor import examine
from flask_hf_oauth.doctor.report import FAILED, OK, build_json, build_text, can_sign_in

SECRETS = {
    "SECRET_KEY": "key-that-nobody-may-see",
    "SECRET_KEY_FALLBACKS": ["older-key-that-nobody-may-see"],
    "HF_OAUTH_CLIENT_SECRET": "secret-that-nobody-may-see",
}


class HangingCache(BaseCache):
    def __init__(self, is_over: threading.Event) -> None:
        super().__init__()
        self.is_over = is_over

    def add(self, *_arguments: object, **_options: object) -> bool:
        return self.is_over.wait(30)


def test_good_app_passes_every_check(make_app: AppMaker) -> None:
    findings = examine(make_app, None)

    assert {finding.verdict for finding in findings} == {OK}
    assert [finding.name for finding in findings] == [
        *("client", "secret", "scopes", "site", "redirect_uri", "proxy", "secret_key", "session"),
        *("cookie", "session_size", "cache", "provider", "clock", "credentials", "versions"),
    ]


def test_app_without_the_extension_fails() -> None:
    first, last = examine(lambda: Flask("bare"), None)

    assert (first.name, first.verdict, last.name) == ("app", FAILED, "versions")
    assert first.remedy == "Call HfOAuth(app), or init_app(app)."


def test_wrong_settings_are_findings() -> None:
    findings = examine(lambda: make_app(HF_OAUTH_URL_PREFIX=1, HF_OAUTH_TIMEOUT=0), None)

    assert [finding.name for finding in findings] == ["settings", "settings", "versions"]
    assert not can_sign_in(findings)


def test_app_that_does_not_start_is_a_finding() -> None:
    def load_app() -> Flask:
        raise KeyError("password")

    first, _versions = examine(load_app, None)

    assert (first.verdict, first.found) == (FAILED, "it does not start (KeyError)")


def test_missing_app_is_left_to_flask() -> None:
    def load_app() -> Flask:
        raise click.UsageError("Could not locate a Flask application.")

    with pytest.raises(click.UsageError):
        examine(load_app, None)


def test_check_that_hangs_is_given_up() -> None:
    is_over = threading.Event()
    app = make_app(HF_OAUTH_CACHE=HangingCache(is_over))
    findings = {finding.name: finding for finding in examine(lambda: app, SITE, patience=0.2)}
    is_over.set()

    assert (findings["cache"].verdict, findings["cache"].found) == (
        FAILED,
        "no answer in 0 seconds",
    )


def test_check_that_breaks_is_a_finding() -> None:
    app = make_app()
    del app.config["SESSION_COOKIE_PATH"]
    findings = {finding.name: finding for finding in examine(lambda: app, None)}

    assert findings["session_size"].found == "it could not be examined (KeyError)"


@pytest.mark.parametrize("build", [build_text, build_json])
@pytest.mark.parametrize("broken", [{}, {"SECRET_KEY": "key-that"}, {"HF_OAUTH_TIMEOUT": "seen"}])
def test_no_secret_is_shown(build: object, broken: dict[str, object]) -> None:
    findings = examine(lambda: make_app(**{**SECRETS, **broken}), SITE)

    assert "that-nobody-may-see" not in build(findings)  # type: ignore[operator]  # one of two


@pytest.mark.parametrize("error", [asyncio.CancelledError, SystemExit])
def test_middleware_that_ends_everything_is_a_finding(error: type[BaseException]) -> None:
    app = make_app()

    def end(*_arguments: object) -> None:
        raise error

    app.wsgi_app = end  # type: ignore[assignment,method-assign]  # as Flask's docs do
    findings = {finding.name: finding for finding in examine(lambda: app, SITE)}

    assert findings["redirect_uri"].found == f"it could not be examined ({error.__name__})"


def test_app_that_ends_the_process_is_a_finding() -> None:
    first, _versions = examine(lambda: sys.exit(0), None)

    assert (first.verdict, first.found) == (FAILED, "it does not start (SystemExit)")


@pytest.mark.parametrize("name", ["[::1", "not a name", "notes.example:port"])
def test_server_name_that_is_none_is_a_finding(name: str) -> None:
    first, _versions = examine(lambda: make_app(SERVER_NAME=name), None)

    assert (first.name, first.remedy) == ("settings", "Correct it in app.config.")
