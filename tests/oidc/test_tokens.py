from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeAlias

import pytest
import requests
from oidc.forging import MISSING, change
from werkzeug.datastructures import Headers

from flask_hf_oauth.errors import CodeRejected, LoginError, ProviderUnavailable, TokenError
from flask_hf_oauth.oidc.discovery import ProviderMetadata, fetch_metadata
from flask_hf_oauth.oidc.http import Exchange
from flask_hf_oauth.oidc.tokens import (
    ClientCredentials,
    TokenAnswer,
    fetch_tokens,
    parse_token_response,
    parse_tokens,
    refresh_tokens,
)
from flask_hf_oauth.testing import HfProvider, RecordedRequest
from flask_hf_oauth.testing.issuing import Tokens

REQUESTED = frozenset({"openid", "profile"})
DOCUMENT: dict[str, object] = {
    "access_token": "hf_oauth_abc.def-ghi",
    "token_type": "bearer",
    "expires_in": 28_800,
    "id_token": "eyJh.eyJz.c2ln",
    "scope": "openid profile",
    "refresh_token": "hf_oauth__refresh_abc",
}


def parse(**changes: object) -> TokenAnswer:
    return parse_tokens(change(DOCUMENT, changes), REQUESTED)


def test_answer_is_read() -> None:
    assert parse() == TokenAnswer(
        access_token="hf_oauth_abc.def-ghi",
        scopes=REQUESTED,
        expires_in=28_800,
        refresh_token="hf_oauth__refresh_abc",
    )


BAD_ANSWERS: dict[str, tuple[dict[str, object], str]] = {
    "token_type missing": ({"token_type": MISSING}, "token_type"),
    "token_type MAC": ({"token_type": "mac"}, "token_type"),
    "token_type DPoP": ({"token_type": "DPoP"}, "token_type"),
    "token_type null": ({"token_type": None}, "token_type"),
    "token_type a list": ({"token_type": ["bearer"]}, "token_type"),
    "token_type with a space": ({"token_type": "bearer "}, "token_type"),
    "access_token missing": ({"access_token": MISSING}, "token_access_token"),
    "access_token empty": ({"access_token": ""}, "token_access_token"),
    "access_token null": ({"access_token": None}, "token_access_token"),
    "access_token an object": ({"access_token": {}}, "token_access_token"),
    "access_token with a space": ({"access_token": "a b"}, "token_access_token"),
    "access_token with a new line": ({"access_token": "a\r\nX: y"}, "token_access_token"),
    "access_token that ends in one": ({"access_token": "a\n"}, "token_access_token"),
    "access_token not ASCII": ({"access_token": "é"}, "token_access_token"),
    "access_token endless": ({"access_token": "a" * 16_385}, "token_access_token"),
    "scope null": ({"scope": None}, "token_scope"),
    "scope a list": ({"scope": ["openid"]}, "token_scope"),
    "scope without an end": ({"scope": "openid " * 300}, "token_scope"),
    "expires_in a text": ({"expires_in": "28800"}, "token_expires_in"),
    "expires_in null": ({"expires_in": None}, "token_expires_in"),
    "expires_in true": ({"expires_in": True}, "token_expires_in"),
    "expires_in a fraction": ({"expires_in": 0.5}, "token_expires_in"),
    "expires_in infinite": ({"expires_in": float("inf")}, "token_expires_in"),
    "expires_in zero": ({"expires_in": 0}, "token_expires_in"),
    "expires_in negative": ({"expires_in": -1}, "token_expires_in"),
    "expires_in a century": ({"expires_in": 100 * 366 * 86_400}, "token_expires_in"),
}


@pytest.mark.parametrize("answer", BAD_ANSWERS)
def test_bad_answer_is_refused(answer: str) -> None:
    changes, error_code = BAD_ANSWERS[answer]

    with pytest.raises(TokenError) as refusal:
        parse(**changes)
    assert refusal.value.error_code == error_code


@pytest.mark.parametrize("token_type", ["bearer", "Bearer", "BEARER"])
def test_token_type_is_compared_without_case(token_type: str) -> None:
    assert parse(token_type=token_type) == parse()


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        ("openid", {"openid"}),
        ("openid profile email", {"openid", "profile", "email"}),
        ("openid  write-moon ", {"openid", "write-moon"}),
        ("", set()),
        ('openid "quoted" b\\c h\u00e9', {"openid"}),
        (MISSING, REQUESTED),
    ],
    ids=["narrower", "wider", "unknown", "none", "no scope tokens", "as asked"],
)
def test_scope_is_what_was_granted(scope: object, granted: set[str]) -> None:
    assert parse(scope=scope).scopes == granted


