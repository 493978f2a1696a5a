from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, fields
from datetime import datetime, timezone
from inspect import signature
from typing import Any

import pytest

from flask_hf_oauth import HfOrg, HfToken, HfUser, UserinfoError
from flask_hf_oauth.claims import parse_user
from flask_hf_oauth.user import AnonymousHfUser, is_hub_id

ID = "d02b833bd147e0d1d7c1c4d4"
ORG_ID = "0123456789abcdef01234567"
ORG: dict[str, object] = {"sub": ORG_ID, "preferred_username": "acme"}


def parse(**claims: object) -> HfUser:
    return parse_user({"sub": ID, **claims}, frozenset())


def parse_org(**claims: object) -> HfOrg:
    (org,) = parse(orgs=[{**ORG, **claims}]).orgs
    return org


def members(of: type[object]) -> set[str]:
    fields = getattr(of, "__dataclass_fields__", {})  # those without a default are not in dir()
    return {name for name in (*dir(of), *fields) if not name.startswith("_")}


def test_whole_userinfo_is_read() -> None:
    user = parse_user(
        {
            "sub": ID,
            "preferred_username": "demo-pro",
            "name": "Demo Pro",
            "email": "pro@example.com",
            "email_verified": True,
            "picture": "https://cdn-avatars.huggingface.co/x.png",
            "profile": "https://huggingface.co/demo-pro",
            "website": "http://example.com",
            "isPro": True,
            "canPay": True,
            "orgs": [ORG],
            "billingMode": "prepaid",
        },
        frozenset({"openid", "email"}),
    )

    assert (user.id, user.username, user.name) == (ID, "demo-pro", "Demo Pro")
    assert user.email == "pro@example.com"
    assert user.avatar_url == "https://cdn-avatars.huggingface.co/x.png"
    assert user.profile_url == "https://huggingface.co/demo-pro"
    assert user.website == "http://example.com"
    assert user.is_pro
    assert user.can_pay
    assert user.orgs == (HfOrg(id=ORG_ID, username="acme"),)
    assert user.scopes == {"openid", "email"}


def test_whole_organization_is_read() -> None:
    org = parse_org(
        name="Acme & Söhne",
        picture="https://cdn-avatars.huggingface.co/acme.png",
        plan="enterprise",
        roleInOrg="data-labeller",
        securityRestrictions=["mfa", "sso"],
        resourceGroups=[{"sub": "x"}],
    )

    assert org == HfOrg(
        id=ORG_ID,
        username="acme",
        name="Acme & Söhne",
        avatar_url="https://cdn-avatars.huggingface.co/acme.png",
        plan="enterprise",
        role="data-labeller",
        security_restrictions=("mfa", "sso"),
    )


def test_least_userinfo_is_enough() -> None:
    user = parse()

    assert user.id == ID
    assert {user.username, user.name, user.email, user.avatar_url, user.website} == {None}
    assert (user.is_pro, user.can_pay, user.orgs) == (False, False, ())


@pytest.mark.parametrize("verified", [False, None, "true", 1, "absent"])
def test_email_that_is_not_verified_is_nobodys(verified: object) -> None:
    claims = {} if verified == "absent" else {"email_verified": verified}

    assert parse(email="someone@example.com", **claims).email is None


@pytest.mark.parametrize("claim", ["isPro", "canPay"])
@pytest.mark.parametrize("value", [1, "true", "false", None, [True]])
def test_only_true_is_true(claim: str, value: object) -> None:
    user = parse(**{claim: value})

    assert not user.is_pro
    assert not user.can_pay


@pytest.mark.parametrize("value", [5, None, "", "  ", "\t\n", ["x"], {"x": 1}, True, 256 * "x"])
def test_name_that_is_no_text_is_none(value: object) -> None:
    assert parse(name=value).name is None


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (" Demo ", "Demo"),
        ("De\tmo", "De mo"),
        ("De\r\n\x00mo", "De mo"),
        ("De\x85mo\u2028", "De mo"),
        ("De\x7fmo", "De mo"),
        ("De\ud800mo", "De?mo"),  # half a surrogate pair has no UTF-8
        ("Дема 演示 🤗", "Дема 演示 🤗"),
        ("<b>Demo</b>", "<b>Demo</b>"),  # templates escape it
    ],
)
def test_name_keeps_no_control_characters(sent: str, read: str) -> None:
    assert parse(name=sent).name == read


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "//example.com/x.png",
        "/x.png",
        "https://",
        "https://example.com/\r\nSet-Cookie: x",
        "https://example.com/a b",
        "https://example.com/\x00",
        "https://example.com/\x1b[2J",
        "https://example.com/\x7f",
        'https://example.com/"onerror="alert(1)',
        "https://example.com/'",
        "https://example.com/<script>",
        "https://example.com\\@evil.example",
        "https://example.com/" + 2000 * "x",
        5,
        None,
    ],
)
@pytest.mark.parametrize("claim", ["picture", "profile", "website"])
def test_address_that_is_no_plain_link_is_dropped(claim: str, url: object) -> None:
    user = parse(**{claim: url})

    assert {user.avatar_url, user.profile_url, user.website} == {None}


