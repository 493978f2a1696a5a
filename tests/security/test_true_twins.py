"""What looks like a lie and is none: a provider may differ, and everybody still gets in."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from flow import signed_in_user
from oidc.forging import MISSING, change, make_ec_key, make_ed25519_key, make_rsa_key, sign
from security.forgeries import Original, forged, read_signing_key
from security.lies import Lie, answered, changed, check_accepted, edited, lying, switched, together

from flask_hf_oauth.testing import HfProvider

BOTH = ["ES256", "RS256"]


def shift(claim: str, seconds: float) -> Lie:
    return edited("id_token_claims", lambda claims: {**claims, claim: claims["iat"] + seconds})


def surround(*keys: object) -> Lie:
    """Publish keys before and behind the true ones."""
    return edited("keys", lambda key_set: {**key_set, "keys": [*keys, *key_set["keys"], *keys]})


def change_keys(**members: object) -> Lie:
    """Change members of every published key."""
    return edited(
        "keys", lambda key_set: {"keys": [change(key, members) for key in key_set["keys"]]}
    )


def sign_on_a_curve(**header: object) -> Lie:
    key = make_ec_key("curve")

    def forge(true: Original) -> str:
        return sign(key, true.claims, algorithm="ES256", **header)

    return together(
        forged(forge),
        surround(key.as_dict(private=False)),
        changed("discovery", id_token_signing_alg_values_supported=BOTH),
    )


UNKNOWN = {"https://hub.example/x": {"y": [1, None]}, "z": 10**30, "": "", "isPro": None}
SEALED = {"kty": "oct", "k": "c2VjcmV0"}
STRANGE_ORG = {
    "sub": "1" * 24,
    "preferred_username": "acme",
    **dict.fromkeys(["name", "picture", "plan"], 5),
    **dict.fromkeys(["securityRestrictions", "resourceGroups", "pendingSSO"], "mfa"),
}
BROKEN_KEYS = [{"kty": "RSA"}, {"kty": "RSA", "n": 5, "e": 5}, {"kty": "EC", "crv": "P-256"}]
LATER_KINDS = [{"kty": "AKP", "alg": "ML-DSA-44"}, {"kty": ["RSA"]}, {}, 5, None]

TWINS: dict[str, Lie] = {
    # keys
    "no kid in the token": switched(id_token_kid=False),
    "no kid in the token, a single key": switched(id_token_kid=False, key_set="single"),
    "no kid in the keys": together(switched(id_token_kid=False), change_keys(kid=MISSING)),
    "one kid for all keys, none in the token": together(
        switched(id_token_kid=False), change_keys(kid="same")
    ),
    "one kid for all keys": together(
        changed("id_token_header", kid="same"), change_keys(kid="same")
    ),
    "keys without use and alg": change_keys(use=MISSING, alg=MISSING),
    "keys that say more": change_keys(x5t="abc", hub={"region": "eu"}),
    "Ed25519 beside": surround(make_ed25519_key("ed").as_dict(private=False)),
    "a foreign RSA key beside": surround(make_rsa_key("foreign").as_dict(private=False)),
    "a curve beside": surround(make_ec_key("curve").as_dict(private=False)),
    "kinds of a later time beside": surround(*LATER_KINDS),
    "a private key beside": surround(make_rsa_key("foreign").as_dict(private=True)),
    "broken keys beside": surround(*BROKEN_KEYS),
    "a secret beside": surround(SEALED),
    "a key set that says more": changed("keys", updated="today"),
    "keys with a type of their own": answered(
        "keys", headers={"Content-Type": "application/jwk-set+json"}
    ),
    # algorithms and headers
    "ES256, announced": sign_on_a_curve(),
    "ES256, announced, no kid": sign_on_a_curve(kid=MISSING),
    "ES256 announced, RS256 used": changed("discovery", id_token_signing_alg_values_supported=BOTH),
    "more announced than we know": changed(
        "discovery", id_token_signing_alg_values_supported=["ML-DSA-44", "none", "RS256"]
    ),
    "nothing announced": changed("discovery", id_token_signing_alg_values_supported=MISSING),
    "no typ": changed("id_token_header", typ=MISSING),
    "typ in small letters": changed("id_token_header", typ="jwt"),
    "unknown headers": changed("id_token_header", hub={"region": "eu"}, x5t="abc"),
    # claims
    "exp 60 s ago": shift("exp", -60),
    "iat 60 s ahead": shift("iat", 60),
    "nbf 60 s ahead": shift("nbf", 60),
    "exp a fraction": shift("exp", 3600.5),
    "exp in a century": shift("exp", 100 * 366 * 86_400),
    "iat two hours ago": shift("iat", -7200),
    "clock 60 s ahead": switched(clock_offset=60),
    "clock 60 s behind": switched(clock_offset=-60),
    "aud a list with only us": edited("id_token_claims", lambda c: {**c, "aud": [c["aud"]]}),
    "aud two, azp us": edited(
        "id_token_claims", lambda c: {**c, "aud": ["another-app", c["aud"]], "azp": c["aud"]}
    ),
    "azp us": switched(azp=True),
    "at_hash of the token": switched(at_hash=True),
    "at_hash of an opaque token": switched(at_hash=True, access_token_format="opaque"),
    "unknown claims": changed("id_token_claims", **UNKNOWN),
    "no auth_time": changed("id_token_claims", auth_time=MISSING),
    "10 kB of claims": changed("id_token_claims", padding="x" * 10_000),
    "a name in another script": changed("id_token_claims", name="Зоя 🤗 \u202e ي"),
    # token answers
    "token_type in capitals": changed("token_response", token_type="BEARER"),
    "token_type as the RFC spells it": changed("token_response", token_type="Bearer"),
    "expires_in of a minute": changed("token_response", expires_in=60),
    "expires_in of 30 days": changed("token_response", expires_in=2_592_000),
    "expires_in missing": changed("token_response", expires_in=MISSING),
    "scope narrower": changed("token_response", scope="openid"),
    "scope missing": changed("token_response", scope=MISSING),
    "scope empty": changed("token_response", scope=""),
    "scope of a later time": changed("token_response", scope="openid profile write-moon"),
    "no refresh token": changed("token_response", refresh_token=MISSING),
    "refresh token null": changed("token_response", refresh_token=None),
    "unknown members in the tokens": changed("token_response", **UNKNOWN),
    "tokens as text": answered("token", headers={"Content-Type": "text/plain; charset=utf-16"}),
    # userinfo
    "orgs null": changed("userinfo", orgs=None),
    "orgs missing": changed("userinfo", orgs=MISSING),
    "orgs empty": changed("userinfo", orgs=[]),
    "an organization of strange details": changed("userinfo", orgs=[STRANGE_ORG]),
    "no website": changed("userinfo", website=MISSING),
    "no picture": changed("userinfo", picture=MISSING),
    "unknown members in userinfo": changed("userinfo", **UNKNOWN),
    "userinfo with a charset": answered(
        "userinfo", headers={"Content-Type": "application/json;charset=UTF-8"}
    ),
    "userinfo without a type": answered("userinfo", headers={"Content-Type": ""}),
    # discovery
    "unknown members in discovery": changed("discovery", **UNKNOWN),
    "little in discovery": changed(
        "discovery",
        grant_types_supported=MISSING,
        response_modes_supported=MISSING,
        code_challenge_methods_supported=MISSING,
        token_endpoint_auth_methods_supported=MISSING,
    ),
    "secret in the body only": changed(
        "discovery", token_endpoint_auth_methods_supported=["client_secret_post"]
    ),
    # callbacks
    "iss in the callback": switched(callback_iss=True),
    "iss in the callback, announced": switched(callback_iss=True, announce_callback_iss=True),
}


@pytest.mark.parametrize("twin", TWINS)
def test_true_twin_is_accepted(twin: str, client: FlaskClient, provider: HfProvider) -> None:
    with lying(provider, TWINS[twin]):
        check_accepted(client, provider)


@pytest.mark.parametrize("kid", [True, False], ids=["kid", "no kid"])
@pytest.mark.parametrize("old_keys", [True, False], ids=["old keys stay", "old keys go"])
def test_keys_may_rotate_between_logins(
    client: FlaskClient, provider: HfProvider, *, kid: bool, old_keys: bool
) -> None:
    provider.switch(id_token_kid=kid, key_set="single")
    old = read_signing_key(provider, kid="old").as_dict(private=False)
    check_accepted(client, provider)
    provider.rotate_keys()

    with lying(provider, surround(*([old] if old_keys else []))):
        check_accepted(client, provider)
        check_accepted(client.application.test_client(), provider)


@pytest.mark.parametrize("name", ["Зоя", "示例", "🤗🤗", "O'Neil <b>", "e\u0301", "x" * 255])
def test_name_may_be_any_text(name: str, client: FlaskClient, provider: HfProvider) -> None:
    with lying(provider, changed("userinfo", name=name)):
        check_accepted(client, provider)

    user = signed_in_user(client)
    assert user is not None
    assert user.name == name


def test_narrower_scope_is_what_the_app_sees(client: FlaskClient, provider: HfProvider) -> None:
    with lying(provider, changed("token_response", scope="openid")):
        check_accepted(client, provider)

    user = signed_in_user(client)
    assert user is not None
    assert user.scopes == {"openid"}
