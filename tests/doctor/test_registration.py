from __future__ import annotations

import pytest
from doctor.patient import EMBEDDED, SITE, SPACE, find, find_all, make_app, verdict
from flask import Flask

from flask_hf_oauth.doctor.report import FAILED, OK, WARNING


def make_embedded(**modes: bool) -> Flask:
    app = make_app(**EMBEDDED)
    app.debug = app.testing = False
    for name, value in modes.items():
        setattr(app, name, value)
    return app


def test_client_id_is_shown() -> None:
    assert find(make_app(), "client").found == "plain-client"


def test_missing_client_id_is_explained() -> None:
    app = make_app(HF_OAUTH_CLIENT_ID=None)
    finding = find(app, "client")

    assert (finding.verdict, finding.found) == (FAILED, "There is no client id")
    assert "https://huggingface.co/settings/applications/new" in finding.remedy
    assert find_all(app, "secret") == []


def test_space_without_an_app_is_told_what_its_readme_lacks(
    on_space: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OAUTH_CLIENT_ID")
    monkeypatch.delenv("OAUTH_CLIENT_SECRET")

    finding = find(make_app(HF_OAUTH_CLIENT_ID=None), "client")

    assert finding.verdict == FAILED
    assert "hf_oauth: true" in finding.remedy.splitlines()


@pytest.mark.parametrize("mode", ["debug", "testing"])
def test_embedded_provider_is_for_developing(mode: str) -> None:
    app = make_embedded(**{mode: True})

    assert verdict(app, "client") == OK
    assert find_all(app, "secret") == find_all(app, "provider") == find_all(app, "clock") == []


def test_embedded_provider_is_not_started() -> None:
    app = make_embedded(debug=True)
    find(app, "client")

    assert app.extensions["hf_oauth"].clients == {}


def test_embedded_provider_is_refused_in_public() -> None:
    finding = find(make_embedded(), "client")

    assert finding.verdict == FAILED
    assert finding.found.startswith("HF_OAUTH_DEV_PROVIDER lets everybody sign in as anybody")


def test_embedded_provider_is_refused_on_a_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "demo-org/notes")

    assert verdict(make_embedded(debug=True), "client") == FAILED


def test_client_document_is_named() -> None:
    app = make_app(HF_OAUTH_CLIENT_ID="cimd", HF_OAUTH_REDIRECT_URI=f"{SITE}/login/callback")

    assert find(app, "client").found.startswith(f"{SITE}/.well-known/oauth-cimd, a document")


def test_client_document_of_a_laptop_is_refused() -> None:
    finding = find(make_app(HF_OAUTH_CLIENT_ID="cimd"), "client", "http://127.0.0.1:5000")

    assert finding.verdict == FAILED
    assert "it can't from http://127.0.0.1:5000" in finding.found


def test_public_client_needs_no_secret() -> None:
    assert verdict(make_app(), "secret") == OK


def test_secret_is_not_shown() -> None:
    assert find(make_app(HF_OAUTH_CLIENT_SECRET="client-secret"), "secret").found == "set"


def test_scopes_are_shown_and_those_for_later_too() -> None:
    app = make_app(HF_OAUTH_SCOPES="openid email", HF_OAUTH_OPTIONAL_SCOPES="jobs")

    assert find(app, "scopes").found == "openid email; later, when wanted: jobs"


def test_allowed_organizations_without_roles_are_warned_of() -> None:
    finding = find(make_app(HF_OAUTH_ALLOWED_ORGS="demo-guild"), "scopes")

    assert finding.verdict == WARNING
    assert finding.remedy == "Add read-memberships to HF_OAUTH_SCOPES."


def test_allowed_organizations_with_roles_are_fine() -> None:
    scopes = "openid profile read-memberships"
    app = make_app(HF_OAUTH_ALLOWED_ORGS="demo-guild", HF_OAUTH_SCOPES=scopes)

    assert verdict(app, "scopes") == OK


@pytest.mark.parametrize(
    ("setting", "expected"), [("SCOPES", FAILED), ("OPTIONAL_SCOPES", WARNING)]
)
def test_scope_that_the_space_lacks_is_named(on_space: None, setting: str, expected: str) -> None:
    config = {
        "HF_OAUTH_CLIENT_ID": SPACE["OAUTH_CLIENT_ID"],
        f"HF_OAUTH_{setting}": "email jobs profile",
    }
    finding = find(make_app(**config), "scopes")

    assert finding.verdict == expected
    assert finding.found.startswith("email jobs: not among those of the Space")
    assert finding.remedy.splitlines()[1:] == ["hf_oauth_scopes:", "  - email", "  - jobs"]


def test_client_of_ones_own_on_a_space_has_scopes_of_its_own(on_space: None) -> None:
    app = make_app(HF_OAUTH_CLIENT_ID="another", HF_OAUTH_SCOPES="email jobs profile")

    assert verdict(app, "scopes") == OK


def test_scopes_of_the_space_are_fine(on_space: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTH_SCOPES", "openid profile email")

    assert find(make_app(), "scopes").found == "openid profile email"


@pytest.mark.parametrize(
    ("client_id", "expected"),
    [pytest.param("my-own-client", OK, id="own app"), pytest.param(None, FAILED, id="no app")],
)
def test_space_that_names_no_scopes_has_two(
    monkeypatch: pytest.MonkeyPatch, client_id: str | None, expected: str
) -> None:
    monkeypatch.setenv("SPACE_ID", "demo-org/notes")
    app = make_app(HF_OAUTH_CLIENT_ID=client_id, HF_OAUTH_SCOPES="openid email")

    assert verdict(app, "scopes") == expected
