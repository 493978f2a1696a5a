"""Who counts as a member of an organization, and as what."""

from __future__ import annotations

import pytest

from flask_hf_oauth import HfOrg, HfUser
from flask_hf_oauth.membership import find_obstacle, is_admitted

ORG_ID = "0123456789abcdef01234567"
OTHER_ID = "fedcba98765432100fedcba9"


def make_user(
    role: str | None, *restrictions: str, username: str = "acme", name: str | None = None
) -> HfUser:
    org = HfOrg(
        id=ORG_ID, username=username, name=name, role=role, security_restrictions=restrictions
    )
    return HfUser(id="d02b833bd147e0d1d7c1c4d4", username="demo-free", orgs=(org,))


def find_code(user: HfUser, org: str = "acme", role: str | None = None) -> str | None:
    obstacle = find_obstacle(user, org, role)
    return None if obstacle is None else obstacle.error_code


@pytest.mark.parametrize(
    ("role", "enough_for"),
    [
        ("admin", {"admin", "write", "contributor", "read"}),
        ("write", {"write", "contributor", "read"}),
        ("contributor", {"contributor", "read"}),
        ("read", {"read"}),
        pytest.param("data-labeller", {"data-labeller"}, id="custom"),
        pytest.param("Admin", {"Admin"}, id="custom, nearly the Hub's"),
        pytest.param(None, set(), id="not shared"),
    ],
)
def test_role_is_enough_for_itself_and_for_those_below(
    role: str | None, enough_for: set[str]
) -> None:
    asked = ["admin", "write", "contributor", "read", "data-labeller", "Admin", "no_access"]

    assert {one for one in asked if find_code(make_user(role), role=one) is None} == enough_for


@pytest.mark.parametrize("role", ["read", "data-labeller", None])
def test_whoever_is_listed_is_a_member(role: str | None) -> None:
    assert find_code(make_user(role)) is None


@pytest.mark.parametrize("spelling", ["no_access", "NO_ACCESS"])
@pytest.mark.parametrize("asked", [None, "read", "no_access"])
def test_no_access_is_no_membership(spelling: str, asked: str | None) -> None:
    assert find_code(make_user(spelling), role=asked) == "membership_required"


@pytest.mark.parametrize(
    ("user", "org", "is_member"),
    [
        pytest.param(make_user("read"), "acme", True, id="username"),
        pytest.param(make_user("read"), ORG_ID, True, id="id"),
        pytest.param(make_user("read"), "nobodys", False, id="another one"),
        pytest.param(make_user("read", name="Bank"), "Bank", False, id="display name"),
        pytest.param(
            make_user("admin", username=OTHER_ID), OTHER_ID, False, id="username that is an id"
        ),
        pytest.param(
            make_user("admin", username=OTHER_ID.upper()),
            OTHER_ID.upper(),
            False,
            id="username that is an id in capitals",
        ),
        pytest.param(make_user("admin", username="ACME"), "acme", False, id="another case"),
        pytest.param(make_user("admin", username="acme "), "acme", False, id="a space more"),
    ],
)
def test_organization_is_known_by_its_id_or_its_username(
    user: HfUser, org: str, is_member: object
) -> None:
    assert (find_code(user, org) is None) is is_member
    assert is_admitted(user, [org]) is is_member


def test_role_that_the_hub_keeps_to_itself_is_explained() -> None:
    obstacle = find_obstacle(make_user(None), "acme", "read")

    assert obstacle is not None
    assert obstacle.error_code == "role_required"
    assert "does not tell which one you have" in obstacle.reason


def test_role_that_is_too_low_is_named_beside_the_one_asked_for() -> None:
    obstacle = find_obstacle(make_user("read"), ORG_ID, "write")

    assert obstacle is not None
    assert obstacle.reason == "This page is for the role write in acme, and yours is read."


@pytest.mark.parametrize(
    ("restrictions", "said"),
    [
        pytest.param(["sso"], "single sign-on", id="sso"),
        pytest.param(
            ["mfa", "ip"], "two-factor authentication and a network that it trusts", id="two"
        ),
        pytest.param(["token-policy"], "a token that fits its policy", id="policy"),
        pytest.param(["token-revoked"], "the consent of its administrators", id="revoked"),
        pytest.param(["retina-scan"], "retina-scan", id="one of tomorrow"),
        pytest.param(["unknown"], "something that this site can't name", id="unreadable"),
    ],
)
@pytest.mark.parametrize("role", [None, "read"])
def test_pending_restriction_keeps_an_admin_out_and_is_explained(
    restrictions: list[str], said: str, role: str | None
) -> None:
    user = make_user("admin", *restrictions)
    obstacle = find_obstacle(user, "acme", role)

    assert obstacle is not None
    assert obstacle.error_code == "membership_restricted"
    assert f"acme lets you in only with {said}" in obstacle.reason
    assert not is_admitted(user, ["acme"])


def test_one_allowed_organization_out_of_several_is_enough() -> None:
    user = make_user("read")

    assert is_admitted(user, [])
    assert is_admitted(user, ["nobodys", "acme"])
    assert not is_admitted(user, ["nobodys", "somebodys"])
