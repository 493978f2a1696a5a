"""The session cookie: whether browsers take it, and bring it back to the callback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from .report import Finding, failed, passed, warned
from .setup import Setup

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
    if not _is_below(callback.path, attributes.get("path", "/")):
        yield failed(
            "cookie",
            f"it is for {attributes['path']}, and the callback is at {callback.path}",
            "Correct SESSION_COOKIE_PATH, or APPLICATION_ROOT, in app.config.",
        )
    if "secure" in attributes and not setup.site.is_https and not setup.site.is_local:
        yield failed(
            "cookie",
            "it is Secure, so that browsers drop it over plain http",
            "Open the site by https.",
        )


def _is_within(host: str, domain: str) -> bool:
    """Match a host as browsers do (RFC 6265 section 5.1.3)."""
    return f".{host}".endswith(f".{domain.lstrip('.').lower()}")


def _is_below(path: str, root: str) -> bool:
    """Match a path as browsers do (RFC 6265 section 5.1.4)."""
    return f"{path}/".startswith(f"{root.rstrip('/')}/")


def _judge_framed(setup: Setup, cookie: Cookie) -> Iterator[Finding]:
    """Judge the cookie of a Space, which stands in a frame of another site."""
    if cookie.same_site != "none" or "secure" not in cookie.attributes:
        yield failed(
            "cookie", f"in the frame of a Space no browser keeps it: {cookie.shown}", _FRAMED
        )
    elif "partitioned" not in cookie.attributes:
        is_ignored = setup.app.config["SESSION_COOKIE_PARTITIONED"]
        kind = type(setup.app.session_interface).__name__
        yield warned(
            "cookie",
            "it is not Partitioned: browsers that block third-party cookies drop it in the frame "
            "of a Space, and every login there ends as cookie_missing",
            f"{kind} does not know of it: use Flask's own cookie." if is_ignored else _FRAMED,
        )


def _judge_plain(setup: Setup, cookie: Cookie) -> Iterator[Finding]:
    """Judge the cookie of a site of its own."""
    is_secure = "secure" in cookie.attributes
    if cookie.same_site == "none" and not is_secure:
        yield failed(
            "cookie",
            "it has SameSite=None without Secure, so that browsers drop it",
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
