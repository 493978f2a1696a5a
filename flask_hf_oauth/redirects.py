"""Every judgement about an address of ours: where a login may lead, and where the callback is."""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from flask import request, url_for

from .loopback import is_loopback
from .state import State

MOVED = "_moved"  # marks a /login that was sent to the callback's host already

_MAX_LENGTH = 1000  # characters of a ``next``: it travels in the state
_SIGN = re.compile(r"(?<=[?&])__sign=[^&#]*&?")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_ABSOLUTE = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
# What a URL parser could take for a host once dots are resolved: "//", "/.//", "/%2e%2e//".
_AMBIGUOUS = re.compile(r"/(?:/|(?:\.|%2e){1,2}(?:[/?#]|$))", re.IGNORECASE)
_URL_CHARACTERS = "%/:?#[]@!$&'()*+,;=~"

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
    path = _strip_origin(target.strip(" "))
    path = _SIGN.sub("", path).rstrip("?&").replace("?#", "#")
    path = quote(path, safe=_URL_CHARACTERS, errors="replace")
    if not path.startswith("/") or _AMBIGUOUS.match(path) or len(path) > _MAX_LENGTH:
        return None
    return None if _is_ours(path) else path


def _strip_origin(target: str) -> str:
    """Take this host off an address; an address of another one stays, and begins with no slash."""
    match = _ABSOLUTE.match(target)
    if match is None or match[1].lower() != request.host.lower():
        return target
    path = target[match.end() :]
    return path if path.startswith("/") else "/" + path


def _is_ours(path: str) -> bool:
    """Tell whether this is one of our own endpoints: a login that leads to /logout is useless."""
    plain = unquote(re.split(r"[?#]", path)[0])
    names = ("login", "callback", "logout")
    return plain in {unquote(url_for(f"hf_oauth.{name}")) for name in names}


def find_next(target: str | None, default: str) -> str:
    """Return the judged target, or the configured default."""
    return parse_next(target) or build_default(default)


def build_default(destination: str) -> str:
    """Return a configured destination; a path counts from where the app is mounted."""
    if not destination.startswith("/") or destination.startswith(f"{request.script_root}/"):
        return destination
    return request.script_root + destination


def this_page() -> str | None:
    """Return the address of this request, as a ``next``."""
    path = quote(request.script_root + request.path, safe="/:@!$&'()*+,;=~")
    query = request.query_string.decode("latin-1")
    return parse_next(f"{path}?{query}" if query else path)


def referring_page() -> str | None:
    """Return the page of ours that sent this request, as a ``next``."""
    return parse_next(request.headers.get("HX-Current-URL") or request.headers.get("Referer"))


def build_redirect_uri(state: State) -> str:
    """Return where the provider sends the browser back to (RFC 6749 section 3.1.2)."""
    if state.settings.redirect_uri is not None:
        return state.settings.redirect_uri
    if state.space_host is not None:
        return f"https://{state.space_host}{url_for('hf_oauth.callback')}"
    return url_for("hf_oauth.callback", _external=True)


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


def build_login_on(redirect_uri: str) -> str | None:
    """Return /login on the callback's host when this is another one, else None.

    The cookie of 127.0.0.1 does not reach a callback on localhost. It is tried once only: a proxy
    may rewrite the Host header, and the move would never end.
    """
    callback = urlsplit(redirect_uri)
    if callback.netloc == request.host:
        return None
    if MOVED in request.args:
        _logger.warning(
            "the callback is on %s but this request came in on %s; if a proxy rewrites the Host "
            "header, let it pass on the original one",
            callback.netloc,
            request.host,
        )
        return None
    query = request.query_string.decode("latin-1")
    path = callback.path.removesuffix("/callback")
    return f"{callback.scheme}://{callback.netloc}{path}?{query + '&' if query else ''}{MOVED}=1"


def build_login_url(**parameters: str | None) -> str:
    """Return /login with these parameters; None and "" are left out."""
    given: dict[str, Any] = {name: value for name, value in parameters.items() if value}
    return url_for("hf_oauth.login", **given)
