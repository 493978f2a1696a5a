"""What one app keeps: settings, the client, the cache. Nothing of a user is in here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from cachelib import BaseCache, SimpleCache
from flask import Flask, current_app

from .errors import ConfigurationError
from .settings import Settings
from .user import HfToken, HfUser

if TYPE_CHECKING:
    from .oidc.client import OidcClient

EXTENSION = "hf_oauth"

LoginHandler: TypeAlias = Callable[[HfUser, HfToken, Mapping[str, object]], Any]

_CLAIMS = 50_000  # logins of the last ten minutes that one process remembers


class ProcessCache(SimpleCache):
    """The cache of one process, whose ``add`` is atomic.

    cachelib does that itself from 0.17 on, which needs Python 3.11: drop this class with 3.10.
    """

    def __init__(self) -> None:
        """Make room for the claims of a busy process."""
        super().__init__(threshold=_CLAIMS)
        self._adding = threading.Lock()

    def add(self, key: str, value: object, timeout: int | None = None) -> bool:  # type: ignore[override]  # 0.17 takes a timedelta too
        """Store a value unless there is one."""
        with self._adding:
            return bool(super().add(key, value, timeout))


@dataclass(slots=True)
class Hooks:
    """The functions of the app that a login calls; shared by the apps of one ``HfOAuth``."""

    login_handler: LoginHandler | None = None


@dataclass(slots=True)
class State:
    """The record in ``app.extensions["hf_oauth"]``."""

    settings: Settings
    hooks: Hooks
    is_space: bool
    space_host: str | None
    cache: BaseCache = field(default_factory=ProcessCache)
    _client: OidcClient | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self) -> OidcClient:
        """Return the app's client, made at the first login.

        Raises:
            ConfigurationError: There is no client id, or the embedded provider is refused here.
        """
        if self._client is None:
            with self._lock:
                if self._client is None:
                    self._client = self._make_client()
        return self._client

    def _make_client(self) -> OidcClient:
        # The one door through which authlib, requests and cryptography are loaded.
        from .oidc.client import OidcClient  # noqa: PLC0415 - 100 ms and 17 MiB that wait for it
        from .oidc.tokens import ClientCredentials  # noqa: PLC0415 - the same door

        issuer, client_id, client_secret = self._find_provider()
        return OidcClient(
            issuer=issuer,
            credentials=ClientCredentials(client_id=client_id, client_secret=client_secret),
            timeout=self.settings.timeout,
            max_exchanges=self.settings.max_exchanges,
        )

    def _find_provider(self) -> tuple[str, str, str | None]:
        if self.settings.dev_provider:
            return self._start_dev_provider()
        if self.settings.client_id is None:
            raise ConfigurationError(_explain_client_id(is_space=self.is_space))
        settings = self.settings
        return settings.provider_url, self.settings.client_id, settings.client_secret

    def _start_dev_provider(self) -> tuple[str, str, str | None]:
        """Start the embedded provider, where everybody can sign in as anybody: never in public."""
        if self.is_space or not (current_app.debug or current_app.testing):
            raise ConfigurationError(
                "HF_OAUTH_DEV_PROVIDER lets everybody sign in as anybody, so it works only in "
                "debug or testing mode (flask run --debug) and never on a Space. Remove it here, "
                "and set OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET.",
                error_code="dev_provider_refused",
            )
        from .testing.provider import HfProvider  # noqa: PLC0415 - only developers pay for it

        provider = HfProvider(remember_consent=False)
        provider.start()
        return provider.url, provider.client_id, provider.client_secret


def _explain_client_id(*, is_space: bool) -> str:
    if is_space:
        return (
            "This Space has no OAuth app yet. Add the line\nhf_oauth: true\nto the front matter of "
            "its README.md; the Hub then sets OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET."
        )
    return (
        "There is no client id. Create an app at https://huggingface.co/settings/applications/new "
        "and set OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET (or HF_OAUTH_CLIENT_ID and "
        "HF_OAUTH_CLIENT_SECRET in app.config). To try it without an account, set "
        "HF_OAUTH_DEV_PROVIDER = True and run flask in debug mode."
    )


def this_app() -> Flask:
    """Return the current app itself: signals are sent by it, not by its proxy."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask documents this very use
    return app


def current_state() -> State:
    """Return the record of the current app."""
    try:
        state: State = current_app.extensions[EXTENSION]
    except KeyError:
        raise ConfigurationError("This app has no HfOAuth. Did you forget init_app(app)?") from None
    return state


def secret_keys() -> list[bytes]:
    """Return the app's secret keys, the newest first.

    Raises:
        ConfigurationError: There is none, so nothing can be signed.
    """
    key = current_app.secret_key
    if not key:
        raise ConfigurationError(
            "There is no SECRET_KEY, so no session can be kept. Set a random one that stays the "
            'same over restarts and in every worker: python -c "import secrets; '
            'print(secrets.token_hex())"',
            error_code="secret_key_missing",
        )
    keys = [key, *(current_app.config.get("SECRET_KEY_FALLBACKS") or ())]
    return [key.encode() if isinstance(key, str) else key for key in keys]


def seal_token(access_token: str) -> str:
    """Encrypt a token under the app's newest secret key."""
    from .sealing import seal  # noqa: PLC0415 - cryptography waits for the first login

    return seal(access_token, secret_keys())


def unseal_token(sealed: str) -> str | None:
    """Decrypt a token; None when no secret key of the app fits."""
    from .sealing import unseal  # noqa: PLC0415 - cryptography waits for the first login

    return unseal(sealed, secret_keys())
