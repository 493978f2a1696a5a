from __future__ import annotations

import base64
import hashlib

import pytest
from testing.relying_party import RelyingParty, decode_part

from flask_hf_oauth.testing import PERSONAS_BY_USERNAME, HfProvider

ADMIN = PERSONAS_BY_USERNAME["demo-org-admin"]
PERSON = {"name", "preferred_username", "profile", "picture"}


def id_token_claims(
    relying_party: RelyingParty, persona: str = "demo-free", **changes: str | None
) -> dict[str, object]:
    return decode_part(relying_party.sign_in(persona, **changes)["id_token"], 1)


@pytest.mark.parametrize(
    ("persona", "scope", "claims"),
    [
        ("demo-free", "openid", set()),
        ("demo-free", "openid profile", PERSON),
        ("demo-pro", "openid profile", {*PERSON, "website"}),
        ("demo-free", "openid email", {"email", "email_verified"}),
        ("demo-no-email", "openid email", set()),
    ],
)
def test_id_token_follows_the_scopes(
    relying_party: RelyingParty, persona: str, scope: str, claims: set[str]
) -> None:
    always = {"sub", "aud", "auth_time", "iat", "exp", "iss", "nonce"}

    assert set(id_token_claims(relying_party, persona, scope=scope)) == always | claims


def test_id_token_values(provider: HfProvider, relying_party: RelyingParty) -> None:
    claims = id_token_claims(relying_party)

    assert (claims["iss"], claims["aud"]) == (provider.url, provider.client_id)
    assert (claims["sub"], claims["nonce"]) == ("d02b833bd147e0d1d7c1c4d4", "the-nonce")
    assert int(str(claims["exp"])) - int(str(claims["iat"])) == 3_600


def test_without_nonce_none_comes_back(relying_party: RelyingParty) -> None:
    assert "nonce" not in id_token_claims(relying_party, nonce=None)


def test_clock_may_be_off(provider: HfProvider, relying_party: RelyingParty) -> None:
    before = id_token_claims(relying_party)

    provider.switch(clock_offset=1_000, id_token_lifetime=60)
    after = id_token_claims(relying_party)

    assert 1_000 <= int(str(after["iat"])) - int(str(before["iat"])) <= 1_060
    assert int(str(after["exp"])) - int(str(after["iat"])) == 60


def test_id_token_may_carry_azp_and_at_hash(
    provider: HfProvider, relying_party: RelyingParty
) -> None:
    provider.switch(azp=True, at_hash=True)
    tokens = relying_party.sign_in()
    claims = decode_part(tokens["id_token"], 1)
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]

    assert claims["azp"] == provider.client_id
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).decode().rstrip("=")


@pytest.mark.parametrize(
    ("persona", "scope", "claims"),
    [
        ("demo-free", "openid", set()),
        ("demo-free", "openid profile", PERSON),
        ("demo-pro", "profile", {*PERSON, "website"}),
        ("demo-free", "email", {"email", "email_verified"}),
        ("demo-free", "read-billing", {"canPay", "billingMode"}),
    ],
)
def test_userinfo_follows_the_scopes(
    relying_party: RelyingParty, persona: str, scope: str, claims: set[str]
) -> None:
    assert set(relying_party.claims(persona, scope=scope)) == {"sub", "isPro", "orgs"} | claims


def test_email_may_be_unverified(relying_party: RelyingParty) -> None:
    claims = relying_party.claims("demo-unverified", scope="email")

    assert claims["email_verified"] is False


@pytest.mark.parametrize(
    ("scope", "org_ids", "details"),
    [
        pytest.param("openid", None, set(), id="nothing granted"),
        pytest.param("openid read-memberships", None, {"roleInOrg"}, id="memberships"),
        pytest.param(
            "openid",
            ADMIN.orgs[0].id,
            {"roleInOrg", "canPay", "billingMode", "securityRestrictions", "resourceGroups"},
            id="organization granted",
        ),
    ],
)
def test_organization_follows_the_grant(
    relying_party: RelyingParty, scope: str, org_ids: str | None, details: set[str]
) -> None:
    orgs = relying_party.claims("demo-org-admin", scope=scope, orgIds=org_ids)["orgs"]

    assert isinstance(orgs, list)
    assert set(orgs[0]) == {"sub", "name", "preferred_username", "picture", "plan"} | details
    assert "plan" not in orgs[1]


