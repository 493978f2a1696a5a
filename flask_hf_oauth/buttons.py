"""What templates get: the sign-in badge, the sign-out button, the address of the login."""

from __future__ import annotations

from collections.abc import Collection

from flask import has_request_context, request, url_for
from markupsafe import Markup

from .fetch_metadata import is_framed
from .frames import needs_own_tab
from .redirects import build_login_url, build_url, parse_next, this_page

#: Width and height of the badges, in pixels.
_SIZES = {"sm": (171, 20), "md": (198, 24), "lg": (240, 36), "xl": (290, 48)}
_THEMES = ("light", "dark")
_TARGETS = ("auto", "self", "blank")
_NEW_TAB = Markup(' target="_blank" rel="noopener"')
_OPEN_TAB = Markup(' <a class="hf-oauth-new-tab" href="{}"{}>open in a new tab</a>')


def hf_login_url(
    next: str | None = None,  # noqa: A002 - the word of the whole contract
    scopes: str | Collection[str] | None = None,
    org_ids: str | Collection[str] | None = None,
    prompt: str | None = None,
) -> str:
    """Return the address at which a login begins.

    Args:
        next: Where it leads; this page when left out.
        scopes: Scopes out of OPTIONAL_SCOPES to ask for on top.
        org_ids: Ids of organizations to ask for.
        prompt: "consent" shows the consent page again, "none" never shows one.
    """
    return build_login_url(
        next=_without_sign(next) or _current_page(),
        scopes=scopes if isinstance(scopes, str) else " ".join(scopes or ()),
        org_ids=org_ids if isinstance(org_ids, str) else ",".join(org_ids or ()),
        prompt=prompt,
    )


def hf_login_button(
    size: str = "lg",
    theme: str = "light",
    next: str | None = None,  # noqa: A002 - the word of the whole contract
    target: str = "auto",
) -> Markup:
    """Render the "Sign in with Hugging Face" badge as a link, without script and style.

    Args:
        size: "sm", "md", "lg" or "xl": 20, 24, 36 or 48 pixels high.
        theme: "light" or "dark".
        next: Where the login leads; this page when left out.
        target: "self", "blank", or "auto": this frame in the Hub's frame around a Space, with a
            link beside it that opens a new tab; a new tab in any other frame, where the provider
            refuses to be shown.
    """
    _check_choice("size", size, _SIZES)
    _check_choice("theme", theme, _THEMES)
    _check_choice("target", target, _TARGETS)
    width, height = _SIZES[size]
    source = url_for("hf_oauth.static", filename=f"sign-in-{size}-{theme}.svg")
    url = hf_login_url(next)
    is_blank = target == "blank" or (target == "auto" and needs_own_tab())
    has_choice = target == "auto" and is_framed() and not is_blank
    return Markup(
        '<a class="hf-oauth-login" href="{href}"{new_tab}>'
        '<img src="{source}" alt="Sign in with Hugging Face" width="{width}" height="{height}"></a>'
        "{beside}"
    ).format(
        href=url,
        new_tab=_NEW_TAB if is_blank else "",
        source=source,
        width=width,
        height=height,
        beside=_OPEN_TAB.format(url, _NEW_TAB) if has_choice else "",
    )


def hf_logout_button(label: str = "Sign out", next: str | None = None) -> Markup:  # noqa: A002 - the word of the whole contract
    """Render a one-button form that signs out.

    Args:
        label: What stands on the button.
        next: Where the logout leads; HF_OAUTH_LOGOUT_REDIRECT when left out.
    """
    target = _without_sign(next)
    field = Markup('<input type="hidden" name="next" value="{}">').format(target) if target else ""
    return Markup(
        '<form class="hf-oauth-logout" method="post" action="{action}">{field}'
        '<button type="submit">{label}</button></form>'
    ).format(action=build_url("logout"), field=field, label=label)


def _without_sign(target: str | None) -> str | None:
    """Leave the token of a private Space out of a target, which /login judges otherwise."""
    if target and "__sign" in target and has_request_context():
        return parse_next(target)
    return target


def _current_page() -> str | None:
    return this_page() if has_request_context() and request.method == "GET" else None


def _check_choice(name: str, value: str, choices: Collection[str]) -> None:
    if value not in choices:
        raise ValueError(f"hf_login_button: {name}={value!r} is none of {', '.join(choices)}")
