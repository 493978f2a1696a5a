from __future__ import annotations

from collections.abc import Mapping

import pytest
from doctor.patient import find, find_all
from doctor.patient import make_app as make_app_of_nobody
from flask import Flask
from flow import AppMaker
from werkzeug.http import http_date

from flask_hf_oauth.doctor.provider import judge_clock
from flask_hf_oauth.doctor.report import FAILED, OK, WARNING
from flask_hf_oauth.testing import HfProvider
from flask_hf_oauth.testing.faults import Fault

NOW = 1_800_000_000


def test_provider_is_asked_as_a_login_asks_it(make_app: AppMaker, provider: HfProvider) -> None:
    finding = find(make_app(), "provider")

    assert finding.found == f"{provider.url} signs with RS256, keys: 3"
    assert [request.endpoint for request in provider.requests] == ["discovery", "keys", "token"]


def test_clock_is_compared(make_app: AppMaker) -> None:
    assert find(make_app(), "clock").found == "right, by the provider's"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("status-503", "provider_unavailable"),
        ("html", "discovery_not_json"),
        ("redirect", "provider_redirect"),
    ],
)
def test_broken_discovery_is_told(
    make_app: AppMaker, provider: HfProvider, fault: Fault, code: str
) -> None:
    provider.fail("discovery", fault)
    finding = find(make_app(), "provider")

    assert (finding.verdict, finding.found.partition(":")[0]) == (FAILED, code)


def test_provider_that_hangs_is_given_up(make_app: AppMaker, provider: HfProvider) -> None:
    provider.fail("discovery", "hang")
    finding = find(make_app(HF_OAUTH_TIMEOUT=0.1), "provider")

    assert finding.found.startswith("provider_timeout:")


def test_provider_that_is_away_is_told() -> None:
    findings = find_all(make_app_of_nobody(), "provider")

    assert [finding.verdict for finding in findings] == [FAILED]
    assert "firewall" in findings[0].remedy


def test_wrong_issuer_is_told(make_app: AppMaker, provider: HfProvider) -> None:
    provider.change("discovery", lambda document: {**document, "issuer": "https://example.com"})

    assert "has to be the issuer itself" in find(make_app(), "provider").remedy


def test_key_set_of_no_use_is_told(make_app: AppMaker, provider: HfProvider) -> None:
    provider.change("keys", lambda _keys: {"keys": []})

    assert find(make_app(), "provider").found.startswith("keys_unusable:")


def test_client_that_the_provider_knows_is_fine(make_app: AppMaker) -> None:
    assert find(make_app(), "credentials").found.startswith("the provider knows the client id")


@pytest.mark.parametrize(
    "config",
    [
        {"HF_OAUTH_CLIENT_SECRET": "another-secret"},
        {"HF_OAUTH_CLIENT_SECRET": None},
        {"HF_OAUTH_CLIENT_ID": "another-client"},
    ],
    ids=["wrong secret", "no secret", "wrong id"],
)
def test_client_that_the_provider_does_not_know_is_told(
    make_app: AppMaker, config: dict[str, object]
) -> None:
    finding = find(make_app(config), "credentials")

    assert finding.verdict == FAILED
    assert "Compare OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET" in finding.remedy


def test_client_that_is_not_there_is_not_asked_for(make_app: AppMaker) -> None:
    app = make_app(HF_OAUTH_CLIENT_ID=None, HF_OAUTH_CLIENT_SECRET=None)

    assert find_all(app, "credentials") == []


def test_provider_that_does_not_say_is_warned_of(make_app: AppMaker, provider: HfProvider) -> None:
    provider.fail("token", "html")

    assert find(make_app(), "credentials").verdict == WARNING


@pytest.mark.parametrize("fault", ["status-503", "html-502"])
def test_provider_without_tokens_fails(
    make_app: AppMaker, provider: HfProvider, fault: Fault
) -> None:
    provider.fail("token", fault)

    assert [finding.verdict for finding in find_all(make_app(), "provider")] == [OK, FAILED]


@pytest.mark.parametrize(
    "config",
    [
        {"HF_OAUTH_URL_PREFIX": "/auth"},
        {"HF_OAUTH_REDIRECT_URI": "http://localhost/auth/login/callback"},
    ],
    ids=["prefix", "redirect URI"],
)
def test_credentials_are_asked_for_with_the_redirect_uri(
    make_app: AppMaker, provider: HfProvider, config: dict[str, object]
) -> None:
    find(make_app(config), "credentials", "http://localhost")

    assert provider.requests[-1].form["redirect_uri"] == "http://localhost/auth/login/callback"


@pytest.mark.parametrize("spelling", ["document_supported", "supported"])
def test_provider_that_fetches_client_documents_is_fine(
    make_app: AppMaker, provider: HfProvider, spelling: str
) -> None:
    member = f"client_id_metadata_{spelling}"
    provider.change("discovery", lambda document: {**without_cimd(document), member: True})

    assert find_all(make_cimd_app(make_app), "cimd") == []


def test_provider_that_fetches_no_client_documents_is_told(
    make_app: AppMaker, provider: HfProvider
) -> None:
    provider.change("discovery", without_cimd)

    assert find(make_cimd_app(make_app), "cimd").verdict == FAILED


def without_cimd(document: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if "client_id_metadata" not in name}


def make_cimd_app(make_app: AppMaker) -> Flask:
    return make_app(HF_OAUTH_CLIENT_ID="cimd", HF_OAUTH_CLIENT_SECRET=None)


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (0, OK),
        (60, OK),
        (-60, OK),
        (61, WARNING),
        (-119, WARNING),
        (-121, FAILED),  # more than the leeway: each ID token is of the future
        (300, WARNING),
        (3721, FAILED),  # an hour and the leeway: each ID token is over
    ],
)
def test_difference_of_the_clocks_is_judged(ahead: int, expected: str) -> None:
    headers = {"Date": http_date(NOW - ahead)}

    assert judge_clock(headers, NOW).verdict == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"Date": http_date(NOW - 600), "Age": "600"}, OK, id="from a cache"),
        pytest.param({"Date": http_date(NOW), "Age": "old"}, OK, id="age that is none"),
        pytest.param({}, WARNING, id="no date"),
        pytest.param({"Date": "today"}, WARNING, id="date that is none"),
    ],
)
def test_date_of_the_provider_is_read(headers: dict[str, str], expected: str) -> None:
    assert judge_clock(headers, NOW).verdict == expected
