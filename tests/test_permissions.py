"""Guards for who is signed in: what they refuse, what they say, and the login that mends it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from itertools import chain, repeat
from typing import Any, TypeAlias

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask.views import MethodView
from flow import (
    AppMaker,
    begin,
    error_code,
    name_on_page,
    parameters,
    sign_in,
    signed_in_user,
)
from guarded_views import METHODS, WAYS, Gate, Way, add_app_wide, add_sync, name_of, show
from page_actions import find_way_on
from plain_app import HTMX, NAVIGATION, SCRIPT, make_plain_app

from flask_hf_oauth import (
    HfOrg,
    HfUser,
    InsufficientScope,
    MembershipRequired,
    PermissionRequired,
    current_hf_user,
    login_required,
    org_required,
    scopes_required,
)
from flask_hf_oauth.testing import PERSONAS_BY_USERNAME, HfProvider, login

SignIn: TypeAlias = Callable[[FlaskClient], HfUser]

ORG_ID = "0123456789abcdef01234567"
ACME = HfOrg(id=ORG_ID, username="acme", role="write")
ENTERPRISE_ID = PERSONAS_BY_USERNAME["demo-org-admin"].orgs[0].id
UNSAFE = ["POST", "PUT", "PATCH", "DELETE"]
ASKABLE = "email inference-api read-memberships"
JSON = {"Accept": "application/json"}


def make_gated_app(gate: Gate, way: Way = add_sync, askable: str = ASKABLE) -> Flask:
    app = make_plain_app(HF_OAUTH_OPTIONAL_SCOPES=askable)
    way(app, gate)
    return app


GATES = [
    pytest.param(
        scopes_required("email"), partial(login, scopes="profile email"), login, id="scope"
    ),
    pytest.param(
        org_required("acme", role="write"),
        partial(login, orgs=[ACME]),
        partial(login, orgs=[HfOrg(id=ORG_ID, username="acme", role="read")]),
        id="org",
    ),
]


@pytest.mark.parametrize("way", WAYS, ids=name_of)
@pytest.mark.parametrize(("gate", "let_in", "keep_out"), GATES)
def test_view_runs_for_those_alone_who_may(
    gate: Gate, let_in: SignIn, keep_out: SignIn, way: Way
) -> None:
    client = make_gated_app(gate, way).test_client()
    keep_out(client)
    for method in METHODS:
        refused = client.open("/private", method=method, headers=NAVIGATION)
        assert (refused.status_code, "private to" in refused.text) == (403, False)

    let_in(client)
    for method in METHODS:
        assert client.open("/private", method=method).status_code == 200
    assert client.get("/private").text == "private to demo-free"


@pytest.mark.parametrize("way", WAYS, ids=name_of)
@pytest.mark.parametrize(("gate", "let_in", "_keep_out"), GATES)
def test_form_of_another_site_is_refused_before_anything_else(
    gate: Gate, let_in: SignIn, _keep_out: SignIn, way: Way
) -> None:
    client = make_gated_app(gate, way).test_client()
    let_in(client)

    for method in UNSAFE:
        refused = client.open(
            "/private", method=method, headers={"Sec-Fetch-Site": "cross-site", **NAVIGATION}
        )
        assert (refused.status_code, error_code(refused)) == (403, "cross_site_request")


@pytest.mark.parametrize(("gate", "let_in", "_keep_out"), GATES)
def test_preflight_never_runs_the_view(gate: Gate, let_in: SignIn, _keep_out: SignIn) -> None:
    client = make_gated_app(gate).test_client()
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for headers in ({}, preflight):
        assert client.options("/private", headers=headers).text == ""
    let_in(client)

    assert client.options("/private", headers=preflight).text == ""


@pytest.mark.parametrize(
    ("gate", "asked"),
    [
        pytest.param(scopes_required("email", "openid"), "&scopes=email%20openid", id="scopes"),
        pytest.param(scopes_required("email", "jobs"), "&scopes=email", id="one may be asked for"),
        pytest.param(org_required("acme"), "", id="org"),
    ],
)
def test_who_is_signed_out_is_asked_to_sign_in_and_for_the_scopes_at_once(
    gate: Gate, asked: str
) -> None:
    client = make_gated_app(gate).test_client()
    to_here, to_the_board = (f"/login?next=/{page}{asked}" for page in ("private?a%3D1", "board"))
    at_the_board = {"Referer": "http://localhost/board"}

    for method in ("GET", "HEAD"):
        page = client.open("/private?a=1", method=method, headers=NAVIGATION)
        assert (page.status_code, page.location.replace("+", "%20")) == (302, to_here)
    form = client.post("/private", headers={**NAVIGATION, **at_the_board})
    assert (form.status_code, form.location.replace("+", "%20")) == (303, to_the_board)
    script = client.get("/private", headers={**SCRIPT, **at_the_board})
    assert script.status_code == 401
    assert (script.json or {})["login_url"].replace("+", "%20") == to_the_board
    fragment = client.get("/private", headers={**HTMX, "HX-Current-URL": "http://localhost/board"})
    assert fragment.headers["HX-Redirect"].replace("+", "%20") == to_the_board


def test_script_learns_which_scopes_are_missing_and_who_asks_for_them() -> None:
    client = make_gated_app(scopes_required("openid", "inference-api", "email")).test_client()
    login(client)
    response = client.get("/private", headers={**SCRIPT, "Referer": "http://localhost/board"})

    assert response.status_code == 403
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json == {
        "error": "insufficient_scope",
        "message": "This page needs permissions that you have not given yet: inference-api email.",
        "scopes": ["inference-api", "email"],
        "login_url": "/login?next=/board&scopes=inference-api+email",
    }


@pytest.mark.parametrize(
    ("gate", "org", "error", "role", "org_ids"),
    [
        pytest.param(org_required("acme"), None, "membership_required", None, "", id="no member"),
        pytest.param(
            org_required(ORG_ID),
            None,
            "membership_required",
            None,
            f"&org_ids={ORG_ID}",
            id="no member, id known",
        ),
        pytest.param(
            org_required("acme", role="admin"),
            ACME,
            "role_required",
            "admin",
            f"&org_ids={ORG_ID}",
            id="role",
        ),
        pytest.param(
            org_required("acme"),
            HfOrg(id=ORG_ID, username="acme", security_restrictions=("sso",)),
            "membership_restricted",
            None,
            f"&org_ids={ORG_ID}",
            id="restriction",
        ),
    ],
)
def test_script_learns_which_membership_is_missing(
    gate: Gate, org: HfOrg | None, error: str, role: str | None, org_ids: str
) -> None:
    client = make_gated_app(gate, askable="").test_client()
    login(client, orgs=[org] if org else [])
    response = client.get("/private", headers={**SCRIPT, "Referer": "http://localhost/board"})
    document = response.json or {}

    assert (response.status_code, document.pop("error")) == (403, error)
    message = document.pop("message")
    assert ("acme" in message) != ("members of an organization" in message)
    assert document == {
        "org": "acme" if org else document["org"],
        "role": role,
        "login_url": f"/login?next=/board{org_ids}&prompt=consent",
    }


def test_owner_learns_that_nobody_can_be_asked_for_an_organization(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = make_gated_app(org_required("acme"), askable="").test_client()
    login(client, orgs=[])
    remedy = "name it by its id, or add read-memberships to HF_OAUTH_OPTIONAL_SCOPES"

    assert remedy in client.get("/private").text
    assert remedy in caplog.text


@pytest.mark.parametrize(
    ("scopes", "asked"),
    [("openid", "read-memberships"), ("openid read-memberships", None)],
    ids=["not granted", "granted"],
)
def test_way_to_the_choice_of_organizations_asks_for_the_roles_too(
    scopes: str, asked: str | None
) -> None:
    client = make_gated_app(org_required("acme")).test_client()
    login(client, scopes=scopes, orgs=[])
    document = client.get("/private", headers=JSON).json or {}

    assert parameters(document["login_url"]).get("scopes") == asked


@pytest.mark.parametrize(
    ("gate", "said", "label"),
    [
        (scopes_required("email"), "not given yet: email", "Continue to Hugging Face"),
        (org_required("acme"), "for members of acme", "Choose organizations again"),
    ],
    ids=["scope", "org"],
)
def test_page_says_what_is_missing_and_leads_to_it(gate: Gate, said: str, label: str) -> None:
    client = make_gated_app(gate).test_client()
    login(client)
    page = client.get("/private?a=1", headers=NAVIGATION)

    assert page.status_code == 403
    assert said in page.text
    assert label in page.text.partition("Back to the start page")[0]
    assert 'href="/login?next=/private?a%3D1&amp;' in page.text


@pytest.mark.parametrize("name", ["<script>", '"><img src=x>'])
def test_name_of_an_organization_or_a_role_is_no_markup(name: str) -> None:
    client = make_gated_app(org_required("acme", role=name)).test_client()
    login(client, orgs=[HfOrg(id=ORG_ID, username="acme", role=name + "2")])

    assert name not in client.get("/private", headers=NAVIGATION).text


def test_scope_that_nobody_may_be_asked_for_is_the_owners_matter(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = make_gated_app(scopes_required("email", "jobs")).test_client()
    login(client)
    document = client.get("/private", headers=JSON).json or {}
    page = client.get("/private", headers=NAVIGATION)

    assert (document["scopes"], document["login_url"]) == (["email", "jobs"], None)
    assert "Nobody can be asked for jobs: add it to HF_OAUTH_OPTIONAL_SCOPES" in page.text
    assert "Nobody can be asked for jobs: add it to HF_OAUTH_OPTIONAL_SCOPES" in caplog.text
    assert "/login" not in page.text


STACKS = {
    "login": login_required,
    "scope": scopes_required("email"),
    "org": org_required("acme"),
    "another": org_required("lab", role="read"),
}
LAB = HfOrg(id="f" * 24, username="lab", role="read")


def stack(names: list[str]) -> Gate:
    def gate(view: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            view = STACKS[name](view)
        return view

    return gate


@pytest.mark.parametrize("order", [1, -1], ids=["one order", "the other"])
def test_whoever_signs_in_is_asked_at_once_for_what_all_guards_want(order: int) -> None:
    client = make_gated_app(stack(list(STACKS)[::order])).test_client()

    location = client.get("/private").location
    assert set(parameters(location)["scopes"].split()) == {"email", "read-memberships"}


@pytest.mark.parametrize("order", [1, -1], ids=["one order", "the other"])
@pytest.mark.parametrize(
    ("scopes", "orgs", "status"),
    [
        ("openid email", [ACME, LAB], 200),
        ("openid", [ACME, LAB], 403),
        ("openid email", [LAB], 403),
        ("openid email", [ACME], 403),
    ],
    ids=["all", "no scope", "not in the one", "not in the other"],
)
def test_guards_stack_and_each_of_them_counts(
    order: int, scopes: str, orgs: list[HfOrg], status: int
) -> None:
    client = make_gated_app(stack(list(STACKS)[::order])).test_client()
    assert client.get("/private").status_code == 302
    login(client, scopes=scopes, orgs=orgs)

    assert client.get("/private").status_code == status


def test_guard_of_a_view_asks_for_more_than_the_one_before_all_views() -> None:
    app = make_gated_app(org_required("acme"), add_app_wide)
    app.add_url_rule("/mail", "mail", scopes_required("email")(lambda: "mail"))
    client = app.test_client()
    login(client, orgs=[ACME])

    assert (client.get("/private").status_code, client.get("/mail").status_code) == (200, 403)
    assert client.get("/logout").status_code == 200  # our own pages stay open


@pytest.mark.parametrize(
    "decorate",
    [
        pytest.param(scopes_required, id="no scope"),
        pytest.param(lambda: scopes_required(""), id="empty scope"),
        pytest.param(lambda: scopes_required("email", ""), id="one of them empty"),
        pytest.param(lambda: scopes_required(["email"]), id="list of scopes"),  # type: ignore[arg-type]  # the mistake
        pytest.param(lambda: scopes_required(show), id="scopes without parentheses"),  # type: ignore[arg-type]  # the mistake
        pytest.param(lambda: org_required(""), id="empty org"),
        pytest.param(lambda: org_required("acme", role=""), id="empty role"),
        pytest.param(lambda: org_required(show), id="org without parentheses"),  # type: ignore[arg-type]  # the mistake
        pytest.param(lambda: org_required(["acme"]), id="list"),  # type: ignore[arg-type]  # the mistake
    ],
)
def test_guard_that_asks_for_nothing_is_a_mistake(decorate: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"required|scopes are|list of words"):
        decorate()


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        (scopes_required("email"), "insufficient_scope ('email',) /login?next=/private&scopes"),
        (
            org_required("acme", role="admin"),
            "membership_required acme admin /login?next=/private&scopes=read-memberships&prompt",
        ),
    ],
    ids=["scope", "org"],
)
@pytest.mark.parametrize("caught", [PermissionRequired, 403])
def test_errorhandler_of_the_app_takes_over(
    gate: Gate, expected: str, caught: type[Exception] | int
) -> None:
    app = make_gated_app(gate)

    @app.errorhandler(caught)
    def handle(error: InsufficientScope | MembershipRequired) -> str:
        if isinstance(error, InsufficientScope):
            return f"{error.error_code} {error.scopes} {error.login_url}"
        return f"{error.error_code} {error.org} {error.role} {error.login_url}"

    client = app.test_client()
    login(client, orgs=[])

    assert client.get("/private").text.startswith(expected)


class Whole(MethodView):
    """A view whose methods are guarded one by one."""

    def get(self) -> str:
        return "open to all"

    @org_required("acme", role="admin")
    def post(self) -> str:
        return show()


class Part(Whole):
    """A view that inherits a guarded method."""


def test_guard_of_one_method_is_inherited_and_leaves_the_others_open() -> None:
    app = make_plain_app()
    app.add_url_rule("/part", view_func=Part.as_view("part"))
    client = app.test_client()

    assert client.get("/part").text == "open to all"
    assert client.post("/part").status_code == 303
    login(client, orgs=[ACME])
    assert client.post("/part").status_code == 403


class Desk:
    """An object whose methods are views."""

    def show(self) -> str:
        return show()

    async def show_async(self) -> str:
        return show()


@pytest.mark.parametrize(
    "view",
    [partial(show), Desk().show, Desk().show_async, partial(Desk().show_async)],
    ids=["partial", "method", "async method", "partial of an async method"],
)
def test_whatever_can_be_called_can_be_guarded(view: Callable[..., Any]) -> None:
    client = make_gated_app(lambda _show: org_required("acme")(view)).test_client()
    login(client, orgs=[])
    assert client.get("/private").status_code == 403
    login(client, orgs=[ACME])

    assert client.get("/private").text == "private to demo-free"


@pytest.mark.parametrize(("gate", "let_in", "_keep_out"), GATES)
def test_login_that_ends_within_a_request_is_asked_for_again(
    gate: Gate, let_in: SignIn, _keep_out: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever look at the clock it is that finds the login over."""
    client, now, statuses = make_gated_app(gate).test_client(), time.time, []
    for looks in range(8):
        let_in(client)
        ahead = chain(repeat(0, looks), repeat(86_400))
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda ahead=ahead: now() + next(ahead))
            statuses.append(client.get("/private").status_code)

    assert statuses == sorted(statuses, reverse=True)
    assert set(statuses) == {302, 200}
    assert statuses.count(302) > 1


