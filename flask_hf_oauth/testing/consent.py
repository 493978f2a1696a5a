"""Consent: a person in a browser is asked, and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import Answer
from .authorization import (
    AuthorizationRequest,
    CallbackRefusal,
    PageRefusal,
    build_error_callback,
    parse_authorization_request,
)
from .decisions import grant_again, grant_request, refuse_request
from .pages import build_consent_page, build_error_page, build_home_page

if TYPE_CHECKING:
    from werkzeug import Request

    from .browsers import Browser
    from .personas import Persona
    from .realm import Realm

# Cookies ignore ports: the app on the same host sees this one too, so it must not be "session".
_COOKIE = "hf_provider_session"


def answer_authorize(realm: Realm, request: Request) -> Answer:
    """Answer an authorization request, or the form of its consent page."""
    try:
        authorization_request = parse_authorization_request(realm, request.args)
        if request.method == "POST":
            return _decide(realm, request, authorization_request)
        return _ask(realm, request, authorization_request)
    except PageRefusal as refusal:
        return build_error_page(realm, refusal.title, refusal.text)
    except CallbackRefusal as refusal:
        return _redirect(refusal.callback_url)


def answer_home(realm: Realm, request: Request) -> Answer:
    """Answer the page that says who is signed in."""
    browser = _find_browser(realm, request) or realm.browsers.open()
    answer = build_home_page(realm, browser)
    return _set_cookie(realm, answer, browser)


def answer_sign_out(realm: Realm, request: Request) -> Answer:
    """Sign this browser out of the provider."""
    try:
        realm.browsers.close(_check_form(realm, request))
    except PageRefusal as refusal:
        return build_error_page(realm, refusal.title, refusal.text)
    return _redirect("/")


def _ask(realm: Realm, request: Request, asked: AuthorizationRequest) -> Answer:
    """Send a person who agreed before straight back; show anybody else the page."""
    browser = _find_browser(realm, request)
    persona = realm.accounts.find(browser.sub or "") if browser else None
    callback_url = grant_again(realm, asked, persona) if persona else None
    if callback_url is not None:
        return _redirect(callback_url)
    if asked.prompt == "none":
        error = "consent_required" if persona else "login_required"
        raise build_error_callback(realm, asked, error, "The user has to be asked")
    browser = browser or realm.browsers.open()
    page = build_consent_page(realm, browser, asked, request.query_string.decode("latin-1"))
    return _set_cookie(realm, page, browser)


def _decide(realm: Realm, request: Request, asked: AuthorizationRequest) -> Answer:
    """Do what a person decided on the consent page."""
    browser = _check_form(realm, request)
    decision = request.form.get("decision")
    if decision == "refuse":
        return _redirect(refuse_request(realm, asked))
    persona = realm.accounts.find(request.form.get("persona", ""))
    if decision != "authorize" or persona is None:
        title = "The form is incomplete"
        raise PageRefusal(title, "Choose a persona, and authorize or cancel.")
    callback_url = grant_request(
        realm, asked, persona, scopes=asked.scopes, org_ids=_parse_orgs(request, persona)
    )
    return _set_cookie(realm, _redirect(callback_url), realm.browsers.reopen(browser, persona.id))


def _parse_orgs(request: Request, persona: Persona) -> frozenset[str]:
    """Parse the organizations that are ticked on the persona's own card."""
    ticked = request.form.getlist(f"org-{persona.username}")
    return frozenset(ticked) & {org.id for org in persona.orgs}


def _find_browser(realm: Realm, request: Request) -> Browser | None:
    return realm.browsers.find(request.cookies.get(_COOKIE))


def _check_form(realm: Realm, request: Request) -> Browser:
    """Check that a form came from our own page in this browser; otherwise a site could agree.

    To a frame that another site led here browsers give no cookie with SameSite=Lax, and keep none
    of it. There the form alone names the browser, and Sec-Fetch-Site, which no page can forge, says
    that the form is ours.
    """
    form_token = request.form.get("form_token", "")
    browser = _find_browser(realm, request)
    if browser is not None and browser.accepts_form(form_token):
        return browser
    browser = realm.browsers.find_by_form(form_token)
    if browser is None or request.headers.get("Sec-Fetch-Site") != "same-origin":
        title = "This page is out of date"
        raise PageRefusal(title, "Go back to the app and sign in again.")
    return browser


def _redirect(url: str) -> Answer:
    return Answer(status=303, headers={"Location": url, "Cache-Control": "no-store"})


def _set_cookie(realm: Realm, answer: Answer, browser: Browser) -> Answer:
    samesite = realm.behavior.cookie_samesite
    answer.set_cookie(
        _COOKIE, browser.id, httponly=True, samesite=samesite, secure=samesite == "None"
    )
    return answer
