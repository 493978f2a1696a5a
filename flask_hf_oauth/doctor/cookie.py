"""The session cookie: whether browsers take it, and bring it back to the callback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from .report import Finding, failed, passed, warned
from .setup import Setup

_DROPPED = "it has SameSite=None without Secure, so that browsers drop it"
_IN_A_TAB = "the frame of a Space, where people can sign in only in a new tab then"
_FRAMED = (
    'Set SESSION_COOKIE_SAMESITE = "None", SESSION_COOKIE_SECURE = True and '
    "SESSION_COOKIE_PARTITIONED = True, or none of the three: a Space gets them by itself."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """What a Set-Cookie asks of the browser; the names of ``attributes`` are in lower case."""

    name: str
    attributes: Mapping[str, str]
    shown: str

    @property
    def same_site(self) -> str:
        """What SameSite says, in lower case; nothing when it is not there."""
        return self.attributes.get("samesite", "").lower()


def parse_set_cookie(header: str) -> Cookie:
    """Read a Set-Cookie (RFC 6265 section 5.2), but neither its value nor its age."""
    pair, *rest = header.split(";")
    parts = [part.strip() for part in rest]
    kept = [part for part in parts if not part.lower().startswith(("expires=", "max-age="))]
    halves = [part.partition("=") for part in kept]
    return Cookie(
        name=pair.partition("=")[0],
        attributes={name.lower(): value for name, _, value in halves},
        shown="; ".join(kept),
    )


def judge_cookie(setup: Setup, cookie: Cookie, redirect_uri: str) -> list[Finding]:
    """Hold the cookie that the session interface really sends against the place where it runs."""
    judge_place = _judge_framed if setup.state.is_space else _judge_plain
    problems = [*_judge_return(setup, cookie, redirect_uri), *judge_place(setup, cookie)]
    return problems or [passed("cookie", cookie.shown)]


def _judge_return(setup: Setup, cookie: Cookie, redirect_uri: str) -> Iterator[Finding]:
    callback, attributes = urlsplit(redirect_uri), cookie.attributes
    if "domain" in attributes and not _is_within(callback.hostname or "", attributes["domain"]):
        yield failed(
            "cookie",
            f"it is for {attributes['domain']}, and the callback is on {callback.hostname}",
            "Remove SESSION_COOKIE_DOMAIN from app.config, or correct it.",
        )
    path, name = attributes.get("path", "/"), cookie.name.lower()
    if not _is_below(callback.path, path) or _is_below(path, callback.path.rpartition("/")[0]):
        yield failed(
            "cookie",
            f"it is for {path}, which is not both {callback.path} and the app's pages",
            "Correct SESSION_COOKIE_PATH, or APPLICATION_ROOT, in app.config.",
        )
    is_open = "secure" not in attributes
    is_wide = "domain" in attributes or path != "/"
    # RFC 6265bis section 4.1.3
    if name.startswith(("__secure-", "__host-")) and (is_open or (name[2] == "h" and is_wide)):
        yield failed(
            "cookie",
            f"browsers drop a {cookie.name} with only: {cookie.shown}",
            "__Secure- needs Secure, __Host- also Path=/ and no Domain. Correct them, or change "
            "SESSION_COOKIE_NAME.",
        )
    if "secure" in attributes and not setup.site.is_https and not setup.site.is_local:
        yield failed(
            "cookie",
            "it is Secure, so that browsers drop it over plain http",
            "Open the site by https.",
        )


def _is_within(host: str, domain: str) -> bool:
    """Match a host as browsers do (RFC 6265 sections 5.1.3 and 5.3: no public suffix)."""
    domain = domain.lstrip(".").lower()
    is_suffix = "." not in domain or domain == "hf.space"
    return host == domain or (host.endswith(f".{domain}") and not is_suffix)


def _is_below(path: str, root: str) -> bool:
    """Match a path as browsers do (RFC 6265 section 5.1.4)."""
    return f"{path}/".startswith(f"{root.rstrip('/')}/")


def _judge_framed(setup: Setup, cookie: Cookie) -> Iterator[Finding]:
    """Judge the cookie of a Space, which stands in a frame of another site."""
    if cookie.same_site == "none" and "secure" not in cookie.attributes:
        yield failed("cookie", _DROPPED, _FRAMED)
    elif cookie.same_site != "none":
        yield warned("cookie", f"its SameSite keeps it out of {_IN_A_TAB}", _FRAMED)
    elif "partitioned" not in cookie.attributes:
        is_ignored = setup.app.config["SESSION_COOKIE_PARTITIONED"]
        kind = type(setup.app.session_interface).__name__
        yield warned(
            "cookie",
            "it is not Partitioned: browsers that block third-party cookies drop it in "
            f"{_IN_A_TAB}",
            f"{kind} does not know of it: use Flask's own cookie." if is_ignored else _FRAMED,
        )


def _judge_plain(setup: Setup, cookie: Cookie) -> Iterator[Finding]:
    """Judge the cookie of a site of its own."""
    is_secure = "secure" in cookie.attributes
    if cookie.same_site == "none" and not is_secure:
        yield failed(
            "cookie",
            _DROPPED,
            'Set SESSION_COOKIE_SAMESITE = "Lax" in app.config.',
        )
    elif setup.site.is_https and not is_secure:
        yield warned(
            "cookie",
            "it is not Secure: over plain http, anybody on the way can read it",
            "Set SESSION_COOKIE_SECURE = True in app.config.",
        )
    if cookie.same_site == "strict":
        yield warned(
            "cookie",
            "it has SameSite=Strict: browsers keep it back when Hugging Face sends them to the "
            "callback, so that logins end as cookie_missing",
            'Set SESSION_COOKIE_SAMESITE = "Lax" in app.config.',
        )