def test_user_of_the_request_before_opens_nothing_where_the_context_stays() -> None:
    app = make_gated_app(org_required("acme"))
    member, stranger = app.test_client(), app.test_client()
    login(member, orgs=[ACME])
    login(stranger, "demo-pro", orgs=[])

    with app.app_context():  # g outlives each request
        assert member.get("/private").status_code == 200
        assert stranger.get("/private").status_code == 403
        assert app.test_client().get("/private").status_code == 302


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_neither_a_slash_nor_another_method_leads_around_a_guard(method: str) -> None:
    app = make_plain_app()
    app.add_url_rule("/room/", "room", org_required("acme")(show), methods=["GET", "POST"])
    client = app.test_client()
    login(client, orgs=[])

    for path in ("/room/", "/room", "//room/", "/room//", "/./room/", "/%72oom/"):
        headers = {**NAVIGATION, "X-HTTP-Method-Override": "OPTIONS"}
        answer = client.open(path, method=method, headers=headers, follow_redirects=True)
        assert "private to" not in answer.text
        assert answer.status_code in {403, 404, 405}


# Through the embedded provider, over HTTP.


@pytest.fixture
def app(make_app: AppMaker) -> Flask:
    app = make_app(HF_OAUTH_OPTIONAL_SCOPES=ASKABLE)
    for path, gate in {
        "/mail": scopes_required("email"),
        "/ask": scopes_required("inference-api"),
        "/team": org_required("demo-enterprise", role="admin"),
        "/guild": org_required("demo-guild"),
    }.items():
        app.add_url_rule(path, path, gate(lambda: f"hello {current_hf_user.username}"))
    return app


