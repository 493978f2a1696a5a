from __future__ import annotations

import re
import zlib

import pytest

from flask_hf_oauth.testing import PERSONAS, PERSONAS_BY_USERNAME, Persona, PersonaOrg
from flask_hf_oauth.testing.accounts import Accounts

ORGS = PERSONAS_BY_USERNAME["demo-hundred-orgs"].orgs


def test_there_is_a_persona_for_each_kind_of_person() -> None:
    assert [persona.username for persona in PERSONAS] == [
        "demo-free",
        "demo-pro",
        "demo-org-admin",
        "demo-sso-pending",
        "demo-many-orgs",
        "demo-hundred-orgs",
        "demo-no-email",
        "demo-unverified",
    ]


@pytest.mark.parametrize(
    ("username", "count"), [("demo-many-orgs", 40), ("demo-hundred-orgs", 100)]
)
def test_many_organizations_all_differ(username: str, count: int) -> None:
    orgs = PERSONAS_BY_USERNAME[username].orgs

    assert len({org.id for org in orgs}) == len({org.username for org in orgs}) == count


def test_organizations_have_names_of_real_length() -> None:
    assert {len(org.name) for org in ORGS} <= set(range(10, 31))
    assert any(not org.name.isascii() for org in ORGS)


def test_pictures_have_the_length_of_the_real_ones() -> None:
    pattern = (
        r"https://cdn-avatars\.huggingface\.co/v1/production/uploads/[0-9a-f]{24}/[\w-]{21}\.png"
    )

    assert all(re.fullmatch(pattern, org.picture or "") for org in ORGS)


def test_ids_are_stable() -> None:
    assert Persona(username="demo-free").id == "d02b833bd147e0d1d7c1c4d4"


def test_ids_do_not_compress() -> None:
    ids = bytes.fromhex("".join(org.id for org in ORGS))

    assert len(zlib.compress(ids)) >= len(ids)


def test_given_id_and_name_stay() -> None:
    persona = Persona(
        username="demo-x", id="0" * 24, name="X", orgs=(PersonaOrg(username="demo-o"),)
    )

    assert (persona.id, persona.name, persona.orgs[0].name) == ("0" * 24, "X", "demo-o")


def test_some_membership_is_none_and_some_role_is_custom() -> None:
    roles = {org.role for persona in PERSONAS for org in persona.orgs}

    assert {"admin", "write", "contributor", "read", "no_access", "data-labeller"} <= roles


@pytest.mark.parametrize("user", ["demo-pro", "demo-renamed", PERSONAS[0], PERSONAS[0].id])
def test_account_is_found(user: str | Persona) -> None:
    accounts = Accounts(PERSONAS)
    accounts.rename("demo-free", "demo-renamed")

    assert accounts.get(user).id in {PERSONAS[0].id, PERSONAS[1].id}


def test_username_may_be_taken_over() -> None:
    accounts = Accounts(PERSONAS)
    accounts.rename("demo-free", "demo-renamed")
    accounts.rename("demo-pro", "demo-free")

    assert accounts.get("demo-free").id == PERSONAS[1].id


def test_unknown_account_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="knows no 'nobody'; it knows demo-free, demo-pro"):
        Accounts(PERSONAS).get("nobody")


def test_taken_username_is_refused() -> None:
    with pytest.raises(ValueError, match="'demo-pro' is taken"):
        Accounts(PERSONAS).rename("demo-free", "demo-pro")


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        pytest.param(Persona(username="a"), Persona(username="a"), "is taken", id="username"),
        pytest.param(
            Persona(username="a", id="1"), Persona(username="b", id="1"), "have the id", id="id"
        ),
    ],
)
def test_two_accounts_differ(first: Persona, second: Persona, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Accounts([first, second])
