from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from flow import AppMaker
from plain_app import make_plain_app
from testing.relying_party import RelyingParty, decode_part

from flask_hf_oauth import (
    HfOAuth,
    HfOrg,
    HfUser,
    NotInitialized,
    current_hf_user,
    get_hf_token,
    get_hf_user,
    login_required,
)
from flask_hf_oauth.testing import PERSONAS, HfProvider, Persona, PersonaOrg, login

# The hundred organizations do not fit into a cookie, and are there to show that.
FITTING = [persona for persona in PERSONAS if persona.username != "demo-hundred-orgs"]
ORG_ID = "0123456789abcdef01234567"


@pytest.fixture
def app() -> Flask:
    app = make_plain_app()
    app.add_url_rule("/", "home", lambda: str(current_hf_user.username))
    app.add_url_rule("/private", "private", login_required(lambda: "private"))
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def current_user(client: FlaskClient) -> HfUser | None:
    with client:
        client.get("/")
        return get_hf_user()


def test_somebody_signs_in_without_a_provider(client: FlaskClient) -> None:
    assert client.get("/private").status_code == 302
    login(client)

    assert client.get("/private").text == "private"
    assert client.get("/").text == "demo-free"


@pytest.mark.parametrize("persona", FITTING, ids=lambda persona: persona.username)
def test_every_persona_signs_in(client: FlaskClient, persona: Persona) -> None:
    user = login(client, persona.username)

    assert current_user(client) == user
    assert (user.id, user.username, user.is_pro) == (persona.id, persona.username, persona.is_pro)


def test_login_is_what_the_dance_would_have_brought(client: FlaskClient) -> None:
    user = login(client, "demo-org-admin", scopes="openid profile email read-memberships")

    assert current_user(client) is not None
    assert user.email
    assert user.orgs[0].role == "admin"
    assert user.profile_url == "https://huggingface.co/demo-org-admin"


def test_persona_of_ones_own_signs_in(client: FlaskClient) -> None:
    persona = Persona(
        username="demo-own", is_pro=True, orgs=(PersonaOrg(username="acme", role="write"),)
    )
    user = login(client, persona)

    assert user.is_pro
    assert [(org.username, org.role) for org in user.orgs] == [("acme", "write")]


def test_ready_user_signs_in_as_it_is(client: FlaskClient) -> None:
    org = HfOrg(id="x", username="y")
    login(client, HfUser(id="own-id", username="own", scopes=frozenset({"jobs"}), orgs=(org,)))
    user = current_user(client)

    assert user is not None
    assert (user.id, user.username, user.orgs) == ("own-id", "own", (org,))
    assert user.scopes == {"jobs"}


def test_ready_user_without_scopes_has_those_of_the_app(client: FlaskClient) -> None:
    assert login(client, HfUser(id="x")).scopes == {"openid", "profile"}


@pytest.mark.parametrize("name", ["a\tb", "a\nb"])
def test_name_with_control_characters_signs_nobody_out(client: FlaskClient, name: str) -> None:
    user = login(client, HfUser(id="x", name=name))

    assert current_user(client) == user


def test_unknown_persona_lists_the_known_ones(client: FlaskClient) -> None:
    with pytest.raises(ValueError, match="no persona 'nobody'; there are demo-free, demo-pro"):
        login(client, "nobody")


def test_forgotten_init_app_is_named() -> None:
    with pytest.raises(NotInitialized, match="Did you forget init_app"):
        login(Flask("bare").test_client())


def test_scopes_are_those_of_the_app_unless_said() -> None:
    client = make_plain_app(HF_OAUTH_SCOPES="openid profile jobs").test_client()

    assert login(client).scopes == {"openid", "profile", "jobs"}


@pytest.mark.parametrize(
    "scopes", ["openid email", "openid, email", ["openid", "email"], {"email", "openid"}], ids=repr
)
def test_scopes_are_given_as_people_write_them(client: FlaskClient, scopes: str) -> None:
    login(client, "demo-pro", scopes=scopes)
    user = current_user(client)

    assert user is not None
    assert user.scopes == {"openid", "email"}
    assert user.email
    assert user.username is None  # which comes with the profile scope


def test_no_scopes_are_no_scopes(client: FlaskClient) -> None:
    assert login(client, scopes=[]).scopes == frozenset()


