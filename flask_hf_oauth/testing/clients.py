"""Clients: the apps that are registered at the embedded provider."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
DEFAULT_CLIENT_ID = "5f0e3c52-7f5b-4a0e-9a54-3f6f1d6a7c10"
DEFAULT_CLIENT_SECRET = "test-provider-client-secret"  # noqa: S105 - good on loopback only
DEFAULT_PUBLIC_CLIENT_ID = "c1b7f0de-2d0f-4a7e-8f55-0a9be2d4e8b3"

# https://huggingface.co/docs/hub/oauth lists most of these; the last three are undocumented.
SCOPES = {
    "openid": "Know who you are",
    "profile": "See your name, username, picture and website",
    "email": "See your e-mail address",
    "read-billing": "Know whether you have a payment method",
    "read-memberships": "See your organizations and your role in each",
    "read-repos": "Read your repositories",
    "gated-repos": "Read the gated repositories that you have access to",
    "contribute-repos": "Create repositories, and change those that this app created",
    "write-repos": "Read and change your repositories",
    "manage-repos": "Create, change and delete your repositories",
    "read-collections": "Read your collections",
    "write-collections": "Create and change your collections",
    "inference-api": "Run inference on your behalf",
    "read-endpoints": "See your inference endpoints",
    "write-endpoints": "Create and change your inference endpoints",
    "jobs": "Run jobs on your behalf",
    "webhooks": "Manage your webhooks",
    "write-discussions": "Open discussions and pull requests, and comment, on your behalf",
    "read-mcp": "Use your MCP tools",
    "read-network-security": "See the network rules of your organizations",
    "write-network-security": "Change the network rules of your organizations",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered app.

    Attributes:
        client_id: How it names itself.
        client_secret: None for a public client, which has PKCE only.
        redirect_uris: Compared character by character, but for the port of http on loopback.
        scopes: What it may ask for, and gets when it asks for nothing.
        is_default: One of the provider's own: every http URI on loopback is registered, and every
            https URI on the host of the Space, if there is one.
    """

    client_id: str
    client_secret: str | None = None
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = tuple(SCOPES)
    is_default: bool = False

    @property
    def is_public(self) -> bool:
        """Whether it has no secret."""
        return self.client_secret is None

    def accepts_redirect_uri(self, redirect_uri: str, space_host: str | None = None) -> bool:
        """Say whether an answer may be sent to this URI.

        RFC 9700 section 2.1: URIs are compared exactly, or an attacker's page gets the code. On
        loopback RFC 8252 section 7.3 lets the port vary; "localhost" still is not "127.0.0.1".
        """
        if not _is_plain_uri(redirect_uri):
            return False
        if redirect_uri in self.redirect_uris:
            return True
        key = _build_loopback_key(redirect_uri)
        if self.is_default:
            return key is not None or _is_on_space(redirect_uri, space_host)
        return key is not None and key in map(_build_loopback_key, self.redirect_uris)


def build_default_clients(redirect_uris: str | Iterable[str]) -> dict[str, Client]:
    """Build the provider's own apps, one with a secret and one without, by client id."""
    secrets = {DEFAULT_CLIENT_ID: DEFAULT_CLIENT_SECRET, DEFAULT_PUBLIC_CLIENT_ID: None}
    return {
        client_id: Client(
            client_id=client_id,
            client_secret=client_secret,
            redirect_uris=list_uris(redirect_uris),
            is_default=True,
        )
        for client_id, client_secret in secrets.items()
    }


def list_uris(uris: str | Iterable[str]) -> tuple[str, ...]:
    """List URIs that may have come as a single one."""
    return (uris,) if isinstance(uris, str) else tuple(uris)


def _is_plain_uri(uri: str) -> bool:
    """Say whether a URI parses and has neither a fragment, credentials, nor odd characters."""
    if not uri.isascii() or not uri.isprintable() or any(mark in uri for mark in " \\#"):
        return False
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return False
    return "@" not in parts.netloc


def _build_loopback_key(uri: str) -> tuple[str, str, str] | None:
    """Build what must be equal of an http URI on loopback: all but the port. None: not on it."""
    parts = urlsplit(uri)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK_HOSTS:
        return None
    return parts.hostname, parts.path, parts.query


def _is_on_space(uri: str, space_host: str | None) -> bool:
    parts = urlsplit(uri)
    return space_host is not None and (parts.scheme, parts.netloc) == ("https", space_host)