def test_step_up_asks_for_the_missing_scope_on_top_and_comes_back(
    client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider, url="/login?scopes=email")
    refused = client.get("/ask?prompt=7", headers=NAVIGATION)
    authorization_url = begin(client, find_way_on(refused))

    assert refused.status_code == 403
    assert parameters(authorization_url)["scope"] == "openid profile email inference-api"
    assert client.get(provider.authorize(authorization_url)).location == "/ask?prompt=7"
    assert client.get("/ask?prompt=7").text == client.get("/mail").text == "hello demo-free"


def test_who_is_signed_out_grants_everything_in_one_go(
    client: FlaskClient, provider: HfProvider
) -> None:
    to_login = client.get("/ask").location

    assert sign_in(client, provider, url=to_login).location == "/ask"
    assert client.get("/ask").status_code == 200


def test_who_does_not_grant_it_is_told_again_and_led_in_no_circle(
    client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider)
    authorization_url = begin(client, find_way_on(client.get("/mail", headers=NAVIGATION)))
    back = client.get(provider.authorize(authorization_url, scopes="openid profile"))

    assert back.location == "/mail"
    assert client.get("/mail").status_code == 403
    assert client.get("/").text == "demo-free"


def test_organization_that_was_not_ticked_is_ticked_at_the_review(
    client: FlaskClient, provider: HfProvider
) -> None:
    client.get(provider.authorize(begin(client), "demo-org-admin", orgs=[]))
    refused = client.get("/team", headers=NAVIGATION)
    authorization_url = begin(client, find_way_on(refused))
    asked = parameters(authorization_url)

    assert "does not tell which one you have" in refused.text
    assert (asked["orgIds"], asked["prompt"]) == (ENTERPRISE_ID, "consent")
    back = client.get(provider.authorize(authorization_url, "demo-org-admin"))
    assert back.location == "/team"
    assert client.get("/team").text == "hello demo-org-admin"