@pytest.mark.parametrize("orgs", ["acme beta", "acme, beta", ["acme", "beta"], ("acme", "beta")])
def test_organizations_are_given_by_name(client: FlaskClient, orgs: str) -> None:
    login(client, orgs=orgs)
    user = current_user(client)

    assert user is not None
    assert [(org.username, org.role) for org in user.orgs] == [("acme", "read"), ("beta", "read")]
    assert user.orgs[0].id != user.orgs[1].id


def test_role_in_each_organization_is_given(client: FlaskClient) -> None:
    orgs = login(client, orgs={"acme": "admin", "beta": "read"}).orgs

    assert [(org.username, org.role) for org in orgs] == [("acme", "admin"), ("beta", "read")]


def test_organization_of_the_persona_keeps_its_role(client: FlaskClient) -> None:
    admin = login(client, "demo-org-admin").orgs[0]

    assert login(client, "demo-org-admin", orgs=[admin.username]).orgs == (admin,)


def test_organization_is_given_ready(client: FlaskClient) -> None:
    org = HfOrg(id=ORG_ID, username="acme", role="admin", plan="team")
    login(client, orgs=[org, "beta"])
    user = current_user(client)

    assert user is not None
    assert user.org(ORG_ID) == org
    assert user.org("beta")


def test_listing_without_access_is_left_out_as_at_a_login(client: FlaskClient) -> None:
    assert login(client, orgs={"acme": "no_access", "beta": "read"}).org("acme") is None


def test_no_organizations_are_none(client: FlaskClient) -> None:
    assert login(client, "demo-org-admin", orgs=[]).orgs == ()


@pytest.mark.parametrize("expires_in", [-1, 0, 29])
def test_expired_login_is_anonymous(client: FlaskClient, expires_in: int) -> None:
    login(client, expires_in=expires_in)

    assert current_user(client) is None
    assert client.get("/private").status_code == 302


def test_token_lasts_as_long_as_said(client: FlaskClient) -> None:
    login(client, expires_in=120)
    with client:
        client.get("/")
        token = get_hf_token()

    assert token is not None
    assert token.access_token.startswith("hf_oauth_")
    assert token.expires_at - datetime.now(timezone.utc) <= timedelta(seconds=120)


def test_expired_token_of_a_longer_login_is_none() -> None:
    client = make_plain_app(HF_OAUTH_SESSION_LIFETIME=3600).test_client()
    login(client, expires_in=-1)
    with client:
        client.get("/")
        assert get_hf_user() is not None
        assert get_hf_token() is None


def test_somebody_else_finds_nothing_of_the_one_before(app: Flask, client: FlaskClient) -> None:
    app.add_url_rule("/cart", "cart", lambda: str(session.setdefault("cart", current_hf_user.id)))
    login(client, "demo-pro")
    client.get("/cart")
    user = login(client, "demo-free")

    assert client.get("/cart").text == user.id


def test_session_from_before_the_login_stays(app: Flask, client: FlaskClient) -> None:
    with client.session_transaction() as before:
        before["language"] = "de"
    login(client)
    with client.session_transaction() as after:
        assert after["language"] == "de"


def test_same_person_keeps_the_session(client: FlaskClient) -> None:
    login(client)
    with client.session_transaction() as before:
        before["language"] = "de"
    login(client, scopes="openid email")
    with client.session_transaction() as after:
        assert after["language"] == "de"


def test_person_who_does_not_fit_is_told_apart(client: FlaskClient) -> None:
    orgs = [f"organization-of-{number:x}-{number**9:x}" for number in range(300)]

    with pytest.raises(ValueError, match="does not fit into a cookie"):
        login(client, orgs=orgs)
    assert current_user(client) is None


def test_person_who_is_no_member_is_told_apart() -> None:
    client = make_plain_app(HF_OAUTH_ALLOWED_ORGS="acme").test_client()

    with pytest.raises(ValueError, match=r"not admitted by HF_OAUTH_ALLOWED_ORGS, .*orgs="):
        login(client)
    assert login(client, orgs="acme") == current_user(client)


def test_two_clients_are_two_browsers(app: Flask) -> None:
    one, other = app.test_client(), app.test_client()
    login(one, "demo-pro")
    login(other, "demo-free")

    assert [one.get("/").text, other.get("/").text] == ["demo-pro", "demo-free"]


