"""HfProvider: the embedded provider as tests and developers hold it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from werkzeug.datastructures import MultiDict

from .accounts import Accounts
from .authorization import (
    AuthorizationRequest,
    CallbackRefusal,
    PageRefusal,
    build_error_callback,
    grant_again,
    grant_request,
    parse_authorization_request,
    refuse_request,
)
from .behaviour import Behaviour
from .clients import LOOPBACK_HOSTS, SCOPES, Client
from .demo_personas import PERSONAS
from .endpoints import Endpoints
from .realm import Realm
from .server import ProviderServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from .faults import Change, Endpoint, Fault
    from .personas import Persona
    from .records import RecordedRequest

_CLIENT_ID = "5f0e3c52-7f5b-4a0e-9a54-3f6f1d6a7c10"
_PUBLIC_CLIENT_ID = "c1b7f0de-2d0f-4a7e-8f55-0a9be2d4e8b3"
_CLIENT_SECRET = "test-provider-client-secret"  # noqa: S105 - good on loopback only


class ProviderRefusal(Exception):
    """The provider answered an error page, and the app was never called.

    Attributes:
        status: The HTTP status.
        text: What the page says.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text


class HfProvider:
    """A strict OpenID provider that behaves as Hugging Face, in this process, on loopback.

    ```python
    with HfProvider() as provider:
        app.config.update(provider.config())
    ```
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        personas: Iterable[Persona] = PERSONAS,
        **switches: object,
    ) -> None:
        """Make a provider that does not listen yet.

        Args:
            host: 127.0.0.1, localhost or ::1.
            port: 0 takes a free one.
            personas: Who can sign in.
            switches: The attributes of `Behaviour`.

        Raises:
            ValueError: The host is not loopback, or a switch has no such value.
        """
        if host not in LOOPBACK_HOSTS:
            raise ValueError(
                f"The test provider lets anybody sign in as anybody, so it listens on loopback "
                f"only, not on {host!r}. Leave host out, or give 127.0.0.1."
            )
        from .keys import SigningKeys  # noqa: PLC0415 - loads cryptography, which takes a while

        behaviour = Behaviour(**switches)  # type: ignore[arg-type]  # Behaviour checks them
        self._host = host
        self._port = port
        self._server: ProviderServer | None = None
        self._connections = 0
        self._realm = Realm(
            behaviour=behaviour,
            accounts=Accounts(personas),
            keys=SigningKeys(),
        )
        self._endpoints = Endpoints(self._realm)
        self._add_default_client(_CLIENT_ID, _CLIENT_SECRET)
        self._add_default_client(_PUBLIC_CLIENT_ID, None)

    def _add_default_client(self, client_id: str, client_secret: str | None) -> None:
        self._realm.clients[client_id] = Client(
            client_id=client_id,
            client_secret=client_secret,
            is_default=True,
        )

    def __enter__(self) -> HfProvider:
        """Start."""
        return self.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> HfProvider:
        """Listen; after a stop, on the same port as before.

        Raises:
            PortTakenError: Another program has the port.
        """
        if self._server is None:
            self._server = ProviderServer(self._host, self._port, self._endpoints.answer)
            self._port = self._server.port
            self._realm.issuer = self.url
            self._server.start()
        return self

    def stop(self) -> None:
        """Close the socket and all connections, and wait for the threads; again does nothing."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()
            self._connections += server.connections

    @property
    def url(self) -> str:
        """The address, which is the issuer.

        Raises:
            RuntimeError: The provider was not started, so it has no port yet.
        """
        if not self._port:
            raise RuntimeError(
                "The provider has no address yet: call start(), or use `with HfProvider()`."
            )
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def client_id(self) -> str:
        """The default app, which has a secret; any http URI on loopback is its redirect URI."""
        return _CLIENT_ID

    @property
    def client_secret(self) -> str:
        """The default app's secret."""
        return _CLIENT_SECRET

    @property
    def public_client_id(self) -> str:
        """The default public app, which has PKCE and no secret."""
        return _PUBLIC_CLIENT_ID

    @property
    def behaviour(self) -> Behaviour:
        """The switches as they are now."""
        return self._realm.behaviour

    @property
    def personas(self) -> tuple[Persona, ...]:
        """Who can sign in, under their current usernames."""
        return self._realm.accounts.personas

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests that reached protocol endpoints, oldest first."""
        return list(self._endpoints.requests)

    @property
    def connections(self) -> int:
        """How many TCP connections were opened."""
        return self._connections + (self._server.connections if self._server else 0)

    @property
    def signing_key(self) -> RSAPrivateKey:
        """The private key that signs ID tokens, for forgeries."""
        return self._realm.keys.signing_key

    def config(self, *, public: bool = False) -> dict[str, str]:
        """Build the settings of an app that signs in here, for `app.config.update`."""
        settings = {
            "HF_OAUTH_CLIENT_ID": self.public_client_id if public else self.client_id,
            "HF_OAUTH_PROVIDER_URL": self.url,
        }
        return settings if public else {**settings, "HF_OAUTH_CLIENT_SECRET": self.client_secret}

    def environ(self) -> dict[str, str]:
        """Build the environment variables that a Space would have."""
        return {
            "OAUTH_CLIENT_ID": self.client_id,
            "OAUTH_CLIENT_SECRET": self.client_secret,
            "OPENID_PROVIDER_URL": self.url,
        }

    def add_client(
        self,
        client_id: str,
        client_secret: str | None = None,
        redirect_uris: Iterable[str] = (),
        scopes: Iterable[str] = tuple(SCOPES),
    ) -> Client:
        """Register an app; without a secret it is public. The same id again replaces it."""
        client = Client(
            client_id=client_id,
            client_secret=client_secret,
            redirect_uris=tuple(redirect_uris),
            scopes=tuple(scopes),
        )
        self._realm.clients[client_id] = client
        return client

    def authorize(
        self,
        authorization_url: str,
        persona: str | Persona = "demo-free",
        scopes: Iterable[str] | None = None,
        orgs: Iterable[str] | None = None,
    ) -> str:
        """Play the browser of a person who agrees.

        It asks the provider directly, not over HTTP: `requests` and `connections` don't see it.

        Args:
            authorization_url: Where the app sent the browser.
            persona: Who agrees: a username, an identifier or a persona.
            scopes: What they grant; None is all that is asked for.
            orgs: The organisations that they grant, by username or identifier; None is those that
                the app asks for with `orgIds`.

        Returns:
            The callback URL; with an error in it when the provider tells the app of one.

        Raises:
            ProviderRefusal: The provider answers an error page.
        """
        person = self._realm.accounts.get(persona)
        asked = self._parse_authorization_url(authorization_url)
        if isinstance(asked, str):
            return asked
        if asked.prompt == "none":
            refusal = build_error_callback(
                self._realm, asked, "consent_required", "The user has to be asked"
            )
            return grant_again(self._realm, asked, person) or refusal.callback_url
        return grant_request(
            self._realm,
            asked,
            person,
            scopes=asked.scopes if scopes is None else _split(scopes),
            org_ids=asked.find_asked_orgs(person) if orgs is None else _find_orgs(person, orgs),
        )

    def refuse(self, authorization_url: str) -> str:
        """Play the browser of a person who refuses; see `authorize`."""
        asked = self._parse_authorization_url(authorization_url)
        return asked if isinstance(asked, str) else refuse_request(self._realm, asked)

    def _parse_authorization_url(self, authorization_url: str) -> AuthorizationRequest | str:
        """Parse what the app asks for, or the callback URL that tells it of its mistake."""
        if not authorization_url.startswith(f"{self.url}/oauth/authorize?"):
            raise ValueError(f"This URL is not an authorization request to {self.url}.")
        query = urlsplit(authorization_url).query
        try:
            args = MultiDict(parse_qsl(query, keep_blank_values=True))
            return parse_authorization_request(self._realm, args)
        except PageRefusal as refusal:
            raise ProviderRefusal(400, f"{refusal.title}: {refusal.text}") from refusal
        except CallbackRefusal as refusal:
            return refusal.callback_url

    def revoke(self, user: str | Persona) -> None:
        """End all tokens of a person, who has removed the app in their settings."""
        sub = self._realm.accounts.get(user).id
        self._realm.grants.revoke_person(sub)
        self._realm.consents.forget(sub)

    def rename(self, user: str | Persona, new_username: str) -> Persona:
        """Give a person another username; their `sub` stays."""
        return self._realm.accounts.rename(user, new_username)

    def switch(self, **switches: Any) -> None:
        """Change switches while the provider runs."""
        self._realm.behaviour = dataclasses.replace(self._realm.behaviour, **switches)

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

    def reset_records(self) -> None:
        """Forget the recorded requests and count connections from 0 again."""
        self._endpoints.requests.clear()
        self._connections = -self._server.connections if self._server else 0


def _find_orgs(persona: Persona, orgs: Iterable[str]) -> set[str]:
    """Find organisations of a person by username or identifier."""
    known = {org.username: org.id for org in persona.orgs}
    try:
        return {org if org in known.values() else known[org] for org in _split(orgs)}
    except KeyError as error:
        raise ValueError(
            f"{persona.username} belongs to no organisation {error}, but to {list(known)}."
        ) from error


def _split(names: Iterable[str]) -> tuple[str, ...]:
    """Split names that came as one string: mypy takes a string for its letters."""
    return tuple(names.split() if isinstance(names, str) else names)