def test_picture_of_an_organization_is_judged_too() -> None:
    assert parse_org(picture="javascript:alert(1)").avatar_url is None


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"sub": None}, id="null"),
        pytest.param({"sub": ""}, id="empty"),
        pytest.param({"sub": 5}, id="number"),
        pytest.param({"sub": "a b"}, id="space"),
        pytest.param({"sub": "a\tb"}, id="tab"),
        pytest.param({"sub": "ä"}, id="not ASCII"),
        pytest.param({"sub": 256 * "x"}, id="too long"),
        pytest.param({"sub": [ID]}, id="list"),
        pytest.param({"orgs": [{**ORG, "sub": None}]}, id="organization"),
    ],
)
def test_nobody_has_no_id(claims: dict[str, object]) -> None:
    with pytest.raises(UserinfoError) as caught:
        parse(**claims)

    assert caught.value.error_code == "userinfo_sub"


@pytest.mark.parametrize("orgs", [None, [], "absent"], ids=["null", "empty", "absent"])
def test_no_organizations_come_in_three_ways(orgs: object) -> None:
    assert parse(**({} if orgs == "absent" else {"orgs": orgs})).orgs == ()


@pytest.mark.parametrize(
    "orgs",
    [
        pytest.param({"acme": ORG}, id="object"),
        pytest.param("acme", id="text"),
        pytest.param(["acme"], id="list of texts"),
        pytest.param([ORG, None], id="null inside"),
        pytest.param([{"sub": ORG_ID}], id="no username"),
        pytest.param([{**ORG, "preferred_username": " "}], id="empty username"),
        pytest.param([{**ORG, "preferred_username": 5}], id="number for a username"),
        pytest.param([{**ORG, "preferred_username": "acme\0"}], id="username with a control"),
        pytest.param([{**ORG, "preferred_username": "\xa0acme"}], id="username with a space"),
        pytest.param([{**ORG, "preferred_username": 256 * "a"}], id="username without an end"),
        pytest.param([{**ORG, "roleInOrg": 5}], id="number for a role"),
        pytest.param([{**ORG, "roleInOrg": ["no_access"]}], id="list for a role"),
        pytest.param([{**ORG, "roleInOrg": False}], id="false for a role"),
        pytest.param([ORG] * 1001, id="too many"),
    ],
)
def test_organizations_that_cannot_be_read_are_no_login(orgs: object) -> None:
    with pytest.raises(UserinfoError) as caught:
        parse(orgs=orgs)

    assert caught.value.error_code == "userinfo_orgs"


@pytest.mark.parametrize("role", ["no_access", " no_access", "no_access\x00", "NO_ACCESS"])
def test_no_access_is_no_membership(role: str) -> None:
    user = parse(orgs=[{**ORG, "roleInOrg": role}])

    assert user.orgs == ()
    assert user.org("acme") is None


@pytest.mark.parametrize("twice", [1, -1])
def test_no_access_counts_whatever_else_is_said_of_an_organization(twice: int) -> None:
    assert parse(orgs=[{**ORG, "roleInOrg": "no_access"}, ORG][::twice]).orgs == ()


@pytest.mark.parametrize("role", ["admin ", "\u2028admin", "ad\x00min"])
def test_role_that_only_looks_like_another_is_unknown(role: str) -> None:
    assert parse_org(roleInOrg=role).role is None


@pytest.mark.parametrize("role", [None, "", " "])
def test_role_that_was_not_shared_is_none(role: object) -> None:
    assert parse_org(roleInOrg=role).role is None


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (["mfa", 5, "SSO", 41 * "x"], ("mfa", "unknown", "unknown", "unknown")),
        ("mfa", ("mfa",)),
        (None, ()),
        ([], ()),
        ({"mfa": True}, ("unknown",)),
    ],
)
def test_restrictions_are_short_words_and_what_is_odd_is_one_too(
    sent: object, read: tuple[str, ...]
) -> None:
    assert parse_org(securityRestrictions=sent).security_restrictions == read


