"""Where people open the site, where the provider sends them back to, and what stands in between."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import request

from ..loopback import is_loopback, is_secure_url
from ..redirects import build_redirect_uri
from ..settings import CIMD
from ..state import current_state
from .report import Finding, failed, passed, warned
from .setup import Setup
from .site import Site


def examine_site(setup: Setup) -> Iterator[Finding]:
    """Tell which site is meant, and whether people can come back to it."""
    site = setup.site
    if not is_secure_url(site.url):
        yield failed(
            "site",
            f"{site.url} is plain http, to which Hugging Face sends nobody back",
            "Put a server in front of the app that speaks TLS, and open the site by https.",
        )
    elif site.is_guess:
        yield passed(
            "site",
            f"{site.url}, {site.source}: a guess",
            "Say where people open it: --url https://my.host",
        )
    else:
        yield passed("site", f"{site.url}, {site.source}")


def examine_addresses(setup: Setup) -> Iterator[Finding]:
    """Build the redirect URI as a login does, and see what the app knows of its proxy."""
    redirect_uri, root, endpoint = setup.visit(_look_around)
    yield _judge_redirect_uri(setup, redirect_uri, endpoint)
    yield _judge_proxy(setup.site, redirect_uri, root)


def _look_around() -> tuple[str, str, str | None]:
    """Return what the app makes of a request for /login: the redirect URI, its root, the view."""
    return build_redirect_uri(current_state()), request.url_root.rstrip("/"), request.endpoint


def _judge_redirect_uri(setup: Setup, uri: str, endpoint: str | None) -> Finding:
    if endpoint != "hf_oauth.login":
        return failed(
            "redirect_uri",
            f"/login leads to {endpoint or 'nothing'}, not to a login",
            "Remove the app's own view there, or move ours with HF_OAUTH_URL_PREFIX.",
        )
    if not is_secure_url(uri):
        safe = uri.replace("http:", "https:", 1)
        return failed("redirect_uri", uri, f"Hugging Face takes no http here. Register\n{safe}")
    return passed("redirect_uri", uri, _advise(setup, uri))


def _advise(setup: Setup, uri: str) -> str:
    settings, hosts = setup.state.settings, setup.state.space_hosts
    if settings.dev_provider or settings.client_id == CIMD or urlsplit(uri).netloc in hosts[:1]:
        return "Nothing to do: the provider knows it by itself."
    if is_loopback(uri):
        return (
            "Register it with the app at Hugging Face, where any port will do; but localhost is "
            "not 127.0.0.1."
        )
    return "Register exactly this with the app at Hugging Face."


def _judge_proxy(site: Site, redirect_uri: str, root: str) -> Finding:
    if root == site.url:
        return passed("proxy", f"the app sees {root}, as browsers do")
    seen = f"browsers open {site.url}, the app sees {root}"
    if not redirect_uri.startswith(root):
        return passed("proxy", f"{seen}; the redirect URI does not depend on it")
    if site.is_https and root.startswith("http:"):
        return failed(
            "proxy",
            seen,
            "If a proxy ends TLS, tell the app that there is one:\n"
            "from werkzeug.middleware.proxy_fix import ProxyFix\n"
            "app.wsgi_app = ProxyFix(app.wsgi_app)\n"
            "Or set HF_OAUTH_REDIRECT_URI to the address to register.",
        )
    return warned("proxy", seen, "Let the proxy pass on the Host header, or set --url right.")
