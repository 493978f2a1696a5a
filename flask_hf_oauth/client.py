"""The app's client of its provider, made at the first login."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING
from zlib import crc32

from flask import current_app

from .cimd import choose_client_id
from .errors import ConfigurationError
from .settings import CIMD
from .state import State

if TYPE_CHECKING:
    from .oidc.client import OidcClient

_FIRST_PORT, _PORTS = 20_000, 10_000  # of the embedded provider


def find_client(state: State) -> OidcClient:
    """Return the client of the current app.

    A process that was forked makes its own: on its parent's connections it would read the answers
    to others, and its parent's lock may be held for ever.

    Raises:
        ConfigurationError: There is no client id, or the embedded provider is refused here.
    """
    process = os.getpid()
    client = state.clients.get(process)
    if client is None:
        with state.locks.setdefault(process, threading.Lock()):
            client = state.clients.get(process) or _make_client(state)
            state.clients[process] = client
    return client.known_as(choose_client_id(state)) if state.settings.client_id == CIMD else client


def _make_client(state: State) -> OidcClient:
    from .oidc.client import OidcClient  # noqa: PLC0415 - 100 ms and 17 MiB that wait for a login
    from .oidc.tokens import ClientCredentials  # noqa: PLC0415 - the same

    issuer, client_id, client_secret = _find_provider(state)
    return OidcClient(
        issuer=issuer,
        credentials=ClientCredentials(client_id=client_id, client_secret=client_secret),
        timeout=state.settings.timeout,
        max_exchanges=state.settings.max_exchanges,
    )


def _find_provider(state: State) -> tuple[str, str, str | None]:
    settings = state.settings
    if settings.dev_provider:
        return _start_dev_provider(state)
    if settings.client_id is None:
        raise ConfigurationError(_find_misplaced() or _explain_client_id(is_space=state.is_space))
    return settings.provider_url, settings.client_id, settings.client_secret


def _start_dev_provider(state: State) -> tuple[str, str, str | None]:
    check_dev_provider(state)
    from .testing import HfProvider, PortTakenError  # noqa: PLC0415 - only developers pay

    # The same port each time: a reloader starts this anew, and pages and sessions name it.
    port = _FIRST_PORT + crc32(current_app.root_path.encode()) % _PORTS
    try:
        provider = HfProvider(port=port, remember_consent=False).start()
    except PortTakenError:
        provider = HfProvider(remember_consent=False).start()
    return provider.url, provider.client_id, provider.client_secret


def check_dev_provider(state: State) -> None:
    """Refuse the embedded provider in public: everybody can sign in there as anybody.

    Raises:
        ConfigurationError: The app is on a Space, or neither in debug nor in testing mode.
    """
    if state.is_space or not (current_app.debug or current_app.testing):
        raise ConfigurationError(
            "HF_OAUTH_DEV_PROVIDER lets everybody sign in as anybody, so it works only in "
            "debug or testing mode (flask run --debug) and never on a Space. Remove it here, "
            "and set OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET.",
            error_code="dev_provider_refused",
        )


def _find_misplaced() -> str | None:
    """Find what was set where nobody looks for it: the most likely reason for a missing id."""
    for name in ("CLIENT_ID", "DEV_PROVIDER"):
        key, variable = f"HF_OAUTH_{name}", f"OAUTH_{name}"
        if current_app.config.get(key):
            return f"{key} came into app.config after HfOAuth(app) had read it: set it above."
        if current_app.config.get(variable):
            return f"{variable} is the name of an environment variable: in app.config it is {key}."
        if os.environ.get(key):
            return f"{key} is read from app.config, not from the environment: set it there."
    return None


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
