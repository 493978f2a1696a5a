"""A login as one short string, and back."""

from __future__ import annotations

import pickle
from copy import deepcopy
from dataclasses import FrozenInstanceError, asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_hf_oauth.claims import parse_user
from flask_hf_oauth.compact import (
    Login,
    build_binding,
    build_compact,
    build_variants,
    parse_compact,
)
from flask_hf_oauth.user import HfOrg, HfUser

HUB_ID = "0123456789abcdef01234567"
texts = st.text(max_size=30)
ids = st.from_regex(r"[0-9a-f]{24}", fullmatch=True) | st.from_regex(
    r"[\x21-\x7e]{1,30}", fullmatch=True
)
urls = st.sampled_from(
    [
        "https://huggingface.co/demo",
        "https://huggingface.co/",
        "https://cdn-avatars.huggingface.co/v1/production/uploads/0/a.png",
        "http://127.0.0.1:1/avatars/demo.svg",
        "https://example.com/~demo?^",
    ]
)
orgs = st.fixed_dictionaries(
    {"sub": ids, "preferred_username": st.from_regex(r"[a-zA-Z0-9-]{1,20}", fullmatch=True)},
    optional={
        "name": texts,
        "picture": urls,
        "plan": texts,
        "roleInOrg": texts,
        "securityRestrictions": st.lists(st.sampled_from(["mfa", "sso", "ip", "token-policy"])),
    },
)
claims = st.fixed_dictionaries(
    {"sub": ids},
    optional={
        "preferred_username": texts,
        "name": texts,
        "email": texts,
        "email_verified": st.booleans(),
        "picture": urls,
        "profile": urls,
        "website": urls,
        "isPro": st.booleans(),
        "canPay": st.booleans(),
        "orgs": st.lists(orgs, max_size=4),
    },
)
scopes = st.frozensets(st.sampled_from(["openid", "profile", "email", "read-mcp"]))


def make_login(user: HfUser) -> Login:
    return Login(
        user=user,
        binding="bound-to",
        signed_in_at=1_790_000_000_123,
        expires_at=1_790_028_800,
        token_expires_at=1_790_028_801,
        checked_at=1_790_000_060,
        sealed_tokens="sealed-tokens_=",
    )


@given(claims=claims, scopes=scopes)
def test_any_login_comes_back_whole(claims: dict[str, object], scopes: frozenset[str]) -> None:
    login = make_login(parse_user(claims, scopes))

    assert asdict(parse_compact(build_compact(login))) == asdict(login)


@pytest.mark.parametrize(
    ("signed_in_at", "expires_at", "token_expires_at", "checked_at"),
    [
        pytest.param(1_000_999, 2_000, 2_000, 1_000, id="new, and as long as its token"),
        pytest.param(1_000_999, 9_000, 2_000, 1_000, id="new, and longer than its token"),
        pytest.param(1_000_999, 9_000, 3_000, 1_999, id="refreshed and checked"),
        pytest.param(1_000_999, 9_000, 3_000, 999, id="checked by a clock that lags"),
        pytest.param(0, 0, 1, 0, id="no time at all"),
    ],
)
def test_times_come_back(
    signed_in_at: int, expires_at: int, token_expires_at: int, checked_at: int
) -> None:
    login = replace(
        make_login(HfUser(id=HUB_ID)),
        signed_in_at=signed_in_at,
        expires_at=expires_at,
        token_expires_at=token_expires_at,
        checked_at=checked_at,
    )

    assert asdict(parse_compact(build_compact(login))) == asdict(login)


ORG = HfOrg(
    id=HUB_ID,
    username="demo-guild",
    name="Demo Guild",
    avatar_url="https://huggingface.co/a.png",
    role="admin",
    security_restrictions=("sso",),
)


def test_login_drops_pictures_first_and_names_next() -> None:
    login = make_login(HfUser(id=HUB_ID, username="demo", avatar_url="https://a.b/", orgs=(ORG,)))
    variants = [parse_compact(text).user for text in build_variants(login)]

    bare = replace(ORG, avatar_url=None)
    assert [user.orgs for user in variants] == [(ORG,), (bare,), (replace(bare, name=None),)]
    assert {user.avatar_url for user in variants} == {"https://a.b/"}


