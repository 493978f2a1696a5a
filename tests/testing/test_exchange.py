from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest
from testing.relying_party import CALLBACK, VERIFIER, RelyingParty, decode_part

from flask_hf_oauth.testing import HfProvider, Persona
from flask_hf_oauth.testing.authentication import TokenRefusal
from flask_hf_oauth.testing.grants import Grant
from flask_hf_oauth.testing.issuing import renew_refresh_token


def basic(client_id: str, client_secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()


def test_answer_has_the_form_of_the_hub(relying_party: RelyingParty) -> None:
    answer = relying_party.exchange(relying_party.obtain_code())
    tokens = answer.json()

    assert list(tokens) == [
        "access_token",
        "token_type",
        "expires_in",
        "scope",
        "refresh_token",
        "id_token",
    ]
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == (
        "bearer",
        28_800,
        "openid profile",
    )
    assert answer.headers["Cache-Control"] == "no-store"


def test_id_token_needs_openid(relying_party: RelyingParty) -> None:
    assert "id_token" not in relying_party.sign_in(scope="profile")


def test_fewer_scopes_may_be_granted(provider: HfProvider, relying_party: RelyingParty) -> None:
    url = provider.authorize(relying_party.authorization_url(scope="openid email"), scopes="openid")
    code = url.partition("code=")[2].partition("&")[0]

    assert relying_party.exchange(code).json()["scope"] == "openid"


@pytest.mark.parametrize(
    ("persona", "size"),
    [("demo-free", 485), ("demo-org-admin", 485), ("demo-many-orgs", 825)],
)
def test_access_token_has_the_size_of_the_hub(
    relying_party: RelyingParty, persona: str, size: int
) -> None:
    access_token = relying_party.sign_in(persona)["access_token"]

    assert size - 5 <= len(access_token) <= size + 5
    assert access_token.startswith("hf_oauth_ey")


def test_long_access_token_is_not_padded(relying_party: RelyingParty) -> None:
    tokens = relying_party.sign_in(scope="openid profile email read-memberships write-discussions")

    assert len(tokens["access_token"]) > 480


def test_access_token_may_be_opaque(relying_party: RelyingParty) -> None:
    relying_party.provider.switch(access_token_format="opaque")
    tokens = relying_party.sign_in()

    assert "." not in tokens["access_token"]
    assert relying_party.userinfo(tokens["access_token"]).status_code == 200


def test_refresh_token_has_the_form_of_the_hub(relying_party: RelyingParty) -> None:
    refresh_token = relying_party.sign_in()["refresh_token"]

    assert len(refresh_token.removeprefix("hf_oauth__refresh_")) == 34


@pytest.mark.parametrize("method", ["basic", "post", "none"])
def test_each_way_of_client_authentication(
    provider: HfProvider, relying_party: RelyingParty, method: str
) -> None:
    client_id = provider.public_client_id if method == "none" else provider.client_id
    form: dict[str, str | list[str] | None] = {
        "grant_type": "authorization_code",
        "code": relying_party.obtain_code(client_id=client_id),
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": client_id,
        "client_secret": provider.client_secret if method == "post" else None,
    }
    auth = (client_id, provider.client_secret) if method == "basic" else None

    assert relying_party.post("/oauth/token", form, auth=auth).status_code == 200


def test_basic_is_form_decoded(provider: HfProvider, relying_party: RelyingParty) -> None:
    provider.add_client("an app", "its:secret+", [CALLBACK])
    answer = relying_party.post(
        "/oauth/token",
        {"grant_type": "authorization_code", "code": "unknown"},
        headers={"Authorization": basic("an+app", "its%3Asecret%2B")},
    )

    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize(
    ("form", "authorization"),
    [
        pytest.param({"client_id": "nobody"}, None, id="unknown client"),
        pytest.param({"client_id": "confidential"}, None, id="no secret"),
        pytest.param({"client_id": "confidential", "client_secret": "x"}, None, id="wrong secret"),
        pytest.param({"client_id": "public", "client_secret": "x"}, None, id="public with secret"),
        pytest.param({}, None, id="nothing"),
        pytest.param({}, basic("confidential", "x"), id="wrong basic"),
        pytest.param({"client_id": ""}, "Basic ?", id="broken basic"),
        pytest.param({"client_id": ""}, "Bearer " + basic("public", "")[6:], id="not basic"),
        pytest.param({"client_id": ""}, "Basic /w==", id="not UTF-8"),
    ],
)
def test_client_is_refused(
    provider: HfProvider,
    relying_party: RelyingParty,
    form: dict[str, str],
    authorization: str | None,
    status: int,
) -> None:
    provider.add_client("confidential", "a-secret")
    provider.add_client("public")
    provider.switch(invalid_client_status=status)
    headers = {"Authorization": authorization} if authorization else None
    answer = relying_party.post(
        "/oauth/token", {"grant_type": "authorization_code", **form}, headers=headers
    )

    assert (answer.status_code, answer.json()["error"]) == (status, "invalid_client")
    assert ("WWW-Authenticate" in answer.headers) is (status == 401)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        pytest.param({}, "invalid_request", id="no body"),
        pytest.param({"code": "x"}, "invalid_request", id="no grant type"),
        pytest.param({"grant_type": "password"}, "unsupported_grant_type", id="password"),
        pytest.param({"grant_type": "authorization_code"}, "invalid_request", id="no code"),
        pytest.param(
            {"grant_type": "authorization_code", "code": ""}, "invalid_request", id="empty code"
        ),
        pytest.param(
            {"grant_type": "authorization_code", "code": "x"}, "invalid_grant", id="unknown code"
        ),
        pytest.param({"grant_type": ["a", "b"]}, "invalid_request", id="twice"),
        pytest.param({"grant_type": "refresh_token"}, "invalid_request", id="no refresh token"),
        pytest.param(
            {"grant_type": "refresh_token", "refresh_token": "x"},
            "invalid_grant",
            id="unknown refresh token",
        ),
        pytest.param({"client_secret": "x"}, "invalid_request", id="secret twice"),
        pytest.param({"client_id": "other"}, "invalid_request", id="two client ids"),
    ],
)
def test_request_is_refused(
    relying_party: RelyingParty, form: dict[str, str | list[str] | None], error: str
) -> None:
    answer = relying_party.send(form)

    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.json()["error_description"]


