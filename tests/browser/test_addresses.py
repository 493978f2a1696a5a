"""Where Chromium itself would be led to: by every address that a login was asked to lead to."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from hostile_addresses import BYPASSES, HARMLESS, PIECES
from whatwg import resolve_origin

from browser.site import make_plain_app, provider_settings
from flask_hf_oauth.testing import HfProvider, login

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

HERE = "http://localhost"
GENERATED = 4_000
_BEGINNINGS = ("", "/", "/a", "/.", "\\", "http:", HERE, f"{HERE}/")
_ENDS = ("", "/evil.example", "\\evil.example", "@evil.example")
_ORIGINS = """([addresses, base]) => addresses.map((address) => {
    try { return new URL(address, base).origin; } catch { return "none"; }
})"""


def make_up_addresses() -> list[str]:
    """Put pieces together as an attacker would: the same ones in every run."""
    chance = random.Random(17)  # noqa: S311 - nothing is kept secret with it
    middles = ["".join(chance.choices(PIECES, k=chance.randint(0, 5))) for _ in range(GENERATED)]
    return [chance.choice(_BEGINNINGS) + middle + chance.choice(_ENDS) for middle in middles]


def resolve_in(browser: Browser, addresses: list[str]) -> list[str]:
    page = browser.new_page()
    origins: list[str] = page.evaluate(_ORIGINS, [addresses, f"{HERE}/login"])
    page.close()
    return origins


def test_chromium_stays_on_this_origin_wherever_a_login_leads(
    browser: Browser, provider: HfProvider
) -> None:
    app = make_plain_app(provider_settings(provider))
    client = app.test_client()
    login(client)
    cookie = client.get_cookie("session")
    assert cookie is not None
    headers = {"Cookie": f"session={cookie.value}"}  # the same each time: nothing is a loop
    client = app.test_client(use_cookies=False)
    asked = [*BYPASSES.values(), *HARMLESS, *make_up_addresses()]
    queries = [urlencode({"next": target.encode("utf-8", "surrogatepass")}) for target in asked]
    led_to = [client.get(f"/login?{query}", headers=headers).location for query in queries]

    assert set(resolve_in(browser, led_to)) == {HERE}
    assert len({*led_to}) > GENERATED / 10  # not all of them were refused


def test_addresses_would_lead_chromium_elsewhere(browser: Browser) -> None:
    asked = [*BYPASSES.values(), *make_up_addresses()]
    origins = resolve_in(browser, [target.replace("\ud800", "?") for target in asked])

    assert sum(origin not in {HERE, "none"} for origin in origins) > 400


def test_tests_read_addresses_as_chromium_does(browser: Browser) -> None:
    asked = [target.replace("\ud800", "?") for target in (*BYPASSES.values(), *HARMLESS)]
    strays = {
        target
        for target, origin in zip(asked, resolve_in(browser, asked), strict=True)
        if origin not in {HERE, "none"} and resolve_origin(target, HERE) == HERE
    }

    assert strays == set()
