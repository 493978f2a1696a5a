"""Callbacks that no provider sent so: nobody is signed in by one, or out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flow import (
    REDIRECTS,
    AppMaker,
    begin,
    error_code,
    name_on_page,
    parameters,
    session_cookie,
    sign_in,
    with_parameters,
)
from security.victim import Victim, stays_here

from flask_hf_oauth.testing import HfProvider

WRONG_PARAMETERS = {
    "duplicate code": lambda url: url + "&code=another",
    "duplicate code, the same": lambda url: f"{url}&code={parameters(url)['code']}",
    "duplicate code, first empty": lambda url: url.replace("?", "?code=&"),
    "duplicate code, spelt otherwise": lambda url: url + "&%63ode=another",
    "duplicate state": lambda url: url + "&state=another",
    "duplicate state, the same": lambda url: f"{url}&state={parameters(url)['state']}",
    "duplicate state, last empty": lambda url: url + "&state=",
    "duplicate iss": lambda url: url + "&iss=a&iss=b",
    "duplicate error": lambda url: with_parameters(url, code=None) + "&error=a&error=b",
    "duplicate error_description": lambda url: url + "&error_description=a&error_description=b",
    "duplicate error_uri": lambda url: url + "&error_uri=a&error_uri=b",
    "code and error": lambda url: url + "&error=access_denied",
    "neither code nor error": lambda url: with_parameters(url, code=None),
    "empty code": lambda url: with_parameters(url, code=""),
    "empty code and empty error": lambda url: with_parameters(url, code="") + "&error=",
    "code in upper case": lambda url: url.replace("code=", "CODE="),
    "code as a list": lambda url: url.replace("code=", "code[]="),
    "code without a value": lambda url: with_parameters(url, code=None) + "&code",
    "semicolon for an ampersand": lambda url: url.replace("?code=", "?iss=x;code="),
    "code too long": lambda url: with_parameters(url, code="c" * 4097),
}

Attack = Callable[[str], str]


@pytest.mark.parametrize("attack", WRONG_PARAMETERS.values(), ids=WRONG_PARAMETERS)
def test_callback_with_wrong_parameters_is_refused(attack: Attack, victim: Victim) -> None:
    callback = victim.callback()
    victim.provider.reset_records()

    with victim.unharmed():
        response = victim.client.get(attack(callback))
        assert (response.status_code, error_code(response)) == (400, "callback_invalid")
        assert "Set-Cookie" not in response.headers
        assert victim.provider.requests == []


def test_callback_that_was_refused_unread_still_works(victim: Victim) -> None:
    callback = victim.callback()
    victim.client.get(callback + "&code=another")

    assert victim.client.get(callback).location == "/private"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        pytest.param({"code": "another"}, 400, "code_rejected", id="code made up"),
        pytest.param({"code": "\x00"}, 400, "code_rejected", id="code of a null"),
        pytest.param({"iss": "https://evil.example"}, 400, "issuer_mismatch", id="iss foreign"),
        pytest.param({"iss": ""}, 400, "issuer_mismatch", id="iss empty"),
        pytest.param({"iss": "null"}, 400, "issuer_mismatch", id="iss null"),
        pytest.param(
            {"code": None, "error": "access_denied"}, 403, "access_denied", id="refusal forged"
        ),
        pytest.param(
            {"code": None, "error": "\u0661"}, 502, "authorization_error", id="error no word"
        ),
        pytest.param(
            {"code": None, "error": "login_required"}, 502, "authorization_error", id="not silent"
        ),
        pytest.param(
            {"code": None, "error": "temporarily_unavailable"},
            503,
            "provider_unavailable",
            id="unavailability forged",
        ),
    ],
)
def test_answer_that_the_provider_did_not_give_is_refused(
    changes: dict[str, str | None], status: int, code: str, victim: Victim
) -> None:
    callback = victim.callback()

    with victim.unharmed():
        response = victim.client.get(with_parameters(callback, **changes))
        assert (response.status_code, error_code(response)) == (status, code)
        assert "Set-Cookie" not in response.headers


def test_missing_iss_is_refused_where_it_was_announced(
    client: FlaskClient, provider: HfProvider
) -> None:
    """RFC 9207 section 2.4: a mix-up would send the code to whom it is not for."""
    provider.switch(callback_iss=True, announce_callback_iss=True)
    callback = provider.authorize(begin(client))
    provider.reset_records()

    response = client.get(with_parameters(callback, iss=None))
    assert (response.status_code, error_code(response)) == (400, "issuer_mismatch")
    assert provider.requests == []
    assert sign_in(client, provider).location == "/"


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "not announced"])
@pytest.mark.parametrize("answer", ["code", "error"])
def test_answer_of_another_provider_is_refused_unread(
    answer: str, client: FlaskClient, provider: HfProvider, *, announced: bool
) -> None:
    provider.switch(callback_iss=True, announce_callback_iss=announced)
    decide = provider.authorize if answer == "code" else provider.refuse
    callback = decide(begin(client))
    provider.reset_records()

    response = client.get(with_parameters(callback, iss="https://evil.example"))
    assert (response.status_code, error_code(response)) == (400, "issuer_mismatch")
    assert provider.requests == []
    assert sign_in(client, provider).location == "/"


def test_code_of_another_login_of_the_same_person_is_rejected(victim: Victim) -> None:
    other, mine = victim.callback(), victim.callback()

    with victim.unharmed():
        response = victim.client.get(with_parameters(mine, code=parameters(other)["code"]))
        assert (response.status_code, error_code(response)) == (400, "code_rejected")


def test_code_of_an_attacker_is_stopped_by_the_verifier(app: Flask, victim: Victim) -> None:
    stolen = victim.provider.authorize(begin(app.test_client()), "demo-pro")
    injected = with_parameters(victim.callback(), code=parameters(stolen)["code"])

    with victim.unharmed():
        response = victim.client.get(injected)
        assert (response.status_code, error_code(response)) == (400, "code_rejected")


def test_code_that_fits_the_verifier_is_stopped_by_the_nonce(victim: Victim) -> None:
    other, begun = victim.begin(), victim.begin()
    nonce = parameters(other)["nonce"]
    stolen = victim.provider.authorize(with_parameters(begun, nonce=nonce), "demo-pro")

    with victim.unharmed():
        response = victim.client.get(stolen)
        assert (response.status_code, error_code(response)) == (502, "id_token_nonce")


@pytest.fixture
def of_another_client(make_app: AppMaker, victim: Victim) -> str:
    """The callback of an app beside ours, which reads its cookies: one host, one SECRET_KEY."""
    victim.provider.add_client("another", redirect_uris=["http://localhost/login/callback"])
    settings = {"HF_OAUTH_CLIENT_ID": "another", "HF_OAUTH_CLIENT_SECRET": None}
    victim.begin()
    sister = make_app(settings).test_client()
    sister.set_cookie("session", session_cookie(victim.client))
    return victim.provider.authorize(begin(sister))


def test_login_of_another_client_is_refused(of_another_client: str, victim: Victim) -> None:
    with victim.unharmed():
        response = victim.client.get(of_another_client)
        assert (response.status_code, error_code(response)) == (400, "state_invalid")


def test_code_of_another_client_is_rejected(of_another_client: str, victim: Victim) -> None:
    code, callback = parameters(of_another_client)["code"], victim.callback()

    with victim.unharmed():
        response = victim.client.get(with_parameters(callback, code=code))
        assert (response.status_code, error_code(response)) == (400, "code_rejected")


def test_leaked_callback_is_worth_nothing_elsewhere(app: Flask, victim: Victim) -> None:
    attacker, callback = app.test_client(), victim.callback()
    victim.provider.reset_records()

    assert begin(attacker, callback)  # begins a login of the attacker's own
    assert name_on_page(attacker) == "nobody"
    assert victim.provider.requests == []
    assert victim.client.get(callback).location == "/private"


def test_leaked_callback_is_worth_nothing_after_its_use(app: Flask, victim: Victim) -> None:
    attacker, callback = app.test_client(), victim.callback()
    victim.client.get(callback)

    response = attacker.get(callback)
    assert (response.status_code, error_code(response)) == (400, "state_used")
    assert name_on_page(attacker) == "nobody"


@pytest.mark.parametrize("extra", ["", "&code=another", "&error=access_denied", "&iss=another"])
def test_callback_that_failed_can_not_be_replayed(extra: str, victim: Victim) -> None:
    callback = victim.callback()
    victim.provider.fail("token", "status-500")
    victim.client.get(callback)
    victim.provider.reset_records()

    with victim.unharmed():
        response = victim.client.get(callback + extra)
        assert response.status_code == 400
        assert error_code(response) in {"state_used", "callback_invalid", "issuer_mismatch"}
        assert "token" not in {sent.endpoint for sent in victim.provider.requests}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="just so"),
        pytest.param({"code": "another"}, id="with another code"),
        pytest.param({"code": None, "error": "access_denied"}, id="with a refusal"),
        pytest.param({"iss": "https://evil.example"}, id="with another issuer"),
    ],
)
def test_callback_replayed_while_signed_in_does_nothing(
    changes: dict[str, str | None], victim: Victim
) -> None:
    callback = victim.callback()
    victim.client.get(callback)
    victim.provider.reset_records()

    response = victim.client.get(with_parameters(callback, **changes))
    assert response.location == "/private"
    assert "Set-Cookie" not in response.headers
    assert victim.provider.requests == []
    assert name_on_page(victim.client) == "demo-free"


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("HEAD", 405),
        ("POST", 405),
        ("PUT", 405),
        ("PATCH", 405),
        ("DELETE", 405),
        ("TRACE", 405),
        ("QUERY", 405),
        ("OPTIONS", 200),
    ],
)
def test_callback_by_another_method_spends_no_code(
    method: str, status: int, victim: Victim
) -> None:
    callback = victim.callback()
    victim.provider.reset_records()

    with victim.unharmed():
        response = victim.client.open(callback, method=method)
        assert response.status_code == status
        assert response.headers["Allow"]
        assert "Set-Cookie" not in response.headers
        assert victim.provider.requests == []


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_method_in_a_header_is_none(header: str, victim: Victim) -> None:
    callback = victim.callback()

    with victim.unharmed():
        assert victim.client.post(callback, headers={header: "GET"}).status_code == 405


def test_callback_in_a_form_is_none(victim: Victim) -> None:
    callback = victim.callback()

    with victim.unharmed():
        response = victim.client.get("/login/callback", data=parameters(callback))
        assert (response.status_code, error_code(response)) == (400, "state_missing")


def test_attackers_callback_signs_no_victim_in_as_the_attacker(app: Flask, victim: Victim) -> None:
    stolen = victim.provider.authorize(begin(app.test_client()), "demo-pro")
    response = victim.client.get(stolen)

    assert response.status_code in REDIRECTS
    assert stays_here(response) is (victim.name != "nobody")  # signed out, it begins a new login
    assert name_on_page(victim.client) == victim.name
