"""The provider: what its documents say, whether it knows this app, and what time it is there."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from werkzeug.http import parse_date

from ..errors import (
    CodeRejected,
    DiscoveryError,
    LoginError,
    ProviderTimeout,
    ProviderUnavailable,
)
from ..oidc.answers import parse_json_object
from ..oidc.client import DEADLINE
from ..oidc.discovery import ProviderMetadata, fetch_discovery, fetch_keys, parse_metadata
from ..oidc.http import Exchange, Transport
from ..oidc.login import LEEWAY
from ..oidc.tokens import ClientCredentials, fetch_tokens
from ..settings import CIMD
from .report import Finding, failed, passed, warned
from .setup import Setup

_ID_TOKEN_LIFETIME = 3600  # seconds, at Hugging Face
_NOTICEABLE = 60  # seconds of difference that a machine on the network has no reason for
_CIMD_MEMBERS = ("client_id_metadata_document_supported", "client_id_metadata_supported")


def examine_provider(setup: Setup) -> Iterator[Finding]:
    """Fetch the provider's documents as a login does, within the same deadline."""
    settings = setup.state.settings
    if settings.dev_provider:
        return
    transport = Transport(timeout=settings.timeout, deadline=DEADLINE, max_exchanges=1)
    try:
        with transport.exchange() as exchange:
            yield from _examine_documents(exchange, setup)
    except LoginError as error:
        yield failed("provider", f"{error.error_code}: {error.detail}", _find_remedy(error))
    finally:
        transport.close()


def _examine_documents(exchange: Exchange, setup: Setup) -> Iterator[Finding]:
    settings = setup.state.settings
    issuer = settings.provider_url
    response, now = fetch_discovery(exchange, issuer), time.time()
    document = parse_json_object(response, DiscoveryError)
    metadata = parse_metadata(document, issuer)
    keys = fetch_keys(exchange, metadata)
    algorithms = " and ".join(metadata.signing_algorithms)
    yield passed("provider", f"{issuer} signs with {algorithms}, keys: {len(keys)}")
    yield judge_clock(response.headers, now)
    if settings.client_id == CIMD:
        yield from _examine_cimd(document)
    elif settings.client_id is not None:
        client = ClientCredentials(
            client_id=settings.client_id, client_secret=settings.client_secret
        )
        redirect_uri = settings.redirect_uri or setup.callback
        yield _examine_credentials(exchange, metadata, client, redirect_uri)


def _find_remedy(error: LoginError) -> str:
    if isinstance(error, (ProviderUnavailable, ProviderTimeout)):
        return (
            "Is HF_OAUTH_PROVIDER_URL (OPENID_PROVIDER_URL) right, and does a firewall or a proxy "
            "let this machine out?"
        )
    return "HF_OAUTH_PROVIDER_URL has to be the issuer itself: https://huggingface.co"


def _examine_cimd(document: Mapping[str, object]) -> Iterator[Finding]:
    if not any(document.get(member) is True for member in _CIMD_MEMBERS):
        yield failed(
            "cimd",
            "the provider fetches no client documents",
            "Register an app there, and set HF_OAUTH_CLIENT_ID to its client id.",
        )


def _examine_credentials(
    exchange: Exchange, metadata: ProviderMetadata, client: ClientCredentials, redirect_uri: str
) -> Finding:
    """Show a code that nobody was given: the client is judged before it (RFC 6749 section 5.2)."""
    try:
        fetch_tokens(
            exchange,
            metadata,
            client,
            code="doctor",
            code_verifier="doctor" * 8,
            redirect_uri=redirect_uri,
            requested_scopes=frozenset(),
        )
    except CodeRejected:
        return passed("credentials", "the provider knows the client id and takes its secret")
    except (ProviderUnavailable, ProviderTimeout):
        raise
    except LoginError as error:
        if error.error_code == "token_invalid_client":
            return failed("credentials", error.detail, str(error.remedy))
    found = "the provider does not say whether it knows the client"
    return warned("credentials", found, "Sign in once: the app's log will say more.")


def judge_clock(headers: Mapping[str, str], now: float) -> Finding:
    """Compare this clock with the provider's.

    One that is behind takes an ID token for one of the future, one that is an hour ahead takes it
    for an old one.
    """
    date = parse_date(headers.get("Date"))
    if date is None:
        return warned("clock", "the provider does not say what time it is", "Compare by hand.")
    age = headers.get("Age", "")  # a cache hands on the old Date (RFC 9111 section 5.1)
    ahead = now - date.timestamp() - (int(age) if age.isdecimal() else 0)
    if abs(ahead) <= _NOTICEABLE:
        return passed("clock", "right, by the provider's")
    found = f"{abs(ahead):.0f} seconds {'ahead of' if ahead > 0 else 'behind'} the provider's"
    report = warned if -LEEWAY < ahead < LEEWAY + _ID_TOKEN_LIFETIME else failed
    return report("clock", found, "Have this machine's clock set by NTP.")
