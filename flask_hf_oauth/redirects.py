"""Every judgement about an address of ours: where a login may lead, and where the callback is."""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from flask import current_app, has_request_context, request, url_for
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.routing import Rule
from werkzeug.urls import iri_to_uri

from .endpoints import PATHS
from .errors import HostInvalid
from .fetch_metadata import is_from_this_page, this_host
from .here import this_app, this_request
from .loopback import is_loopback
from .state import State

# Marks of a /login that was sent to the callback's host already, and of one that has set a cookie.
MOVED, TRIED = "_moved", "_tried"

_MAX_HOST = 260  # characters of a name (RFC 1035 section 2.3.4) and a port
_MAX_LENGTH = 1000  # characters of a ``next``: it travels in the state
# Browsers drop tabs and line feeds, take "\" for "/", and half a surrogate pair has no UTF-8.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")
_ABSOLUTE = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
# What could become another host, or another path, once a browser has resolved it.
_AMBIGUOUS = re.compile(r"//|.*/(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
_SAFE = "%/:@!$&'()*+,;=~"  # and letters, digits, "_", "." and "-"
_SAFE_IN_VALUES = "!$'()*,/:;?@"  # as werkzeug leaves them
_UNSAFE = re.compile(r"[^%/:@!$&'()*+,;=~\w.-]", re.ASCII)  # hardly any path has one

_logger = logging.getLogger("flask_hf_oauth")


def parse_next(target: str | None) -> str | None:
    """Judge where a login or logout may lead: path, query and fragment of this origin.

    What comes back holds only characters that every URL parser reads the same way, and begins with
    one slash: a browser can resolve it to nothing but this origin (WHATWG URL section 4.4). It is
    judged when it is stored, and again when it is followed.

    Args:
        target: A path, or an address of this very host; anything else is refused.

    Returns:
        The path, or None.
    """
    if not target or _FORBIDDEN.search(target):
        return None
    rest, hash_mark, fragment = _strip_origin(target.strip(" ")).partition("#")
    path, _mark, query = rest.partition("?")
    path = _escape(path)
    if not path.startswith("/") or _AMBIGUOUS.match(path) or _is_own_path(path):
        return None
    query = _strip_sign(_escape(query, "?"))
    judged = f"{path}?{query}" if query else path
    judged += hash_mark + _escape(fragment, "?")
    return judged if len(judged) <= _MAX_LENGTH else None


def _escape(text: str, allowed: str = "") -> str:
    return quote(text, safe=_SAFE + allowed) if _UNSAFE.search(text) else text


def _strip_origin(target: str) -> str:
    """Take this host off an address; an address of another one stays, and begins with no slash."""
    match = _ABSOLUTE.match(target)
    if match is None or match[1].lower() != this_host():
        return target
    path = target[match.end() :]
    return path if path.startswith("/") else "/" + path


def _strip_sign(query: str) -> str:
    """Drop the token with which the Hub opens a private Space: it must not travel or be logged."""
    parameters = query.split("&")
    return "&".join(part for part in parameters if unquote(part.partition("=")[0]) != "__sign")


def _is_own_path(path: str) -> bool:
    """Tell whether one of our endpoints is there: a login that leads to /logout is useless."""
    merged = re.sub("/+", "/", unquote(path)).rstrip("/")  # as Flask's routes take it
    root = unquote(this_request().script_root)
    return any(merged == root + _find_rule(name).rule for name in PATHS)


def _find_rule(endpoint: str) -> Rule:
    """Ask the router where an endpoint of ours is: an app may move all of its rules."""
    return next(this_app().url_map.iter_rules(f"hf_oauth.{endpoint}"))


def find_endpoint(path: str) -> str | None:
    """Return the endpoint at a path of this app; None: no view is there, or it leads elsewhere."""
    adapter = current_app.create_url_adapter(request)
    try:
        endpoint, _values = adapter.match(path.removeprefix(request.script_root), "GET")  # type: ignore[union-attr]  # there is one in a request
    except HTTPException:
        return None
    return str(endpoint)


def find_next(target: str | None, default: str) -> str:
    """Return the judged target, or the configured default."""
    return parse_next(target) or build_default(default)


def build_default(destination: str) -> str:
    """Return a configured destination; a path counts from where the app is mounted."""
    if not destination.startswith("/"):
        return destination
    root = request.script_root
    return destination if destination.startswith(f"{root}/") else root + destination


def check_root() -> None:
    """Refuse a request whose proxy passed on a prefix (X-Forwarded-Prefix) that leads elsewhere.

    Raises:
        BadRequest: The app can't be mounted there.
    """
    root = this_request().script_root
    if root and not (root.startswith("/") and parse_next(f"{root}/")):
        raise BadRequest("The prefix of this address is not a path.")


def this_page() -> str | None:
    """Return the address of this request, as a ``next``."""
    request = this_request()
    path = _escape((request.script_root + request.path).replace("%", "%25"))
    return parse_next(f"{path}?{_raw_query()}")


def _raw_query() -> str:
    query = this_request().query_string
    return quote(query, safe=_SAFE + "?") if query else ""


def referring_page() -> str | None:
    """Return the page of ours that sent this request, as a ``next``."""
    return parse_next(request.headers.get("HX-Current-URL") or request.headers.get("Referer"))


def build_redirect_uri(state: State) -> str:
    """Return where the provider sends the browser back to (RFC 6749 section 3.1.2).

    Raises:
        HostInvalid: The request can't tell it.
    """
    if state.settings.redirect_uri is not None:
        return state.settings.redirect_uri
    if state.space_hosts:
        return f"https://{state.space_hosts[0]}{build_url('callback')}"
    # An empty one is werkzeug's word for one that it does not believe.
    if not 0 < len(request.host) <= _MAX_HOST:
        raise HostInvalid(
            f"the site was opened as {this_host()[:100]!r}",
            remedy="That is no host name (an underscore is enough). Open the site by another name; "
            "if it is none that you know, a proxy says so: let it pass on the name that it was "
            "asked for (nginx: proxy_set_header Host $host;). Or set HF_OAUTH_REDIRECT_URI.",
        )
    return iri_to_uri(url_for("hf_oauth.callback", _external=True))


def warn_of_rewritten_host(state: State, redirect_uri: str) -> None:
    """Log the remedy for a proxy that asks us by another name than it was asked by itself."""
    outside, callback = _outer_host(), urlsplit(redirect_uri)
    is_guessed = state.settings.redirect_uri is None and not state.space_hosts
    # X-Forwarded-Host often comes without the port.
    known = {_normalized(callback.netloc), callback.hostname, ""}
    if is_guessed and _normalized(outside) not in known:
        _logger.warning(
            "the redirect URI is %s, but the browser knows this site as %r: let the proxy pass on "
            "the Host header, or X-Forwarded-Host with werkzeug's ProxyFix, or set "
            "HF_OAUTH_REDIRECT_URI",
            redirect_uri,
            outside,
        )


def _outer_host() -> str:
    """Return the host that the browser, or a proxy on the way, says that it has asked for."""
    headers = request.headers
    if is_from_this_page():
        return headers.get("Referer", "").partition("://")[2].partition("/")[0][:100]
    return headers.get("X-Forwarded-Host", "").partition(",")[0].strip()[:100]


def warn_of_plain_http(redirect_uri: str) -> None:
    """Log the remedy of the most frequent mistake: a proxy ends TLS and the app does not know."""
    if redirect_uri.startswith("https:") or is_loopback(redirect_uri):
        return
    _logger.warning(
        "the redirect URI %s is plain http, which Hugging Face refuses. Behind a proxy that ends "
        "TLS, use werkzeug's ProxyFix or set HF_OAUTH_REDIRECT_URI, and register %s",
        redirect_uri,
        "https:" + redirect_uri.removeprefix("http:"),
    )
    if current_app.config["SESSION_COOKIE_SECURE"]:
        _logger.warning(
            "SESSION_COOKIE_SECURE is set, so that browsers drop the session cookie over plain "
            "http: every login ends as cookie_missing"
        )


def build_login_on(redirect_uri: str) -> str | None:
    """Return /login on the callback's host when this is another one, else None.

    The cookie of 127.0.0.1 does not reach a callback on localhost. It is tried once only: a proxy
    may rewrite the Host header, and the move would never end.
    """
    callback = urlsplit(redirect_uri)
    if _normalized(callback.netloc) == _normalized(this_host()):
        return None
    if MOVED in request.args:
        _logger.warning(
            "the callback is on %s but this request came in on %r; if a proxy rewrites the Host "
            "header, let it pass on the original one",
            callback.netloc,
            this_host()[:100],
        )
        return None
    path = callback.path.removesuffix("/callback")
    return f"{callback.scheme}://{callback.netloc}{path}{_mark_query(MOVED)}"


def build_second_try() -> str:
    """Return this very /login, marked."""
    return f"{build_url('login')}{_mark_query(TRIED)}"


def _mark_query(marker: str) -> str:
    query = f"{_strip_sign(_raw_query())}&{marker}=1"
    return "?" + query.lstrip("&")


def _normalized(netloc: str) -> str:
    return netloc.lower().removesuffix(":443").removesuffix(":80")


def build_url(endpoint: str, /, **parameters: str | None) -> str:
    """Return the address of an endpoint of ours with these parameters; None and "" are left out."""
    given: dict[str, Any] = {name: value for name, value in parameters.items() if value}
    if has_request_context():
        check_root()
    rule = _find_rule(endpoint)
    if not has_request_context() or this_app().subdomain_matching or rule.arguments:
        return iri_to_uri(url_for(f"hf_oauth.{endpoint}", **given))
    path = this_request().script_root + rule.rule  # as the router, which takes ten times as long
    return f"{_escape(path)}?{urlencode(given, safe=_SAFE_IN_VALUES)}" if given else _escape(path)


def build_login_url(**parameters: str | None) -> str:
    """Return /login with these parameters."""
    return build_url("login", **parameters)
