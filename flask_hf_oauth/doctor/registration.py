"""What Hugging Face knows the app by: client id, secret and scopes."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..cimd import choose_client_id
from ..client import check_dev_provider, find_client
from ..settings import CIMD, Settings
from .report import Finding, failed, passed, warned
from .setup import Setup


def examine_client(setup: Setup) -> Iterator[Finding]:
    """Look at the client id; one that is missing is explained as ``/login`` does."""
    settings = setup.state.settings
    if settings.dev_provider:
        check_dev_provider(setup.state)
        yield passed("client", "the embedded provider, where everybody can sign in as anybody")
    elif settings.client_id == CIMD:
        client_id = setup.visit(lambda: choose_client_id(setup.state))
        yield passed("client", f"{client_id}, a document that this app serves")
    else:
        find_client(setup.state)
        yield passed("client", str(settings.client_id))


def examine_secret(setup: Setup) -> Iterator[Finding]:
    """Tell whether there is a client secret, but not which."""
    settings = setup.state.settings
    if settings.client_secret is not None:
        yield passed("secret", "set")
    elif settings.client_id is not None:
        yield passed("secret", "none: a public client, which PKCE protects")


def examine_scopes(setup: Setup) -> Iterator[Finding]:
    """Compare the scopes that are asked for with those that a Space has, and with what needs them.

    The Hub refuses a login that asks for a scope which its app lacks.
    """
    settings = setup.state.settings
    asked, later = " ".join(settings.scopes), " ".join(settings.optional_scopes)
    problems = [*_compare_with_space(setup), *_compare_with_orgs(settings)]
    shown = f"{asked}; later, when wanted: {later}" if later else asked
    yield from problems or [passed("scopes", shown)]


def _compare_with_space(setup: Setup) -> Iterator[Finding]:
    settings, registered = setup.state.settings, os.environ.get("OAUTH_SCOPES", "")
    if not setup.is_client_of_space or (settings.client_id and not registered):
        return  # an app of one's own, wherever it is registered
    known = {"openid", "profile", *registered.split()}
    for report, wanted in ((failed, settings.scopes), (warned, settings.optional_scopes)):
        missing = [scope for scope in wanted if scope not in known]
        if missing:
            yield report(
                "scopes",
                f"{' '.join(missing)}: not among those of the Space, so that the Hub refuses it",
                "Add to the front matter of README.md:\nhf_oauth_scopes:\n"
                + "\n".join(f"  - {scope}" for scope in missing),
            )


def _compare_with_orgs(settings: Settings) -> Iterator[Finding]:
    if settings.hides_roles:
        yield warned(
            "scopes",
            "HF_OAUTH_ALLOWED_ORGS without read-memberships: roles stay unknown, so that somebody "
            'with the role "no_access" counts as a member',
            "Add read-memberships to HF_OAUTH_SCOPES.",
        )