@pytest.mark.parametrize(
    ("lifetime", "seconds"),
    [(1, 1), (30 * 86_400, 2_592_000), (MISSING, 3600)],
    ids=["a second", "30 days", "not said"],
)
def test_lifetime_is_read(lifetime: object, seconds: int) -> None:
    assert parse(expires_in=lifetime).expires_in == seconds


@pytest.mark.parametrize(
    "extra",
    [{"id_token": MISSING}, {"expires_at": [1]}, {"expires_at": "never"}, {"x": None}],
    ids=str,
)
def test_other_members_do_not_matter(extra: dict[str, object]) -> None:
    assert parse(**extra) == parse()


@pytest.mark.parametrize(
    "refresh_token",
    [
        pytest.param(MISSING, id="missing"),
        pytest.param(None, id="null"),
        pytest.param("", id="empty"),
        pytest.param(["a"], id="a list"),
        pytest.param("a\r\nX: y", id="a new line"),
        pytest.param("é", id="not ASCII"),
        pytest.param("a" * 16_385, id="endless"),
    ],
)
def test_refresh_token_that_is_none_counts_as_missing(refresh_token: object) -> None:
    assert parse(refresh_token=refresh_token) == replace(parse(), refresh_token="")


@pytest.mark.parametrize("token", ["a" * 16_384, "!~", "hf_oauth_" + "x" * 825], ids=len)
def test_token_is_opaque(token: str) -> None:
    assert parse(access_token=token).access_token == token


def test_answer_hides_its_tokens() -> None:
    shown = repr(replace(parse(), id_token="eyJh.eyJz.c2ln"))

    assert "hf_oauth_" not in shown
    assert "eyJ" not in shown


def test_credentials_hide_the_secret() -> None:
    assert "the-secret" not in repr(
        ClientCredentials(client_id="the-client", client_secret="the-secret")
    )


# Errors