def test_secret_in_the_url_is_refused(provider: HfProvider, relying_party: RelyingParty) -> None:
    answer = relying_party.post(f"/oauth/token?client_secret={provider.client_secret}", {"a": "b"})

    assert "URL" in answer.json()["error_description"]


def test_body_must_be_a_form(relying_party: RelyingParty) -> None:
    url = f"{relying_party.provider.url}/oauth/token"
    answer = relying_party.http.post(url, json={"grant_type": "authorization_code"}, timeout=5)

    assert answer.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"redirect_uri": CALLBACK + "/"}, id="another redirect URI"),
        pytest.param({"redirect_uri": None}, id="no redirect URI"),
        pytest.param({"code_verifier": VERIFIER + "x"}, id="another verifier"),
        pytest.param({"code_verifier": None}, id="no verifier"),
    ],
)
def test_code_is_bound(relying_party: RelyingParty, changes: dict[str, str | None]) -> None:
    answer = relying_party.exchange(relying_party.obtain_code(), **changes)

    assert answer.json()["error"] == "invalid_grant"


def test_verifier_without_challenge_is_refused(relying_party: RelyingParty) -> None:
    code = relying_party.obtain_code(code_challenge=None, code_challenge_method=None)

    assert relying_party.exchange(code).json()["error"] == "invalid_grant"


def test_code_of_another_client_is_refused_and_stays(
    provider: HfProvider, relying_party: RelyingParty
) -> None:
    provider.add_client("another", "a-secret")
    code = relying_party.obtain_code()
    form: dict[str, str | list[str] | None] = {"grant_type": "authorization_code", "code": code}
    stolen = relying_party.post("/oauth/token", form, auth=("another", "a-secret"))

    assert stolen.json()["error"] == "invalid_grant"
    assert relying_party.exchange(code).status_code == 200


def test_code_lives_a_minute(provider: HfProvider, relying_party: RelyingParty) -> None:
    code, late_code = relying_party.obtain_code(), relying_party.obtain_code()
    provider.switch(clock_offset=58)
    assert relying_party.exchange(code).status_code == 200

    provider.switch(clock_offset=61)

    assert relying_party.exchange(late_code).json()["error"] == "invalid_grant"


def test_code_used_twice_revokes_what_it_gave(relying_party: RelyingParty) -> None:
    code = relying_party.obtain_code()
    tokens = relying_party.exchange(code).json()
    other_tokens = relying_party.sign_in()

    assert relying_party.exchange(code).json()["error"] == "invalid_grant"
    assert relying_party.userinfo(tokens["access_token"]).status_code == 401
    assert relying_party.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert relying_party.userinfo(other_tokens["access_token"]).status_code == 200


def test_access_token_expires(provider: HfProvider, relying_party: RelyingParty) -> None:
    access_token = relying_party.sign_in()["access_token"]

    provider.switch(clock_offset=28_801)

    assert relying_party.userinfo(access_token).status_code == 401


