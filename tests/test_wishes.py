"""What a /login may ask for: a link must not talk a person into granting more."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from flow import AppMaker, Clock, begin, name_on_page, parameters, sign_in, signed_in_user

from flask_hf_oauth.testing import PERSONAS_BY_USERNAME, HfProvider

ORG_IDS = [org.id for org in PERSONAS_BY_USERNAME["demo-many-orgs"].orgs]


@pytest.fixture
def client(make_app: AppMaker) -> FlaskClient:
    return make_app(HF_OAUTH_OPTIONAL_SCOPES="email inference-api").test_client()


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        pytest.param("email", "openid profile email", id="optional"),
        pytest.param("inference-api%20email", "openid profile email inference-api", id="two"),
        pytest.param("profile", "openid profile", id="asked anyway"),
        pytest.param("write-repos", "openid profile", id="not optional"),
        pytest.param("write-repos+email", "openid profile email", id="one of each"),
        pytest.param("", "openid profile", id="nothing"),
    ],
)
def test_only_optional_scopes_can_be_asked_for_on_top(
    asked: str, sent: str, client: FlaskClient
) -> None:
    assert parameters(begin(client, f"/login?scopes={asked}"))["scope"] == sent


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        pytest.param("write-repos", 1, id="not optional"),
        pytest.param("email", 0, id="optional"),
    ],
)
def test_scope_that_is_dropped_is_logged_once(
    asked: str, count: int, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.get(f"/login?scopes={asked}")

    assert caplog.text.count(f"asked for {asked!r}") == count


def test_step_up_keeps_what_was_granted_before(client: FlaskClient, provider: HfProvider) -> None:
    sign_in(client, provider)
    for scope in ("email", "inference-api"):
        sign_in(client, provider, url=f"/login?scopes={scope}")

    user = signed_in_user(client)
    assert user is not None
    assert user.scopes == {"openid", "profile", "email", "inference-api"}
    assert user.email == "demo-free@example.com"


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("scopes=email", id="a scope that is there"),
        pytest.param("scopes=write-repos", id="a scope that is dropped"),
        pytest.param("prompt=none", id="silent"),
        pytest.param("prompt=login", id="a prompt that Hugging Face has not"),
        pytest.param("org_ids=demo-guild", id="no id"),
    ],
)
def test_signed_in_user_who_asks_for_nothing_more_goes_on(
    query: str, client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider, url="/login?scopes=email")

    assert client.get(f"/login?next=/cart&{query}").location == "/cart"


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        pytest.param("scopes=email", {"scope": "openid profile email"}, id="scope"),
        pytest.param("prompt=consent", {"prompt": "consent"}, id="consent"),
        pytest.param(f"org_ids={ORG_IDS[0]}", {"orgIds": ORG_IDS[0]}, id="organization"),
    ],
)
def test_signed_in_user_who_asks_for_more_is_sent_to_the_provider(
    query: str, sent: dict[str, str], client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider)

    assert sent.items() <= parameters(begin(client, f"/login?{query}")).items()


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        pytest.param(",".join(ORG_IDS[:2]), ",".join(ORG_IDS[:2]), id="two"),
        pytest.param(",".join(ORG_IDS[:20]), ",".join(ORG_IDS[:20]), id="twenty"),
        pytest.param(",".join(ORG_IDS[:21]), None, id="too many"),
        pytest.param("demo-guild", None, id="username"),
        pytest.param(f"{ORG_IDS[0]},", None, id="comma too many"),
        pytest.param(f"{ORG_IDS[0]}%0a", None, id="line feed"),
    ],
)
def test_only_ids_of_organizations_are_passed_on(
    asked: str, sent: str | None, client: FlaskClient
) -> None:
    assert parameters(begin(client, f"/login?org_ids={asked}")).get("orgIds") == sent


def test_org_ids_of_the_app_are_asked_at_every_login(make_app: AppMaker) -> None:
    client = make_app(HF_OAUTH_ORG_IDS=ORG_IDS[:2]).test_client()

    assert parameters(begin(client))["orgIds"] == ",".join(ORG_IDS[:2])
    assert parameters(begin(client, f"/login?org_ids={ORG_IDS[5]}"))["orgIds"] == ORG_IDS[5]


@pytest.mark.parametrize("prompt", ["none", "consent", "login", "select_account"])
def test_prompt_is_one_that_hugging_face_has(prompt: str, client: FlaskClient) -> None:
    sent = parameters(begin(client, f"/login?prompt={prompt}")).get("prompt")

    assert sent == (prompt if prompt in {"none", "consent"} else None)


def test_organization_that_was_not_ticked_can_be_asked_for(
    make_app: AppMaker, provider: HfProvider
) -> None:
    provider.switch(orgs_without_memberships="absent")
    client = make_app().test_client()
    guild = PERSONAS_BY_USERNAME["demo-pro"].orgs[0]
    sign_in(client, provider, "demo-pro")
    user = signed_in_user(client)
    assert user is not None
    assert user.orgs == ()

    sign_in(client, provider, "demo-pro", url=f"/login?org_ids={guild.id}&prompt=consent")
    user = signed_in_user(client)
    assert user is not None
    assert [(org.username, org.role) for org in user.orgs] == [("demo-guild", "contributor")]
    assert name_on_page(client) == "demo-pro"


def test_login_that_outlives_its_token_gets_a_new_one(
    make_app: AppMaker, provider: HfProvider, clock: Clock
) -> None:
    client = make_app(HF_OAUTH_SESSION_LIFETIME=86_400).test_client()
    sign_in(client, provider)
    assert client.get("/login").location == "/"

    clock.advance(8 * 3600)

    assert name_on_page(client) == "demo-free"
    assert sign_in(client, provider).location == "/"