def build_response(document: object, status: int = 400, **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.url = "https://provider.example/oauth/token"
    response._content = document if isinstance(document, bytes) else json.dumps(document).encode()
    response.headers.update(headers)
    return response


def error(name: object) -> dict[str, object]:
    return {"error": name, "error_description": "for the-code"}


ERRORS: dict[str, tuple[requests.Response, type[LoginError], str]] = {
    "invalid_grant": (build_response(error("invalid_grant")), CodeRejected, "code_rejected"),
    "invalid_client": (
        build_response(error("invalid_client")),
        TokenError,
        "token_invalid_client",
    ),
    "invalid_client with 401": (
        build_response(error("invalid_client"), 401),
        TokenError,
        "token_invalid_client",
    ),
    "temporarily_unavailable": (
        build_response(error("temporarily_unavailable")),
        ProviderUnavailable,
        "provider_unavailable",
    ),
    "invalid_request": (build_response(error("invalid_request")), TokenError, "token_refused"),
    "invalid_scope": (build_response(error("invalid_scope")), TokenError, "token_refused"),
    "unknown": (build_response(error("teapot")), TokenError, "token_refused"),
    "with status 200": (build_response(error("invalid_grant"), 200), CodeRejected, "code_rejected"),
    "beside tokens": (
        build_response({**DOCUMENT, "error": "invalid_client"}, 200),
        TokenError,
        "token_invalid_client",
    ),
    "null": (build_response(error(None)), TokenError, "token_refused"),
    "a list": (build_response(error(["invalid_grant"])), TokenError, "token_refused"),
    "no error named": (build_response({}), TokenError, "token_refused"),
    "tokens with status 400": (build_response(DOCUMENT), TokenError, "token_refused"),
    "tokens with status 201": (build_response(DOCUMENT, 201), TokenError, "token_refused"),
    "tokens with status 401": (build_response(DOCUMENT, 401), TokenError, "token_refused"),
    "HTML": (build_response(b"<!doctype html>", 403), TokenError, "token_not_json"),
    "form encoded": (build_response(b"access_token=a", 200), TokenError, "token_not_json"),
    "empty": (build_response(b"", 200), TokenError, "token_not_json"),
    "array": (build_response([DOCUMENT], 200), TokenError, "token_not_object"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error_is_named(name: str) -> None:
    response, kind, error_code = ERRORS[name]

    with pytest.raises(kind) as refusal:
        parse_token_response(response)
    assert refusal.value.error_code == error_code


@pytest.mark.parametrize("name", ["the-code", "x" * 100, "invalid_grant\n", "<b>", "é"])
def test_strange_error_is_not_repeated(name: str) -> None:
    with pytest.raises(TokenError) as refusal:
        parse_token_response(build_response(error(name)))
    assert refusal.value.detail == "the token endpoint answered unknown with status 400"


def test_wrong_secret_names_the_remedy() -> None:
    with pytest.raises(TokenError) as refusal:
        parse_token_response(build_response(error("invalid_client")))
    assert "OAUTH_CLIENT_SECRET" in str(refusal.value.remedy)


def test_charset_of_the_header_does_not_matter() -> None:
    headers = {"Content-Type": "application/json; charset=utf-16"}

    assert parse_token_response(build_response(DOCUMENT, 200, **headers)) == DOCUMENT


# The requests


Fetch: TypeAlias = Callable[[Exchange, ProviderMetadata, ClientCredentials], TokenAnswer]


def spend_code(
    exchange: Exchange,
    metadata: ProviderMetadata,
    client: ClientCredentials,
    code: str = "the-code",
) -> TokenAnswer:
    return fetch_tokens(
        exchange,
        metadata,
        client,
        code=code,
        code_verifier="the-verifier",
        redirect_uri="https://app.example/login/callback?x=1",
        requested_scopes=REQUESTED,
    )


def spend_refresh_token(
    exchange: Exchange,
    metadata: ProviderMetadata,
    client: ClientCredentials,
    refresh_token: str = "the-refresh-token",
) -> TokenAnswer:
    return refresh_tokens(
        exchange, metadata, client, refresh_token=refresh_token, granted_scopes=REQUESTED
    )


def send(
    exchange: Exchange,
    provider: HfProvider,
    client: ClientCredentials,
    fetch: Fetch = spend_code,
    discovery: dict[str, object] | None = None,
) -> RecordedRequest:
    """Ask for tokens with something that the provider does not know, and return what it saw."""
    provider.change("discovery", lambda document: change(document, discovery or {}))
    with pytest.raises((CodeRejected, TokenError)):
        fetch(exchange, fetch_metadata(exchange, provider.url), client)
    return provider.requests[-1]


CODE_FORM = {
    "grant_type": "authorization_code",
    "code": "the-code",
    "code_verifier": "the-verifier",
    "redirect_uri": "https://app.example/login/callback?x=1",
}
REFRESH_FORM = {"grant_type": "refresh_token", "refresh_token": "the-refresh-token"}
CLIENT_ID = {"client_id": "the-client"}
CLIENT = ClientCredentials(client_id="the-client", client_secret="the-secret")
PUBLIC_CLIENT = ClientCredentials(client_id="the-client")
ONLY_POST: dict[str, object] = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}

each_grant = pytest.mark.parametrize(
    ("fetch", "form"),
    [
        pytest.param(spend_code, CODE_FORM, id="code"),
        pytest.param(spend_refresh_token, REFRESH_FORM, id="refresh"),
    ],
)


def read_basic(headers: Headers) -> str:
    scheme, _, credentials = headers["Authorization"].partition(" ")
    assert scheme == "Basic"
    return base64.b64decode(credentials).decode()


def test_secret_travels_in_the_header(exchange: Exchange, provider: HfProvider) -> None:
    request = send(exchange, provider, CLIENT)

    assert read_basic(request.headers) == "the-client:the-secret"
    assert request.form.to_dict() == CODE_FORM


def test_refresh_names_the_client_in_the_form_too(exchange: Exchange, provider: HfProvider) -> None:
    request = send(exchange, provider, CLIENT, spend_refresh_token)

    assert read_basic(request.headers) == "the-client:the-secret"
    assert request.form.to_dict() == {**REFRESH_FORM, **CLIENT_ID}


@each_grant
def test_secret_travels_in_the_body_where_only_that_is_known(
    exchange: Exchange, provider: HfProvider, fetch: Fetch, form: dict[str, str]
) -> None:
    request = send(exchange, provider, CLIENT, fetch, ONLY_POST)

    assert "Authorization" not in request.headers
    assert request.form.to_dict() == {**form, **CLIENT_ID, "client_secret": "the-secret"}


@each_grant
@pytest.mark.parametrize("discovery", [{}, ONLY_POST], ids=["as usual", "post only"])
def test_public_client_sends_its_name_and_no_secret(
    exchange: Exchange,
    provider: HfProvider,
    fetch: Fetch,
    form: dict[str, str],
    discovery: dict[str, object],
) -> None:
    request = send(exchange, provider, PUBLIC_CLIENT, fetch, discovery)

    assert "Authorization" not in request.headers
    assert request.form.to_dict() == {**form, **CLIENT_ID}


@pytest.mark.parametrize("secret", ["a+b", "a%62", "a:b", "a b", "schlüssel", "ключ"])
def test_secret_is_form_encoded_in_the_header(
    exchange: Exchange, provider: HfProvider, secret: str
) -> None:
    """The provider decodes it as RFC 6749 section 2.3.1 says: then only the code is unknown."""
    provider.add_client("https://app.example/cimd", secret)
    client = ClientCredentials(client_id="https://app.example/cimd", client_secret=secret)
    metadata = fetch_metadata(exchange, provider.url)

    with pytest.raises(CodeRejected):
        spend_code(exchange, metadata, client)


@pytest.mark.parametrize("code", ["a b+c%zz&d=e;f#", "é🤗", "\n", "a" * 4096], ids=len)
def test_code_arrives_as_it_came(exchange: Exchange, provider: HfProvider, code: str) -> None:
    request = send(exchange, provider, PUBLIC_CLIENT, partial(spend_code, code=code))

    assert request.form["code"] == code


# The answers


def refresh_once(
    exchange: Exchange, provider: HfProvider, **changes: object
) -> tuple[Tokens, TokenAnswer]:
    """Spend a refresh token that the provider knows; return what there was, and what came."""
    provider.change("token_response", lambda answer: change(answer, changes))
    client = ClientCredentials(client_id=provider.client_id, client_secret=provider.client_secret)
    old = provider.issue_tokens()
    metadata = fetch_metadata(exchange, provider.url)
    return old, spend_refresh_token(exchange, metadata, client, str(old.refresh_token))


def test_refresh_brings_two_new_tokens(exchange: Exchange, provider: HfProvider) -> None:
    old, answer = refresh_once(exchange, provider)

    assert answer.access_token != old.access_token
    assert answer.refresh_token not in {"", old.refresh_token}
    assert (answer.scopes, answer.expires_in) == (REQUESTED, 28_800)


@pytest.mark.parametrize(
    "came", [pytest.param(MISSING, id="none"), pytest.param(None, id="null"), ""]
)
def test_refresh_token_stays_when_no_other_comes(
    exchange: Exchange, provider: HfProvider, came: object
) -> None:
    old, answer = refresh_once(exchange, provider, refresh_token=came)

    assert answer.refresh_token == old.refresh_token


@pytest.mark.parametrize(
    "came", [pytest.param(MISSING, id="none"), "eyJh.eyJz.c2ln", pytest.param({}, id="an object")]
)
def test_refresh_leaves_the_id_token_unread(
    exchange: Exchange, provider: HfProvider, came: object
) -> None:
    assert refresh_once(exchange, provider, id_token=came)[1].id_token == ""


@pytest.mark.parametrize(
    ("scope", "granted"), [("openid", {"openid"}), (MISSING, REQUESTED)], ids=["narrower", "same"]
)
def test_scope_of_a_refresh_is_what_is_left(
    exchange: Exchange, provider: HfProvider, scope: object, granted: set[str]
) -> None:
    assert refresh_once(exchange, provider, scope=scope)[1].scopes == granted


def test_refresh_token_that_is_dead_is_rejected(exchange: Exchange, provider: HfProvider) -> None:
    client = ClientCredentials(client_id=provider.client_id, client_secret=provider.client_secret)

    with pytest.raises(CodeRejected):
        spend_refresh_token(exchange, fetch_metadata(exchange, provider.url), client)


def test_refresh_that_brings_no_token_is_refused(exchange: Exchange, provider: HfProvider) -> None:
    with pytest.raises(TokenError) as refusal:
        refresh_once(exchange, provider, access_token=None)
    assert refusal.value.error_code == "token_access_token"
