from __future__ import annotations

import logging
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, session

from flask_hf_oauth import ConfigurationError, HfOAuth
from flask_hf_oauth.spaces import find_space_hosts, is_space

SPACE = {
    "SPACE_ID": "demo-org/notebook",
    "SPACE_HOST": "demo-org-notebook.hf.space",
    "OAUTH_CLIENT_ID": "client-of-the-space",
    "OAUTH_CLIENT_SECRET": "secret-of-the-space",
}
DEFAULTS = {
    "SESSION_COOKIE_SAMESITE": None,
    "SESSION_COOKIE_SECURE": False,
    "SESSION_COOKIE_PARTITIONED": False,
}


@pytest.fixture
def space(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SPACE.items():
        monkeypatch.setenv(name, value)


def make_app(**config: object) -> Flask:
    app = Flask("demo")
    app.config.update(TESTING=True, **config)
    HfOAuth(app)
    return app


def flags(app: Flask) -> dict[str, object]:
    return {name: app.config[name] for name in DEFAULTS}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, False), ({"SPACE_ID": ""}, False), ({"SPACE_ID": "o/n"}, True)],
    ids=["elsewhere", "empty", "space"],
)
def test_space_id_tells_a_space(environ: dict[str, str], expected: object) -> None:
    assert is_space(environ) is expected


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ("o-n.hf.space", ("o-n.hf.space",)),
        ("o-n.hf.space,app.example", ("o-n.hf.space", "app.example")),  # a custom domain is second
        (" O-n.hf.space , app.example", ("o-n.hf.space", "app.example")),
        ("o-n.hf.space,https://app.example,b.example", ("o-n.hf.space", "b.example")),
        ("", ()),
        (",", ()),
    ],
)
def test_hosts_of_a_space_are_a_list(hosts: str, expected: tuple[str, ...]) -> None:
    assert find_space_hosts({"SPACE_ID": "o/n", "SPACE_HOST": hosts}) == expected


def test_space_without_a_host_has_none() -> None:
    assert find_space_hosts({"SPACE_ID": "o/n"}) == ()


@pytest.mark.parametrize(
    "host",
    [
        "https://o-n.hf.space",
        "o-n.hf.space/login",
        "o-n.hf.space?x",
        "user@o-n.hf.space",
        "o-n.hf.space o-n.hf.space",
        "o-n.hf.space:port",
        "[",
    ],
)
def test_host_that_is_none_is_a_problem(host: str) -> None:
    with pytest.raises(ConfigurationError, match="SPACE_HOST") as caught:
        find_space_hosts({"SPACE_ID": "o/n", "SPACE_HOST": f"{host},o-n.hf.space"})

    assert caught.value.error_code == "settings_invalid"


def test_host_without_a_space_does_not_count() -> None:
    assert find_space_hosts({"SPACE_HOST": "o-n.hf.space"}) == ()


@pytest.mark.usefixtures("space")
def test_cookie_on_a_space_comes_through_its_frame() -> None:
    app = make_app()
    app.add_url_rule("/", "home", lambda: session.setdefault("mark", "x"))

    cookie = app.test_client().get("/", base_url="https://localhost").headers["Set-Cookie"]

    assert {"Secure", "SameSite=None", "Partitioned"} <= set(cookie.split("; "))


@pytest.mark.usefixtures("space")
@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("SESSION_COOKIE_SAMESITE", "Lax"),
        ("SESSION_COOKIE_SECURE", True),
        ("SESSION_COOKIE_PARTITIONED", True),
    ],
)
def test_flags_that_the_app_chose_stay(flag: str, value: object) -> None:
    assert flags(make_app(**{flag: value})) == {**DEFAULTS, flag: value}


def test_flags_elsewhere_stay() -> None:
    assert flags(make_app()) == DEFAULTS


@pytest.mark.usefixtures("space")
def test_secret_key_on_a_space_is_the_same_in_every_worker() -> None:
    program = (
        "import flask, flask_hf_oauth; app = flask.Flask('demo'); flask_hf_oauth.HfOAuth(app); "
        "print(app.secret_key)"
    )
    worker = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert worker.stdout.decode().strip() == make_app().secret_key


@pytest.mark.usefixtures("space")
def test_derived_secret_key_is_not_the_client_secret() -> None:
    key = make_app().secret_key

    assert isinstance(key, str)
    assert len(key) == 64
    assert SPACE["OAUTH_CLIENT_SECRET"] not in key


@pytest.mark.usefixtures("space")
def test_secret_key_is_derived_as_rfc_5869_says() -> None:
    label = b"flask-hf-oauth secret key v1"
    derived = HKDF(SHA256(), 32, None, label).derive(SPACE["OAUTH_CLIENT_SECRET"].encode())

    assert make_app().secret_key == derived.hex()


@pytest.mark.usefixtures("space")
def test_another_client_secret_gives_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    key = make_app().secret_key
    monkeypatch.setenv("OAUTH_CLIENT_SECRET", "another")

    assert make_app().secret_key != key


@pytest.mark.usefixtures("space")
def test_the_line_of_a_space_without_oauth_says_what_to_add(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "SPACE_HOST"):
        monkeypatch.delenv(name)
    with caplog.at_level(logging.INFO, "flask_hf_oauth"):
        make_app()

    (line,) = caplog.messages
    assert "client none (add hf_oauth: true to its README.md)" in line
    assert "callback on the host of each request" in line


@pytest.mark.usefixtures("space")
def test_secret_key_of_the_app_stays() -> None:
    assert make_app(SECRET_KEY="mine").secret_key == "mine"


def test_no_secret_key_is_made_up_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTH_CLIENT_ID", "client")
    monkeypatch.setenv("OAUTH_CLIENT_SECRET", "secret")

    assert make_app().secret_key is None


@pytest.mark.usefixtures("space")
def test_no_secret_key_is_made_up_without_a_client_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OAUTH_CLIENT_SECRET")

    assert make_app().secret_key is None


@pytest.mark.usefixtures("space")
@pytest.mark.parametrize(
    ("config", "inferred"),
    [
        ({}, "SameSite=None, Secure and Partitioned and a secret key derived"),
        ({"SECRET_KEY": "mine"}, "inferred a session cookie with SameSite=None"),
        ({"SESSION_COOKIE_SECURE": True}, "inferred a secret key derived"),
        (
            {"SECRET_KEY": "mine", "SESSION_COOKIE_SECURE": True},
            "inferred no cookie flag and no secret key",
        ),
    ],
    ids=["all", "cookie", "key", "nothing"],
)
def test_one_line_says_what_was_inferred(
    config: dict[str, object], inferred: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "flask_hf_oauth"):
        app = make_app(**config)

    (line,) = caplog.messages
    assert inferred in line
    assert (
        "client client-of-the-space at https://huggingface.co, scopes openid profile, "
        "callback on demo-org-notebook.hf.space;"
    ) in line
    assert str(app.secret_key) not in line
    assert SPACE["OAUTH_CLIENT_SECRET"] not in line
