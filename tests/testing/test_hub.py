from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from testing.relying_party import RelyingParty

from flask_hf_oauth.testing import HfProvider, Persona, PersonaRepo

OWNER = Persona(
    username="demo-owner",
    repos=(
        PersonaRepo(name="open-model", likes=1, downloads=9, tags=("audio", "tiny")),
        PersonaRepo(name="New-model", likes=2, edited_at="2026-05-01T00:00:00.000Z"),
        PersonaRepo(name="secret-model", private=True),
        PersonaRepo(name="open-data", kind="dataset"),
        PersonaRepo(name="open-space", kind="space", sdk="docker"),
    ),
)
OTHER = Persona(username="demo-other", repos=(PersonaRepo(name="open-model"),))
OPEN = ["demo-owner/open-model", "demo-owner/New-model"]
SECRET = "demo-owner/secret-model"
SCOPES = "openid read-repos"


@pytest.fixture
def provider() -> Iterator[HfProvider]:
    with HfProvider(personas=[OWNER, OTHER]) as provider:
        yield provider


def ask(
    relying_party: RelyingParty, query: str = "", token: str | None = None, kinds: str = "models"
) -> requests.Response:
    headers = None if token is None else {"Authorization": f"Bearer {token}"}
    return relying_party.get(f"/api/{kinds}?{query}", headers=headers)


def names(answer: requests.Response) -> list[str]:
    entries: list[dict[str, Any]] = answer.json()
    return [entry["id"] for entry in entries]


def token_of(provider: HfProvider, user: str = "demo-owner", scopes: str = SCOPES) -> str:
    return provider.issue_tokens(user, scopes=scopes).access_token


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [*OPEN, "demo-other/open-model"]),
        ("author=demo-owner", OPEN),
        ("author=nobody", []),
        ("search=new", ["demo-owner/New-model"]),
        ("search=demo&search=open", ["demo-owner/open-model", "demo-other/open-model"]),
        ("filter=audio&filter=tiny", ["demo-owner/open-model"]),
        ("author=demo-owner&sort=likes", OPEN[::-1]),
        ("author=demo-owner&sort=downloads", OPEN),
        ("author=demo-owner&sort=lastModified", OPEN[::-1]),
        ("author=demo-owner&sort=nonsense", OPEN),
        ("author=demo-owner&limit=1", OPEN[:1]),
        ("author=demo-owner&limit=x", OPEN),
    ],
)
def test_list_is_narrowed(relying_party: RelyingParty, query: str, expected: list[str]) -> None:
    assert names(ask(relying_party, query)) == expected


@pytest.mark.parametrize(
    ("user", "scopes", "sees"),
    [
        pytest.param("demo-owner", "openid read-repos", True, id="the owner, to read"),
        pytest.param("demo-owner", "write-repos", True, id="the owner, to write"),
        pytest.param("demo-owner", "manage-repos", True, id="the owner, to manage"),
        pytest.param("demo-owner", "openid contribute-repos", False, id="an app's own only"),
        pytest.param("demo-owner", "openid profile", False, id="the owner, without a scope"),
        pytest.param("demo-other", "read-repos", False, id="somebody else"),
    ],
)
def test_private_repositories_are_for_their_owner(
    provider: HfProvider, relying_party: RelyingParty, user: str, scopes: str, *, sees: bool
) -> None:
    answer = ask(relying_party, "author=demo-owner", token_of(provider, user, scopes))

    assert (SECRET in names(answer)) is sees


def test_token_that_is_over_is_refused_even_what_is_public(
    provider: HfProvider, relying_party: RelyingParty
) -> None:
    revoked = token_of(provider)
    provider.revoke("demo-owner")
    expired = provider.issue_tokens("demo-owner", expires_in=-1).access_token
    answers = [ask(relying_party, token=token) for token in (revoked, expired, "hf_invented")]

    assert [answer.status_code for answer in answers] == [401] * 3
    assert answers[0].json() == {"error": answers[0].headers["X-Error-Message"]}
    assert answers[0].json() == {"error": "Invalid credentials in Authorization header"}


def test_lists_say_as_much_as_they_are_asked_for(relying_party: RelyingParty) -> None:
    def keys(kinds: str, query: str = "") -> set[str]:
        (first, *_) = ask(relying_party, f"author=demo-owner&{query}", kinds=kinds).json()
        return set(first)

    short = {"_id", "id", "private", "likes", "tags", "createdAt"}
    assert keys("models") == short | {"modelId", "downloads"}
    assert keys("spaces") == short | {"sdk"}
    assert keys("datasets") > short | {"author", "downloads", "lastModified"}
    assert keys("models", "full=true") > keys("models") | {"author", "gated", "sha"}
    assert keys("models", "expand=sha&expand=author") == {"_id", "id", "sha", "author"}


def test_names_follow_their_owner(provider: HfProvider, relying_party: RelyingParty) -> None:
    provider.rename("demo-owner", "demo-renamed")

    assert names(ask(relying_party, "author=demo-owner")) == []
    assert names(ask(relying_party, kinds="spaces")) == ["demo-renamed/open-space"]


def test_lists_are_recorded_and_can_fail(provider: HfProvider, relying_party: RelyingParty) -> None:
    provider.fail("hub", "status-500")

    assert ask(relying_party).status_code == 500
    assert ask(relying_party, "author=x").status_code == 200
    assert [record.endpoint for record in provider.requests] == ["hub", "hub"]
    assert provider.requests[1].args["author"] == "x"


def test_repository_is_of_a_kind_that_the_hub_has() -> None:
    with pytest.raises(ValueError, match="'notebook'; it can be 'model', 'dataset', 'space'"):
        PersonaRepo(name="x", kind="notebook")  # type: ignore[arg-type]  # a slip of the pen
