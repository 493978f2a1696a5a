"""The app's client of its provider, made at the first login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

from .errors import ConfigurationError
from .state import State

if TYPE_CHECKING:
    from .oidc.client import OidcClient


def find_client(state: State) -> OidcClient:
    """Return the client of the current app.

    Raises:
        ConfigurationError: There is no client id, or the embedded provider is refused here.
    """
    if state.client is None:
        with state.lock:
            if state.client is None:
                state.client = _make_client(state)
    return state.client


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
        raise ConfigurationError(_explain_client_id(is_space=state.is_space))
    return settings.provider_url, settings.client_id, settings.client_secret


def _start_dev_provider(state: State) -> tuple[str, str, str | None]:
    """Start the embedded provider, where everybody can sign in as anybody: never in public."""
    if state.is_space or not (current_app.debug or current_app.testing):
        raise ConfigurationError(
            "HF_OAUTH_DEV_PROVIDER lets everybody sign in as anybody, so it works only in "
            "debug or testing mode (flask run --debug) and never on a Space. Remove it here, "
            "and set OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET.",
            error_code="dev_provider_refused",
        )
    from .testing.provider import HfProvider  # noqa: PLC0415 - only developers pay for it

    provider = HfProvider(remember_consent=False).start()
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
