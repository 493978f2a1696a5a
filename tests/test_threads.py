"""Many people sign in at once, in one process: nobody is taken for somebody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from flow import AppMaker, begin, name_on_page

from flask_hf_oauth import get_hf_token
from flask_hf_oauth.testing import HfProvider, Persona, login

THREADS, USERS = 8, 20


def test_users_under_threads_never_get_each_others_login(make_app: AppMaker) -> None:
    people = [Persona(username=f"demo-person-{number}") for number in range(USERS)]
    with HfProvider(personas=people) as provider, ThreadPoolExecutor(THREADS) as threads:
        app = make_app(provider.config(), HF_OAUTH_MAX_EXCHANGES=THREADS)
        begin(app.test_client())
        start = Barrier(THREADS)

        def visit(number: int) -> list[str]:
            if number < THREADS:
                start.wait(5)
            client, name = app.test_client(), people[number].username
            client.get(provider.authorize(begin(client), name))
            names = [name_on_page(client) for _ in range(3)]
            client.post("/logout")
            return [*names, name_on_page(client)]

        seen = list(threads.map(visit, range(USERS)))
    assert seen == [[person.username] * 3 + ["nobody"] for person in people]
    assert provider.connections <= THREADS


def test_tokens_under_threads_are_everybodys_own(make_app: AppMaker) -> None:
    people = [Persona(username=f"demo-person-{number}") for number in range(THREADS)]
    with HfProvider(personas=people) as provider, ThreadPoolExecutor(THREADS) as threads:
        app = make_app(provider.config(), HF_OAUTH_MAX_EXCHANGES=THREADS)

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


def test_application_context_held_open_hands_no_user_to_another(app: Flask) -> None:
    clients = [app.test_client() for _ in range(3)]
    for client, name in zip(clients, ["demo-free", "demo-pro"], strict=False):
        login(client, name)

    with app.app_context():  # and with it one `g` for all requests
        names = [name_on_page(client) for client in clients * 2]
    assert names == ["demo-free", "demo-pro", "nobody"] * 2
