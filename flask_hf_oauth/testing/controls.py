"""Controls: how a test changes a provider that runs."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .clients import DEFAULT_CLIENT_ID, SCOPES, Client, list_uris
from .issuing import issue_tokens
from .stand_in import build_grant, split_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from .behavior import Behavior
    from .faults import Change, Endpoint, Fault
    from .issuing import Tokens
    from .personas import HasId, Persona
    from .realm import Realm


class Controls:
    """What a test can do to a provider, besides signing in."""

    _realm: Realm

    @property
    def behavior(self) -> Behavior:
        """The switches as they are now."""
        return self._realm.behavior

    @property
    def personas(self) -> tuple[Persona, ...]:
        """Who can sign in, under their current usernames."""
        return self._realm.accounts.personas

    def find_persona(self, user: str | HasId) -> Persona:
        """Find a person, as they are called now, by username, identifier, `Persona` or `HfUser`.

        Raises:
            ValueError: There is no such person.
        """
        return self._realm.accounts.get(user)

    @property
    def signing_key(self) -> RSAPrivateKey:
        """The private key that signs ID tokens, for forgeries."""
        return self._realm.keys.signing_key

    def add_client(
        self,
        client_id: str,
        client_secret: str | None = None,
        redirect_uris: str | Iterable[str] = (),
        scopes: str | Iterable[str] = tuple(SCOPES),
    ) -> Client:
        """Register an app; without a secret it is public. The same id again replaces it."""
        client = Client(
            client_id=client_id,
            client_secret=client_secret,
            redirect_uris=list_uris(redirect_uris),
            scopes=split_names(scopes),
        )
        self._realm.clients[client_id] = client
        return client

    def issue_tokens(
        self,
        user: str | HasId = "demo-free",
        *,
        scopes: str | Iterable[str] = ("openid", "profile"),
        orgs: str | Iterable[str] = (),
        expires_in: int | None = None,
        client_id: str = DEFAULT_CLIENT_ID,
    ) -> Tokens:
        """Issue tokens without a sign-in; userinfo, refresh and the Hub's endpoints take them.

        Args:
            user: Whose they are: a username, an identifier, a `Persona` or an `HfUser`.
            scopes: What they are good for.
            orgs: The organizations that are granted, by username or identifier.
            expires_in: Seconds that the access token lasts; the switch's when left out. A negative
                number is an expired one.
            client_id: The app that they are for.

        Raises:
            ValueError: There is no such person, organization or app.
        """
        grant = build_grant(self._realm, client_id, user, scopes, orgs)
        return issue_tokens(self._realm, grant, expires_in)

    def revoke(self, user: str | HasId) -> None:
        """End all tokens of a person, who has removed the app in their settings."""
        sub = self._realm.accounts.get(user).id
        self._realm.grants.revoke_person(sub)
        self._realm.consents.forget(sub)

    def rename(self, user: str | HasId, new_username: str) -> Persona:
        """Give a person another username; their `sub` stays."""
        return self._realm.accounts.rename(user, new_username)

    def switch(self, **switches: Any) -> None:
        """Change switches while the provider runs."""
        self._realm.behavior = dataclasses.replace(self._realm.behavior, **switches)

    def fail(self, endpoint: Endpoint, fault: Fault, times: int | None = 1) -> None:
        """Let the next requests to an endpoint fail; with times=None, all until `heal`."""
        self._realm.faults.fail(endpoint, fault, times)

    def delay(self, endpoint: Endpoint, seconds: float) -> None:
        """Let an endpoint wait before it answers, until `heal`."""
        self._realm.faults.delay(endpoint, seconds)

    def change(self, name: Change, function: Callable[[Any], object]) -> None:
        """Pass what the provider sends through a function, until `heal`."""
        self._realm.changes.change(name, function)

    def heal(self, endpoint: Endpoint | None = None) -> None:
        """End faults, delays and changes at one endpoint, or at all."""
        self._realm.faults.heal(endpoint)
        self._realm.changes.heal(endpoint)

    def rotate_keys(self) -> None:
        """Sign with a new RSA key; the old one leaves the key set."""
        self._realm.keys.rotate()

    def sign(self, header: Mapping[str, object], claims: Mapping[str, object]) -> str:
        """Sign any header and claims with the ID token's key and RS256, for forgeries."""
        return self._realm.keys.sign_id_token(header, claims)
