"""Where people open the site, where the provider sends them back to, and what stands in between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from flask import request

from ..loopback import is_loopback, is_secure_url
from ..redirects import build_redirect_uri, build_url, find_endpoint
from ..settings import CIMD
from ..state import current_state
from .report import Finding, failed, passed, warned
from .setup import HOPS, MOUNT, Setup
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
    redirect_uri, root, views, environ = setup.visit(_look_around)
    yield _judge_redirect_uri(setup, redirect_uri, views)
    if root == setup.site.url:
        yield _judge_help(root, environ[MOUNT], environ[HOPS])
    else:
        yield _judge_proxy(setup.site, redirect_uri, root)


def _look_around() -> tuple[str, str, dict[str, str | None], dict[str, Any]]:
    """Return what the app makes of a request for /login.

    Returns:
        The redirect URI, the root, the views of our own paths, and the request itself.
    """
    redirect_uri, root = build_redirect_uri(current_state()), request.url_root.rstrip("/")
    views = {"login": request.endpoint, "callback": find_endpoint(build_url("callback"))}
    return redirect_uri, root, views, request.environ


def _judge_redirect_uri(setup: Setup, uri: str, views: dict[str, str | None]) -> Finding:
    for name, view in views.items():
        if view != f"hf_oauth.{name}":
            return failed(
                "redirect_uri",
                f"our {name} is not reached: its path leads to {view or 'nothing'}",
                "Remove the app's own view there, or move ours with HF_OAUTH_URL_PREFIX.",
            )
    if not is_secure_url(uri):
        safe = uri.replace("http:", "https:", 1)
        return failed("redirect_uri", uri, f"Hugging Face takes no http here. Register\n{safe}")
    if setup.state.settings.redirect_uri and _differ_in_path(uri, setup.callback):
        remedy = f"Correct HF_OAUTH_REDIRECT_URI, or --url. Expected is\n{setup.callback}"
        return failed("redirect_uri", uri, remedy)
    return passed("redirect_uri", uri, _advise(setup, uri))


def _differ_in_path(uri: str, callback: str) -> bool:
    """Tell whether two addresses of one host lead elsewhere."""
    ours, theirs = urlsplit(callback), urlsplit(uri)
    return theirs.hostname == ours.hostname and theirs.path != ours.path


def _advise(setup: Setup, uri: str) -> str:
    settings, hosts = setup.state.settings, setup.state.space_hosts
    is_known = setup.is_client_of_space and urlsplit(uri).netloc in hosts[:1]
    if settings.dev_provider or settings.client_id == CIMD or is_known:
        return "Nothing to do: the provider knows it by itself."
    if is_loopback(uri):
        return (
            "Register it with the app at Hugging Face, where any port will do; but localhost is "
            "not 127.0.0.1."
        )
    return "Register exactly this with the app at Hugging Face."


def _judge_help(root: str, mount: str, hops: int) -> Finding:
    """Judge what it takes for the app to see the right address."""
    if mount:
        return warned(
            "proxy",
            f"the app learns of {mount} only from a server that sets SCRIPT_NAME",
            "If a proxy takes it off the path, let it send X-Forwarded-Prefix, and use "
            "ProxyFix(app.wsgi_app, x_prefix=1).",
        )
    if hops > 1:
        return warned(
            "proxy",
            f"the app sees {root} only behind several proxies that each add to X-Forwarded-Proto",
            "Behind a single one: ProxyFix(app.wsgi_app, x_for=1, x_proto=1).",
        )
    return passed("proxy", f"the app sees {root}, as browsers do")


def _judge_proxy(site: Site, redirect_uri: str, root: str) -> Finding:
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