def test_refresh_rotates(relying_party: RelyingParty) -> None:
    old = relying_party.sign_in()
    new = relying_party.refresh(old["refresh_token"]).json()

    assert new["refresh_token"] != old["refresh_token"]
    assert relying_party.userinfo(new["access_token"]).status_code == 200
    assert relying_party.refresh(old["refresh_token"]).json()["error"] == "invalid_grant"
    assert relying_party.refresh(new["refresh_token"]).status_code == 200


def test_of_many_refreshes_at_once_one_wins(relying_party: RelyingParty) -> None:
    refresh_token = relying_party.sign_in()["refresh_token"]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(relying_party.refresh, [refresh_token] * 8))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7


def test_loser_of_a_race_is_refused(provider: HfProvider) -> None:
    grant = Grant(
        client_id="an-app", sub="", scopes=(), org_ids=frozenset(), auth_time=0, nonce=None
    )

    with pytest.raises(TokenRefusal, match="invalid_grant"):
        renew_refresh_token(provider._realm, "spent-just-now", grant)


@pytest.mark.parametrize(("mode", "is_repeated"), [("repeat", True), ("omit", False)])
def test_refresh_token_may_stay(
    relying_party: RelyingParty, mode: str, *, is_repeated: bool
) -> None:
    relying_party.provider.switch(refresh_tokens=mode)
    refresh_token = relying_party.sign_in()["refresh_token"]
    answers = [relying_party.refresh(refresh_token).json() for _ in range(2)]

    assert [answer.get("refresh_token") == refresh_token for answer in answers] == [is_repeated] * 2


def test_there_may_be_no_refresh_token(relying_party: RelyingParty) -> None:
    relying_party.provider.switch(refresh_tokens="never")

    assert "refresh_token" not in relying_party.sign_in()


def test_refresh_token_lives_three_months_from_each_use(
    provider: HfProvider, relying_party: RelyingParty
) -> None:
    refresh_token = relying_party.sign_in()["refresh_token"]
    provider.switch(clock_offset=89 * 86_400)
    renewed = relying_party.refresh(refresh_token).json()["refresh_token"]

    provider.switch(clock_offset=178 * 86_400)
    assert relying_party.refresh(renewed).status_code == 200

    late = relying_party.sign_in()["refresh_token"]
    provider.switch(clock_offset=269 * 86_400)
    assert relying_party.refresh(late).json()["error"] == "invalid_grant"


def test_refresh_token_of_another_client_is_refused(
    provider: HfProvider, relying_party: RelyingParty
) -> None:
    provider.add_client("another", "a-secret")
    refresh_token = relying_party.sign_in()["refresh_token"]
    form: dict[str, str | list[str] | None] = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
    }
    stolen = relying_party.post("/oauth/token", form, auth=("another", "a-secret"))

    assert stolen.json()["error"] == "invalid_grant"
    assert relying_party.refresh(refresh_token).status_code == 200


@pytest.mark.parametrize("is_given", [True, False])
def test_id_token_on_refresh(relying_party: RelyingParty, *, is_given: bool) -> None:
    relying_party.provider.switch(id_token_on_refresh=is_given)
    refreshed = relying_party.refresh(relying_party.sign_in()["refresh_token"]).json()

    assert ("id_token" in refreshed) is is_given


def test_id_token_of_a_refresh_has_no_nonce(relying_party: RelyingParty) -> None:
    first = relying_party.sign_in()
    second = relying_party.refresh(first["refresh_token"]).json()
    old, new = (decode_part(tokens["id_token"], 1) for tokens in (first, second))

    assert (old["nonce"], "nonce" in new) == ("the-nonce", False)
    assert (old["sub"], old["auth_time"]) == (new["sub"], new["auth_time"])


def test_refresh_may_ask_for_less(relying_party: RelyingParty) -> None:
    refresh_token = relying_party.sign_in()["refresh_token"]
    less = relying_party.refresh(refresh_token, scope="openid").json()

    assert less["scope"] == "openid"
    assert relying_party.refresh(less["refresh_token"]).json()["scope"] == "openid profile"


def test_refresh_may_not_ask_for_more(relying_party: RelyingParty) -> None:
    refresh_token = relying_party.sign_in()["refresh_token"]

    assert relying_party.refresh(refresh_token, scope="email").json()["error"] == "invalid_scope"
    assert relying_party.refresh(refresh_token).status_code == 200


def test_own_persona_decides_the_size(relying_party: RelyingParty) -> None:
    with HfProvider(personas=[Persona(username="demo-x", access_token_bytes=1_500)]) as provider:
        code = RelyingParty(provider, relying_party.http).obtain_code("demo-x")
        tokens = RelyingParty(provider, relying_party.http).exchange(code).json()

    assert 1_496 <= len(tokens["access_token"]) <= 1_500
