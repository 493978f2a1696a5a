"""What a page of another site can make a browser send here, and what comes of it: nothing."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flow import begin, parameters
from plain_app import HTMX, SCRIPT, make_plain_app
from security.attack_surface import FOREIGN_LINK, LINK
from security.victim import Victim
from werkzeug.test import TestResponse

from flask_hf_oauth import login_required
from flask_hf_oauth.testing import login

UNSAFE = ["POST", "PUT", "PATCH", "DELETE", "QUERY"]

_ORIGINS = (
    None,
    "http://localhost",
    "http://evil.example",
    "null",
    "http://localhost:8080",
    "http://localhost.evil.example",
    "http://localhost@evil.example",
    "chrome-extension://localhost",
)
#: Which senders pass: a row each Sec-Fetch-Site, a column each of _ORIGINS, in this order.
_PASSES = {
    None: "yy------",
    "same-origin": "yyyyyyyy",
    "none": "yyyyyyyy",
    "same-site": "--------",
    "cross-site": "--------",
    "SAME-ORIGIN": "--------",
    "same-origin, cross-site": "--------",
    "": "--------",
}
every_sender = pytest.mark.parametrize(
    ("site", "origin", "passes"),
    [
        pytest.param(site, origin, passes == "y", id=f"{site}, {origin}")
        for site, row in _PASSES.items()
        for origin, passes in zip(_ORIGINS, row, strict=True)
    ],
)


def _headers(site: str | None, origin: str | None) -> dict[str, str]:
    given = {"Sec-Fetch-Site": site, "Origin": origin}
    return {name: value for name, value in given.items() if value is not None}


#: For senders, whom no provider meets.
APP = make_plain_app()


@APP.route("/write", methods=UNSAFE)
@login_required
def write() -> str:
    return "written"


@pytest.fixture
def signed_in() -> FlaskClient:
    client = APP.test_client()
    login(client)
    return client


@every_sender
def test_form_reaches_a_guarded_view_from_here_alone(
    site: str | None, origin: str | None, *, passes: bool, signed_in: FlaskClient
) -> None:
    response = signed_in.post("/write", headers=_headers(site, origin))

    assert response.status_code == (200 if passes else 403)
    assert ("written" in response.text) is passes
    assert signed_in.post("/write").text == "written"


@pytest.mark.parametrize("method", UNSAFE)
def test_no_unsafe_method_reaches_a_guarded_view_from_elsewhere(
    method: str, signed_in: FlaskClient
) -> None:
    assert signed_in.open("/write", method=method, headers=FOREIGN_LINK).status_code == 403
    assert signed_in.open("/write", method=method, headers=LINK).text == "written"


@every_sender
def test_form_signs_out_from_here_alone(
    site: str | None, origin: str | None, *, passes: bool, signed_in: FlaskClient
) -> None:
    response = signed_in.post("/logout", headers=_headers(site, origin))

    assert response.status_code == (303 if passes else 200)
    assert signed_in.post("/write").status_code == (303 if passes else 200)


@pytest.mark.parametrize("method", [*UNSAFE[1:], "HEAD", "OPTIONS", "TRACE"])
def test_no_other_method_signs_out(method: str, victim: Victim) -> None:
    with victim.unharmed():
        response = victim.client.open("/logout", method=method, headers=LINK)
        assert response.status_code in {200, 405}


#: What browsers of all ages send when no person looks at what they fetch.
UNSEEN = {
    "prefetch": {**LINK, "Sec-Purpose": "prefetch"},
    "prerender": {**LINK, "Sec-Purpose": "prefetch;prerender"},
    "prerender alone": {**LINK, "Sec-Purpose": "prerender"},
    "prefetch through a proxy": {**LINK, "Sec-Purpose": "prefetch;anonymous-client-ip"},
    "prefetch of older Chrome": {**LINK, "Purpose": "prefetch"},
    "prefetch of any age": {**LINK, "Sec-Purpose": "prefetch", "Purpose": "prefetch"},
    "prefetch of old Firefox": {**LINK, "X-Moz": "prefetch"},
    "preview of Safari": {**LINK, "X-Purpose": "preview"},
    "prefetch before Fetch Metadata": {"Purpose": "prefetch"},
    "prefetch of old Firefox before": {"X-Moz": "prefetch"},
    "preview before": {"X-Purpose": "preview"},
    "prefetch in upper case": {"Purpose": "PREFETCH"},
    **{
        dest: {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": dest}
        for dest in (
            *("image", "script", "style", "font", "audio", "video", "track", "manifest"),
            *("report", "worker", "sharedworker", "serviceworker", "audioworklet", "xslt", "json"),
        )
    },
    "fetch": {**LINK, **SCRIPT},
    "fetch of the same origin": {**LINK, "Sec-Fetch-Mode": "same-origin", "Sec-Fetch-Dest": ""},
    "web socket": {**LINK, "Sec-Fetch-Mode": "websocket", "Sec-Fetch-Dest": "websocket"},
    "embed": {**LINK, "Sec-Fetch-Dest": "embed"},
    "object": {**LINK, "Sec-Fetch-Dest": "object"},
    "mode that nobody knows": {**LINK, "Sec-Fetch-Mode": "new"},
    "destination that nobody knows": {**LINK, "Sec-Fetch-Dest": "new"},
    "image without a mode": {"Sec-Fetch-Dest": "image"},
    "script without a destination": {"Sec-Fetch-Mode": "no-cors"},
    "htmx": {**LINK, **HTMX},
}
every_unseen = pytest.mark.parametrize("headers", UNSEEN.values(), ids=UNSEEN)


def _is_nothing(response: TestResponse, victim: Victim) -> bool:
    return (
        response.status_code in {200, 204, 401, 403, 405}
        and "Location" not in response.headers
        and "Set-Cookie" not in response.headers
        and response.headers["Cache-Control"] == "no-store"
        and victim.provider.requests == []
    )


def _status_for(headers: dict[str, str]) -> int:
    """Name the status that means "sign in as a page" to htmx, to a script and to all else."""
    if "HX-Request" in headers:
        return 204
    return 403 if headers.get("Sec-Fetch-Mode", "navigate") == "navigate" else 401


@every_unseen
def test_unseen_login_begins_nothing(headers: dict[str, str], victim: Victim) -> None:
    victim.provider.reset_records()

    with victim.unharmed():
        response = victim.client.get("/login?prompt=consent", headers=headers)
        assert _is_nothing(response, victim)
        assert response.status_code == _status_for(headers)


@every_unseen
def test_unseen_callback_ends_nothing(headers: dict[str, str], victim: Victim) -> None:
    callback = victim.callback()
    victim.provider.reset_records()

    with victim.unharmed():
        assert _is_nothing(victim.client.get(callback, headers=headers), victim)
    assert victim.client.get(callback).location == "/private"


@every_unseen
def test_unseen_logout_signs_nobody_out(headers: dict[str, str], victim: Victim) -> None:
    victim.provider.reset_records()

    with victim.unharmed():
        assert _is_nothing(victim.client.get("/logout", headers=headers), victim)


@pytest.mark.parametrize(
    "headers", [{}, LINK, FOREIGN_LINK], ids=["bare", "from here", "from elsewhere"]
)
@pytest.mark.parametrize("path", ["/login", "/login?prompt=consent", "/login/callback", "/logout"])
def test_head_does_nothing(path: str, headers: dict[str, str], victim: Victim) -> None:
    victim.provider.reset_records()

    with victim.unharmed():
        assert _is_nothing(victim.client.head(path, headers=headers), victim)


@pytest.mark.parametrize("dest", ["document", "iframe"])
def test_link_of_another_site_signs_nobody_out(dest: str, victim: Victim) -> None:
    with victim.unharmed():
        response = victim.client.get("/logout", headers={**FOREIGN_LINK, "Sec-Fetch-Dest": dest})
        assert response.status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("?scopes=write-repos%20manage-repos", id="scopes"),
        pytest.param("?scopes=openid%0dwrite-repos", id="scopes in disguise"),
        pytest.param("?org_ids=demo-org", id="name of an organization"),
        pytest.param("?prompt=login", id="prompt"),
        pytest.param("?client_id=x&redirect_uri=http://evil.example&state=x&nonce=x", id="OAuth's"),
    ],
)
def test_link_of_another_site_asks_for_nothing_more(query: str, app: Flask) -> None:
    asked = parameters(begin(app.test_client(), f"/login{query}", headers=FOREIGN_LINK))

    assert asked["scope"] == "openid profile"
    assert asked["redirect_uri"] == "http://localhost/login/callback"
    assert {"orgIds", "prompt"}.isdisjoint(asked)
    assert "x" not in {asked["client_id"], asked["state"], asked["nonce"]}
