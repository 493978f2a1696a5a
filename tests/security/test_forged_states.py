"""States that are not ours, not from now, or not of this browser."""

from __future__ import annotations

import hashlib
import logging
import time
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote

import pytest
from flow import SECRET_KEY, Clock, begin, error_code, parameters, sign_in, with_parameters
from security.states import Signer, read, values_of
from security.victim import Victim

Change = Callable[[Victim], dict[str, object]]
Sign = Callable[..., str]
Forgery = Callable[[str, Sign], str]


def with_other_content(state: str, sign: Sign) -> str:
    """Lead elsewhere under the old signature."""
    payload = sign(values_of(state, next="//evil.example")).rpartition(".")[0]
    return f"{payload}.{state.rpartition('.')[2]}"


def with_changes(**changes: object) -> Forgery:
    return lambda state, sign: sign(values_of(state, **changes))


FORGED: dict[str, Forgery] = {
    "garbage": lambda _, _sign: "garbage",
    "dots": lambda _, _sign: "...",
    "one dot": lambda _, _sign: ".",
    "space": lambda _, _sign: " ",
    "null": lambda _, _sign: "\x00",
    "not ASCII": lambda _, _sign: "ÿ.\x00.é",
    "full-width digits": lambda _, _sign: "\uff11.\uff12",
    "JSON": lambda _, _sign: "[1,2,3]",
    "JWT without a signature": lambda _, _sign: "eyJhbGciOiJub25lIn0.e30.",
    "signature reversed": lambda state, _sign: state.rpartition(".")[0] + "." + state[:-44:-1],
    "signature cut": lambda state, _sign: state[:-1],
    "signature empty": lambda state, _sign: state.rpartition(".")[0] + ".",
    "signature gone": lambda state, _sign: state.rpartition(".")[0],
    "signature alone": lambda state, _sign: "." + state.rpartition(".")[2],
    "signature in upper case": lambda state, _sign: state[:-43] + state[-43:].upper(),
    "first letter another": lambda state, _sign: ("A" if state[0] != "A" else "B") + state[1:],
    "first letter gone": lambda state, _sign: state[1:],
    "half": lambda state, _sign: state[: len(state) // 2],
    "twice": lambda state, _sign: state + state,
    "longer": lambda state, _sign: state + "A",
    "content another": with_other_content,
    "signed with another key": lambda state, sign: sign(values_of(state), key="another key"),
    "signed with no key": lambda state, sign: sign(values_of(state), key=""),
    "signed with the key in upper case": lambda s, sign: sign(values_of(s), key=SECRET_KEY.upper()),
    "signed for another client": lambda state, sign: sign(
        values_of(state), salt="flask-hf-oauth.state AAAAAAAA"
    ),
    "signed with another salt": lambda state, sign: sign(values_of(state), salt="another"),
    "signed as a session": lambda s, sign: sign(
        values_of(s), salt="cookie-session", digest=hashlib.sha1
    ),
    "signed with another digest": lambda state, sign: sign(values_of(state), digest=hashlib.sha512),
    "signed with another derivation": lambda s, sign: sign(
        values_of(s), derivation="django-concat"
    ),
    "compressed bomb": lambda state, _sign: (
        "." + urlsafe_b64encode(zlib.compress(b"0" * 1_000_000)).decode()[:1000] + state[-44:]
    ),
}

#: What a version of us may have signed that is older or newer, with the key of today.
OTHER_FORMS: dict[str, Forgery] = {
    "nothing": lambda _, sign: sign(None),
    "text": lambda _, sign: sign("state"),
    "number": lambda _, sign: sign(17),
    "no list": lambda state, sign: sign(read(state)),
    "empty list": lambda _, sign: sign([]),
    "one value less": lambda state, sign: sign(values_of(state)[:-1]),
    "one value more": lambda state, sign: sign([*values_of(state), 0]),
    "list in a list": lambda state, sign: sign([values_of(state)]),
    "null for a text": with_changes(next=None),
    "text for a time": with_changes(issued_at="0"),
    "fraction for a time": with_changes(issued_at=time.time()),
    "not a number for a time": with_changes(issued_at=float("nan")),
    "truth for a count": with_changes(retries=False),
    "list for scopes": with_changes(scopes=["openid"]),
    "object for an id": with_changes(id={}),
}


@pytest.mark.parametrize(
    "forgery", [*FORGED.values(), *OTHER_FORMS.values()], ids=[*FORGED, *OTHER_FORMS]
)
def test_forged_state_is_refused(forgery: Forgery, victim: Victim) -> None:
    callback = victim.callback()
    victim.provider.reset_records()

    with victim.unharmed():
        state = forgery(parameters(callback)["state"], Signer(victim.client.application).sign)
        response = victim.client.get(with_parameters(callback, state=state))
        assert (response.status_code, error_code(response)) == (400, "state_invalid")
        assert "Sign in again" in response.text
        assert "Set-Cookie" not in response.headers
        assert victim.provider.requests == []


@pytest.mark.parametrize("state", [None, ""], ids=["none", "empty"])
def test_callback_without_a_state_is_refused(state: str | None, victim: Victim) -> None:
    callback = victim.callback()

    with victim.unharmed():
        response = victim.client.get(with_parameters(callback, state=state))
        assert (response.status_code, error_code(response)) == (400, "state_missing")


def test_callback_without_any_login_is_refused(victim: Victim) -> None:
    with victim.unharmed():
        response = victim.client.get("/login/callback")
        assert (response.status_code, error_code(response)) == (400, "state_missing")


def test_state_that_is_too_long_is_not_read(victim: Victim) -> None:
    callback = victim.callback()

    with victim.unharmed():
        state = quote(parameters(callback)["state"]) * 40
        response = victim.client.get(with_parameters(callback, state=state))
        assert (response.status_code, error_code(response)) == (400, "callback_invalid")


def age(seconds: int) -> Change:
    return lambda _victim: {"issued_at": int(time.time()) - seconds}


def bind_to_another_browser(victim: Victim) -> dict[str, object]:
    stranger = victim.client.application.test_client()
    return {"tag": read(parameters(begin(stranger))["state"])["tag"]}


def give_another_id(_victim: Victim) -> dict[str, object]:
    return {"id": "another"}


def change_state(victim: Victim, callback: str, change: Change, **others: object) -> str:
    return Signer(victim.client.application).change(callback, **change(victim), **others)


NOT_NOW = [
    pytest.param(age(605), "state_expired", id="605 seconds old"),
    pytest.param(age(10**9), "state_expired", id="a lifetime old"),
    pytest.param(age(-125), "state_expired", id="from the future"),
    pytest.param(bind_to_another_browser, "state_mismatch", id="of another browser"),
    pytest.param(give_another_id, "state_mismatch", id="of another login"),
]


@pytest.mark.parametrize(("change", "code"), NOT_NOW)
def test_state_that_does_not_fit_begins_the_login_anew(
    change: Change,
    code: str,
    victim: Victim,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "flask_hf_oauth")
    callback = victim.callback()
    victim.provider.reset_records()

    with victim.unharmed():
        again = begin(victim.client, change_state(victim, callback, change))
        assert f"login started again: {code}" in caplog.text
        assert read(parameters(again)["state"])["id"] != read(parameters(callback)["state"])["id"]
        assert victim.provider.requests == []


@pytest.mark.parametrize(("change", "code"), NOT_NOW)
def test_state_that_never_fits_ends_on_its_page(change: Change, code: str, victim: Victim) -> None:
    callback = change_state(victim, victim.callback(), change, retries=1)

    with victim.unharmed():
        response = victim.client.get(callback)
        assert (response.status_code, error_code(response)) == (400, code)
        assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("seconds", [595, -115])
def test_state_is_good_for_ten_minutes(seconds: int, victim: Victim) -> None:
    callback = change_state(victim, victim.callback(), age(seconds))

    assert victim.client.get(callback).location == "/private"


def test_login_that_is_older_than_another_is_passed_over(clock: Clock, victim: Victim) -> None:
    older = victim.callback()
    clock.advance(1)
    sign_in(victim.client, victim.provider, "demo-pro", url="/login?prompt=consent")
    victim.provider.reset_records()

    assert victim.client.get(older).location == "/private"
    assert victim.provider.requests == []
