"""The Hub's lists: the repositories of the personas, as far as a token may see them.

https://huggingface.co/.well-known/openapi.json describes the real ones.
"""

from __future__ import annotations

import hashlib
from operator import attrgetter
from typing import TYPE_CHECKING

from .personas import build_stable_id

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from .grants import Grant
    from .personas import Persona, PersonaRepo
    from .realm import Realm

# Whoever may change all repositories may read them; contribute-repos opens only an app's own.
_READING_SCOPES = frozenset({"read-repos", "write-repos", "manage-repos"})
_SORT_KEYS = {
    "createdAt": attrgetter("edited_at"),
    "downloads": attrgetter("downloads"),
    "lastModified": attrgetter("edited_at"),
    "likes": attrgetter("likes"),
}
# What a list leaves out unless it is asked for with `full`, or by name with `expand`.
_ONLY_IN_FULL = {
    "models": frozenset({"author", "disabled", "gated", "lastModified", "sha"}),
    "datasets": frozenset[str](),
    "spaces": frozenset({"author", "disabled", "lastModified", "sha"}),
}


def build_repo_list(
    realm: Realm, kinds: str, args: MultiDict[str, str], grant: Grant | None
) -> list[dict[str, object]]:
    """Build the answer of `/api/models`, `/api/datasets` or `/api/spaces`.

    Args:
        realm: The state of the provider.
        kinds: "models", "datasets" or "spaces".
        args: The query, as `huggingface_hub.HfApi` writes it.
        grant: What the token stands for; None without a token, which sees what is public.
    """
    found = [
        (owner, repo)
        for owner in realm.accounts.personas
        for repo in owner.repos
        if f"{repo.kind}s" == kinds
        and (not repo.private or _may_read_private(grant, owner))
        and _is_asked_for(owner, repo, args)
    ]
    if key := _SORT_KEYS.get(args.get("sort", "")):
        found.sort(key=lambda pair: key(pair[1]), reverse=True)
    shown = found[: args.get("limit", type=int)]
    return [_choose_properties(_build_entry(*pair), kinds, args) for pair in shown]


def _may_read_private(grant: Grant | None, owner: Persona) -> bool:
    if grant is None or grant.sub != owner.id:
        return False
    return not _READING_SCOPES.isdisjoint(grant.scopes)


def _is_asked_for(owner: Persona, repo: PersonaRepo, args: MultiDict[str, str]) -> bool:
    words = [word.lower() for word in args.getlist("search")]
    return (
        args.get("author", owner.username) == owner.username
        and all(word in f"{owner.username}/{repo.name}".lower() for word in words)
        and set(args.getlist("filter")) <= set(repo.tags)
    )


def _build_entry(owner: Persona, repo: PersonaRepo) -> dict[str, object]:
    """Build all that a list can say of a repository."""
    name = f"{owner.username}/{repo.name}"
    entry: dict[str, object] = {
        "_id": build_stable_id(repo.kind, f"{owner.id}/{repo.name}"),
        "id": name,
        "author": owner.username,
        "sha": hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest(),
        "private": repo.private,
        "disabled": False,
        "likes": repo.likes,
        "tags": list(repo.tags),
        "createdAt": repo.edited_at,
        "lastModified": repo.edited_at,
    }
    if repo.kind == "space":
        return {**entry, "sdk": repo.sdk}
    entry |= {"downloads": repo.downloads, "gated": False}
    return entry if repo.kind == "dataset" else {**entry, "modelId": name}


def _choose_properties(
    entry: dict[str, object], kinds: str, args: MultiDict[str, str]
) -> dict[str, object]:
    expanded = args.getlist("expand")
    if expanded:
        chosen = {"_id", "id", *expanded}
    elif "full" in args:
        chosen = set(entry)
    else:
        chosen = set(entry) - _ONLY_IN_FULL[kinds]
    return {name: value for name, value in entry.items() if name in chosen}
