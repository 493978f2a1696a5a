"""What one app keeps: settings, the client, the cache; of users and logins, which were ended."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from flask import Flask, current_app
from flask.typing import ResponseReturnValue

from .compact import Login, build_binding
from .errors import ConfigurationError, NotInitialized
from .fetch_metadata import this_host
from .here import this_app, this_request
from .settings import CIMD, Settings
from .user import HfToken, HfUser, TokenPair

if TYPE_CHECKING:
    from cachelib import BaseCache

    from .oidc.client import OidcClient

EXTENSION = "hf_oauth"

# The claims are a read-only Mapping[str, object]; Any, so that an app may annotate them its way.
LoginHandler: TypeAlias = Callable[
    [HfUser, HfToken, Any],
    "ResponseReturnValue | Awaitable[ResponseReturnValue | None] | None",
]


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
    space_hosts: tuple[str, ...]
    binding: str
    clients: dict[int, OidcClient] = field(default_factory=dict)  # by the id of the process
    locks: dict[int, threading.Lock] = field(default_factory=dict)  # the same
    own_caches: dict[str, BaseCache] = field(default_factory=dict)  # one: setdefault is atomic
    revoked: dict[str, tuple[int, int]] = field(default_factory=dict)  # by the key in CACHE
    revalidate: Callable[[State, Login], Login | None] | None = None

    @property
    def cache(self) -> BaseCache:
        """Where requests leave word for each other: HF_OAUTH_CACHE, or else this process."""
        if self.settings.cache is not None:
            return self.settings.cache
        if not self.own_caches:
            from .process_cache import ProcessCache  # noqa: PLC0415 - cachelib loads all its backends

            self.own_caches.setdefault("process", ProcessCache())
        return self.own_caches["process"]


def current_state() -> State:
    """Return the record of the current app."""
    return find_state(this_app())


def find_state(app: Flask) -> State:
    """Return the record of an app.

    Raises:
        NotInitialized: There is none.
    """
    state: State | None = app.extensions.get(EXTENSION)
    if state is None:
        raise NotInitialized
    return state


def find_binding(state: State) -> str:
    """Return what tells the logins of this provider and client from all others.

    An app that is known by an address is another client on each of its hosts, and below each path.
    """
    if state.settings.client_id != CIMD:
        return state.binding
    home = next(iter(state.space_hosts), this_host()) + this_request().script_root
    return build_binding(state.settings.provider_url, state.settings.redirect_uri or home)


def secret_keys() -> list[bytes]:
    """Return the app's secret keys, the newest first.

    Raises:
        ConfigurationError: There is none, so nothing can be signed; or an older one is none.
    """
    key = current_app.secret_key
    if not key:
        raise ConfigurationError(
            "There is no SECRET_KEY, so no session can be kept. Set a random one that stays the "
            'same over restarts and in every worker: python -c "import secrets; '
            'print(secrets.token_hex())"',
            error_code="secret_key_missing",
        )
    fallbacks = current_app.config.get("SECRET_KEY_FALLBACKS") or ()
    if isinstance(fallbacks, (str, bytes)) or not all(map(_is_key, fallbacks)):
        raise ConfigurationError(
            "SECRET_KEY_FALLBACKS has to be a list of texts, none of them empty: the letters of a "
            "text would be secret keys, and anybody can sign with an empty one.",
            error_code="secret_key_fallbacks",
        )
    keys = [key, *fallbacks]
    return [key.encode() if isinstance(key, str) else key for key in keys]


def _is_key(value: object) -> bool:
    return isinstance(value, (str, bytes)) and len(value) > 0


def seal_tokens(tokens: TokenPair) -> str:
    """Encrypt tokens under the app's newest secret key."""
    from .sealing import seal  # noqa: PLC0415 - cryptography waits for the first login

    return seal(tokens, secret_keys())


def unseal_tokens(sealed: str) -> TokenPair | None:
    """Decrypt tokens; None when there are none, or no secret key of the app fits."""
    if not sealed:
        return None
    from .sealing import unseal  # noqa: PLC0415 - cryptography waits for the first login

    return unseal(sealed, secret_keys())
