"""docs/permissions.md: who may do what, with the page's very code."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from flow import begin, parameters, sign_in
from hosting.documentation import find_blocks
from howto.conftest import Run
from plain_app import NAVIGATION

from flask_hf_oauth import HfOrg
from flask_hf_oauth.testing import HfProvider, login

PROTECTED, SCOPE, MEMBERS, WHOLE_SITE, SEVERAL, OWN_PAGE = find_blocks("permissions.md", "python")
WRITER = HfOrg(id="1" * 24, username="acme", role="write")
ADMIN = HfOrg(id="1" * 24, username="acme", role="admin")
READER = HfOrg(id="1" * 24, username="acme", role="read")


def make_client(run: Run, block: str) -> FlaskClient:
    client: FlaskClient = run(block)["app"].test_client()
    return client


def test_all_is_guarded_but_the_view_that_is_open(run: Run) -> None:
    client = make_client(run, PROTECTED)

    assert client.get("/about").text == "Anybody may read this."
    assert client.get("/").location == "/login?next=/"


def test_scope_is_granted_on_top(run: Run, provider: HfProvider) -> None:
    client = make_client(run, SCOPE)
    sign_in(client, provider)
    link = client.get("/").text.partition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert client.get("/ask").status_code == 403
    assert sign_in(client, provider, url=link).location == "/ask"

    assert client.get("/ask").text == "A token for inference-api openid profile"
    assert "Ask a model" in client.get("/").text


@pytest.mark.parametrize(
    ("org", "board", "close"), [(None, 403, 403), (READER, 200, 403), (ADMIN, 200, 200)]
)
def test_members_and_admins_pass(run: Run, org: HfOrg | None, board: int, close: int) -> None:
    client = make_client(run, MEMBERS)
    login(client, orgs=[org] if org else [])

    assert client.get("/board").status_code == board
    assert client.post("/board/close").status_code == close


def test_review_asks_for_the_memberships(run: Run) -> None:
    client = make_client(run, MEMBERS)
    login(client, orgs=[])
    document = client.get("/board", headers={"Accept": "application/json"}).json or {}

    assert parameters(begin(client, document["login_url"]))["scope"].split()[-1] == (
        "read-memberships"
    )


def test_whole_site_is_for_members(run: Run, provider: HfProvider) -> None:
    client = make_client(run, WHOLE_SITE)
    assert client.get("/").location == "/login?next=/"
    assert sign_in(client, provider).status_code == 403
    login(client, orgs=[READER])

    assert client.get("/").text == "Hello demo-free"


@pytest.mark.parametrize(
    ("scopes", "org", "read", "run_it"),
    [
        ("openid inference-api", WRITER, 200, 200),
        ("openid", WRITER, 200, 403),
        ("openid inference-api", READER, 403, 403),
    ],
    ids=["all", "no scope", "no writer"],
)
def test_each_guard_counts(run: Run, scopes: str, org: HfOrg, read: int, run_it: int) -> None:
    client = make_client(run, SEVERAL)
    login(client, scopes=scopes, orgs=[org])

    assert client.get("/lab/runs").status_code == read
    assert client.post("/lab/runs").status_code == run_it


def test_own_page_takes_the_place_of_ours(run: Run) -> None:
    client = make_client(run, OWN_PAGE)
    login(client, orgs=[])
    page = client.get("/board", headers=NAVIGATION)

    assert (page.status_code, "<h1>Not yet</h1>" in page.text) == (403, True)
    assert 'href="/login?next=/board&amp;scopes=read-memberships&amp;prompt=consent"' in page.text
