"""Pages: what a person sees at the provider."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import jinja2
from markupsafe import escape

from .answers import Answer
from .clients import SCOPES

if TYPE_CHECKING:
    from .authorization import AuthorizationRequest
    from .browsers import Browser
    from .personas import Persona, PersonaRepo
    from .realm import Realm

_FOLDER = Path(__file__).parent
_STYLESHEET = _FOLDER / "static" / "provider.css"
# No form-action: browsers hold it against the redirect that follows a form, which goes to the app.
_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'"
_AVATAR = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" role="img">
<rect width="96" height="96" fill="hsl({hue} 48% 36%)"/>
<text x="48" y="50" fill="#fff" font-family="system-ui, sans-serif" font-size="40"
 font-weight="600" text-anchor="middle" dominant-baseline="central">{initials}</text>
</svg>
"""
_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER / "templates" / "hf_provider"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def build_consent_page(
    realm: Realm, browser: Browser, request: AuthorizationRequest, query: str
) -> Answer:
    """Build the page where a person chooses who they are, and agrees or refuses."""
    asks_for_orgs = "read-memberships" in request.scopes or bool(request.org_ids)
    return build_page(
        realm,
        "consent.html",
        app=urlsplit(request.redirect_uri).netloc,
        request=request,
        query=query,
        form_token=browser.form_token,
        personas=realm.accounts.personas,
        chosen=_choose_persona(realm, browser),
        scopes=[(scope, SCOPES.get(scope, scope)) for scope in request.scopes],
        asks_for_orgs=asks_for_orgs,
    )


def build_error_page(realm: Realm, title: str, text: str, status: int = 400) -> Answer:
    """Build a page that says what is wrong."""
    return build_page(realm, "error.html", title=title, text=text, status=status)


def build_home_page(realm: Realm, browser: Browser) -> Answer:
    """Build the page that says who is signed in."""
    persona = realm.accounts.find(browser.sub or "")
    return build_page(
        realm,
        "home.html",
        persona=persona,
        personas=realm.accounts.personas,
        form_token=browser.form_token,
    )


def build_person_page(realm: Realm, persona: Persona) -> Answer:
    """Build the public page of a persona, which the `profile` claim points to."""
    return build_page(realm, "person.html", persona=persona)


def build_repo_page(realm: Realm, owner: str, repo: PersonaRepo) -> Answer:
    """Build the page of a repository, a private one too: here everybody can be its owner."""
    return build_page(realm, "repo.html", owner=owner, repo=repo)


def build_space_page(realm: Realm, name: str, url: str) -> Answer:
    """Build the page of a Space, which shows an app in a frame."""
    answer = build_page(realm, "space.html", name=name, url=url)
    # Held against wherever the frame is led to later, the provider's own pages too.
    answer.headers["Content-Security-Policy"] += "; frame-src *"
    # As the Hub's: the app in the frame learns the origin of this page.
    answer.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    return answer


def build_page(realm: Realm, template: str, *, status: int = 200, **context: object) -> Answer:
    """Render a template."""
    html = _templates.get_template(template).render(context, issuer=realm.issuer, status=status)
    answer = Answer(html, status, mimetype="text/html")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = _POLICY
    if realm.behavior.refuse_frames:
        answer.headers["X-Frame-Options"] = "SAMEORIGIN"
        answer.headers["Content-Security-Policy"] = f"{_POLICY}; frame-ancestors 'self'"
    return answer


def build_stylesheet() -> Answer:
    """Build the answer with the stylesheet of all pages."""
    return Answer(_STYLESHEET.read_text(encoding="utf-8"), mimetype="text/css")


def build_avatar(name: str) -> Answer:
    """Draw a picture: initials on a color of their own."""
    words = name.removeprefix("demo-").replace("-", " ").split()
    initials = escape("".join(word[0] for word in words[:2]).upper())
    hue = int.from_bytes(hashlib.sha256(name.encode()).digest()[:2], "big") % 360
    answer = Answer(_AVATAR.format(hue=hue, initials=initials), mimetype="image/svg+xml")
    answer.headers["Content-Security-Policy"] = "default-src 'none'"
    return answer


def _choose_persona(realm: Realm, browser: Browser) -> Persona:
    """Choose whom the page has ticked: who is signed in, else the first."""
    return realm.accounts.find(browser.sub or "") or realm.accounts.personas[0]
