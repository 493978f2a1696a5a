"""Requests of absurd size, or of bytes that are no text, in every place where one can put them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flow import error_code, name_on_page
from plain_app import SCRIPT
from security.attack_surface import FOREIGN_LINK
from security.victim import Victim, is_sound
from werkzeug.test import TestResponse

from flask_hf_oauth.testing import HfProvider

KB_100 = "x" * 100_000
MANY = 10_000

Request = Callable[[FlaskClient, str], TestResponse]


@pytest.fixture
def provider(shared_provider: HfProvider) -> HfProvider:
    return shared_provider


@pytest.fixture
def app(shared_app: Flask) -> Flask:
    return shared_app


def query(path: str, name: str) -> Request:
    return lambda client, text: client.get(path, query_string=f"{name}={text}")


def header(path: str, name: str, **others: str) -> Request:
    return lambda client, text: client.get(path, headers={name: text, **others})


def form(name: str) -> Request:
    return lambda client, text: client.post(
        "/logout",
        data=f"{name}={text}",
        headers=FOREIGN_LINK,
        content_type="application/x-www-form-urlencoded",
    )


#: Where something can stand that is not the answer to a login, and what is answered to those who
#: are signed out and signed in.
PLACES = {
    "next of login": (query("/login", "next"), 302, 302),
    "scopes of login": (query("/login", "scopes"), 302, 302),
    "org_ids of login": (query("/login", "org_ids"), 302, 302),
    "anything of login": (query("/login", "x"), 302, 302),
    "anything of callback": (query("/login/callback", "x"), 400, 400),
    "next of logout": (query("/logout", "next"), 200, 200),
    "form of logout": (form("next"), 200, 200),
    "anything in the form of logout": (form("x"), 200, 200),
    "query of a guarded view": (query("/private", "x"), 302, 200),
    "Referer": (header("/private", "Referer", **SCRIPT), 401, 200),
    "HX-Current-URL": (header("/private", "HX-Current-URL", **SCRIPT), 401, 200),
    "Origin": (header("/logout", "Origin"), 200, 200),
    "Sec-Fetch-Dest": (header("/login", "Sec-Fetch-Dest"), 403, 403),
    "Sec-Fetch-Mode": (header("/login", "Sec-Fetch-Mode"), 401, 401),
    "Purpose": (header("/login", "Purpose"), 302, 302),
}
every_place = pytest.mark.parametrize(
    ("request_with", "signed_out", "signed_in"), PLACES.values(), ids=PLACES
)

TEXTS = {
    "100 kB": KB_100,
    "100 kB of dots and slashes": "/" + "../" * 33_000,
    "100 kB of percents": "%" * 100_000,
    "100 kB of spaces": "+" * 100_000,
    "100 kB in four bytes each": "%F0%9F%A4%97" * 8_000,
    "10,000 parameters of one name": "x" + "&x=x" * MANY,
    "10,000 parameters of their own names": "x&" + urlencode({f"x{n}": n for n in range(MANY)}),
    "half a percent-encoding": "/%",
    "percent-encoding of no number": "/%zz%u002f",
    "encoded null": "/%00",
    "bytes that are no UTF-8": "/%ff%fe",
    "overlong slash": "/%c0%af",
    "lone surrogate": "/%ed%a0%80",
    "full-width digits": "%EF%BC%91%EF%BC%92",
    "raw bytes": "/\xff\xfe\x80",
    "nothing": "",
}


@every_place
def test_too_much_or_no_text_changes_nothing(
    request_with: Request, signed_out: int, signed_in: int, victim: Victim
) -> None:
    def ask(text: str) -> tuple[int, bool, bool, str]:
        response = request_with(victim.client, text)
        is_short = len(response.headers.get("Location", "")) < 4_000
        is_fine = is_sound(response, victim.provider)
        return response.status_code, is_fine, is_short, name_on_page(victim.client)

    expected = signed_out if victim.name == "nobody" else signed_in
    found = {name: ask(text) for name, text in TEXTS.items()}
    assert found == dict.fromkeys(TEXTS, (expected, True, True, victim.name))
    assert victim.client.get(victim.callback()).location == "/private"


ANY_TEXT = {name: text for name, text in TEXTS.items() if text}
ANSWERS = {
    "code": "code_rejected",
    "state": "state_invalid",
    "error": "callback_invalid",
    "iss": "issuer_mismatch",
}


@pytest.mark.parametrize("text", ANY_TEXT.values(), ids=ANY_TEXT)
@pytest.mark.parametrize("name", ANSWERS)
def test_too_much_or_no_text_in_a_callback_is_refused(name: str, text: str, victim: Victim) -> None:
    code, callback = ANSWERS[name], victim.callback()
    is_long = len(unquote(text.partition("&")[0])) > 4096
    url = callback.replace(f"{name}=", "old=") + f"&{name}={text}"

    with victim.unharmed():
        response = victim.client.get(url)
        expected = "callback_invalid" if is_long else code
        assert (response.status_code, error_code(response)) == (400, expected)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(KB_100, id="100 kB"),
        pytest.param("." * 100_000, id="100 kB of dots"),
        pytest.param("eJw" + KB_100 + ".a.b", id="100 kB, compressed"),
        pytest.param("\xff\xfe", id="no UTF-8"),
        pytest.param('"\\000\\377"', id="octal"),
        pytest.param("; session=" * MANY, id="10,000 cookies"),
        pytest.param("", id="nothing"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/private", "/login", "/login/callback", "/logout"])
def test_too_much_or_no_text_in_a_cookie_signs_nobody_in(path: str, value: str, app: Flask) -> None:
    stranger = app.test_client(use_cookies=False)
    response = stranger.get(path, headers={"Cookie": f"session={value}"})

    statuses = {"/private": 302, "/login": 302, "/login/callback": 400}
    assert response.status_code == statuses.get(path, 200)
    assert "demo-" not in response.text
