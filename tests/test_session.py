"""What is kept in the session: measured, sealed, and gone when it should be."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, Request, Response, session
from flask.sessions import SecureCookieSessionInterface, SessionInterface, SessionMixin
from flask.testing import FlaskClient
from flow import (
    SECRET_KEY,
    AppMaker,
    Clock,
    begin,
    decode_cookie,
    error_code,
    name_on_page,
    recorded,
    session_cookie,
    sign_in,
    signed_in_user,
)
from werkzeug.datastructures import CallbackDict

from flask_hf_oauth import HfOAuth, HfToken, HfUser, LoginRefused, get_hf_token, login_failed
from flask_hf_oauth.testing import PERSONAS_BY_USERNAME, HfProvider, Persona, PersonaOrg, login

COOKIE_LIMIT = 4093
ROOM_OF_APP = 400
MANY = PERSONAS_BY_USERNAME["demo-many-orgs"]

# Of the demo's 40 organizations some only list the person, without a membership.
FORTY = Persona(
    username="demo-forty",
    access_token_bytes=825,
    orgs=tuple(
        replace(org, role="labeller") if org.role == "no_access" else org for org in MANY.orgs
    ),
)


def random_words(count: int) -> Iterator[str]:
    """Make names that no compression shortens, the same in every run."""
    return (hashlib.sha256(f"{number}".encode()).hexdigest() for number in range(count))


LONG_NAMES = Persona(
    username="demo-long-names",
    orgs=tuple(
        replace(org, name=word) for org, word in zip(FORTY.orgs, random_words(40), strict=True)
    ),
)
HUGE = Persona(
    username="demo-huge", orgs=tuple(PersonaOrg(username=word) for word in random_words(100))
)


@pytest.fixture
def provider() -> Iterator[HfProvider]:
    personas = (*PERSONAS_BY_USERNAME.values(), FORTY, LONG_NAMES, HUGE)
    with HfProvider(personas=personas) as provider:
        yield provider


@pytest.fixture
def app(make_app: AppMaker) -> Flask:
    return make_app(HF_OAUTH_SCOPES="openid profile email read-memberships")


def test_forty_organizations_and_a_long_token_fit_into_the_cookie(
    client: FlaskClient, provider: HfProvider
) -> None:
    response = sign_in(client, provider, FORTY)

    assert len(response.headers["Set-Cookie"]) < COOKIE_LIMIT - ROOM_OF_APP
    user = signed_in_user(client)
    assert user is not None
    assert [(org.id, org.username, org.role, org.plan) for org in user.orgs] == [
        (org.id, org.username, org.role, org.plan) for org in FORTY.orgs
    ]
    access_token = provider.requests[-1].headers["Authorization"].removeprefix("Bearer ")
    assert len(access_token) >= 825
    assert kept_token(client) == access_token


def test_forty_organizations_stay_signed_in(client: FlaskClient, provider: HfProvider) -> None:
    sign_in(client, provider, FORTY)
    client.get("/cart")

    assert name_on_page(client) == "demo-forty"
    assert len(session_cookie(client)) < COOKIE_LIMIT


def test_display_names_stay_as_long_as_they_fit(client: FlaskClient, provider: HfProvider) -> None:
    few = replace(FORTY, orgs=FORTY.orgs[:5])
    user = login(client, few)

    assert [org.name for org in user.orgs] == [org.name for org in few.orgs]
    assert [org.avatar_url for org in user.orgs] == [org.picture for org in few.orgs]


def test_pictures_of_organizations_go_before_their_names(
    client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider, FORTY)

    user = signed_in_user(client)
    assert user is not None
    assert {org.avatar_url for org in user.orgs} == {None}
    assert [org.name for org in user.orgs] == [org.name for org in FORTY.orgs]


def test_display_names_go_before_the_login_does(client: FlaskClient, provider: HfProvider) -> None:
    sign_in(client, provider, LONG_NAMES)

    user = signed_in_user(client)
    assert user is not None
    assert {org.name for org in user.orgs} == {None}
    assert [org.username for org in user.orgs] == [org.username for org in LONG_NAMES.orgs]


@pytest.mark.parametrize("persona", ["demo-huge", "demo-hundred-orgs"])
def test_user_who_does_not_fit_gets_a_page_that_names_the_remedy(
    persona: str,
    app: Flask,
    provider: HfProvider,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = app.test_client()
    callback = provider.authorize(begin(client), persona)

    with recorded(login_failed, app) as sent:
        response = client.get(callback)
    assert (response.status_code, error_code(response)) == (500, "session_too_large")
    assert "Flask-Session" in response.text
    assert "HF_OAUTH_STORE_TOKEN = False" in response.text
    assert "Sign in again" not in response.text
    assert "Set-Cookie" not in response.headers
    assert "session_too_large" in caplog.text
    assert [error.error_code for error in sent] == ["session_too_large"]
    assert name_on_page(client) == "nobody"


def test_user_who_does_not_fit_leaves_the_one_before(
    client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider)
    client.get("/cart")

    response = sign_in(client, provider, HUGE, url="/login?prompt=consent")
    assert error_code(response) == "session_too_large"
    assert client.get("/cart").text == "cart of demo-free"


def test_cookie_above_4_kb_makes_no_loop(client: FlaskClient, provider: HfProvider) -> None:
    sign_in(client, provider, HUGE, url=client.get("/private").location)

    response = client.get("/private")
    callback = provider.authorize(begin(client, response.location), HUGE)
    assert client.get(callback).status_code == 500


def test_what_the_app_keeps_counts_too(app: Flask, provider: HfProvider) -> None:
    client = app.test_client()
    with client.session_transaction() as kept:
        kept["notes"] = "".join(random_words(70))

    assert error_code(sign_in(client, provider)) == "session_too_large"


def kept_token(client: FlaskClient) -> str | None:
    with client:
        client.get("/")
        token = get_hf_token()
    return None if token is None else token.access_token


def test_access_token_cannot_be_read_from_the_cookie(
    client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider, FORTY)
    access_token = provider.requests[-1].headers["Authorization"].removeprefix("Bearer ")
    content = decode_cookie(session_cookie(client))

    assert b"demo-forty" in content
    parts = access_token.removeprefix("hf_oauth_").split(".")
    assert len(parts) == 3
    for part in parts:
        decoded = urlsafe_b64decode(part + "=" * (-len(part) % 4))
        for secret in (part.encode(), part.encode()[:12], decoded, decoded[:9]):
            assert secret not in content
    claims = json.loads(urlsafe_b64decode(parts[1] + "=="))
    assert claims["jti"].encode() not in content
    assert b"id_token" not in content


def test_rotating_the_secret_key_keeps_users_signed_in(
    make_app: AppMaker, provider: HfProvider
) -> None:
    before = make_app().test_client()
    sign_in(before, provider)
    rotated = make_app(SECRET_KEY="a newer key", SECRET_KEY_FALLBACKS=[SECRET_KEY])
    client = rotated.test_client()
    client.set_cookie("session", session_cookie(before))

    assert name_on_page(client) == "demo-free"
    token = kept_token(before)
    assert token is not None
    assert kept_token(client) == token
    client.get("/cart")  # signs the cookie with the newer key
    assert kept_token(client) == token


def test_rotating_the_secret_key_lets_a_login_under_way_end(
    make_app: AppMaker, provider: HfProvider
) -> None:
    before = make_app().test_client()
    callback = provider.authorize(begin(before, "/login?next=/private"))
    rotated = make_app(SECRET_KEY="a newer key", SECRET_KEY_FALLBACKS=[SECRET_KEY])
    client = rotated.test_client()
    client.set_cookie("session", session_cookie(before))

    assert client.get(callback).location == "/private"
    assert name_on_page(client) == "demo-free"


def test_newest_secret_key_signs_and_seals(make_app: AppMaker, provider: HfProvider) -> None:
    rotated = make_app(SECRET_KEY="a newer key", SECRET_KEY_FALLBACKS=[SECRET_KEY]).test_client()
    callback = provider.authorize(begin(rotated))
    client = make_app(SECRET_KEY="a newer key").test_client()
    client.set_cookie("session", session_cookie(rotated))

    assert client.get(callback).location == "/"
    sign_in(rotated, provider)
    client.set_cookie("session", session_cookie(rotated))
    assert kept_token(client)


def test_token_sealed_with_a_key_that_is_gone_is_none(client: FlaskClient, app: Flask) -> None:
    login(client)
    with client.session_transaction() as kept:
        text = kept["_hf_oauth"]
    app.secret_key = "another key"
    with client.session_transaction() as kept:
        kept["_hf_oauth"] = text

    assert name_on_page(client) == "demo-free"
    assert kept_token(client) is None


def test_another_secret_key_signs_everybody_out(make_app: AppMaker, provider: HfProvider) -> None:
    before = make_app().test_client()
    sign_in(before, provider)
    client = make_app(SECRET_KEY="another key").test_client()
    client.set_cookie("session", session_cookie(before))

    assert name_on_page(client) == "nobody"
    assert sign_in(client, provider).location == "/"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param("0|1|2", id="another version"),
        pytest.param("1|x", id="cut off"),
        pytest.param("1|x|||||=a|||||||||", id="no numbers"),
        pytest.param(17, id="number"),
        pytest.param({"sub": "0"}, id="object"),
        pytest.param(["1"], id="list"),
    ],
)
def test_unreadable_login_is_just_signed_out(
    value: object, client: FlaskClient, provider: HfProvider
) -> None:
    with client.session_transaction() as kept:
        kept["_hf_oauth"] = value

    assert name_on_page(client) == "nobody"
    assert kept_token(client) is None
    assert sign_in(client, provider, url=client.get("/private").location).location == "/private"
    assert name_on_page(client) == "demo-free"


def test_stale_session_cookie_makes_no_loop(client: FlaskClient, provider: HfProvider) -> None:
    client.set_cookie("session", "not a session")

    assert sign_in(client, provider, url=client.get("/private").location).location == "/private"
    assert client.get("/private").text == "private to demo-free"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(17, id="number"),
        pytest.param("YWE", id="short"),
        pytest.param("%%%", id="not base64"),
        pytest.param("é", id="not ASCII"),
        pytest.param("", id="empty"),
    ],
)
def test_unreadable_browser_key_is_replaced(
    value: object, client: FlaskClient, provider: HfProvider
) -> None:
    with client.session_transaction() as kept:
        kept["_hf_oauth_key"] = value

    callback = provider.authorize(begin(client))
    with client.session_transaction() as kept:
        assert len(kept["_hf_oauth_key"]) == 43
    assert client.get(callback).location == "/"


def test_cookie_as_full_as_promised_lets_the_next_login_begin(
    client: FlaskClient, provider: HfProvider, clock: Clock
) -> None:
    def fill(name: str, length: int) -> None:
        with client.session_transaction() as kept:
            kept[name] = secrets.token_hex(length)[:length]

    for length in range(4300, 0, -20):  # hex digits take half a byte each in a deflated cookie
        client.delete_cookie("session")
        login(client, "demo-pro")
        fill("before", length)
        if sign_in(client, provider, "demo-pro", "/login?prompt=consent").status_code != 500:
            break
    fill("after", 500)
    assert COOKIE_LIMIT - ROOM_OF_APP < len(session_cookie(client)) < COOKIE_LIMIT - 70

    begin(client, "/login?prompt=consent")
    clock.advance(86_400)
    begin(client)


def test_session_that_is_full_already_says_so_before_the_login(
    app: Flask, client: FlaskClient
) -> None:
    @app.get("/fill")
    def fill() -> str:
        session["basket"] = secrets.token_urlsafe(2920)
        return "full"

    client.get("/fill")
    response = client.get("/login")
    assert (response.status_code, error_code(response)) == (500, "session_too_large")
    assert "Flask-Session" in response.text
    assert "Set-Cookie" not in response.headers


def test_sessions_are_not_tied_to_the_address_of_a_phone(
    client: FlaskClient, provider: HfProvider
) -> None:
    callback = provider.authorize(begin(client, environ_base={"REMOTE_ADDR": "192.0.2.1"}))
    client.get(callback, environ_base={"REMOTE_ADDR": "192.0.2.2"})

    for number in (3, 4):
        page = client.get("/", environ_base={"REMOTE_ADDR": f"192.0.2.{number}"})
        assert page.text == "demo-free"


def test_other_cookies_of_the_app_travel_with_a_refusal(app: Flask, provider: HfProvider) -> None:
    @app.after_request
    def set_language(response: Response) -> Response:
        response.set_cookie("language", "en")
        return response

    client = app.test_client()
    response = client.get(provider.refuse(begin(client)))
    assert response.headers["Set-Cookie"] == "language=en; Path=/"


def test_permanent_session_is_not_sent_with_a_refusal(app: Flask, provider: HfProvider) -> None:
    @app.before_request
    def keep() -> None:
        session.permanent = True

    client = app.test_client()
    assert "Set-Cookie" not in client.get(provider.refuse(begin(client))).headers


class StoredSession(CallbackDict[str, Any], SessionMixin):
    """A session that is kept on the server, under an id."""

    def __init__(self, initial: dict[str, Any] | None, sid: str) -> None:
        def on_update(changed: StoredSession) -> None:
            changed.modified = True

        super().__init__(initial or {}, on_update)
        self.sid = sid
        self.modified = False


class ServerSessions(SessionInterface):
    """Server-side sessions with the interface that Flask-Session has."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.saves = 0

    def open_session(self, app: Flask, request: Request) -> StoredSession:
        sid = request.cookies.get(self.get_cookie_name(app)) or secrets.token_urlsafe()
        return StoredSession(self.kept.get(sid), sid)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        assert isinstance(session, StoredSession)
        if session.modified:
            self.saves += 1
            self.kept[session.sid] = dict(session)
            response.set_cookie(self.get_cookie_name(app), session.sid, httponly=True)

    def regenerate(self, session: SessionMixin) -> None:
        assert isinstance(session, StoredSession)
        self.kept.pop(session.sid, None)
        session.sid = secrets.token_urlsafe()


