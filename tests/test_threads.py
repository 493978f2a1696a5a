"""Many people sign in at once, in one process: nobody is taken for somebody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flow import AppMaker, begin, name_on_page, session_cookie

from flask_hf_oauth import get_hf_token
from flask_hf_oauth.testing import HfProvider, Persona, login

THREADS, USERS, VISITS = 8, 20, 250


def test_users_under_threads_never_get_each_others_login(make_app: AppMaker) -> None:
    people = [Persona(username=f"demo-person-{number}") for number in range(USERS)]
    with HfProvider(personas=people) as provider, ThreadPoolExecutor(THREADS) as threads:
        app = make_app(provider.config(), HF_OAUTH_MAX_EXCHANGES=THREADS)
        begin(app.test_client())
        start = Barrier(THREADS)
        bystanders = [app.test_client() for _ in people]
        for bystander, person in zip(bystanders, people, strict=True):
            bystander.get(provider.authorize(begin(bystander), person))

        def visit(number: int) -> list[str]:
            if number < THREADS:
                start.wait(5)
            client, name = app.test_client(), people[number % USERS].username
            client.get(provider.authorize(begin(client), name))
            names = [name_on_page(client), client.get("/private").text, client.get("/cart").text]
            client.post("/logout")
            names += [name_on_page(client), open_again(bystanders[number % USERS])]
            return names

        seen = list(threads.map(visit, range(VISITS)))
    for number, names in enumerate(seen):
        name = people[number % USERS].username
        assert names == [name, f"private to {name}", f"cart of {name}", "nobody", name]
    assert provider.connections <= THREADS


def open_again(browser: FlaskClient) -> str:
    """Visit with the cookie of somebody who signed in on another thread."""
    client = browser.application.test_client()
    client.set_cookie("session", session_cookie(browser))
    return name_on_page(client)


@pytest.mark.parametrize("lifetime", [28_800, 80], ids=["of the login", "of a refresh"])
def test_tokens_under_threads_are_everybodys_own(make_app: AppMaker, lifetime: int) -> None:
    people = [Persona(username=f"demo-person-{number}") for number in range(THREADS)]
    with HfProvider(personas=people) as provider, ThreadPoolExecutor(THREADS) as threads:
        provider.switch(access_token_lifetime=lifetime)
        app = make_app(provider.config(), HF_OAUTH_MAX_EXCHANGES=THREADS, HF_OAUTH_REFRESH=True)

        @app.get("/owner")
        def owner() -> str:
            token = get_hf_token()
            assert token is not None
            grant = provider._realm.grants.find_access_token(token.access_token, 0)
            return grant.grant.sub if grant else "nobody"

        def visit(person: Persona) -> str:
            client = app.test_client()
            client.get(provider.authorize(begin(client), person))
            return client.get("/owner").text

        owners = list(threads.map(visit, people))
    assert owners == [person.id for person in people]
    refreshes = [sent for sent in provider.requests if "refresh_token" in sent.form]
    assert len(refreshes) == (THREADS if lifetime == 80 else 0)


def test_application_context_held_open_hands_no_user_to_another(app: Flask) -> None:
    clients = [app.test_client() for _ in range(3)]
    for client, name in zip(clients, ["demo-free", "demo-pro"], strict=False):
        login(client, name)

    with app.app_context():  # and with it one `g` for all requests
        names = [name_on_page(client) for client in clients * 2]
    assert names == ["demo-free", "demo-pro", "nobody"] * 2
