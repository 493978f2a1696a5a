from __future__ import annotations

import pytest
from flask import Flask
from plain_app import FRAME, HTMX, NAVIGATION, SCRIPT

from flask_hf_oauth.fetch_metadata import (
    Answer,
    is_cross_site,
    is_framed,
    is_from_this_page,
    is_navigation,
    is_preflight,
    wanted_answer,
)

APP = Flask("demo")
BROWSER_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
AXIOS_ACCEPT = "application/json, text/plain, */*"

Headers = dict[str, str]


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        pytest.param({}, Answer.PAGE, id="bare"),
        pytest.param(NAVIGATION, Answer.PAGE, id="navigation"),
        pytest.param(FRAME, Answer.PAGE, id="frame"),
        pytest.param({"Accept": BROWSER_ACCEPT}, Answer.PAGE, id="old browser"),
        pytest.param({"Accept": "*/*"}, Answer.PAGE, id="curl"),
        pytest.param({"Accept": "text/html, application/json"}, Answer.PAGE, id="either"),
        pytest.param(
            {"Accept": "application/json;q=0.5, text/html"}, Answer.PAGE, id="rather page"
        ),
        pytest.param({"Accept": "application/json"}, Answer.DATA, id="json"),
        pytest.param({"Accept": AXIOS_ACCEPT}, Answer.DATA, id="axios in an old browser"),
        pytest.param(
            {"Accept": "text/html;q=0.5, application/json"}, Answer.DATA, id="rather json"
        ),
        pytest.param({**NAVIGATION, "Accept": "application/json"}, Answer.DATA, id="json page"),
        pytest.param(SCRIPT, Answer.DATA, id="fetch"),
        pytest.param({**SCRIPT, "Accept": BROWSER_ACCEPT}, Answer.DATA, id="fetch of a page"),
        pytest.param({"Sec-Fetch-Mode": "no-cors"}, Answer.DATA, id="image"),
        pytest.param({"Sec-Fetch-Mode": "websocket"}, Answer.DATA, id="web socket"),
        pytest.param({"X-Requested-With": "XMLHttpRequest"}, Answer.DATA, id="jquery"),
        pytest.param({"X-Requested-With": "com.example"}, Answer.PAGE, id="web view"),
        pytest.param(HTMX, Answer.FRAGMENT, id="htmx"),
        pytest.param({**HTMX, "Accept": "application/json"}, Answer.FRAGMENT, id="htmx wants json"),
        pytest.param({"HX-Request": "false"}, Answer.PAGE, id="no htmx"),
    ],
)
def test_each_gets_what_it_can_use(headers: Headers, answer: Answer) -> None:
    with APP.test_request_context(headers=headers):
        assert wanted_answer() is answer


