"""Where people open the site, as far as anybody can tell from inside."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask

from ..errors import ConfigurationError
from ..loopback import is_loopback, is_web_address
from ..state import State

_FLASK_RUN = "http://127.0.0.1:5000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The address of the app's root, without a slash at its end, and how it is known."""

    url: str
    source: str
    is_guess: bool = False

    @property
    def is_https(self) -> bool:
        """Whether browsers come by TLS."""
        return self.url.startswith("https:")

    @property
    def is_local(self) -> bool:
        """Whether it is opened on this very machine, where nobody stands in front of it."""
        return is_loopback(self.url)

    @property
    def host(self) -> str:
        """The name that browsers know it by, and the port unless it is the scheme's."""
        return urlsplit(self.url).netloc

    @property
    def mount(self) -> str:
        """The path below which the app answers, or nothing."""
        return urlsplit(self.url).path


def find_site(app: Flask, state: State, url: str | None) -> Site:
    """Find out where the site is opened; the first one who knows is believed.

    Args:
        app: The app.
        state: Its record.
        url: What the person says who asks.
    """
    redirect_uri = state.settings.redirect_uri
    if url is not None:
        return Site(url=_normalize(url), source="as --url says")
    if redirect_uri is not None:
        root = _normalize(redirect_uri.removesuffix(state.settings.callback_path))
        return Site(url=root, source="from HF_OAUTH_REDIRECT_URI")
    if state.space_hosts:
        return Site(url=f"https://{state.space_hosts[0]}", source="from SPACE_HOST")
    if app.config["SERVER_NAME"]:
        url = _build_own_url(app, "SERVER_NAME", app.config["SERVER_NAME"])
        return Site(url=url, source="from SERVER_NAME", is_guess=True)
    hosts = [host for host in app.config["TRUSTED_HOSTS"] or () if not host.startswith(".")]
    if hosts:
        url = _build_own_url(app, "TRUSTED_HOSTS", hosts[0])
        return Site(url=url, source="from TRUSTED_HOSTS", is_guess=True)
    return Site(url=_FLASK_RUN, source="as flask run opens it", is_guess=True)


def _normalize(url: str) -> str:
    """Write an address as Flask does: host in lower case, no default port, no slash at its end."""
    parts = urlsplit(url.rstrip("/"))
    netloc = parts.netloc.lower().removesuffix(":443" if parts.scheme == "https" else ":80")
    return f"{parts.scheme}://{netloc}{parts.path}"


def _build_own_url(app: Flask, key: str, host: str) -> str:
    """Build the address from a host, which knows no scheme: https, but on this machine."""
    place = host.rstrip("/") + app.config["APPLICATION_ROOT"]
    if not is_web_address(f"http://{place}"):
        raise ConfigurationError(f"{key} holds what is no host. Correct it in app.config.")
    return _normalize(f"http://{place}" if is_loopback(f"http://{place}") else f"https://{place}")