def test_granted_organization_in_full(provider: HfProvider, relying_party: RelyingParty) -> None:
    orgs = relying_party.claims("demo-sso-pending", orgIds=ADMIN.orgs[0].id)["orgs"]

    assert isinstance(orgs, list)
    assert orgs[0] == {
        "sub": ADMIN.orgs[0].id,
        "name": "Demo Enterprise",
        "preferred_username": "demo-enterprise",
        "picture": f"{provider.url}/avatars/demo-enterprise.svg",
        "plan": "enterprise",
        "roleInOrg": "write",
        "canPay": False,
        "billingMode": "prepaid",
        "securityRestrictions": ["sso"],
        "resourceGroups": [],
    }


@pytest.mark.parametrize(
    ("mode", "expected"), [("empty", {"orgs": []}), ("null", {"orgs": None}), ("absent", {})]
)
def test_orgs_may_be_hidden(
    relying_party: RelyingParty, mode: str, expected: dict[str, object]
) -> None:
    relying_party.provider.switch(orgs_without_memberships=mode)
    claims = relying_party.claims("demo-org-admin", scope="openid")

    assert {name: claims[name] for name in claims if name == "orgs"} == expected


@pytest.mark.parametrize(
    ("changes", "count"),
    [({"scope": "read-memberships"}, 4), ({"orgIds": ADMIN.orgs[1].id}, 1)],
)
def test_hidden_orgs_show_when_granted(
    relying_party: RelyingParty, changes: dict[str, str | None], count: int
) -> None:
    relying_party.provider.switch(orgs_without_memberships="null")
    orgs = relying_party.claims("demo-org-admin", **changes)["orgs"]

    assert isinstance(orgs, list)
    assert len(orgs) == count


def test_names_are_not_escaped_on_the_wire(relying_party: RelyingParty) -> None:
    access_token = relying_party.sign_in("demo-many-orgs")["access_token"]

    assert "東京".encode() in relying_party.userinfo(access_token).content


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer unknown", "Basic {token}"])
@pytest.mark.parametrize("path", ["/oauth/userinfo", "/api/whoami-v2"])
def test_without_a_good_token_there_is_nothing(
    relying_party: RelyingParty, path: str, authorization: str | None
) -> None:
    access_token = relying_party.sign_in()["access_token"]
    header = authorization and authorization.format(token=access_token)
    answer = relying_party.get(path, headers={"Authorization": header} if header else None)

    assert answer.status_code == 401
    assert answer.json() == {"error": "Invalid credentials in Authorization header"}


@pytest.mark.parametrize(
    ("mode", "start"),
    [("oauth", '{"error": "invalid_token"'), ("empty", ""), ("html", "<!doctype html>")],
)
def test_body_of_a_401(relying_party: RelyingParty, mode: str, start: str) -> None:
    relying_party.provider.switch(userinfo_401=mode)
    answer = relying_party.userinfo("unknown")

    assert (answer.status_code, answer.text[: len(start) or None]) == (401, start)
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize(("scope", "has_email"), [("openid email", True), ("openid", False)])
def test_whoami(relying_party: RelyingParty, scope: str, *, has_email: bool) -> None:
    access_token = relying_party.sign_in("demo-pro", scope=scope)["access_token"]
    headers = {"Authorization": f"Bearer {access_token}"}
    whoami = relying_party.get("/api/whoami-v2", headers=headers).json()

    assert (whoami["name"], whoami["fullname"], whoami["isPro"]) == ("demo-pro", "Demo Pro", True)
    assert whoami["orgs"][0]["roleInOrg"] == "contributor"
    assert ("email" in whoami) is has_email


def test_renamed_person_keeps_the_sub(provider: HfProvider, relying_party: RelyingParty) -> None:
    access_token = relying_party.sign_in()["access_token"]
    before = relying_party.userinfo(access_token).json()

    renamed = provider.rename("demo-free", "demo-renamed")
    after = relying_party.userinfo(access_token).json()

    assert after["sub"] == before["sub"] == renamed.id
    assert after["preferred_username"] == "demo-renamed"
    assert renamed in provider.personas


def test_revoked_person_is_signed_out_everywhere(
    provider: HfProvider, relying_party: RelyingParty
) -> None:
    code = relying_party.obtain_code()
    tokens, other_tokens = relying_party.sign_in(), relying_party.sign_in("demo-pro")

    provider.revoke("demo-free")

    assert relying_party.userinfo(tokens["access_token"]).status_code == 401
    assert relying_party.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert relying_party.exchange(code).json()["error"] == "invalid_grant"
    assert relying_party.userinfo(other_tokens["access_token"]).status_code == 200
