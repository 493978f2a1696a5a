"""docs/users.md: a row for each person, with the page's very code."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask.testing import FlaskClient
from flow import Clock, begin, error_code, name_on_page, sign_in
from hosting.documentation import find_blocks
from howto.conftest import Run
from sqlalchemy import event

from flask_hf_oauth.testing import HfProvider, Persona, PersonaOrg, login

ROWS, NEWEST_ONLY, PERMANENT, *_ = find_blocks("users.md", "python")
STAFF = Persona(username="demo-staff", orgs=(PersonaOrg(username="acme", role="admin"),))
DAY = 86_400  # seconds


@pytest.fixture
def page(run: Run) -> dict[str, Any]:
    return run(ROWS)


@pytest.fixture
def client(page: dict[str, Any]) -> FlaskClient:
    return page["app"].test_client()  # type: ignore[no-any-return]  # of a page, which has no types


def rows(page: dict[str, Any]) -> list[tuple[int, str]]:
    """Return number and username of every row."""
    with page["app"].app_context():
        users = page["db"].session.scalars(page["select"](page["User"])).all()
        return [(user.id, user.username) for user in users]


def ban(page: dict[str, Any], number: int) -> None:
    """Let the page's own view ban somebody."""
    staff = page["app"].test_client()
    login(staff, STAFF, scopes="openid profile read-memberships")
    assert staff.post(f"/users/{number}/ban").status_code == 303


def test_first_login_makes_a_row_and_the_next_finds_it(
    page: dict[str, Any], provider: HfProvider
) -> None:
    for _ in range(2):
        client = page["app"].test_client()
        sign_in(client, provider)

        assert name_on_page(client) == "Hello demo-free, you are number 1"
    assert rows(page) == [(1, "demo-free")]


def test_rename_keeps_the_row(
    page: dict[str, Any], client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider)
    provider.rename("demo-free", "demo-renamed")
    sign_in(client, provider, "demo-renamed", "/login?prompt=consent")

    assert name_on_page(client) == "Hello demo-renamed, you are number 1"
    assert rows(page) == [(1, "demo-renamed")]


def test_username_that_somebody_else_took_opens_nothing(
    page: dict[str, Any], client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider)
    provider.rename("demo-free", "demo-renamed")
    provider.rename("demo-pro", "demo-free")
    taker = page["app"].test_client()
    sign_in(taker, provider, "demo-free")

    assert name_on_page(taker) == "Hello demo-free, you are number 2"
    assert rows(page) == [(1, "demo-free"), (2, "demo-free")]
    sign_in(client, provider, "demo-renamed", "/login?prompt=consent")
    assert name_on_page(client) == "Hello demo-renamed, you are number 1"


def test_two_first_logins_at_once_make_one_row(page: dict[str, Any], provider: HfProvider) -> None:
    both_are_new = Barrier(2, timeout=10)
    event.listen(page["User"], "before_insert", lambda *_: both_are_new.wait())
    clients = [page["app"].test_client() for _ in range(2)]
    callbacks = [provider.authorize(begin(client)) for client in clients]

    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(FlaskClient.get, clients, callbacks))

    assert [answer.location for answer in answers] == ["/", "/"]
    assert rows(page) == [(1, "demo-free")]


def test_person_whose_row_is_gone_gets_another(page: dict[str, Any], client: FlaskClient) -> None:
    login(client)

    assert name_on_page(client) == "Hello demo-free, you are number 1"


def test_banned_person_is_refused_with_a_page(
    page: dict[str, Any], client: FlaskClient, provider: HfProvider
) -> None:
    sign_in(client, provider)
    client.post("/logout")
    ban(page, 1)

    answer = sign_in(client, provider)

    assert (answer.status_code, error_code(answer)) == (403, "login_refused")
    assert "This account was closed." in answer.text
    assert client.get("/").status_code == 302


def test_ban_reaches_who_is_signed_in(
    page: dict[str, Any], client: FlaskClient, provider: HfProvider, clock: Clock
) -> None:
    sign_in(client, provider)
    clock.advance(1)
    ban(page, 1)

    assert client.get("/").status_code == 302


def test_only_admins_ban(client: FlaskClient, provider: HfProvider) -> None:
    sign_in(client, provider, "demo-pro")

    assert client.post("/users/1/ban").status_code == 403


def test_error_of_the_database_lets_nobody_in_and_is_rolled_back(
    page: dict[str, Any], client: FlaskClient, provider: HfProvider
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the disk is full")

    event.listen(page["User"], "after_insert", fail)
    with pytest.raises(RuntimeError, match="the disk is full"):
        sign_in(client, provider)
    event.remove(page["User"], "after_insert", fail)

    assert client.get("/").status_code == 302
    assert rows(page) == []
    sign_in(client, provider)
    assert rows(page) == [(1, "demo-free")]


def test_newest_login_ends_the_ones_before(run: Run, provider: HfProvider, clock: Clock) -> None:
    app = run(NEWEST_ONLY)["app"]
    before, newest, other = (app.test_client() for _ in range(3))
    for client, persona in ((before, "demo-free"), (other, "demo-pro"), (newest, "demo-free")):
        sign_in(client, provider, persona)
        clock.advance(1)

    assert [client.get("/").status_code for client in (before, other, newest)] == [302, 200, 200]


def test_permanent_session_outlives_browser_and_token(
    run: Run, provider: HfProvider, clock: Clock
) -> None:
    client = run(PERMANENT)["app"].test_client()

    assert "Expires=" in sign_in(client, provider).headers["Set-Cookie"]
    clock.advance(20 * DAY)
    assert name_on_page(client) == "Hello demo-free"
