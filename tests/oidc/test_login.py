from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from itsdangerous import URLSafeTimedSerializer

from flask_hf_oauth.errors import (
    BrowserKeyMissing,
    LoginError,
    StateExpired,
    StateInvalid,
    StateMismatch,
)
from flask_hf_oauth.oidc.login import (
    BrowserKey,
    PendingLogin,
    StateSigner,
    make_login_id,
)

NOW = 1_800_000_000
KEY = BrowserKey(b"k" * 32)
OTHER_KEY = BrowserKey(b"o" * 32)
BINDING = "provider"
SIGNER = StateSigner([b"secret-key"], BINDING)
LOGIN = PendingLogin(
    id="the-login-id",
    next="/private?a=1#b",
    scopes=("openid", "profile"),
    org_ids=("0123456789abcdef01234567", "76543210fedcba9876543210"),
    prompt="consent",
    previous=NOW - 60,
    retries=1,
)


def build_state() -> str:
    return SIGNER.build_state(LOGIN, KEY, now=NOW)


def parse(
    state: str, key: BrowserKey | None = KEY, *, now: float = NOW, signer: StateSigner = SIGNER
) -> tuple[PendingLogin, LoginError | None]:
    return signer.parse_state(state, key, now=now)


# What is derived for a login


def test_login_ids_are_random() -> None:
    assert len({make_login_id() for _ in range(100)}) == 100
    assert re.fullmatch(r"[\w-]{22}", make_login_id())


def test_retry_is_a_new_login_with_the_same_wish() -> None:
    again = LOGIN.retried()

    assert again.id != LOGIN.id
    assert again == replace(LOGIN, id=again.id, retries=2)


def test_verifier_has_the_length_and_the_letters_of_rfc_7636() -> None:
    assert re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", KEY.code_verifier(LOGIN))


@pytest.mark.parametrize(
    "derive", [BrowserKey.nonce, BrowserKey.code_verifier, BrowserKey.tag], ids=lambda f: f.__name__
)
def test_derived_value_is_stable_and_of_this_login_and_browser(
    derive: Callable[[BrowserKey, PendingLogin], str],
) -> None:
    values = [derive(KEY, LOGIN), derive(OTHER_KEY, LOGIN), derive(KEY, LOGIN.retried())]

    assert len(set(values)) == 3
    assert derive(KEY, LOGIN) == values[0]


def test_nonce_verifier_and_tag_tell_nothing_of_each_other() -> None:
    nonce, verifier, tag = KEY.nonce(LOGIN), KEY.code_verifier(LOGIN), KEY.tag(LOGIN)

    assert len({nonce[:22], verifier[:22], tag}) == 3


def test_state_tells_neither_nonce_nor_verifier_nor_key() -> None:
    payload = str(SIGNER._serializer.loads(build_state()))

    assert LOGIN.id in payload
    for secret in (KEY.nonce(LOGIN), KEY.code_verifier(LOGIN), "kkkkkkkk"):
        assert secret not in payload


def test_browser_key_is_hidden() -> None:
    assert "kkk" not in repr(KEY)


# The state


@pytest.mark.parametrize(
    "login",
    [
        LOGIN,
        PendingLogin(id="x", next="/", scopes=("openid",)),
        replace(LOGIN, next="/" + "%F0" * 333),
        replace(LOGIN, next="/ü🤗"),
    ],
    ids=["full", "small", "long", "not ASCII"],
)
def test_state_brings_the_login_back(login: PendingLogin) -> None:
    state = SIGNER.build_state(login, KEY, now=NOW)

    assert parse(state) == (login, None)
    assert re.fullmatch(r"[\w.-]{1,4096}", state)


def sign_otherwise(salt: str = "flask-hf-oauth.state", key: str = "secret-key") -> str:
    return str(URLSafeTimedSerializer(key, salt=salt).dumps(["the-login-id"]))


FORGED_STATES: dict[str, Callable[[], str]] = {
    "empty": lambda: "",
    "noise": lambda: "abc",
    "only dots": lambda: "...",
    "not ASCII": lambda: "é.🤗",
    "unsigned": lambda: build_state().rpartition(".")[0],
    "signature of another key": lambda: StateSigner([b"other"], BINDING).build_state(
        LOGIN, KEY, now=NOW
    ),
    "signature for another client": lambda: StateSigner([b"secret-key"], "x").build_state(
        LOGIN, KEY, now=NOW
    ),
    "signature of an empty key": lambda: StateSigner([b""], BINDING).build_state(
        LOGIN, KEY, now=NOW
    ),
    "a letter changed": lambda: "A" + build_state()[1:],
    "a letter added": lambda: build_state() + "A",
    "two states": lambda: build_state() + build_state(),
    "a session cookie": lambda: sign_otherwise("cookie-session"),
    "salt without the derivation": sign_otherwise,
}


@pytest.mark.parametrize("forgery", FORGED_STATES)
def test_forged_state_is_refused(forgery: str) -> None:
    with pytest.raises(StateInvalid) as refusal:
        parse(FORGED_STATES[forgery]())
    assert refusal.value.error_code == "state_invalid"


@pytest.mark.parametrize(
    "values",
    [
        None,
        {},
        "text",
        [],
        ["id"] * 8,
        ["id"] * 10,
        ["id", "tag", "now", "/", "openid", "", None, 0, 0],
        ["id", "tag", NOW, "/", ["openid"], "", None, 0, 0],
        ["id", "tag", NOW, "/", "openid", "", 5, 0, 0],
        ["id", "tag", NOW, "/", "openid", "", None, 0, True],
        [5, "tag", NOW, "/", "openid", "", None, 0, 0],
    ],
    ids=str,
)
def test_signed_state_of_another_form_is_refused(values: object) -> None:
    state = str(SIGNER._serializer.dumps(values))

    with pytest.raises(StateInvalid):
        parse(state)


@pytest.mark.parametrize("seconds", [-119, -60, 0, 599, 600])
def test_state_lasts_ten_minutes(seconds: int) -> None:
    assert parse(build_state(), now=NOW + seconds) == (LOGIN, None)


@pytest.mark.parametrize("seconds", [-3600, -121, 601, 86_400])
def test_older_state_is_expired(seconds: int) -> None:
    login, fault = parse(build_state(), now=NOW + seconds)

    assert login == LOGIN
    assert isinstance(fault, StateExpired)


def test_state_without_the_cookie_says_so() -> None:
    login, fault = parse(build_state(), None)

    assert login == LOGIN
    assert isinstance(fault, BrowserKeyMissing)


def test_state_of_another_browser_is_foreign() -> None:
    """RFC 9700 section 4.7: login CSRF."""
    login, fault = parse(build_state(), OTHER_KEY)

    assert login == LOGIN
    assert isinstance(fault, StateMismatch)


def test_expired_state_of_another_browser_is_no_good_either() -> None:
    assert parse(build_state(), OTHER_KEY, now=NOW + 601)[1] is not None


def test_state_survives_the_rotation_of_the_secret_key() -> None:
    rotated = StateSigner([b"secret-key", b"newer"], BINDING)

    assert parse(build_state(), signer=rotated) == (LOGIN, None)
    state = rotated.build_state(LOGIN, KEY, now=NOW)
    assert parse(state, signer=StateSigner([b"newer"], BINDING)) == (LOGIN, None)
    with pytest.raises(StateInvalid):
        parse(state)


def test_state_does_not_know_the_time_of_day() -> None:
    """A machine whose clock is ahead may have signed it."""
    state = SIGNER.build_state(LOGIN, KEY, now=time.time() + 100)

    assert parse(state, now=time.time())[1] is None
