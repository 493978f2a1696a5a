"""Whatever headers a request has: it signs out and writes from here alone, and crashes nothing."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from flow import name_on_page
from hypothesis import given, settings
from hypothesis import strategies as st
from security.attack_surface import METHODS, PATHS
from security.victim import is_sound
from werkzeug.test import TestResponse

from flask_hf_oauth.testing import HfProvider, login

header_values = {
    "Sec-Fetch-Site": ["same-origin", "same-site", "cross-site", "none", "new"],
    "Sec-Fetch-Mode": ["navigate", "cors", "no-cors", "same-origin", "websocket"],
    "Sec-Fetch-Dest": ["document", "iframe", "image", "empty", "object"],
    "Origin": ["http://localhost", "http://evil.example", "null", "http://[::1"],
    "Referer": ["http://localhost/private", "http://evil.example/", "//evil.example"],
    "HX-Request": ["true"],
    "HX-Boosted": ["true"],
    "HX-Current-URL": ["http://localhost/private", "http://evil.example/"],
    "Accept": ["text/html", "application/json", "*/*;q=0.5, text/html;q=x"],
    "X-Requested-With": ["XMLHttpRequest"],
    "Content-Type": [
        "application/json",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
    ],
    "Sec-Purpose": ["prefetch", "prerender"],
    "Purpose": ["prefetch"],
    "X-Moz": ["prefetch"],
    "Access-Control-Request-Method": ["POST"],
    "X-Forwarded-Host": ["evil.example"],
    "X-Forwarded-Prefix": ["//evil.example"],
    "X-HTTP-Method-Override": ["POST", "GET"],
}
header_sets = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from(values) | st.text(st.characters(max_codepoint=255), max_size=5)
        for name, values in header_values.items()
    },
)
hosts = st.sampled_from(
    [*["localhost"] * 8, "evil.example", "LOCALHOST", "my_app:5000", "a@b", "", "[::1", "ü"]
)


@given(
    headers=header_sets,
    host=hosts,
    method=st.sampled_from(METHODS),
    path=st.sampled_from(PATHS),
    is_signed_in=st.booleans(),
)
@settings(deadline=None)  # the time of an example says something about the machine only
def test_any_headers_sign_out_and_write_from_here_alone(  # noqa: PLR0913 - a request has that many parts
    headers: dict[str, str],
    host: str,
    method: str,
    path: str,
    *,
    is_signed_in: bool,
    shared_app: Flask,
    shared_provider: HfProvider,
) -> None:
    client = shared_app.test_client()
    if is_signed_in:
        login(client)
    response = ask(client, method, path, headers, host)

    assert is_sound(response, shared_provider)
    name = name_on_page(client)
    assert name == "demo-free" or not is_signed_in or path.startswith("/logout")
    if name == "nobody" and is_signed_in:
        assert may_sign_out(method, headers, host)
    if response.text == "written":
        assert is_signed_in
        assert method in {"GET", "TRACE", "OPTIONS"} or is_from_here(headers, host)


def ask(
    client: FlaskClient, method: str, path: str, headers: dict[str, str], host: str
) -> TestResponse:
    names = {name: name.upper().replace("-", "_") for name in headers}
    environ = {f"HTTP_{names[name]}": value for name, value in headers.items()}
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    # The cookie belongs to localhost: it is handed over whatever the Host header says.
    environ["HTTP_HOST"] = host.encode().decode("latin-1")
    return client.open(path, method=method, environ_overrides=environ)


def is_from_here(headers: dict[str, str], host: str) -> bool:
    if "Sec-Fetch-Site" in headers:
        return headers["Sec-Fetch-Site"] in {"same-origin", "none"}
    origin = headers.get("Origin")
    return not origin or origin.lower() in {f"http://{host}".lower(), f"https://{host}".lower()}


def may_sign_out(method: str, headers: dict[str, str], host: str) -> bool:
    if method == "POST":
        return is_from_here(headers, host)
    is_ahead = "prefetch" in "".join(headers.get(name, "") for name in ("Sec-Purpose", "Purpose"))
    is_here = headers.get("Sec-Fetch-Site") == "same-origin"
    mode, dest = headers.get("Sec-Fetch-Mode"), headers.get("Sec-Fetch-Dest")
    is_page = mode in {None, "navigate"} and dest in {None, "document", "iframe"}
    return method == "GET" and is_here and is_page and not is_ahead