@pytest.mark.parametrize("headers", [{}, NAVIGATION, FRAME], ids=["old browser", "page", "frame"])
def test_person_opens_a_page(headers: Headers) -> None:
    with APP.test_request_context(headers=headers):
        assert is_navigation()


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(SCRIPT, id="fetch"),
        pytest.param({"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, id="image"),
        pytest.param({"Sec-Fetch-Dest": "image"}, id="image without a mode"),
        pytest.param({"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "embed"}, id="embed"),
        pytest.param({"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "object"}, id="object"),
        pytest.param({**NAVIGATION, "Sec-Purpose": "prefetch"}, id="prefetch"),
        pytest.param({**NAVIGATION, "Sec-Purpose": "prefetch;prerender"}, id="prerender"),
        pytest.param({**NAVIGATION, "Sec-Purpose": "prefetch;anonymous-client-ip"}, id="proxied"),
        pytest.param({"Purpose": "prefetch"}, id="older prefetch"),
        pytest.param({"X-Purpose": "preview"}, id="safari preview"),
        pytest.param({"X-Moz": "prefetch"}, id="firefox prefetch"),
        pytest.param({"Purpose": "PREFETCH"}, id="upper case"),
    ],
)
def test_nobody_opens_a_page(headers: Headers) -> None:
    with APP.test_request_context(headers=headers):
        assert not is_navigation()


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "OPTIONS"])
def test_only_get_opens_a_page(method: str) -> None:
    with APP.test_request_context(method=method, headers=NAVIGATION):
        assert not is_navigation()


@pytest.mark.parametrize("destination", ["iframe", "frame", "embed", "object"])
def test_frames_are_frames(destination: str) -> None:
    with APP.test_request_context(headers={"Sec-Fetch-Dest": destination}):
        assert is_framed()


@pytest.mark.parametrize("headers", [{}, NAVIGATION, SCRIPT], ids=["unknown", "page", "script"])
def test_others_are_no_frames(headers: Headers) -> None:
    with APP.test_request_context(headers=headers):
        assert not is_framed()


@pytest.mark.parametrize(
    ("site", "expected"),
    [("same-origin", True), ("same-site", False), ("cross-site", False), ("none", False)],
)
def test_only_this_origin_is_this_page(site: str, expected: object) -> None:
    with APP.test_request_context(headers={"Sec-Fetch-Site": site}):
        assert is_from_this_page() is expected


def test_without_the_header_nobody_knows() -> None:
    with APP.test_request_context():
        assert not is_from_this_page()


# The table of Go's net/http CrossOriginProtection, and what browsers send besides.
HERE, PORT, EVIL = "http://localhost", "http://localhost:8080", "http://evil.example"
SENDERS = [
    pytest.param({"Sec-Fetch-Site": "same-origin"}, False, id="this page"),
    pytest.param({"Sec-Fetch-Site": "none"}, False, id="typed"),
    pytest.param({"Sec-Fetch-Site": "same-origin", "Origin": EVIL}, False, id="site decides"),
    pytest.param({"Sec-Fetch-Site": "cross-site"}, True, id="another site"),
    pytest.param({"Sec-Fetch-Site": "same-site"}, True, id="a sibling"),
    pytest.param({"Sec-Fetch-Site": "cross-site", "Origin": HERE}, True, id="site decides, too"),
    pytest.param({"Sec-Fetch-Site": "sideways"}, True, id="unknown word"),
    pytest.param({"Sec-Fetch-Site": ""}, True, id="empty word"),
    pytest.param({}, False, id="no browser"),
    pytest.param({"Origin": HERE}, False, id="own origin"),
    pytest.param({"Origin": "HTTP://LOCALHOST"}, False, id="own origin in upper case"),
    pytest.param({"Origin": "https://localhost"}, False, id="proxy that ends TLS"),
    pytest.param({"Origin": PORT}, True, id="own origin but the port"),
    pytest.param({"Origin": EVIL}, True, id="another origin"),
    pytest.param({"Origin": "http://localhost.evil.example"}, True, id="origin that begins alike"),
    pytest.param({"Origin": "null"}, True, id="sandbox"),
    pytest.param({"Origin": "http://[::1"}, True, id="broken origin"),
    pytest.param({"Origin": "localhost"}, True, id="host for an origin"),
]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "QUERY"])
@pytest.mark.parametrize(("headers", "expected"), SENDERS)
def test_sender_of_an_unsafe_request_is_known(
    method: str, headers: Headers, expected: object
) -> None:
    with APP.test_request_context(method=method, headers=headers):
        assert is_cross_site() is expected


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
def test_safe_methods_may_come_from_anywhere(method: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": EVIL}
    with APP.test_request_context(method=method, headers=headers):
        assert not is_cross_site()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"Sec-Fetch-Site": "cross-site", "Origin": EVIL}, False, id="trusted"),
        pytest.param({"Origin": EVIL}, False, id="trusted, old browser"),
        pytest.param({"Origin": EVIL.upper()}, False, id="trusted in upper case"),
        pytest.param({"Sec-Fetch-Site": "cross-site", "Origin": PORT}, True, id="another"),
        pytest.param({"Origin": "https://evil.example"}, True, id="another scheme"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, True, id="nameless"),
        pytest.param({"Sec-Fetch-Site": "cross-site", "Origin": "null"}, True, id="sandbox"),
    ],
)
def test_trusted_origins_are_believed_to_the_letter(headers: Headers, expected: object) -> None:
    with APP.test_request_context(method="POST", headers=headers):
        assert is_cross_site((EVIL,)) is expected


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("OPTIONS", {"Access-Control-Request-Method": "POST"}, True),
        ("OPTIONS", {}, False),
        ("POST", {"Access-Control-Request-Method": "POST"}, False),
    ],
    ids=["preflight", "plain options", "no options"],
)
def test_preflight_is_known(method: str, headers: Headers, expected: object) -> None:
    with APP.test_request_context(method=method, headers=headers):
        assert is_preflight() is expected
