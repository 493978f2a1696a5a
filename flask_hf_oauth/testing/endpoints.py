"""Endpoints: one function for each URL of the provider, and the way to them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, Map, Rule

from .answers import Answer, break_answer, build_json_answer, build_replacement
from .authentication import TokenRefusal
from .claims import build_userinfo, build_whoami
from .clients import LOOPBACK_HOSTS
from .consent import answer_authorize, answer_home, answer_sign_out
from .discovery import build_discovery
from .exchange import exchange
from .hub import build_repo_list
from .pages import (
    build_avatar,
    build_error_page,
    build_person_page,
    build_repo_page,
    build_space_page,
    build_stylesheet,
)
from .records import RecordedRequest, build_record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from werkzeug import Request

    from .grants import Grant
    from .realm import Realm


class _OwnerConverter(BaseConverter):
    """A username; the names of our own folders are nobody's."""

    regex = r"(?!(?:oauth|api)\Z)[^/]+"
    part_isolating = True


_ROUTES = Map(
    [
        Rule("/.well-known/openid-configuration", endpoint="discovery", methods=["GET"]),
        Rule("/.well-known/oauth-authorization-server", endpoint="discovery", methods=["GET"]),
        Rule("/oauth/jwks", endpoint="keys", methods=["GET"]),
        Rule("/oauth/authorize", endpoint="authorize", methods=["GET", "POST"]),
        Rule("/oauth/token", endpoint="token", methods=["POST"]),
        Rule("/oauth/userinfo", endpoint="userinfo", methods=["GET"]),
        Rule("/api/whoami-v2", endpoint="whoami", methods=["GET"]),
        Rule("/api/<any(models, datasets, spaces):kinds>", endpoint="hub", methods=["GET"]),
        Rule("/elsewhere", endpoint="elsewhere"),
        Rule("/", endpoint="home", methods=["GET"]),
        Rule("/sign-out", endpoint="sign_out", methods=["POST"]),
        Rule("/static/provider.css", endpoint="stylesheet", methods=["GET"]),
        Rule("/avatars/<name>.svg", endpoint="avatar", methods=["GET"]),
        Rule("/<username>", endpoint="person", methods=["GET"]),
        Rule("/spaces/<owner>/<name>", endpoint="space", methods=["GET"]),
        Rule("/datasets/<owner>/<name>", endpoint="dataset", methods=["GET"]),
        Rule("/<owner:owner>/<name>", endpoint="model", methods=["GET"]),
    ],
    converters={"owner": _OwnerConverter},
)
_HUB_401 = {"error": "Invalid credentials in Authorization header"}
_OAUTH_401 = {"error": "invalid_token", "error_description": "The access token is not valid"}


class Endpoints:
    """All URLs of one provider.

    Attributes:
        requests: What reached the protocol endpoints.
    """

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self.requests: list[RecordedRequest] = []

    def answer(self, request: Request) -> Answer:
        """Answer a request."""
        if not _is_for_loopback(request):
            # DNS rebinding: a site's own name, pointed at 127.0.0.1, would read our answers.
            text = "This provider answers on 127.0.0.1 and localhost only."
            return build_error_page(self._realm, "Wrong host", text)
        try:
            endpoint, values = _ROUTES.bind("localhost").match(request.path, request.method)
        except HTTPException as error:
            return _build_routing_error(self._realm, error)
        if endpoint in _PROTOCOL:
            return self._answer_protocol(endpoint, request, values)
        return _PAGES[endpoint](self._realm, request, **values)

    def _answer_protocol(
        self, endpoint: str, request: Request, values: Mapping[str, str]
    ) -> Answer:
        self.requests.append(build_record(request, endpoint))
        faults = self._realm.faults
        fault = faults.take_fault(endpoint)
        answer = build_replacement(fault) or _PROTOCOL[endpoint](self._realm, request, **values)
        answer.delay = faults.get_delay(endpoint)
        return break_answer(answer, fault, self._realm.behavior.trickle_interval)


def _is_for_loopback(request: Request) -> bool:
    try:
        hostname = urlsplit(f"//{request.environ.get('HTTP_HOST', '')}").hostname
    except ValueError:
        return False
    return hostname in LOOPBACK_HOSTS


def _build_routing_error(realm: Realm, error: HTTPException) -> Answer:
    answer = build_error_page(realm, error.name, str(error.description), error.code or 404)
    answer.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    return answer


def _answer_discovery(realm: Realm, _request: Request) -> Answer:
    return build_json_answer(realm.changes.apply("discovery", build_discovery(realm)))


def _answer_keys(realm: Realm, _request: Request) -> Answer:
    key_set = realm.keys.build_key_set(several=realm.behavior.key_set == "several")
    return build_json_answer(realm.changes.apply("keys", key_set))


