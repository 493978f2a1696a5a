from __future__ import annotations

import pytest
from testing.relying_party import CALLBACK, RelyingParty, parse_callback

from flask_hf_oauth.testing import PERSONAS_BY_USERNAME, HfProvider, ProviderRefusal

ORG, OTHER_ORG = PERSONAS_BY_USERNAME["demo-org-admin"].orgs[:2]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"client_id": None}, "no client_id", id="no client"),
        pytest.param({"client_id": ["a", "b"]}, "or several", id="two clients"),
        pytest.param({"client_id": "nobody"}, "knows no client_id 'nobody'", id="unknown client"),
        pytest.param({"redirect_uri": None}, "no redirect_uri", id="no redirect URI"),
        pytest.param({"redirect_uri": [CALLBACK, CALLBACK]}, "or several", id="two redirect URIs"),
        pytest.param(
            {"redirect_uri": "https://evil.example/"}, "is not registered", id="another's URI"
        ),
    ],
)
def test_mistake_about_the_client_is_a_page(
    relying_party: RelyingParty, changes: dict[str, str | list[str] | None], sentence: str
) -> None:
    answer = relying_party.get(relying_party.authorization_url(**changes))

    assert (answer.status_code, "Location" in answer.headers) == (400, False)
    assert sentence in answer.text.replace("&#39;", "'")


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        pytest.param({"response_type": None}, "invalid_request", "missing", id="no response type"),
        pytest.param(
            {"response_type": "token"}, "unsupported_response_type", "code", id="implicit flow"
        ),
        pytest.param({"response_mode": "fragment"}, "invalid_request", "query", id="fragment"),
        pytest.param({"prompt": "login"}, "invalid_request", "prompt", id="unknown prompt"),
        pytest.param({"nonce": ["a", "b"]}, "invalid_request", "2 times", id="two nonces"),
        pytest.param(
            {"code_challenge_method": "plain"}, "invalid_request", "S256", id="plain challenge"
        ),
        pytest.param(
            {"code_challenge_method": None}, "invalid_request", "S256", id="no method is plain"
        ),
        pytest.param({"code_challenge": "short"}, "invalid_request", "SHA-256", id="no SHA-256"),
        pytest.param({"code_challenge": None}, "invalid_request", "missing", id="method alone"),
        pytest.param({"orgIds": "demo-guild"}, "invalid_request", "id", id="organization's name"),
        pytest.param({"scope": "openid fly"}, "invalid_scope", "ask for fly", id="unknown scope"),
    ],
)
def test_other_mistake_is_told_to_the_app(
    relying_party: RelyingParty,
    changes: dict[str, str | list[str] | None],
    error: str,
    sentence: str,
) -> None:
    answer = relying_party.get(relying_party.authorization_url(**changes))
    callback = parse_callback(answer.headers["Location"])

    assert (answer.status_code, callback["error"]) == (303, error)
    assert (sentence in callback["error_description"], callback["state"]) == (True, "the-state")


def test_two_states_are_not_echoed(relying_party: RelyingParty) -> None:
    answer = relying_party.get(relying_party.authorization_url(state=["a", "b"]))

    assert "state" not in parse_callback(answer.headers["Location"])


def test_public_client_needs_pkce(provider: HfProvider, relying_party: RelyingParty) -> None:
    url = relying_party.authorization_url(
        client_id=provider.public_client_id, code_challenge=None, code_challenge_method=None
    )

    assert parse_callback(provider.authorize(url))["error"] == "invalid_request"


def test_confidential_client_may_do_without_pkce(relying_party: RelyingParty) -> None:
    code = relying_party.obtain_code(code_challenge=None, code_challenge_method=None)

    assert relying_party.exchange(code, code_verifier=None).status_code == 200


def test_unknown_scope_may_show_on_a_page(relying_party: RelyingParty) -> None:
    relying_party.provider.switch(unknown_scope="page")
    answer = relying_party.get(relying_party.authorization_url(scope="openid fly"))

    assert (answer.status_code, "may not ask for fly" in answer.text) == (400, True)


def test_without_scope_the_registered_ones_are_granted(relying_party: RelyingParty) -> None:
    provider = relying_party.provider
    provider.add_client("an-app", None, [CALLBACK], ["openid", "email"])
    code = relying_party.obtain_code(client_id="an-app", scope=None)
    answer = relying_party.post(
        "/oauth/token",
        {
            "grant_type": "authorization_code",
            "client_id": "an-app",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": "verifier-of-at-least-forty-three-characters-0123",
        },
    )

    assert answer.json()["scope"] == "openid email"


def test_query_of_the_redirect_uri_stays(provider: HfProvider, relying_party: RelyingParty) -> None:
    url = provider.authorize(relying_party.authorization_url(redirect_uri=f"{CALLBACK}?from=hf"))

    assert url.startswith(f"{CALLBACK}?from=hf&code=")


def test_without_state_none_comes_back(provider: HfProvider, relying_party: RelyingParty) -> None:
    url = provider.authorize(relying_party.authorization_url(state=None))

    assert set(parse_callback(url)) == {"code"}


def test_callback_may_carry_iss(provider: HfProvider, relying_party: RelyingParty) -> None:
    provider.switch(callback_iss=True)

    assert parse_callback(provider.authorize(relying_party.authorization_url()))["iss"] == (
        provider.url
    )
    assert parse_callback(provider.refuse(relying_party.authorization_url()))["iss"] == provider.url


@pytest.mark.parametrize(
    ("org_ids", "form", "granted"),
    [
        pytest.param([ORG.id, OTHER_ORG.id], "either", {ORG.id, OTHER_ORG.id}, id="repeated"),
        pytest.param(f"{ORG.id},{OTHER_ORG.id}", "either", {ORG.id, OTHER_ORG.id}, id="comma"),
        pytest.param(f"{ORG.id},{OTHER_ORG.id}", "comma", {ORG.id, OTHER_ORG.id}, id="comma only"),
        pytest.param([ORG.id, OTHER_ORG.id], "repeated", {ORG.id, OTHER_ORG.id}, id="repeat only"),
        pytest.param(["0" * 24], "either", set(), id="not a member"),
    ],
)
def test_organizations_are_asked_for(
    relying_party: RelyingParty, org_ids: str | list[str], form: str, granted: set[str]
) -> None:
    relying_party.provider.switch(org_ids=form)
    tokens = relying_party.sign_in("demo-org-admin", orgIds=org_ids)
    orgs = relying_party.userinfo(tokens["access_token"]).json()["orgs"]

    assert {org["sub"] for org in orgs if "resourceGroups" in org} == granted


@pytest.mark.parametrize(
    ("org_ids", "form"),
    [
        pytest.param([ORG.id, OTHER_ORG.id], "comma", id="repeated"),
        pytest.param(f"{ORG.id},{OTHER_ORG.id}", "repeated", id="comma"),
    ],
)
def test_only_one_form_of_org_ids_may_be_known(
    relying_party: RelyingParty, org_ids: str | list[str], form: str
) -> None:
    relying_party.provider.switch(org_ids=form)
    url = relying_party.provider.authorize(relying_party.authorization_url(orgIds=org_ids))

    assert parse_callback(url)["error"] == "invalid_request"


def test_space_owns_its_uris(provider: HfProvider, relying_party: RelyingParty) -> None:
    callback = "https://demo-app.hf.space/login/callback"
    url = relying_party.authorization_url(redirect_uri=callback)
    with pytest.raises(ProviderRefusal):
        provider.authorize(url)

    provider.switch(space_host="demo-app.hf.space")

    assert provider.authorize(url).startswith(callback)
