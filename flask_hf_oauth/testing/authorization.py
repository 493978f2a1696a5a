"""Authorization requests, read strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from .clients import Client
    from .personas import Persona
    from .realm import Realm

# RFC 7636 section 4.2: the base64url of a SHA-256 is 43 characters long.
_S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_PROMPTS = frozenset({None, "none", "consent"})


class PageRefusal(Exception):
    """The provider answers a page and never calls the app: it cannot tell which app it is."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__(text)
        self.title = title
        self.text = text


class CallbackRefusal(Exception):
    """The provider sends the browser back to the app with an error."""

    def __init__(self, callback_url: str) -> None:
        super().__init__(callback_url)
        self.callback_url = callback_url


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """An authorization request that is in order.

    Attributes:
        client: Who asks.
        redirect_uri: Where the answer goes.
        state: The app's, echoed.
        scopes: What is asked for, in order.
        org_ids: The organizations that are asked for.
        nonce: The app's, for the ID token.
        code_challenge: For PKCE with S256.
        prompt: "none", "consent" or None.
    """

    client: Client
    redirect_uri: str
    state: str | None
    scopes: tuple[str, ...] = ()
    org_ids: frozenset[str] = frozenset()
    nonce: str | None = None
    code_challenge: str | None = None
    prompt: str | None = None

    def find_asked_orgs(self, persona: Persona) -> frozenset[str]:
        """Find the organizations of a person that are asked for."""
        return self.org_ids & {org.id for org in persona.orgs}


def parse_authorization_request(realm: Realm, args: MultiDict[str, str]) -> AuthorizationRequest:
    """Read an authorization request.

    Raises:
        PageRefusal: The client or the redirect URI is wrong; RFC 6749 section 4.1.2.1 forbids to
            redirect then, or the provider would be an open redirector.
        CallbackRefusal: Anything else is wrong; the app is told.
    """
    client = _parse_client(realm, args)
    request = AuthorizationRequest(
        client=client,
        redirect_uri=_parse_redirect_uri(realm, client, args),
        state=args.get("state") if len(args.getlist("state")) == 1 else None,
    )
    _check_shape(realm, request, args)
    _check_pkce(realm, request, args)
    return replace(
        request,
        scopes=_parse_scopes(realm, request, args),
        org_ids=_parse_org_ids(realm, request, args),
        nonce=args.get("nonce"),
        code_challenge=args.get("code_challenge"),
        prompt=args.get("prompt"),
    )


def build_callback_url(
    realm: Realm, request: AuthorizationRequest, parameters: dict[str, str]
) -> str:
    """Build the redirect URI with an answer; a query of its own stays."""
    parameters = dict(parameters)
    if request.state is not None:
        parameters["state"] = request.state
    if realm.behavior.callback_iss:
        parameters["iss"] = realm.issuer
    separator = "&" if "?" in request.redirect_uri else "?"
    return f"{request.redirect_uri}{separator}{urlencode(parameters)}"


def _parse_client(realm: Realm, args: MultiDict[str, str]) -> Client:
    title = "This app is not registered"
    if len(args.getlist("client_id")) != 1:
        raise PageRefusal(title, "The request has no client_id, or several.")
    client = realm.clients.get(args["client_id"])
    if client is None:
        raise PageRefusal(title, f"The provider knows no client_id {args['client_id']!r}.")
    return client


def _parse_redirect_uri(realm: Realm, client: Client, args: MultiDict[str, str]) -> str:
    title = "The redirect URI does not match"
    if len(args.getlist("redirect_uri")) != 1:
        raise PageRefusal(title, "The request has no redirect_uri, or several.")
    redirect_uri = args["redirect_uri"]
    if not client.accepts_redirect_uri(redirect_uri, realm.behavior.space_host):
        text = (
            f"{redirect_uri!r} is not registered for this app; register this very URI (at the test "
            "provider: flask hf-oauth provider --redirect-uri, or HfProvider(redirect_uris=[...]))."
        )
        raise PageRefusal(title, text)
    return redirect_uri


def build_error_callback(
    realm: Realm, request: AuthorizationRequest, error: str, description: str
) -> CallbackRefusal:
    """Build the refusal that the app is told of (RFC 6749 section 4.1.2.1)."""
    parameters = {"error": error, "error_description": description}
    return CallbackRefusal(build_callback_url(realm, request, parameters))


def _check_shape(realm: Realm, request: AuthorizationRequest, args: MultiDict[str, str]) -> None:
    for name, values in args.lists():
        # RFC 6749 section 3.1: parameters come once.
        if len(values) > 1 and not (name == "orgIds" and realm.behavior.org_ids != "comma"):
            text = f"{name} comes {len(values)} times"
            raise build_error_callback(realm, request, "invalid_request", text)
    if "response_type" not in args:
        raise build_error_callback(realm, request, "invalid_request", "response_type is missing")
    if args["response_type"] != "code":
        text = "response_type must be code"
        raise build_error_callback(realm, request, "unsupported_response_type", text)
    if args.get("response_mode", "query") != "query":
        raise build_error_callback(realm, request, "invalid_request", "response_mode must be query")
    if args.get("prompt") not in _PROMPTS:
        text = "prompt must be none or consent"
        raise build_error_callback(realm, request, "invalid_request", text)


def _check_pkce(realm: Realm, request: AuthorizationRequest, args: MultiDict[str, str]) -> None:
    """Check the code challenge (RFC 7636 section 4.4.1); "plain" protects nothing."""
    challenge = args.get("code_challenge")
    if challenge is None and "code_challenge_method" not in args and not request.client.is_public:
        return
    if challenge is None:
        raise build_error_callback(realm, request, "invalid_request", "code_challenge is missing")
    if args.get("code_challenge_method") != "S256":
        text = "code_challenge_method must be S256"
        raise build_error_callback(realm, request, "invalid_request", text)
    if not _S256_CHALLENGE.fullmatch(challenge):
        text = "code_challenge is not the base64url of a SHA-256"
        raise build_error_callback(realm, request, "invalid_request", text)


def _parse_scopes(
    realm: Realm, request: AuthorizationRequest, args: MultiDict[str, str]
) -> tuple[str, ...]:
    scopes = tuple(dict.fromkeys(args.get("scope", "").split())) or request.client.scopes
    lacking = [scope for scope in scopes if scope not in request.client.scopes]
    if not lacking:
        return scopes
    text = f"This app may not ask for {' '.join(lacking)}"
    if realm.behavior.unknown_scope == "page":
        raise PageRefusal("The app asks for too much", f"{text}.")
    raise build_error_callback(realm, request, "invalid_scope", text)


def _parse_org_ids(
    realm: Realm, request: AuthorizationRequest, args: MultiDict[str, str]
) -> frozenset[str]:
    values = args.getlist("orgIds")
    if realm.behavior.org_ids != "repeated":
        values = [org_id for value in values for org_id in value.split(",")]
    if not all(re.fullmatch("[0-9a-f]{24}", org_id) for org_id in values):
        text = "orgIds holds something that is no organization's id"
        raise build_error_callback(realm, request, "invalid_request", text)
    return frozenset(values)
