"""Userinfo that is about somebody else, or says what no claim can be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from flow import sign_in, signed_in_user
from oidc.forging import MISSING
from security.lies import changed, check_refused, edited, lying, together

from flask_hf_oauth.testing import HfProvider

SUBJECTS: dict[str, object] = {
    "missing": MISSING,
    "null": None,
    "empty": "",
    "a number": 5,
    "true": True,
    "of another person": "0" * 24,
    "a list": ["x"],
}


@pytest.mark.parametrize("sub", SUBJECTS)
def test_userinfo_about_somebody_else_is_refused(
    sub: str, client: FlaskClient, provider: HfProvider
) -> None:
    check_refused(client, provider, changed("userinfo", sub=SUBJECTS[sub]), "userinfo_sub")


NEARLY: dict[str, Callable[[str], object]] = {
    "in capitals": str.upper,
    "with a space": lambda sub: f"{sub} ",
    "with a line break": lambda sub: f"{sub}\n",
    "cut": lambda sub: sub[:-1],
    "in a list": lambda sub: [sub],
    "in an object": lambda sub: {sub: sub},
}


@pytest.mark.parametrize("nearly", NEARLY)
def test_sub_that_is_nearly_the_same_is_refused(
    nearly: str, client: FlaskClient, provider: HfProvider
) -> None:
    lie = edited("userinfo", lambda claims: {**claims, "sub": NEARLY[nearly](claims["sub"])})
    check_refused(client, provider, lie, "userinfo_sub")


@pytest.mark.parametrize(
    "sub", ["a b", "a\nb", "a\x00", "é", " ", "x" * 256, "\u202eabc"], ids=ascii
)
def test_sub_that_no_app_could_keep_is_refused(
    sub: str, client: FlaskClient, provider: HfProvider
) -> None:
    """The ID token says the same, so only the form of an id is left to judge by."""
    lie = together(changed("id_token_claims", sub=sub), changed("userinfo", sub=sub))
    check_refused(client, provider, lie, "userinfo_sub")


TEXTS: dict[str, object] = {
    "null": None,
    "a number": 5,
    "true": True,
    "a list": ["demo-pro"],
    "an object": {"name": "demo-pro"},
    "empty": "",
    "of spaces": " \t\n",
    "of 256 letters": "x" * 256,
    "of 200 kB that deflate to nothing": "x" * 200_000,
}


@pytest.mark.parametrize("wrong", TEXTS)
def test_name_that_is_none_is_left_out(
    wrong: str, client: FlaskClient, provider: HfProvider
) -> None:
    """A profile may be empty; who the person is hangs on no name."""
    names = dict.fromkeys(["name", "preferred_username", "email", "picture"], TEXTS[wrong])
    with lying(provider, changed("userinfo", email_verified=True, **names)):
        sign_in(client, provider)

    user = signed_in_user(client)
    assert user is not None
    assert (user.name, user.username, user.email, user.avatar_url) == (None,) * 4


@pytest.mark.parametrize("wrong", ["true", 1, ["true"], {"true": True}, None], ids=repr)
def test_what_is_not_true_is_false(
    wrong: object, client: FlaskClient, provider: HfProvider
) -> None:
    flags = dict.fromkeys(["isPro", "canPay", "email_verified"], wrong)
    with lying(provider, changed("userinfo", email="person@evil.example", **flags)):
        sign_in(client, provider)

    user = signed_in_user(client)
    assert user is not None
    assert (user.is_pro, user.can_pay, user.email) == (False, False, None)


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://a b/", 'https://a"b/'],
)
def test_address_that_is_no_link_is_left_out(
    address: str, client: FlaskClient, provider: HfProvider
) -> None:
    links = dict.fromkeys(["profile", "website", "picture"], address)
    with lying(provider, changed("userinfo", **links)):
        sign_in(client, provider)

    user = signed_in_user(client)
    assert user is not None
    assert (user.profile_url, user.website, user.avatar_url) == (None,) * 3
