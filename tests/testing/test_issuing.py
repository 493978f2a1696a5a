from __future__ import annotations

import pytest
from testing.relying_party import RelyingParty

from flask_hf_oauth.testing import PERSONAS_BY_USERNAME, HfProvider

ADMIN = PERSONAS_BY_USERNAME["demo-org-admin"]


def test_issued_tokens_are_as_good_as_those_of_a_sign_in(
    provider: HfProvider, relying_party: RelyingParty
) -> None:
    tokens = provider.issue_tokens(ADMIN, scopes="openid profile", orgs="demo-enterprise")
    claims = relying_party.userinfo(tokens.access_token).json()

    assert (claims["sub"], claims["preferred_username"]) == (ADMIN.id, "demo-org-admin")
    assert [org.get("roleInOrg") for org in claims["orgs"]] == ["admin", None, None, None]
    assert tokens.expires_in == provider.behavior.access_token_lifetime


def test_issued_refresh_token_can_be_used_once(
    provider: HfProvider, relying_party: RelyingParty
) -> None:
    refresh_token = provider.issue_tokens(scopes=["openid", "jobs"]).refresh_token or ""
    answers = [relying_party.refresh(refresh_token) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[0].json()["scope"] == "openid jobs"


def test_issued_tokens_last_as_long_as_said(
    provider: HfProvider, relying_party: RelyingParty
) -> None:
    living, expired = provider.issue_tokens(expires_in=60), provider.issue_tokens(expires_in=0)

    assert relying_party.userinfo(living.access_token).status_code == 200
    assert relying_party.userinfo(expired.access_token).status_code == 401


def test_no_refresh_token_is_issued_where_there_are_none(provider: HfProvider) -> None:
    provider.switch(refresh_tokens="never")

    assert provider.issue_tokens().refresh_token is None


def test_issued_tokens_are_of_one_client(provider: HfProvider, relying_party: RelyingParty) -> None:
    provider.add_client("another")
    tokens = provider.issue_tokens(client_id="another")

    assert relying_party.refresh(tokens.refresh_token or "").json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"user": "nobody"}, "knows no 'nobody'; it knows demo-free"),
        ({"client_id": "nothing"}, "knows no client_id 'nothing': make the app with config"),
        ({"orgs": "demo-guild"}, "demo-free belongs to no organization 'demo-guild'"),
    ],
)
def test_nothing_is_issued_for_what_is_not_there(
    provider: HfProvider, arguments: dict[str, str], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        provider.issue_tokens(**arguments)  # type: ignore[arg-type]  # a table of arguments


def test_tokens_stay_out_of_sight(provider: HfProvider) -> None:
    assert repr(provider.issue_tokens()) == "Tokens(expires_in=28800)"
