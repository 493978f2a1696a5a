"""ID tokens that the provider itself signed, with one claim that is not what it has to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from flask.testing import FlaskClient
from oidc.forging import MISSING
from security.lies import changed, check_refused, edited

from flask_hf_oauth.testing import HfProvider

EVIL = "https://evil.example"
PAST, FUTURE = 1_000_000_000, 9_999_999_999

WRONG_TEXTS = {
    "missing": MISSING,
    "null": None,
    "empty": "",
    "a number": 5,
    "true": True,
    "a list": ["x"],
    "an object": {"x": "x"},
}
WRONG_TIMES = {
    "missing": MISSING,
    "null": None,
    "a text": str(FUTURE),
    "a date": "2036-01-01T00:00:00Z",
    "true": True,
    "false": False,
    "a list": [FUTURE],
    "an object": {},
    "no number": float("nan"),
    "infinite": float("inf"),
    "minus infinite": float("-inf"),
}


@pytest.mark.parametrize("wrong", WRONG_TEXTS)
@pytest.mark.parametrize("claim", ["iss", "aud", "nonce", "sub"])
def test_claim_that_is_no_text_is_refused(
    claim: str, wrong: str, client: FlaskClient, provider: HfProvider
) -> None:
    lie = changed("id_token_claims", **{claim: WRONG_TEXTS[wrong]})
    check_refused(client, provider, lie, f"id_token_{claim}")


@pytest.mark.parametrize("wrong", WRONG_TIMES)
@pytest.mark.parametrize("claim", ["exp", "iat"])
def test_claim_that_is_no_time_is_refused(
    claim: str, wrong: str, client: FlaskClient, provider: HfProvider
) -> None:
    lie = changed("id_token_claims", **{claim: WRONG_TIMES[wrong]})
    check_refused(client, provider, lie, f"id_token_{claim}")


Claims: TypeAlias = dict[str, Any]
FOREIGN: dict[str, tuple[Callable[[Claims], Claims], str]] = {
    "iss of another": (lambda _: {"iss": EVIL}, "iss"),
    "iss with a slash": (lambda c: {"iss": f"{c['iss']}/"}, "iss"),
    "iss in capitals": (lambda c: {"iss": c["iss"].upper()}, "iss"),
    "iss with a path": (lambda c: {"iss": f"{c['iss']}/tenant"}, "iss"),
    "iss a list with the right one": (lambda c: {"iss": [c["iss"]]}, "iss"),
    "iss under another name of the host": (
        lambda c: {"iss": c["iss"].replace("127.0.0.1", "localhost")},
        "iss",
    ),
    "aud of another app": (lambda _: {"aud": "another-app"}, "aud"),
    "aud of another app, azp ours": (
        lambda c: {"aud": "another-app", "azp": c["aud"]},
        "aud",
    ),
    "aud ours and more": (lambda c: {"aud": f"{c['aud']}0"}, "aud"),
    "aud ours in capitals": (lambda c: {"aud": c["aud"].upper()}, "aud"),
    "aud ours among words": (lambda c: {"aud": f"another-app {c['aud']}"}, "aud"),
    "aud the issuer": (lambda c: {"aud": c["iss"]}, "aud"),
    "aud an empty list": (lambda _: {"aud": []}, "aud"),
    "aud a list of foreign apps": (lambda c: {"aud": ["a", "b"], "azp": c["aud"]}, "aud"),
    "aud a list in a list": (lambda c: {"aud": [[c["aud"]]]}, "aud"),
    "aud an object with us": (lambda c: {"aud": {c["aud"]: True}}, "aud"),
    "aud a list with a foreign app": (lambda c: {"aud": [c["aud"], "another-app"]}, "azp"),
    "aud a list with us twice": (lambda c: {"aud": [c["aud"], c["aud"]]}, "azp"),
    "aud a list with null": (lambda c: {"aud": [c["aud"], None]}, "azp"),
    "azp foreign": (lambda _: {"azp": "another-app"}, "azp"),
    "azp null": (lambda _: {"azp": None}, "azp"),
    "azp empty": (lambda _: {"azp": ""}, "azp"),
    "azp a list with us": (lambda c: {"azp": [c["aud"]]}, "azp"),
    "azp the other of two": (lambda c: {"aud": [c["aud"], "b"], "azp": "b"}, "azp"),
    "exp in the past": (lambda _: {"exp": PAST}, "exp"),
    "exp just beyond the leeway": (lambda c: {"exp": c["iat"] - 120}, "exp"),
    "exp zero": (lambda _: {"exp": 0}, "exp"),
    "exp negative": (lambda _: {"exp": -FUTURE}, "exp"),
    "iat in the future": (lambda _: {"iat": FUTURE}, "iat"),
    "iat well beyond the leeway": (lambda c: {"iat": c["iat"] + 180}, "iat"),
    "nbf in the future": (lambda _: {"nbf": FUTURE}, "nbf"),
    "nbf a text": (lambda _: {"nbf": "0"}, "nbf"),
    "nonce of another login": (lambda _: {"nonce": "A" * 43}, "nonce"),
    "nonce a list with the right one": (lambda c: {"nonce": [c["nonce"]]}, "nonce"),
    "nonce cut": (lambda c: {"nonce": c["nonce"][:-1]}, "nonce"),
    "nonce longer": (lambda c: {"nonce": f"{c['nonce']}="}, "nonce"),
    "nonce in other letters": (lambda c: {"nonce": c["nonce"].swapcase()}, "nonce"),
    "at_hash of another token": (lambda _: {"at_hash": "A" * 22}, "at_hash"),
    "at_hash null": (lambda _: {"at_hash": None}, "at_hash"),
    "at_hash empty": (lambda _: {"at_hash": ""}, "at_hash"),
    "at_hash a number": (lambda _: {"at_hash": 5}, "at_hash"),
    "at_hash false": (lambda _: {"at_hash": False}, "at_hash"),
    "at_hash a list": (lambda _: {"at_hash": ["A" * 22]}, "at_hash"),
}


@pytest.mark.parametrize("forgery", FOREIGN)
def test_claim_for_another_login_is_refused(
    forgery: str, client: FlaskClient, provider: HfProvider
) -> None:
    build, claim = FOREIGN[forgery]
    lie = edited("id_token_claims", lambda claims: {**claims, **build(claims)})
    check_refused(client, provider, lie, f"id_token_{claim}")


def test_id_token_about_somebody_else_is_refused(client: FlaskClient, provider: HfProvider) -> None:
    """Only userinfo can tell: its token is that of the person who agreed."""
    lie = changed("id_token_claims", sub="0" * 24)
    check_refused(client, provider, lie, "userinfo_sub")