def test_logout_ends_it(client: FlaskClient) -> None:
    login(client)
    client.post("/logout")

    assert current_user(client) is None


def test_no_provider_is_asked(provider: HfProvider) -> None:
    app = Flask("demo")
    app.config.update(SECRET_KEY="key", **provider.config())
    HfOAuth(app)
    client = app.test_client()
    login(client)
    client.get("/")

    assert provider.connections == 0


@pytest.fixture
def make_client(make_app: AppMaker) -> Callable[..., FlaskClient]:
    """Make browsers for apps that sign people in at the provider, and show the token."""

    def make_client(**config: object) -> FlaskClient:
        app = make_app(config)
        app.add_url_rule("/token", "token", lambda: getattr(get_hf_token(), "access_token", ""))
        return app.test_client()

    return make_client


def test_tokens_of_a_provider_are_accepted_there(
    make_client: Callable[..., FlaskClient], provider: HfProvider, relying_party: RelyingParty
) -> None:
    client = make_client()
    user = login(client, "demo-org-admin", scopes="openid profile jobs", provider=provider)
    access_token = client.get("/token").text
    claims = relying_party.userinfo(access_token).json()

    assert (claims["sub"], claims["preferred_username"]) == (user.id, user.username)
    assert [org["roleInOrg"] for org in claims["orgs"][:3]] == [org.role for org in user.orgs]
    assert decode_part(access_token, 1)["scope"] == sorted(user.scopes)
    assert user.profile_url == f"{provider.url}/demo-org-admin"


def test_token_that_the_provider_revokes_is_refused_there(
    make_client: Callable[..., FlaskClient], provider: HfProvider, relying_party: RelyingParty
) -> None:
    client = make_client()
    login(client, "demo-pro", provider=provider)
    provider.revoke("demo-pro")

    assert relying_party.userinfo(client.get("/token").text).status_code == 401


def test_people_of_a_provider_sign_in_as_they_are_there(
    make_client: Callable[..., FlaskClient], provider: HfProvider
) -> None:
    client = make_client()
    provider.rename(login(client, "demo-pro", provider=provider), "demo-renamed")

    assert login(client, "demo-renamed", provider=provider).id == PERSONAS[1].id
    assert login(client, HfUser(id=PERSONAS[1].id), provider=provider).id == PERSONAS[1].id


@pytest.mark.parametrize(
    ("config", "arguments", "problem"),
    [
        pytest.param({}, {"user": "nobody"}, "knows no 'nobody'", id="user"),
        pytest.param({}, {"orgs": "acme"}, "belongs to no organization 'acme'", id="organization"),
        pytest.param({"HF_OAUTH_CLIENT_ID": "other"}, {}, "no client_id 'other'", id="app"),
        pytest.param(
            {"HF_OAUTH_PROVIDER_URL": "https://hub.example"},
            {},
            r"at https://hub\.example, not at http://127.*before HfOAuth",
            id="provider",
        ),
    ],
)
def test_what_the_provider_does_not_know_is_named(
    make_client: Callable[..., FlaskClient],
    provider: HfProvider,
    config: dict[str, str],
    arguments: dict[str, str],
    problem: str,
) -> None:
    client = make_client(**config)

    with pytest.raises(ValueError, match=problem):
        login(client, provider=provider, **arguments)  # type: ignore[arg-type]  # a table


def test_refresh_token_of_a_provider_is_used_when_the_token_is_over(
    make_client: Callable[..., FlaskClient], provider: HfProvider, relying_party: RelyingParty
) -> None:
    client = make_client(HF_OAUTH_REFRESH=True)
    login(client, scopes="openid jobs", expires_in=-1, provider=provider)
    access_token = client.get("/token").text

    assert [record.endpoint for record in provider.requests] == ["discovery", "token"]
    assert relying_party.userinfo(access_token).status_code == 200
    assert decode_part(access_token, 1)["scope"] == ["jobs", "openid"]


def test_organization_of_a_persona_may_be_given_as_it_is(client: FlaskClient) -> None:
    acme = PersonaOrg(username="acme", role="admin", security_restrictions=("sso",))
    [org] = login(client, orgs=[acme]).orgs

    assert (org.id, org.username, org.role) == (acme.id, "acme", "admin")
    assert org.security_restrictions == ("sso",)
