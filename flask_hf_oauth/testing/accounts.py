"""Accounts: the personas as the provider knows them now, after renames."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .personas import HasId, Persona


class Accounts:
    """The accounts of one provider, by their stable identifiers."""

    def __init__(self, personas: Iterable[Persona]) -> None:
        self._by_id: dict[str, Persona] = {}
        for persona in personas:
            self._refuse_taken(persona.username)
            if persona.id in self._by_id:
                raise ValueError(f"Two personas have the id {persona.id!r}.")
            self._by_id[persona.id] = persona

    @property
    def personas(self) -> tuple[Persona, ...]:
        """Everybody, in the order in which they were given."""
        return tuple(self._by_id.values())

    def find(self, user: str | HasId) -> Persona | None:
        """Find an account by its current username, its identifier, or somebody who has it."""
        if not isinstance(user, str):
            return self._by_id.get(user.id)
        by_username = {persona.username: persona for persona in self.personas}
        return by_username.get(user) or self._by_id.get(user)

    def get(self, user: str | HasId) -> Persona:
        """Find an account that must be there.

        Raises:
            ValueError: Nobody has this name; the message lists who there is.
        """
        persona = self.find(user)
        if persona is None:
            known = ", ".join(persona.username for persona in self.personas)
            unknown = user if isinstance(user, str) else getattr(user, "username", user.id)
            raise ValueError(
                f"The provider knows no {unknown!r}; it knows {known}. People of your own: "
                "HfProvider(personas=[…])."
            )
        return persona

    def rename(self, user: str | HasId, new_username: str) -> Persona:
        """Give an account another username; its identifier stays."""
        persona = self.get(user)
        self._refuse_taken(new_username)
        self._by_id[persona.id] = replace(persona, username=new_username)
        return self._by_id[persona.id]

    def _refuse_taken(self, username: str) -> None:
        if username in {persona.username for persona in self.personas}:
            raise ValueError(f"The username {username!r} is taken.")
