"""Answers of the token endpoint that are none: members of wrong types, missing ones, errors."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient
from flow import recorded, sign_in
from oidc.forging import MISSING
from security.lies import answered, attempt, changed, check_refused, lying, switched, together

from flask_hf_oauth import get_hf_token, login_failed
from flask_hf_oauth.testing import HfProvider

WRONG_TYPES: dict[str, object] = {
    "null": None,
    "a number": 5,
    "true": True,
    "a list": ["bearer"],
    "an object": {"bearer": "bearer"},
}


@pytest.mark.parametrize("wrong", WRONG_TYPES)
@pytest.mark.parametrize("member", ["access_token", "token_type", "id_token", "scope"])
def test_member_that_is_no_text_is_refused(
    member: str, wrong: str, client: FlaskClient, provider: HfProvider
) -> None:
    lie = changed("token_response", **{member: WRONG_TYPES[wrong]})
    code = member if member.startswith("token_") else f"token_{member}"
    check_refused(client, provider, lie, code)


MEMBERS: dict[str, tuple[dict[str, object], str]] = {
    "access_token missing": ({"access_token": MISSING}, "token_access_token"),
    "access_token empty": ({"access_token": ""}, "token_access_token"),
    "access_token of spaces": ({"access_token": " "}, "token_access_token"),
    "access_token with a line break": (
        {"access_token": "a\r\nX-Injected: yes"},
        "token_access_token",
    ),
    "access_token that ends in a line break": ({"access_token": "a\n"}, "token_access_token"),
    "access_token with a zero byte": ({"access_token": "a\x00"}, "token_access_token"),
    "access_token not ASCII": ({"access_token": "é"}, "token_access_token"),
    "access_token of 20 kB": ({"access_token": "a" * 20_000}, "token_access_token"),
    "access_token of 900 kB": ({"access_token": "a" * 900_000}, "token_access_token"),
    "access_token of nobody": ({"access_token": "hf_oauth_unknown"}, "userinfo_unauthorized"),
    "token_type missing": ({"token_type": MISSING}, "token_type"),
    "token_type empty": ({"token_type": ""}, "token_type"),
    "token_type mac": ({"token_type": "mac"}, "token_type"),
    "token_type DPoP": ({"token_type": "DPoP"}, "token_type"),
    "token_type with a space": ({"token_type": "bearer "}, "token_type"),
    "token_type with a dotless i": ({"token_type": "bearer\u0131"}, "token_type"),
    "id_token missing": ({"id_token": MISSING}, "token_id_token"),
    "expires_in null": ({"expires_in": None}, "token_expires_in"),
    "expires_in a text": ({"expires_in": "28800"}, "token_expires_in"),
    "expires_in true": ({"expires_in": True}, "token_expires_in"),
    "expires_in a list": ({"expires_in": [28_800]}, "token_expires_in"),
    "expires_in a fraction": ({"expires_in": 28_800.5}, "token_expires_in"),
    "expires_in no number": ({"expires_in": float("nan")}, "token_expires_in"),
    "expires_in infinite": ({"expires_in": float("inf")}, "token_expires_in"),
    "expires_in negative": ({"expires_in": -28_800}, "token_expires_in"),
    "expires_in zero": ({"expires_in": 0}, "token_expires_in"),
    "expires_in over at once": ({"expires_in": 1}, "token_expires_in"),
    "expires_in ten years": ({"expires_in": 315_360_000}, "token_expires_in"),
    "expires_in milliseconds since the epoch": (
        {"expires_in": 1_800_000_000_000},
        "token_expires_in",
    ),
    "expires_in beyond integers": ({"expires_in": 10**400}, "token_expires_in"),
}


@pytest.mark.parametrize("answer", MEMBERS)
def test_member_that_is_no_good_is_refused(
    answer: str, client: FlaskClient, provider: HfProvider
) -> None:
    members, code = MEMBERS[answer]
    check_refused(client, provider, changed("token_response", **members), code)


ERRORS = {
    "invalid_request": ("token_refused", 502),
    "invalid_client": ("token_invalid_client", 502),
    "invalid_grant": ("code_rejected", 400),
    "unauthorized_client": ("token_refused", 502),
    "unsupported_grant_type": ("token_refused", 502),
    "invalid_scope": ("token_refused", 502),
    "access_denied": ("token_refused", 502),
    "temporarily_unavailable": ("provider_unavailable", 503),
    "unheard_of": ("token_refused", 502),
    "<script>alert(1)</script>": ("token_refused", 502),
    "": ("token_refused", 502),
}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("status", [200, 400, 401])
def test_error_is_refused_whatever_its_status(
    error: str, status: int, client: FlaskClient, provider: HfProvider
) -> None:
    code, ours = ERRORS[error]
    document = {"error": error, "error_description": "for your eyes only"}
    lie = answered("token", json.dumps(document).encode(), status=status)
    check_refused(client, provider, lie, code, status=ours)


@pytest.mark.parametrize(
    "error", [None, False, 0, "", [], {}, ["invalid_grant"], {"error": "invalid_grant"}], ids=repr
)
def test_error_beside_good_tokens_is_refused(
    error: object, client: FlaskClient, provider: HfProvider
) -> None:
    check_refused(client, provider, changed("token_response", error=error), "token_refused")


@pytest.mark.parametrize("at_hash", [True, False], ids=["with at_hash", "without"])
def test_token_of_another_person_is_refused(
    client: FlaskClient, provider: HfProvider, *, at_hash: bool
) -> None:
    """A token that the provider knows: at_hash tells, or userinfo does."""
    other = client.application.test_client()
    sign_in(other, provider, "demo-pro")
    with other:
        other.get("/")
        stolen = get_hf_token()
    assert stolen is not None

    lie = together(
        switched(at_hash=at_hash), changed("token_response", access_token=stolen.access_token)
    )
    code = "id_token_at_hash" if at_hash else "userinfo_sub"
    check_refused(client, provider, lie, code)


def test_who_is_signed_in_stays_who_they_are(client: FlaskClient, provider: HfProvider) -> None:
    sign_in(client, provider, "demo-free")
    lie = changed("token_response", token_type="mac")

    with lying(provider, lie), recorded(login_failed, client.application) as errors:
        assert attempt(client, provider, "demo-pro").status_code == 502
    assert len(errors) == 1
    assert client.get("/private").text == "private to demo-free"
