from __future__ import annotations

import html

import pytest
import requests
from testing.relying_party import CALLBACK, RelyingParty, parse_callback

from flask_hf_oauth.testing import PERSONAS_BY_USERNAME, HfProvider

ADMIN = PERSONAS_BY_USERNAME["demo-org-admin"]
GUILD = PERSONAS_BY_USERNAME["demo-pro"].orgs[0]


def find_form_token(page: requests.Response) -> str:
    return page.text.partition('name="form_token" value="')[2].partition('"')[0]


def find_action(page: requests.Response) -> str:
    return html.unescape(page.text.partition('method="post" action="')[2].partition('"')[0])


def decide(
    relying_party: RelyingParty,
    page: requests.Response,
    **form: str | list[str] | None,
) -> requests.Response:
    answers: dict[str, str | list[str] | None] = {
        "form_token": find_form_token(page),
        "persona": "demo-free",
        "decision": "authorize",
        **form,
    }
    return relying_party.post(find_action(page), answers)


def agree(relying_party: RelyingParty, **changes: str | list[str] | None) -> requests.Response:
    return decide(relying_party, relying_party.get(relying_party.authorization_url(**changes)))


def test_person_agrees(relying_party: RelyingParty) -> None:
    answer = agree(relying_party)
    callback = parse_callback(answer.headers["Location"])

    assert (answer.status_code, callback["state"]) == (303, "the-state")
    assert relying_party.exchange(callback["code"]).status_code == 200


def test_person_refuses_in_the_words_of_the_hub(relying_party: RelyingParty) -> None:
    page = relying_party.get(relying_party.authorization_url())
    answer = decide(relying_party, page, decision="refuse")

    assert answer.headers["Location"] == (
        f"{CALLBACK}?error=access_denied&error_description=The+user+denied+the+request"
        "&state=the-state"
    )


def test_page_lists_scopes_in_plain_words(relying_party: RelyingParty) -> None:
    page = relying_party.get(relying_party.authorization_url(scope="openid jobs"))

    assert "Know who you are" in page.text
    assert "Run jobs on your behalf" in page.text


def test_scope_without_words_is_listed_by_name(relying_party: RelyingParty) -> None:
    relying_party.provider.add_client("an-app", None, [CALLBACK], ["brand-new"])
    page = relying_party.get(relying_party.authorization_url(client_id="an-app", scope=None))

    assert "<li>brand-new</li>" in page.text


@pytest.mark.parametrize(
    ("changes", "is_offered"),
    [
        pytest.param({"scope": "openid"}, False, id="not asked"),
        pytest.param({"scope": "read-memberships"}, True, id="memberships"),
        pytest.param({"orgIds": GUILD.id}, True, id="orgIds"),
    ],
)
def test_organizations_are_offered_when_asked_for(
    relying_party: RelyingParty, changes: dict[str, str], *, is_offered: bool
) -> None:
    page = relying_party.get(relying_party.authorization_url(**changes))

    assert ('name="org-' in page.text) is is_offered


def test_ticked_organization_is_granted(relying_party: RelyingParty) -> None:
    page = relying_party.get(relying_party.authorization_url(scope="read-memberships"))
    ticked = {"org-demo-org-admin": [ADMIN.orgs[0].id]}
    answer = decide(relying_party, page, persona="demo-org-admin", **ticked)
    code = parse_callback(answer.headers["Location"])["code"]
    orgs = relying_party.userinfo(relying_party.exchange(code).json()["access_token"]).json()[
        "orgs"
    ]

    assert [org["sub"] for org in orgs if "canPay" in org] == [ADMIN.orgs[0].id]


def test_organization_of_another_card_does_not_count(relying_party: RelyingParty) -> None:
    page = relying_party.get(relying_party.authorization_url(scope="read-memberships"))
    ticked = {"org-demo-org-admin": [ADMIN.orgs[0].id]}  # an organization of both
    answer = decide(relying_party, page, persona="demo-sso-pending", **ticked)
    code = parse_callback(answer.headers["Location"])["code"]
    access_token = relying_party.exchange(code).json()["access_token"]

    orgs = relying_party.userinfo(access_token).json()["orgs"]
    assert [org["sub"] for org in orgs if "canPay" in org] == []


def test_second_time_needs_no_click(relying_party: RelyingParty) -> None:
    agree(relying_party)
    answer = relying_party.get(relying_party.authorization_url())

    assert (answer.status_code, "code" in parse_callback(answer.headers["Location"])) == (303, True)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"prompt": "consent"}, id="consent is asked for"),
        pytest.param({"scope": "openid profile email"}, id="another scope"),
        pytest.param({"client_id": "c1b7f0de-2d0f-4a7e-8f55-0a9be2d4e8b3"}, id="another app"),
    ],
)
def test_more_needs_a_click(relying_party: RelyingParty, changes: dict[str, str]) -> None:
    agree(relying_party)

    assert relying_party.get(relying_party.authorization_url(**changes)).status_code == 200


def test_another_organization_needs_a_click(relying_party: RelyingParty) -> None:
    page = relying_party.get(relying_party.authorization_url())
    decide(relying_party, page, persona="demo-pro")

    assert relying_party.get(relying_party.authorization_url()).status_code == 303
    assert relying_party.get(relying_party.authorization_url(orgIds=GUILD.id)).status_code == 200


def test_organization_of_others_needs_no_click(relying_party: RelyingParty) -> None:
    agree(relying_party)

    assert relying_party.get(relying_party.authorization_url(orgIds=GUILD.id)).status_code == 303


