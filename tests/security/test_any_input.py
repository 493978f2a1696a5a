"""Whatever is sent: never a 500, never off this origin, never another login than a good one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flow import begin, name_on_page, parameters, sign_in
from hostile_addresses import addresses
from hypothesis import example, given, settings
from hypothesis import strategies as st
from security.attack_surface import PATHS
from security.states import Signer
from security.victim import is_sound, stays_here

from flask_hf_oauth.testing import HfProvider, login

# The time of an example says something about the machine only.
unhurried = settings(deadline=None)

FORM = "application/x-www-form-urlencoded"


@given(target=addresses)
@unhurried
def test_any_next_stays_here(target: str, shared_app: Flask) -> None:
    client = shared_app.test_client()
    login(client)
    as_bytes = target.encode("utf-8", "surrogatepass")
    address = urlencode({"next": as_bytes})

    assert stays_here(client.get(f"/login?{address}"))
    for path, data in ((f"/logout?{address}", None), ("/logout", {"next": as_bytes})):
        login(client)
        response = client.post(path, data=data and urlencode(data), content_type=FORM)
        assert response.status_code == 303
        assert stays_here(response)


@given(target=addresses)
@unhurried
def test_any_next_in_a_signed_state_stays_here(
    target: str, shared_app: Flask, shared_provider: HfProvider
) -> None:
    client = shared_app.test_client()
    callback = shared_provider.authorize(begin(client))
    response = client.get(
        Signer(shared_app).change(callback, next=target.encode(errors="replace").decode())
    )

    assert stays_here(response)
    assert name_on_page(client) == "demo-free"


@given(target=addresses, kind=st.sampled_from(["HTTP_REFERER", "HTTP_HX_CURRENT_URL"]))
@unhurried
def test_any_page_in_a_header_stays_here(target: str, kind: str, shared_app: Flask) -> None:
    environ = {kind: target.encode("utf-8", "surrogatepass").decode("latin-1")}
    headers = {"HX-Request": "true"}
    response = shared_app.test_client().get("/private", headers=headers, environ_overrides=environ)

    assert response.status_code == 204
    assert stays_here(response)
    next_page = parameters(response.headers["HX-Redirect"]).get("next", "/")
    assert next_page.startswith("/")
    assert not next_page.startswith(("//", "/\\"))


KNOWN = ["code", "state", "error", "error_description", "error_uri", "iss"]
REAL = ["code", "state", "iss", "other code", "other state"]


@st.composite
def changed_values(draw: st.DrawFn) -> tuple[str, int, str]:
    """Draw a real value by its name, and a letter to put somewhere into it, or none."""
    position = draw(st.integers(0, 300))
    return draw(st.sampled_from(REAL)), position, draw(st.sampled_from("  .A=-/%"))


good = [("code", ("code", 0, " ")), ("state", ("state", 0, " "))]
values = st.text(max_size=8) | changed_values()
queries = st.lists(st.tuples(st.sampled_from(KNOWN) | st.text(max_size=3), values), max_size=4)


@given(
    query=st.one_of(
        queries,
        st.tuples(st.permutations(good), queries).map(lambda parts: [*parts[0], *parts[1]]),
    )
)
@example(query=good)
@unhurried
def test_any_callback_signs_in_with_the_right_state_and_code_alone(
    query: list[tuple[str, Any]], shared_app: Flask, shared_provider: HfProvider
) -> None:
    client = shared_app.test_client()
    sign_in(client, shared_provider)
    begun = [begin(client, "/login?prompt=consent") for _ in range(2)]
    real, other = (parameters(shared_provider.authorize(url, "demo-pro")) for url in begun)
    known = {**real, "iss": shared_provider.url, **{f"other {name}": other[name] for name in other}}
    filled = [(name, fill(value, known)) for name, value in query]
    response = client.get("/login/callback", query_string=urlencode(filled))

    assert is_sound(response, shared_provider)
    expected = "demo-pro" if is_good(filled, [real, other], shared_provider) else "demo-free"
    assert name_on_page(client) == expected


def fill(value: str | tuple[str, int, str], known: dict[str, str]) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    name, position, letter = value
    text = known[name]
    return (text[:position] + letter.strip() + text[position:]).encode()


def is_good(
    query: list[tuple[str, bytes]], answers: list[dict[str, str]], provider: HfProvider
) -> bool:
    """Tell whether these are a state and a code that belong together, and nothing against them."""
    sent = [(name, value) for name, value in query if name in KNOWN]
    found = {name: value.decode("utf-8", "replace") for name, value in sent}
    pairs = [(answer["state"], answer["code"]) for answer in answers]
    return (
        len(found) == len(sent)
        # A signature that is padded differently is still the same.
        and (found.get("state", "").rstrip("="), found.get("code")) in pairs
        and not found.get("error")
        and found.get("iss", provider.url) == provider.url
    )


@given(query=st.binary(max_size=20), path=st.sampled_from(PATHS))
@example(query=b"next=\x80", path="/login")
@unhurried
def test_any_bytes_for_a_query_are_survived(
    query: bytes, path: str, shared_app: Flask, shared_provider: HfProvider
) -> None:
    # Some servers hand on what a client sent without a look at it.
    raw = {"QUERY_STRING": query.decode("latin-1")}

    assert is_sound(shared_app.test_client().get(path, environ_overrides=raw), shared_provider)


@given(cookie=st.binary(max_size=80), is_session=st.booleans(), path=st.sampled_from(PATHS))
@unhurried
def test_any_cookie_signs_nobody_in(
    cookie: bytes, *, is_session: bool, path: str, shared_app: Flask, shared_provider: HfProvider
) -> None:
    client = shared_app.test_client(use_cookies=False)
    environ = {"HTTP_COOKIE": "session=" * is_session + cookie.decode("latin-1")}

    assert is_sound(client.get(path, environ_overrides=environ), shared_provider)
    assert client.get("/", environ_overrides=environ).text == "nobody"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
changes = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 3), st.sampled_from("\t\n 0a=\u0661\ud800-~^p.")),
    min_size=1,
    max_size=4,
)


@given(kept=json_values | changes, key=json_values, path=st.sampled_from(PATHS))
@unhurried
def test_any_signed_session_is_survived(
    kept: object, key: object, path: str, shared_app: Flask, shared_provider: HfProvider
) -> None:
    client = shared_app.test_client()
    login(client)
    with client.session_transaction() as session:
        session["_hf_oauth"] = mutate(session["_hf_oauth"], kept)
        session["_hf_oauth_key"] = key

    for url in (path, "/", "/token", "/private"):
        assert is_sound(client.get(url), shared_provider)
    sign_in(client, shared_provider, "demo-pro", url="/login?prompt=consent")
    assert name_on_page(client) == "demo-pro"


def mutate(text: str, changes: object) -> object:
    """Change some letters of a login; what is no list of changes takes its place."""
    if not isinstance(changes, list) or not all(isinstance(change, tuple) for change in changes):
        return changes
    for position, dropped, letter in changes:
        text = text[:position] + letter + text[position + dropped :]
    return text
