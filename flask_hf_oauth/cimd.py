"""The client id metadata document: an app that names itself by an address, and registers nowhere.

The client id is the https address of a document that this app serves, one for each of its hosts
(draft-ietf-oauth-client-id-metadata-document); it is a public client, which has PKCE only.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Response, current_app, jsonify
from flask.typing import ResponseReturnValue

from .endpoints import CIMD_PATH
from .errors import ConfigurationError, HostInvalid
from .pages import refuse
from .redirects import build_redirect_uri
from .settings import CIMD
from .state import State, current_state

_MAX_AGE = 300  # seconds


def client_metadata() -> ResponseReturnValue:
    """Serve the document, with the members that the Hub asks for and no other."""
    state = current_state()
    try:
        client_id = build_client_id(state)
    except (ConfigurationError, HostInvalid) as error:
        refuse(error)
    response: Response = jsonify(
        client_id=client_id,
        client_name=urlsplit(client_id).hostname,
        redirect_uris=[build_redirect_uri(state)],
        token_endpoint_auth_method="none",  # noqa: S106 - a method, not a password
    )
    response.cache_control.max_age = _MAX_AGE
    return response


def choose_client_id(state: State) -> str:
    """Return the client id for a login, on a host that the owner has named.

    Or whoever writes a Host header would choose. A site of an attacker's is a good client too:
    people agree to sign in there, and their codes would sign the attacker in here. ``aud`` exists
    against that (OpenID Connect Core section 2).

    Raises:
        ConfigurationError: No host is named, or the Hub can't fetch the document there.
        HostInvalid: The request can't tell the host.
    """
    client_id = build_client_id(state)
    settings, config = state.settings, current_app.config
    named = (
        settings.redirect_uri,
        state.space_hosts,
        config["TRUSTED_HOSTS"],
        config["SERVER_NAME"],
    )
    if not any(named) and not current_app.testing:
        raise ConfigurationError(
            f"HF_OAUTH_CLIENT_ID is {CIMD!r}, so that the host of this app is its name at Hugging "
            "Face, but nothing says which hosts are its own, and anybody can ask for any. Set "
            'TRUSTED_HOSTS = ["your.host"] in app.config, or HF_OAUTH_REDIRECT_URI.',
            error_code="cimd_host_unknown",
        )
    return client_id


def build_client_id(state: State) -> str:
    """Return the address of the document, below the same root as the callback.

    Raises:
        ConfigurationError: The Hub can't fetch it there.
        HostInvalid: The request can't tell the host.
    """
    redirect_uri = build_redirect_uri(state)
    callback = urlsplit(redirect_uri)
    if callback.scheme != "https" or not _is_public(callback.hostname or ""):
        raise ConfigurationError(
            f"HF_OAUTH_CLIENT_ID is {CIMD!r}, so that Hugging Face fetches a document from this "
            f"app; it can't from {callback.scheme}://{callback.netloc}. Open the site by a public "
            "https address (behind a proxy: ProxyFix), or use a registered client id; to develop, "
            "HF_OAUTH_DEV_PROVIDER = True.",
            error_code="cimd_not_public",
        )
    return redirect_uri.removesuffix(state.settings.callback_path) + CIMD_PATH


def _is_public(host: str) -> bool:
    """Tell whether the rest of the world may reach a host by this name."""
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".localhost", ".internal"))