def test_consent_need_not_be_remembered(relying_party: RelyingParty) -> None:
    relying_party.provider.switch(remember_consent=False)
    agree(relying_party)

    assert relying_party.get(relying_party.authorization_url()).status_code == 200


def test_signed_in_persona_is_the_chosen_one(relying_party: RelyingParty) -> None:
    page = relying_party.get(relying_party.authorization_url())
    decide(relying_party, page, persona="demo-pro")
    page = relying_party.get(relying_party.authorization_url(prompt="consent"))

    assert 'value="demo-pro" checked' in page.text


def test_prompt_none_without_a_sign_in(relying_party: RelyingParty) -> None:
    answer = relying_party.get(relying_party.authorization_url(prompt="none"))

    assert parse_callback(answer.headers["Location"])["error"] == "login_required"


def test_prompt_none_without_consent(relying_party: RelyingParty) -> None:
    agree(relying_party)
    answer = relying_party.get(relying_party.authorization_url(prompt="none", scope="email"))

    assert parse_callback(answer.headers["Location"])["error"] == "consent_required"


def test_prompt_none_with_consent(relying_party: RelyingParty) -> None:
    agree(relying_party)
    answer = relying_party.get(relying_party.authorization_url(prompt="none"))

    assert "code" in parse_callback(answer.headers["Location"])


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"form_token": "guessed"}, id="wrong token"),
        pytest.param({"form_token": None}, id="no token"),
        pytest.param({"decision": "maybe"}, id="no decision"),
        pytest.param({"persona": "nobody"}, id="no such persona"),
        pytest.param({"persona": None}, id="no persona"),
    ],
)
def test_form_that_is_not_in_order_is_refused(
    relying_party: RelyingParty, form: dict[str, str | list[str] | None]
) -> None:
    page = relying_party.get(relying_party.authorization_url())

    assert decide(relying_party, page, **form).status_code == 400


@pytest.mark.parametrize("site", [None, "cross-site", "same-site", "none"])
def test_form_of_another_browser_is_refused(relying_party: RelyingParty, site: str | None) -> None:
    page = relying_party.get(relying_party.authorization_url())
    relying_party.http.cookies.clear()
    if site is not None:
        relying_party.http.headers["Sec-Fetch-Site"] = site

    assert decide(relying_party, page).status_code == 400


def test_form_works_in_a_frame_that_keeps_no_cookie(relying_party: RelyingParty) -> None:
    page = relying_party.get(relying_party.authorization_url())
    relying_party.http.cookies.clear()
    relying_party.http.headers["Sec-Fetch-Site"] = "same-origin"

    assert decide(relying_party, page).status_code == 303


def test_form_of_a_browser_that_is_gone_is_refused(relying_party: RelyingParty) -> None:
    page = relying_party.get(relying_party.authorization_url())
    relying_party.http.headers["Sec-Fetch-Site"] = "same-origin"
    assert decide(relying_party, page).status_code == 303
    home = relying_party.get("/")
    relying_party.post("/sign-out", {"form_token": find_form_token(home)})

    assert decide(relying_party, page).status_code == 400


def test_form_of_another_tab_works_after_a_sign_in(relying_party: RelyingParty) -> None:
    tabs = [relying_party.get(relying_party.authorization_url()) for _ in range(2)]

    assert [decide(relying_party, page).status_code for page in tabs] == [303, 303]


def test_sign_in_changes_the_cookie(relying_party: RelyingParty) -> None:
    page = relying_party.get(relying_party.authorization_url())
    before = relying_party.http.cookies.get_dict()
    decide(relying_party, page)

    assert relying_party.http.cookies.get_dict() != before


def test_form_is_checked_like_the_request(relying_party: RelyingParty) -> None:
    page = relying_party.get(relying_party.authorization_url())
    action = find_action(page).replace("127.0.0.1%3A5000", "evil.example")
    answer = relying_party.post(action, {"form_token": find_form_token(page), "decision": "refuse"})

    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_person_signs_out_of_the_provider(relying_party: RelyingParty) -> None:
    agree(relying_party)
    home = relying_party.get("/")
    assert "You are signed in here" in home.text

    answer = relying_party.post("/sign-out", {"form_token": find_form_token(home)})

    assert answer.headers["Location"] == "/"
    assert "Nobody is signed in here" in relying_party.get("/").text


def test_sign_out_of_another_site_is_refused(relying_party: RelyingParty) -> None:
    agree(relying_party)

    assert relying_party.post("/sign-out", {}).status_code == 400
    assert "You are signed in here" in relying_party.get("/").text


@pytest.mark.parametrize(
    ("samesite", "attributes"),
    [
        ("Lax", "HttpOnly; Path=/; SameSite=Lax"),
        ("None", "Secure; HttpOnly; Path=/; SameSite=None"),
    ],
)
def test_cookie_of_the_provider(
    relying_party: RelyingParty, samesite: str, attributes: str
) -> None:
    relying_party.provider.switch(cookie_samesite=samesite)

    cookie = relying_party.get("/").headers["Set-Cookie"]

    assert cookie.partition("; ")[2] == attributes


def test_removed_app_has_to_ask_again(provider: HfProvider, relying_party: RelyingParty) -> None:
    agree(relying_party)

    provider.revoke("demo-free")

    assert relying_party.get(relying_party.authorization_url()).status_code == 200