def _answer_token(realm: Realm, request: Request) -> Answer:
    try:
        return build_json_answer(realm.changes.apply("token_response", exchange(realm, request)))
    except TokenRefusal as refusal:
        body = {"error": refusal.error, "error_description": refusal.description}
        answer = build_json_answer(body, refusal.status)
        if refusal.status == HTTPStatus.UNAUTHORIZED:
            answer.headers["WWW-Authenticate"] = 'Basic realm="hf-provider"'
        return answer


def _answer_userinfo(realm: Realm, request: Request) -> Answer:
    grant = _find_grant(realm, request)
    if grant is None:
        return _build_userinfo_401(realm)
    persona = realm.accounts.get(grant.sub)
    userinfo = build_userinfo(persona, grant, realm.behavior, issuer=realm.issuer)
    return build_json_answer(realm.changes.apply("userinfo", userinfo))


def _answer_whoami(realm: Realm, request: Request) -> Answer:
    grant = _find_grant(realm, request)
    if grant is None:
        return _build_hub_401()
    persona = realm.accounts.get(grant.sub)
    return build_json_answer(build_whoami(persona, grant, issuer=realm.issuer))


def _answer_hub(realm: Realm, request: Request, kinds: str) -> Answer:
    """Answer a list of repositories; without a token, of the public ones."""
    grant = _find_grant(realm, request)
    if grant is None and "Authorization" in request.headers:
        return _build_hub_401()
    return build_json_answer(build_repo_list(realm, kinds, request.args, grant))


def _answer_elsewhere(_realm: Realm, _request: Request) -> Answer:
    """Answer whoever followed the redirect of a fault."""
    return build_json_answer({"elsewhere": True})


def _answer_person(realm: Realm, _request: Request, username: str) -> Answer:
    persona = realm.accounts.find(username)
    if persona is None:
        return _build_not_found(realm)
    return build_person_page(realm, persona)


def _answer_space(realm: Realm, _request: Request, owner: str, name: str) -> Answer:
    url = realm.spaces.get(f"{owner}/{name}")
    if url is None:
        return _answer_repo(realm, "space", owner, name)
    return build_space_page(realm, f"{owner}/{name}", url)


def _answer_repo(realm: Realm, kind: str, owner: str, name: str) -> Answer:
    persona = realm.accounts.find(owner)
    for repo in persona.repos if persona else ():
        if (repo.kind, repo.name) == (kind, name):
            return build_repo_page(realm, owner, repo)
    return _build_not_found(realm)


def _build_not_found(realm: Realm) -> Answer:
    return build_error_page(realm, "Not Found", "There is nothing at this address.", 404)


def _find_grant(realm: Realm, request: Request) -> Grant | None:
    """Find what the Bearer token of a request stands for (RFC 6750 section 2.1)."""
    scheme, _, access_token = request.headers.get("Authorization", "").partition(" ")
    issued = realm.grants.find_access_token(access_token, realm.now())
    return issued.grant if issued is not None and scheme.lower() == "bearer" else None


def _build_hub_401() -> Answer:
    """Refuse a token in the Hub's words; huggingface_hub reads them from the header."""
    answer = build_json_answer(_HUB_401, 401)
    answer.headers["X-Error-Message"] = _HUB_401["error"]
    return answer


def _build_userinfo_401(realm: Realm) -> Answer:
    bodies: dict[str, Callable[[], Answer]] = {
        "hub": _build_hub_401,
        "oauth": lambda: build_json_answer(_OAUTH_401, 401),
        "empty": lambda: Answer(status=401),
        "html": lambda: build_error_page(realm, "Unauthorized", "Sign in again.", 401),
    }
    answer = bodies[realm.behavior.userinfo_401]()
    answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return answer


_PROTOCOL: dict[str, Callable[..., Answer]] = {
    "discovery": _answer_discovery,
    "keys": _answer_keys,
    "authorize": answer_authorize,
    "token": _answer_token,
    "userinfo": _answer_userinfo,
    "whoami": _answer_whoami,
    "hub": _answer_hub,
    "elsewhere": _answer_elsewhere,
}
_PAGES: dict[str, Callable[..., Answer]] = {
    "home": answer_home,
    "sign_out": answer_sign_out,
    "stylesheet": lambda _realm, _request: build_stylesheet(),
    "avatar": lambda _realm, _request, name: build_avatar(name),
    "person": _answer_person,
    "space": _answer_space,
    "dataset": lambda realm, _request, **names: _answer_repo(realm, "dataset", **names),
    "model": lambda realm, _request, **names: _answer_repo(realm, "model", **names),
}
