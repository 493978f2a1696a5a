"""An app as the doctor meets it, and what it says of one thing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin
from plain_app import make_plain_app

from flask_hf_oauth.doctor import examine
from flask_hf_oauth.doctor.report import Finding

SITE = "https://notes.example.com"
SPACE = {
    "SPACE_ID": "demo-org/notes",
    "SPACE_HOST": "demo-org-notes.hf.space",
    "OAUTH_CLIENT_ID": "client-of-the-space",
    "OAUTH_CLIENT_SECRET": "secret-of-the-space",
    "OAUTH_SCOPES": "openid profile",
}
#: A port on which nobody listens: what the provider says is another test's business.
NOBODY = "http://127.0.0.1:9"
EMBEDDED = {
    "HF_OAUTH_DEV_PROVIDER": True,
    "HF_OAUTH_CLIENT_ID": None,
    "HF_OAUTH_PROVIDER_URL": None,
}


def make_app(HF_OAUTH_PROVIDER_URL: object = NOBODY, **config: object) -> Flask:  # noqa: N803 - a key of the config
    """Make an app in which a login could work, as far as nobody asks its provider."""
    return make_plain_app(None, hf=None, HF_OAUTH_PROVIDER_URL=HF_OAUTH_PROVIDER_URL, **config)


def find_all(app: Flask, name: str, url: str | None = SITE) -> list[Finding]:
    return [finding for finding in examine(lambda: app, url) if finding.name == name]


def find(app: Flask, name: str, url: str | None = SITE) -> Finding:
    """Return the only finding of this name."""
    (finding,) = find_all(app, name, url)
    return finding


def verdict(app: Flask, name: str, url: str | None = SITE) -> str:
    return find(app, name, url).verdict


class ServerSessions(SessionInterface):
    """Keeps sessions in a dictionary, as a server would, and sends their id in a cookie."""

    def __init__(self, cookies: Iterable[str] = ("session=1; Path=/; Secure",)) -> None:
        self.cookies = cookies
        self.saved: list[dict[str, Any]] = []

    def open_session(self, _app: Flask, _request: Request) -> SecureCookieSession | None:
        return SecureCookieSession()

    def save_session(self, _app: Flask, session: SessionMixin, response: Response) -> None:
        self.saved.append(dict(session))
        for cookie in self.cookies:
            response.headers.add("Set-Cookie", cookie)


class RegeneratingSessions(ServerSessions):
    """The same, with what Flask-Session has against session fixation."""

    def regenerate(self, _session: object) -> None:
        raise AssertionError("nobody signs in")