def test_organization_that_the_hub_kept_to_itself_is_shared_at_the_review(
    client: FlaskClient, provider: HfProvider
) -> None:
    provider.switch(orgs_without_memberships="empty")
    client.get(provider.authorize(begin(client), "demo-pro", orgs=[]))
    refused = client.get("/guild", headers=NAVIGATION)
    authorization_url = begin(client, find_way_on(refused))

    assert (refused.status_code, error_code(refused)) == (403, "membership_required")
    assert parameters(authorization_url)["scope"] == "openid profile read-memberships"
    client.get(provider.authorize(authorization_url, "demo-pro", orgs="demo-guild"))
    assert client.get("/guild").text == "hello demo-pro"


def test_pending_restriction_is_named_and_can_be_tried_again_once_it_is_settled(
    client: FlaskClient, provider: HfProvider
) -> None:
    wish = begin(client, "/login?scopes=read-memberships")
    client.get(provider.authorize(wish, "demo-sso-pending", orgs="demo-enterprise"))
    refused = client.get("/team", headers=NAVIGATION)

    assert error_code(refused) == "membership_restricted"
    assert "demo-enterprise lets you in only with single sign-on" in refused.text
    assert parameters(begin(client, find_way_on(refused)))["prompt"] == "consent"


def test_only_what_the_app_has_named_is_ever_asked_for(
    make_app: AppMaker, provider: HfProvider
) -> None:
    app = make_app(HF_OAUTH_OPTIONAL_SCOPES="email")
    app.add_url_rule("/jobs", "jobs", scopes_required("email", "jobs")(show))
    app.add_url_rule("/team", "team", org_required("acme")(show))
    client = app.test_client()
    asked = [parameters(begin(client, client.get("/jobs").location))["scope"]]
    sign_in(client, provider)
    asked.append(parameters(begin(client, find_way_on(client.get("/team"))))["scope"])

    assert asked == ["openid profile email", "openid profile"]
    assert signed_in_user(client)


def test_scopes_may_come_as_one_text() -> None:
    client = make_gated_app(scopes_required("openid inference-api email")).test_client()
    login(client)

    assert (client.get("/private", headers=JSON).json or {})["scopes"] == ["inference-api", "email"]


@pytest.mark.parametrize("role", ["amdin", "Admin", "writer"])
def test_role_that_is_nearly_one_of_the_hubs_is_warned_about(role: str) -> None:
    with pytest.warns(UserWarning, match=r"did you mean '(admin|write)'"):
        org_required("acme", role=role)


def test_step_up_that_is_refused_leaves_the_person_signed_in(
    make_app: AppMaker, provider: HfProvider
) -> None:
    client = make_app(HF_OAUTH_OPTIONAL_SCOPES="email").test_client()
    sign_in(client, provider)
    refused = client.get(provider.refuse(begin(client, "/login?scopes=email&next=/private")))

    assert refused.status_code == 403
    assert "you are still signed in" in refused.text
    assert 'href="/private">Continue' in refused.text
    assert name_on_page(client) == "demo-free"
