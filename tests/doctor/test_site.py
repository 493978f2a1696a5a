from __future__ import annotations

from collections.abc import Mapping

import pytest
from doctor.patient import find, make_app, verdict

from flask_hf_oauth.doctor.report import FAILED
from flask_hf_oauth.doctor.site import find_site

ELSEWHERE = "https://sign-in.example.com/auth/login/callback"


def url_of(url: str | None = None, config: Mapping[str, object] | None = None) -> str:
    app = make_app(**(config or {}))
    return find_site(app, app.extensions["hf_oauth"], url).url


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://notes.example.com", "https://notes.example.com"),
        ("https://notes.example.com/", "https://notes.example.com"),
        ("https://Notes.Example.com:443/app/", "https://notes.example.com/app"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("https://notes.example.com:8443", "https://notes.example.com:8443"),
    ],
)
def test_address_is_written_as_flask_does(given: str, expected: str) -> None:
    assert url_of(given) == expected


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param(
            {"HF_OAUTH_REDIRECT_URI": ELSEWHERE, "HF_OAUTH_URL_PREFIX": "/auth"},
            "https://sign-in.example.com",
            id="redirect URI",
        ),
        pytest.param(
            {"HF_OAUTH_REDIRECT_URI": ELSEWHERE}, "https://sign-in.example.com/auth", id="mount"
        ),
        pytest.param({"SERVER_NAME": "notes.example"}, "https://notes.example", id="server name"),
        pytest.param(
            {"SERVER_NAME": "notes.example", "APPLICATION_ROOT": "/app"},
            "https://notes.example/app",
            id="application root",
        ),
        pytest.param({"SERVER_NAME": "localhost:8000"}, "http://localhost:8000", id="laptop"),
        pytest.param({"SERVER_NAME": "NOTES.example/"}, "https://notes.example", id="capitals"),
        pytest.param(
            {"TRUSTED_HOSTS": [".example", "notes.example"]}, "https://notes.example", id="trusted"
        ),
        pytest.param({"TRUSTED_HOSTS": [".example"]}, "http://127.0.0.1:5000", id="a domain"),
        pytest.param({}, "http://127.0.0.1:5000", id="nothing"),
    ],
)
def test_site_is_where_the_app_says(config: dict[str, object], expected: str) -> None:
    assert url_of(config=config) == expected


def test_site_of_a_space_is_its_first_host(on_space: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_HOST", "demo-org-notes.hf.space,notes.example.com")

    assert url_of() == "https://demo-org-notes.hf.space"


def test_person_is_believed_first(on_space: None) -> None:
    assert url_of("https://notes.example.com") == "https://notes.example.com"


def test_guess_is_called_one() -> None:
    finding = find(make_app(), "site", None)

    assert finding.found == "http://127.0.0.1:5000, as flask run opens it: a guess"
    assert "--url" in finding.remedy


def test_site_that_was_told_is_no_guess() -> None:
    finding = find(make_app(), "site", "https://notes.example.com")

    assert (finding.found, finding.remedy) == ("https://notes.example.com, as --url says", "")


def test_site_without_tls_gets_nobody_back() -> None:
    assert verdict(make_app(), "site", "http://notes.example.com") == FAILED
