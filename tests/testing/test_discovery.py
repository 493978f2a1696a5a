from __future__ import annotations

import pytest
from testing.relying_party import RelyingParty

MEMBERS = {
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "device_authorization_endpoint",
    "registration_endpoint",
    "response_types_supported",
    "response_modes_supported",
    "id_token_signing_alg_values_supported",
    "code_challenge_methods_supported",
    "token_endpoint_auth_methods_supported",
    "grant_types_supported",
    "client_id_metadata_document_supported",
}


@pytest.mark.parametrize("name", ["openid-configuration", "oauth-authorization-server"])
def test_document_has_the_members_of_the_hub(relying_party: RelyingParty, name: str) -> None:
    document = relying_party.get(f"/.well-known/{name}").json()

    assert set(document) == MEMBERS
    assert document["issuer"] == relying_party.provider.url
    assert document["token_endpoint_auth_methods_supported"] == [
        "client_secret_basic",
        "client_secret_post",
    ]


def test_older_spelling_of_client_metadata(relying_party: RelyingParty) -> None:
    relying_party.provider.switch(client_id_metadata_key="client_id_metadata_supported")
    document = relying_party.get("/.well-known/openid-configuration").json()

    assert set(document) - MEMBERS == {"client_id_metadata_supported"}
    assert "client_id_metadata_document_supported" not in document


def test_iss_parameter_is_announced(relying_party: RelyingParty) -> None:
    relying_party.provider.switch(announce_callback_iss=True)
    document = relying_party.get("/.well-known/openid-configuration").json()

    assert document["authorization_response_iss_parameter_supported"] is True


@pytest.mark.parametrize("path", ["/oauth/device", "/oauth/register"])
def test_endpoints_of_other_flows_are_not_served(relying_party: RelyingParty, path: str) -> None:
    assert relying_party.post(path, {}).status_code == 404
