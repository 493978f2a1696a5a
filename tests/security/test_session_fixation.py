"""A cookie of the attacker's in the victim's browser: it never becomes the victim's session."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flow import (
    AppMaker,
    Clock,
    begin,
    error_code,
    name_on_page,
    parameters,
    session_cookie,
    sign_in,
    with_parameters,
)

from flask_hf_oauth import HfOAuth, HfToken, HfUser, LoginRefused
from flask_hf_oauth.testing import HfProvider, login

DAY = 86_400


@pytest.fixture
def attacker(app: Flask) -> FlaskClient:
    return app.test_client()


def plant(attacker: FlaskClient, victim: FlaskClient) -> None:
    victim.set_cookie("session", session_cookie(attacker))


def content(client: FlaskClient) -> dict[str, object]:
    with client.session_transaction() as kept:
        return dict(kept)


def test_planted_cookie_signs_the_attacker_in_nowhere(
    attacker: FlaskClient, client: FlaskClient, provider: HfProvider
) -> None:
    begin(attacker)
    plant(attacker, client)

    assert sign_in(client, provider, "demo-pro").location == "/"
    assert name_on_page(client) == "demo-pro"
    assert name_on_page(attacker) == "nobody"
    assert content(attacker).items().isdisjoint(content(client).items())


def test_known_browser_key_does_not_open_the_victims_account(
    attacker: FlaskClient, client: FlaskClient, provider: HfProvider
) -> None:
    begun = begin(attacker)
    plant(attacker, client)
    callback = provider.authorize(begin(client), "demo-pro")
    client.get(callback)
    provider.reset_records()

    response = attacker.get(callback)  # read off a history, say
    assert (response.status_code, error_code(response)) == (400, "state_used")
    mine = provider.authorize(begun, "demo-free")
    response = attacker.get(with_parameters(mine, code=parameters(callback)["code"]))
    assert error_code(response) == "code_rejected"
    assert name_on_page(attacker) == "nobody"


def test_known_browser_key_does_not_switch_a_signed_in_victim(
    attacker: FlaskClient, client: FlaskClient, provider: HfProvider
) -> None:
    begun = begin(attacker)
    plant(attacker, client)
    sign_in(client, provider, "demo-pro")

    assert client.get(provider.authorize(begun, "demo-free")).location == "/"
    assert name_on_page(client) == "demo-pro"


def test_sign_out_ends_what_the_attacker_knows(
    attacker: FlaskClient, client: FlaskClient, provider: HfProvider
) -> None:
    begun = begin(attacker)
    plant(attacker, client)
    sign_in(client, provider, "demo-pro")
    client.post("/logout")

    assert begin(client, provider.authorize(begun, "demo-free"))  # cookie_missing: begins anew
    assert name_on_page(client) == "nobody"


@pytest.mark.parametrize("expires_in", [DAY, -1], ids=["good", "expired"])
def test_planted_login_is_emptied_before_the_victims(
    expires_in: int, attacker: FlaskClient, client: FlaskClient, provider: HfProvider
) -> None:
    login(attacker, expires_in=expires_in)
    begin(attacker, "/login?prompt=consent")
    attacker.get("/cart")
    plant(attacker, client)
    planted = content(client)

    sign_in(client, provider, "demo-pro", url="/login?prompt=consent")
    kept = content(client)
    assert set(kept) == {"_hf_oauth"}
    assert kept["_hf_oauth"] != planted["_hf_oauth"]
    assert client.get("/cart").text == "cart of demo-pro"


@pytest.mark.parametrize("text", ["", "of another version", 17, None, {"sub": "x"}], ids=repr)
def test_login_that_nobody_can_read_is_somebody_elses(
    text: object, client: FlaskClient, provider: HfProvider
) -> None:
    with client.session_transaction() as kept:
        kept.update(_hf_oauth=text, cart="planted")

    sign_in(client, provider)
    assert (client.get("/cart").text == "planted") is (text is None)


def test_login_of_another_client_is_somebody_elses(
    make_app: AppMaker, client: FlaskClient, provider: HfProvider
) -> None:
    sister = make_app(HF_OAUTH_CLIENT_ID="another").test_client()
    login(sister)
    sister.get("/cart")
    plant(sister, client)

    assert name_on_page(client) == "nobody"
    sign_in(client, provider)
    assert client.get("/cart").text == "cart of demo-free"
    assert name_on_page(client) == "demo-free"


def test_what_a_stranger_put_into_the_session_stays(
    attacker: FlaskClient, client: FlaskClient, provider: HfProvider
) -> None:
    # A shop's cart outlives the sign-in; so an app trusts nothing there that it has not put there.
    attacker.get("/cart")
    plant(attacker, client)

    sign_in(client, provider)
    assert client.get("/cart").text == "cart of None"


def test_failed_login_as_somebody_else_empties_nothing(
    make_app: AppMaker, provider: HfProvider
) -> None:
    hf = HfOAuth()
    client = make_app(hf=hf).test_client()

    @hf.login_handler
    def refuse(user: HfUser, _token: HfToken, _claims: object) -> None:
        if user.username == "demo-pro":
            raise LoginRefused

    sign_in(client, provider)
    client.get("/cart")
    callback = provider.authorize(begin(client, "/login?prompt=consent"), "demo-pro")
    before = content(client)
    response = client.get(callback)
    assert (response.status_code, error_code(response)) == (403, "login_refused")
    assert content(client) == before
    assert client.get("/cart").text == "cart of demo-free"


def test_expired_login_of_the_same_person_keeps_the_cart(
    client: FlaskClient, provider: HfProvider, clock: Clock
) -> None:
    sign_in(client, provider)
    client.get("/cart")
    clock.advance(DAY)

    assert name_on_page(client) == "nobody"
    sign_in(client, provider)
    assert client.get("/cart").text == "cart of demo-free"


def test_login_copied_before_sign_out_is_none_any_more(
    attacker: FlaskClient, client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider)
    plant(client, attacker)
    client.post("/logout")

    assert name_on_page(attacker) == "nobody"
