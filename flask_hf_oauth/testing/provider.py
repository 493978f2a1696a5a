"""HfProvider: the embedded provider as tests and developers hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .accounts import Accounts
from .behavior import Behavior
from .clients import (
    DEFAULT_CLIENT_ID,
    DEFAULT_CLIENT_SECRET,
    DEFAULT_PUBLIC_CLIENT_ID,
    LOOPBACK_HOSTS,
    build_default_clients,
)
from .controls import Controls
from .demo_personas import PERSONAS
from .endpoints import Endpoints
from .realm import Realm
from .server import ProviderServer
from .stand_in import agree, disagree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from .personas import HasId, Persona
    from .records import RecordedRequest


class HfProvider(Controls):
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
        personas: Iterable[Persona] | None = None,
        redirect_uris: str | Iterable[str] = (),
        **switches: object,
    ) -> None:
        """Make a provider that does not listen yet.

        Args:
            host: 127.0.0.1, localhost or ::1.
            port: 0 takes a free one.
            personas: Who can sign in; `PERSONAS` when left out.
            redirect_uris: Where the default apps may be answered, beside any http URI on loopback.
            switches: The attributes of `Behavior`.

        Raises:
            ValueError: The host is not loopback, or a switch has no such value.
        """
        if host not in LOOPBACK_HOSTS:
            raise ValueError(
                f"The test provider lets anybody sign in as anybody, so it listens on loopback "
                f"only, not on {host!r}. Leave host out, or give 127.0.0.1."
            )
        from .keys import SigningKeys  # noqa: PLC0415 - loads cryptography, which takes a while

        behavior = Behavior(**switches)  # type: ignore[arg-type]  # Behavior checks them
        self._host = host
        self._port = port
        self._server: ProviderServer | None = None
        self._connections = 0
        self._realm = Realm(
            behavior=behavior,
            accounts=Accounts(PERSONAS if personas is None else personas),
            keys=SigningKeys(),
            clients=build_default_clients(redirect_uris),
        )
        self._endpoints = Endpoints(self._realm)

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
        return DEFAULT_CLIENT_ID

    @property
    def client_secret(self) -> str:
        """The default app's secret."""
        return DEFAULT_CLIENT_SECRET

    @property
    def public_client_id(self) -> str:
        """The default public app, which has PKCE and no secret."""
        return DEFAULT_PUBLIC_CLIENT_ID

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests that reached protocol endpoints, oldest first."""
        return list(self._endpoints.requests)

    @property
    def connections(self) -> int:
        """How many TCP connections were opened."""
        return self._connections + (self._server.connections if self._server else 0)

    def config(self, *, public: bool = False) -> dict[str, object]:
        """Build the settings of an app that signs in here, for `app.config.update`."""
        settings = {
            "HF_OAUTH_CLIENT_ID": self.public_client_id if public else self.client_id,
            "HF_OAUTH_PROVIDER_URL": self.url,
            "HF_OAUTH_DEV_PROVIDER": False,
        }
        return settings if public else {**settings, "HF_OAUTH_CLIENT_SECRET": self.client_secret}

    def environ(self) -> dict[str, str]:
        """Build the environment variables that a Space would have."""
        return {
            "OAUTH_CLIENT_ID": self.client_id,
            "OAUTH_CLIENT_SECRET": self.client_secret,
            "OPENID_PROVIDER_URL": self.url,
        }

    def show_space(self, name: str, url: str) -> str:
        """Show an app in a frame, as the page of a Space does; the same name again replaces it.

        Start the provider on "localhost" and the app on 127.0.0.1, or the other way round: to a
        browser they are two sites then, as huggingface.co and hf.space are.

        Args:
            name: `owner/name`, which is SPACE_ID in the environment of the Space.
            url: The address of the app.

        Returns:
            The address of the page.
        """
        self._realm.spaces[name] = url
        return f"{self.url}/spaces/{name}"

    def authorize(
        self,
        authorization_url: str | None,
        persona: str | HasId = "demo-free",
        scopes: Iterable[str] | None = None,
        orgs: Iterable[str] | None = None,
    ) -> str:
        """Play the browser of a person who agrees.

        It asks the provider directly, not over HTTP: `requests` and `connections` don't see it.

        Args:
            authorization_url: Where the app sent the browser, `client.get("/login").location`.
            persona: Who agrees: a username, an identifier, a `Persona` or an `HfUser`.
            scopes: What they grant; None is all that is asked for.
            orgs: The organizations that they grant, by username or identifier; None is those that
                the app asks for with `orgIds`.

        Returns:
            The callback URL; with an error in it when the provider tells the app of one.

        Raises:
            ProviderRefusal: The provider answers an error page.
            ValueError: The URL is not this provider's, or there is no such person or organization.
        """
        return agree(self._realm, authorization_url, persona, scopes, orgs)

    def refuse(self, authorization_url: str | None) -> str:
        """Play the browser of a person who refuses; see `authorize`."""
        return disagree(self._realm, authorization_url)

    def reset_records(self) -> None:
        """Forget the recorded requests and count connections from 0 again."""
        self._endpoints.requests.clear()
        self._connections = -self._server.connections if self._server else 0