def test_login_takes_few_bytes() -> None:
    user = HfUser(id=HUB_ID, username="demo", profile_url="https://huggingface.co/demo")
    new = replace(make_login(user), sealed_tokens="", checked_at=1_790_000_000)

    text = build_compact(new)
    assert HUB_ID not in text
    assert "huggingface.co" not in text
    assert len(text) < 90


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("1|b|0|0|||=a|||||||||", id="earlier version"),
        pytest.param("3|b|0|0||||=a|||||||||", id="later version"),
        pytest.param("2|b|0|0||||=a", id="too short"),
        pytest.param("2|b|now|0||||=a|||||||||", id="no time"),
        pytest.param("2|b|0|0||now||=a|||||||||", id="checked at no time"),
        pytest.param("2|b|0|0||||A|||||||||", id="id cut off"),
        pytest.param("2|b|0|0||||é|||||||||", id="id that is not ASCII"),
    ],
)
def test_text_of_another_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are those of int() and of unpacking
        parse_compact(text)


def test_binding_tells_providers_and_clients_apart() -> None:
    pairs = [("https://a.b", "c"), ("https://a.b", "d"), ("https://a.c", "c")]

    assert len({build_binding(issuer, client_id) for issuer, client_id in pairs}) == len(pairs)


def test_sealed_tokens_stay_out_of_repr() -> None:
    assert "sealed-tokens" not in repr(make_login(HfUser(id=HUB_ID)))


def test_login_that_the_first_release_wrote_is_still_read() -> None:
    text = (
        "2|bound-to|1790000000123|1790028800|1790028801|1790000060|sealed|ASNFZ4mrze8BI0Vn|demo|Demo||"
        "~0/a.png|^demo||pc|email openid|"
        "ASNFZ4mrze8BI0Vn|demo-guild|admin|Demo Guild|^a.png||sso"
    )

    login = parse_compact(text)
    assert (login.user.id, login.user.orgs) == (HUB_ID, (ORG,))
    assert login.user.avatar_url == (
        "https://cdn-avatars.huggingface.co/v1/production/uploads/0/a.png"
    )
    assert (login.user.is_pro, login.user.can_pay) == (True, True)
    assert build_compact(login) == text


@pytest.mark.parametrize("folded", ["A||||||", "=a", "=a|b|admin|||", "é||||||"])
def test_organization_that_cannot_be_read_is_none(folded: str) -> None:
    assert parse_compact(f"2|b|0|0||||=a|||||||||{folded}").user.orgs == ()


def test_separator_in_a_name_comes_back() -> None:
    user = HfUser(id=HUB_ID, username="a|b", name="Demo | Co", orgs=(replace(ORG, name="|"),))

    kept = parse_compact(build_compact(make_login(user))).user
    assert (kept.username, kept.name, kept.orgs[0].name) == ("a|b", "Demo | Co", "|")


def test_user_out_of_the_session_is_as_any_other() -> None:
    user = HfUser(id=HUB_ID, username="demo", orgs=(ORG,), scopes=frozenset({"openid"}))
    kept = parse_compact(build_compact(make_login(user))).user

    assert (kept, hash(kept)) == (user, hash(user))
    copied = pickle.loads(pickle.dumps(kept))  # noqa: S301 - our own
    assert asdict(kept) == asdict(replace(kept)) == asdict(copied)
    assert type(copied) is type(deepcopy(kept)) is HfUser
    assert hasattr(type(kept), "orgs")
    assert replace(kept, name="Other").orgs == (ORG,)
    assert repr(kept) == repr(user)
    for name in ("name", "what_is_no_field"):
        with pytest.raises(FrozenInstanceError):
            setattr(kept, name, "Other")


def test_half_a_surrogate_pair_does_not_get_in() -> None:
    text = build_compact(make_login(HfUser(id="demo", name="\ud800 Demo")))

    assert parse_compact(text).user.name == "? Demo"


def test_half_a_surrogate_pair_in_a_session_reaches_no_page() -> None:
    text = build_compact(make_login(HfUser(id="demo", name="Demo")))

    assert parse_compact(text.replace("Demo", "\ud800")).user.name == "?"