@pytest.fixture
def server_sessions(app: Flask) -> ServerSessions:
    app.session_interface = ServerSessions()
    return app.session_interface


def test_session_fixation_with_server_side_sessions_fails(
    server_sessions: ServerSessions, client: FlaskClient, provider: HfProvider
) -> None:
    begin(client)
    before = session_cookie(client)

    sign_in(client, provider)
    assert session_cookie(client) != before
    assert before not in server_sessions.kept
    assert name_on_page(client) == "demo-free"


class Unpartitioned(SecureCookieSessionInterface):
    """An interface that does not know of Partitioned, as Flask-Session 0.8."""

    def get_cookie_partitioned(self, app: Flask) -> bool:  # noqa: ARG002 - Flask's signature
        return False


@pytest.mark.parametrize(
    ("interface", "is_wanted", "warnings"),
    [(Unpartitioned, True, 1), (SecureCookieSessionInterface, True, 0), (Unpartitioned, False, 0)],
    ids=["dropped", "kept", "not wanted"],
)
def test_session_cookie_that_loses_partitioned_is_warned_about(
    interface: type[SecureCookieSessionInterface],
    is_wanted: object,
    warnings: int,
    make_app: AppMaker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = make_app(
        SESSION_COOKIE_SAMESITE="None",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_PARTITIONED=is_wanted,
    )
    app.session_interface = interface()
    begin(app.test_client())

    said = [line for line in caplog.messages if "the session cookie has no Partitioned" in line]
    assert len(said) == warnings


def test_server_side_session_holds_any_user(
    server_sessions: ServerSessions, client: FlaskClient, provider: HfProvider
) -> None:
    assert sign_in(client, provider, HUGE).location == "/"
    user = signed_in_user(client)
    assert user is not None
    assert len(user.orgs) == 100
    assert user.orgs[0].name == HUGE.orgs[0].name
    assert user.orgs[0].avatar_url is not None


def test_login_that_fails_writes_nothing_on_the_server(
    make_app: AppMaker, provider: HfProvider
) -> None:
    hf, sessions = HfOAuth(), ServerSessions()
    app = make_app(hf=hf)
    app.session_interface = sessions

    @hf.login_handler
    def handle(_user: HfUser, _token: HfToken, _claims: object) -> None:
        session["cart"] = "half a cart"
        raise LoginRefused

    client = app.test_client()
    callback = provider.authorize(begin(client))
    saves = sessions.saves
    client.get(callback)
    assert sessions.saves == saves
    assert client.get("/cart").text == "cart of None"


def test_server_without_regeneration_signs_in_with_a_warning(
    app: Flask, client: FlaskClient, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in(client, provider)
    assert "regenerate()" not in caplog.text  # a cookie has no id

    class PlainSessions(ServerSessions):
        regenerate = None  # type: ignore[assignment]  # an interface that has none

    app.session_interface = PlainSessions()

    assert sign_in(app.test_client(), provider).location == "/"
    assert "regenerate()" in caplog.text


def test_failed_callback_is_saved_by_nothing_that_the_app_writes_later(
    app: Flask, client: FlaskClient, provider: HfProvider
) -> None:
    @app.after_request
    def note(response: Response) -> Response:
        session["last_seen"] = session.pop("last_seen", 0) + 1
        return response

    sign_in(client, provider)
    assert "Set-Cookie" in client.get("/").headers
    assert "Set-Cookie" not in client.get("/login/callback?state=forged&code=x").headers


class OddSession(SessionMixin):
    """A session that is no dict."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def __getitem__(self, key: str) -> object:
        return self._kept[key]

    def __setitem__(self, key: str, value: object) -> None:
        self._kept[key] = value
        self.modified = True

    def __delitem__(self, key: str) -> None:
        del self._kept[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


def test_session_that_is_no_dict_counts_as_unchanged_after_a_failure(app: Flask) -> None:
    class OddSessions(SessionInterface):
        def open_session(self, *_args: object) -> OddSession:
            return OddSession()

        def save_session(self, _app: Flask, session: SessionMixin, _response: Response) -> None:
            assert not session.modified

    app.session_interface = OddSessions()
    app.before_request(lambda: session.update(seen=True))

    assert app.test_client().get("/login/callback?state=forged&code=x").status_code == 400
