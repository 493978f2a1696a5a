from __future__ import annotations

import pytest
from testing.relying_party import CALLBACK, RelyingParty, parse_callback

from flask_hf_oauth.testing import PERSONAS, HfProvider, Persona, ProviderRefusal


def test_config_of_an_app(provider: HfProvider) -> None:
    assert provider.config() == {
        "HF_OAUTH_CLIENT_ID": provider.client_id,
        "HF_OAUTH_CLIENT_SECRET": provider.client_secret,
        "HF_OAUTH_PROVIDER_URL": provider.url,
        "HF_OAUTH_DEV_PROVIDER": False,
    }


def test_config_of_a_public_app(provider: HfProvider) -> None:
    assert provider.config(public=True) == {
        "HF_OAUTH_CLIENT_ID": provider.public_client_id,
        "HF_OAUTH_PROVIDER_URL": provider.url,
        "HF_OAUTH_DEV_PROVIDER": False,
    }


def test_environment_of_a_space(provider: HfProvider) -> None:
    assert provider.environ() == {
        "OAUTH_CLIENT_ID": provider.client_id,
        "OAUTH_CLIENT_SECRET": provider.client_secret,
        "OPENID_PROVIDER_URL": provider.url,
    }


@pytest.mark.parametrize("persona", ["demo-pro", PERSONAS[1], PERSONAS[1].id])
def test_persona_agrees(relying_party: RelyingParty, persona: str | Persona) -> None:
    url = relying_party.provider.authorize(relying_party.authorization_url(), persona)
    tokens = relying_party.exchange(parse_callback(url)["code"]).json()

    assert relying_party.userinfo(tokens["access_token"]).json()["sub"] == PERSONAS[1].id


def test_stand_in_is_not_recorded(relying_party: RelyingParty) -> None:
    relying_party.obtain_code()

    assert (relying_party.provider.requests, relying_party.provider.connections) == ([], 0)


def test_persona_refuses(provider: HfProvider, relying_party: RelyingParty) -> None:
    callback = parse_callback(provider.refuse(relying_party.authorization_url()))

    assert callback == {
        "error": "access_denied",
        "error_description": "The user denied the request",
        "state": "the-state",
    }


def test_app_hears_of_its_mistake_from_either(
    provider: HfProvider, relying_party: RelyingParty
) -> None:
    url = relying_party.authorization_url(response_type="token")

    assert provider.authorize(url) == provider.refuse(url)
    assert parse_callback(provider.authorize(url))["error"] == "unsupported_response_type"


def test_error_page_is_an_exception(provider: HfProvider, relying_party: RelyingParty) -> None:
    url = relying_party.authorization_url(redirect_uri="https://app.example/callback")

    with pytest.raises(ProviderRefusal, match="400: The redirect URI does not match") as caught:
        provider.authorize(url)

    assert (caught.value.status, "register this very URI" in caught.value.text) == (400, True)


@pytest.mark.parametrize(
    "url", ["https://huggingface.co/oauth/authorize?client_id=x", "{}/oauth/token?x=y", "/", None]
)
def test_other_urls_are_a_mistake(provider: HfProvider, url: str | None) -> None:
    with pytest.raises(ValueError, match="is no authorization request to 'http://127"):
        provider.authorize(url and url.format(provider.url))


def test_prompt_none_plays_a_person_who_agreed_before(
    provider: HfProvider, relying_party: RelyingParty
) -> None:
    url = relying_party.authorization_url(prompt="none")
    assert parse_callback(provider.authorize(url))["error"] == "consent_required"

    provider.authorize(relying_party.authorization_url())

    assert "code" in parse_callback(provider.authorize(url))


@pytest.mark.parametrize(
    "orgs", ["demo-guild", ["demo-guild"], [PERSONAS[1].orgs[0].id]], ids=["name", "list", "id"]
)
def test_persona_grants_organizations(relying_party: RelyingParty, orgs: str | list[str]) -> None:
    url = relying_party.provider.authorize(relying_party.authorization_url(), "demo-pro", orgs=orgs)
    tokens = relying_party.exchange(parse_callback(url)["code"]).json()
    (org,) = relying_party.userinfo(tokens["access_token"]).json()["orgs"]

    assert org["resourceGroups"] == []


def test_persona_cannot_grant_another_organization(
    provider: HfProvider, relying_party: RelyingParty
) -> None:
    with pytest.raises(ValueError, match="demo-pro belongs to no organization 'x', but to"):
        provider.authorize(relying_party.authorization_url(), "demo-pro", orgs=["x"])


def test_scopes_are_granted_one_by_one(relying_party: RelyingParty) -> None:
    url = relying_party.provider.authorize(
        relying_party.authorization_url(), scopes=["openid", "email"]
    )

    assert relying_party.exchange(parse_callback(url)["code"]).json()["scope"] == "openid email"


def test_client_is_registered_again(provider: HfProvider, relying_party: RelyingParty) -> None:
    url = relying_party.authorization_url(client_id="an-app")
    provider.add_client("an-app", redirect_uris=[CALLBACK])
    assert provider.authorize(url)

    provider.add_client("an-app", redirect_uris=["https://app.example/callback"])

    with pytest.raises(ProviderRefusal):
        provider.authorize(url)


@pytest.mark.parametrize(
    "redirect_uris",
    ["https://app.example/callback", ["https://app.example/callback"]],
    ids=["text", "list"],
)
def test_redirect_uris_beyond_loopback_are_taken(redirect_uris: str | list[str]) -> None:
    provider = HfProvider(redirect_uris=redirect_uris)
    other = provider.add_client("another", redirect_uris=redirect_uris)

    assert other.redirect_uris == ("https://app.example/callback",)
    for client in (other, *provider._realm.clients.values()):
        assert client.accepts_redirect_uri("https://app.example/callback")
