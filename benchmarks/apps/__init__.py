"""The apps that are measured: ours, bare ones, and those that one would write instead.

Every app has the same addresses: `/private` greets the signed-in user, `/public` anybody, and a
`Subject` knows where its login begins and ends. Each is written as the documentation of what it
stands for shows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

SCOPES = "openid profile read-memberships"
SECRET_KEY = "only-for-benchmarks-0123456789abcdef"

BARE = "bare Flask"
BARE_SAME_BYTES = "bare Flask, same bytes"
BARE_FASTAPI = "bare FastAPI"
OURS = "flask-hf-oauth"
OURS_WITHOUT_TOKEN = "flask-hf-oauth (no token)"

# What requests and httpx trust, in the variables that their documentation names.
_TRUST = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where an app signs in, and as which client.

    Args:
        url: The issuer.
        client_id: The client that the app is.
        client_secret: Its secret.
        redirect_uri: The origin of the app, with the subject's `callback`.
        ca_file: Which certificates to trust; None: those that the libraries bring.
    """

    url: str
    client_id: str
    client_secret: str
    redirect_uri: str
    ca_file: str | None = None

    @property
    def metadata_url(self) -> str:
        """Where its discovery document is."""
        return f"{self.url}/.well-known/openid-configuration"

    def trust(self) -> None:
        """Trust its certificates in this process, whichever library asks."""
        if self.ca_file is not None:
            os.environ.update(dict.fromkeys(_TRUST, self.ca_file))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One way to sign in with Hugging Face, or a floor: what the same page costs without.

    Args:
        name: How the table names it.
        make_app: Builds the app; loads its libraries then, and not earlier.
        is_asgi: It is an ASGI app, not a WSGI app.
        keeps_token: The session carries the access token.
        has_guard: It brings a guard of views; otherwise the app writes one in two lines.
        asks_userinfo: A login asks userinfo, so that it knows of PRO and of organizations.
        login: Where a login begins.
        callback: Where the provider sends the browser back to.
        floor: The name of the bare app that does the same work without it.
        note: What it lacks, for a footnote.
    """

    name: str
    make_app: Callable[..., Any]
    is_asgi: bool = False
    keeps_token: bool = False
    has_guard: bool = False
    asks_userinfo: bool = False
    login: str = "/login"
    callback: str = "/login/callback"
    floor: str = BARE
    note: str = ""


def _made_by(module: str, **settings: object) -> Callable[..., Any]:
    """Build a maker that loads its module, and so the libraries that it measures, when called."""

    def make_app(provider: Provider, **options: object) -> Any:  # noqa: ANN401 - WSGI or ASGI
        provider.trust()
        return import_module(f"{__name__}.{module}").make_app(provider, **{**settings, **options})

    return make_app


_SUBJECTS = (
    Subject(name=BARE, make_app=_made_by("bare")),
    Subject(name=BARE_SAME_BYTES, make_app=_made_by("bare", same_bytes=True)),
    Subject(
        name=OURS,
        make_app=_made_by("ours"),
        keeps_token=True,
        has_guard=True,
        asks_userinfo=True,
    ),
    Subject(
        name=OURS_WITHOUT_TOKEN,
        make_app=_made_by("ours", store_token=False),
        has_guard=True,
        asks_userinfo=True,
    ),
    Subject(
        name="Authlib by hand (token)",
        make_app=_made_by("authlib_by_hand", keeps_token=True),
        keeps_token=True,
        asks_userinfo=True,
        note="keeps userinfo and the access token in the session, readable",
    ),
    Subject(
        name="Authlib by hand (profile)",
        make_app=_made_by("authlib_by_hand", keeps_token=False),
        note="keeps the claims of the ID token: neither PRO nor organizations, no token",
    ),
    Subject(
        name="Flask-Login",
        make_app=_made_by("flask_login"),
        has_guard=True,
        note="over Authlib, with the claims of the ID token: neither PRO nor organizations; "
        "answers a script with a redirect, and keeps a message for the login page in the session",
    ),
    Subject(
        name="Flask-Dance",
        make_app=_made_by("flask_dance"),
        keeps_token=True,
        has_guard=True,
        asks_userinfo=True,
        note="does not check the ID token, but keeps it, readable; no PKCE with threads; "
        "answers a script with a redirect",
    ),
    Subject(
        name="flask-oidc",
        make_app=_made_by("flask_oidc"),
        keeps_token=True,
        has_guard=True,
        asks_userinfo=True,
        callback="/authorize",
        note="keeps the whole answer of the token endpoint, readable; no PKCE; "
        "answers a script with a redirect",
    ),
    Subject(
        name="Flask-Session on disk",
        make_app=_made_by("flask_session"),
        keeps_token=True,
        asks_userinfo=True,
        note="in front of Authlib by hand (token)",
    ),
    Subject(name=BARE_FASTAPI, make_app=_made_by("bare_fastapi"), is_asgi=True, floor=BARE_FASTAPI),
    Subject(
        name="huggingface_hub",
        make_app=_made_by("huggingface_hub"),
        is_asgi=True,
        keeps_token=True,
        login="/oauth/huggingface/login",
        callback="/oauth/huggingface/callback",
        floor=BARE_FASTAPI,
        note="on FastAPI; keeps the whole answer of the token endpoint, readable; no PKCE; "
        "neither PRO nor organizations",
    ),
)

SUBJECTS: Mapping[str, Subject] = {subject.name: subject for subject in _SUBJECTS}