OTHER_ID = "f" * 24
TRICKY = HfUser(
    id=ID,
    orgs=(
        HfOrg(id="1" * 24, username="other", name="acme"),
        HfOrg(id="2" * 24, username=OTHER_ID),
        HfOrg(id=ORG_ID, username="acme", name="Acme"),
    ),
)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("acme", ORG_ID),
        (ORG_ID, ORG_ID),
        pytest.param("Acme", None, id="display name"),
        pytest.param(OTHER_ID, None, id="username that looks like an id"),
        pytest.param(ORG_ID.upper(), None, id="id in upper case"),
        pytest.param("", None, id="empty"),
    ],
)
def test_organization_is_found_by_id_or_username_only(asked: str, found: str | None) -> None:
    org = TRICKY.org(asked)

    assert (org and org.id) == found


@pytest.mark.parametrize(
    ("asked", "granted"),
    [(("email",), True), (("email", "jobs"), True), ((), True), (("email", "x"), False)],
)
def test_all_scopes_have_to_be_granted(asked: tuple[str, ...], granted: object) -> None:
    user = HfUser(id=ID, scopes=frozenset({"email", "jobs"}))

    assert user.has_scope(*asked) is granted


def test_same_id_is_the_same_user_under_another_name() -> None:
    renamed = HfUser(id=ID, username="new")

    assert renamed == HfUser(id=ID, username="old")
    assert len({renamed, HfUser(id=ID)}) == 1


def test_same_username_is_another_user_under_another_id() -> None:
    assert HfUser(id=ID, username="demo") != HfUser(id=OTHER_ID, username="demo")
    assert HfUser(id=ID) != ID


def test_user_can_be_flask_logins_user() -> None:
    user = HfUser(id=ID)

    assert (user.is_authenticated, user.is_active, user.is_anonymous) == (True, True, False)
    assert user.get_id() == ID


def test_user_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        HfUser(id=ID).id = OTHER_ID  # type: ignore[misc]  # that is the claim


def test_user_can_be_pickled_for_a_session_on_the_server() -> None:
    copy = pickle.loads(pickle.dumps(TRICKY))  # noqa: S301 - our own

    assert (copy, copy.orgs) == (TRICKY, TRICKY.orgs)


def test_nobody_has_every_member_of_a_user() -> None:
    assert members(AnonymousHfUser) == members(HfUser)


def test_nobody_takes_the_same_arguments() -> None:
    for name in ("has_scope", "org", "get_id"):
        of_user, of_nobody = getattr(HfUser, name), getattr(AnonymousHfUser, name)

        assert signature(of_user).parameters == signature(of_nobody).parameters


def test_nobody_is_nobody() -> None:
    nobody: Any = AnonymousHfUser()  # its methods return None, which mypy takes for a mistake

    assert not nobody
    assert (nobody.is_authenticated, nobody.is_active, nobody.is_anonymous) == (False, False, True)
    assert {nobody.id, nobody.username, nobody.email, nobody.get_id()} == {None}
    assert (nobody.orgs, nobody.scopes) == ((), frozenset())
    assert nobody.org("acme") is None
    assert not nobody.has_scope()
    assert repr(nobody) == "<AnonymousHfUser>"


def test_token_never_shows() -> None:
    token = HfToken(
        access_token="hf_oauth_secret",
        scopes=frozenset({"openid"}),
        expires_at=datetime(2026, 1, 1, tzinfo=timezone.utc),
    )

    assert "secret" not in f"{token} {token!r} {[token]}"
    assert [field.name for field in fields(HfToken)] == ["access_token", "scopes", "expires_at"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [(ID, True), (ID.upper(), False), (ID[:-1], False), (ID + "0", False), (ID + "\n", False)],
)
def test_id_of_the_hub_has_24_digits(text: str, expected: object) -> None:
    assert is_hub_id(text) is expected


@pytest.mark.parametrize("value", ["de mo", "demo\0", "демо", 256 * "x", 5, None])
def test_username_that_is_none_is_left_out_and_not_cleaned(value: object) -> None:
    assert parse(preferred_username=value).username is None


def test_what_an_organization_asks_for_counts_wherever_it_is_listed() -> None:
    user = parse(orgs=[ORG, {**ORG, "securityRestrictions": ["sso"]}])

    assert [org.security_restrictions for org in user.orgs] == [("sso",), ("sso",)]
