from __future__ import annotations

import base64
import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import pytest
from oidc.forging import make_rsa_key, sign

from flask_hf_oauth.errors import (
    AccessDenied,
    CodeRejected,
    DiscoveryError,
    IdTokenError,
    IssuerMismatch,
    KeysError,
    LoginBusy,
    LoginError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    StateUsed,
    TokenError,
    UserinfoError,
)
from flask_hf_oauth.oidc.callback import CallbackAnswer, parse_callback
from flask_hf_oauth.oidc.client import OidcClient, VerifiedLogin
from flask_hf_oauth.oidc.kept import Kept
from flask_hf_oauth.oidc.login import BrowserKey, PendingLogin
from flask_hf_oauth.oidc.tokens import ClientCredentials
from flask_hf_oauth.testing import PERSONAS_BY_USERNAME, HfProvider

REDIRECT_URI = "http://127.0.0.1:5000/login/callback"
KEY = BrowserKey(b"k" * 32)
LOGIN = PendingLogin(id="the-login-id", next="/", scopes=("openid", "profile"))
DEMO_FREE = PERSONAS_BY_USERNAME["demo-free"].id

ClientMaker: TypeAlias = Callable[..., OidcClient]


@pytest.fixture
def make_client(provider: HfProvider) -> Iterator[ClientMaker]:
    """Make clients of the provider; they are closed after the test."""
    with ExitStack() as stack:

        def make(*, public: bool = False, **changes: Any) -> OidcClient:
            settings = {"timeout": (2, 2), "max_exchanges": 2, **changes}
            credentials = ClientCredentials(
                client_id=provider.public_client_id if public else provider.client_id,
                client_secret=None if public else provider.client_secret,
            )
            client = OidcClient(issuer=provider.url, credentials=credentials, **settings)
            stack.callback(client.close)
            return client

        yield make


@pytest.fixture
def client(make_client: ClientMaker) -> OidcClient:
    return make_client()


def authorization_url(client: OidcClient, login: PendingLogin = LOGIN) -> str:
    return client.begin_login(login, KEY, state="the-state", redirect_uri=REDIRECT_URI)


def read_answer(callback_url: str) -> CallbackAnswer:
    return parse_callback(parse_qsl(urlsplit(callback_url).query))


def complete(
    client: OidcClient,
    answer: CallbackAnswer,
    login: PendingLogin = LOGIN,
    *,
    key: BrowserKey = KEY,
    claim: Callable[[], None] = lambda: None,
) -> VerifiedLogin:
    return client.complete_login(login, key, answer, redirect_uri=REDIRECT_URI, claim=claim)


def sign_in(
    client: OidcClient,
    provider: HfProvider,
    persona: str = "demo-free",
    login: PendingLogin = LOGIN,
    **granted: Any,
) -> VerifiedLogin:
    url = provider.authorize(authorization_url(client, login), persona, **granted)
    return complete(client, read_answer(url), login)


def asked(provider: HfProvider) -> list[str]:
    return [request.endpoint for request in provider.requests]


# The way there


def test_authorization_url_asks_for_what_openid_connect_wants(
    client: OidcClient, provider: HfProvider
) -> None:
    url = urlsplit(authorization_url(client))
    digest = hashlib.sha256(KEY.code_verifier(LOGIN).encode()).digest()

    assert url._replace(query="").geturl() == f"{provider.url}/oauth/authorize"
    assert sorted(parse_qsl(url.query)) == [
        ("client_id", provider.client_id),
        ("code_challenge", base64.urlsafe_b64encode(digest).rstrip(b"=").decode()),
        ("code_challenge_method", "S256"),
        ("nonce", KEY.nonce(LOGIN)),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", "openid profile"),
        ("state", "the-state"),
    ]


def test_authorization_url_asks_for_more_when_told_to(client: OidcClient) -> None:
    login = PendingLogin(
        id="x", next="/", scopes=("openid",), org_ids=("one", "two"), prompt="consent"
    )
    query = dict(parse_qsl(urlsplit(authorization_url(client, login)).query))

    assert (query["orgIds"], query["prompt"]) == ("one,two", "consent")


def test_query_of_the_authorization_endpoint_stays(
    client: OidcClient, provider: HfProvider
) -> None:
    endpoint = f"{provider.url}/oauth/authorize?tenant=1"
    provider.change("discovery", lambda document: {**document, "authorization_endpoint": endpoint})

    query = parse_qsl(urlsplit(authorization_url(client)).query)
    assert query[0] == ("tenant", "1")
    assert ("client_id", provider.client_id) in query


# The way back


@pytest.mark.parametrize("public", [False, True], ids=["confidential", "public"])
def test_person_is_verified(
    make_client: ClientMaker, provider: HfProvider, *, public: bool
) -> None:
    verified = sign_in(make_client(public=public), provider)

    assert verified.claims["sub"] == DEMO_FREE
    assert verified.claims["preferred_username"] == "demo-free"
    assert verified.claims["isPro"] is False
    assert verified.tokens.access_token.startswith("hf_oauth_")
    assert verified.tokens.scopes == {"openid", "profile"}
    assert verified.tokens.expires_in == 28_800


def test_nothing_is_fetched_before_the_first_login(
    client: OidcClient, provider: HfProvider
) -> None:
    assert provider.connections == 0

    authorization_url(client)
    assert asked(provider) == ["discovery"]


def test_warm_login_makes_two_requests_on_the_connection_that_is_there(
    client: OidcClient, provider: HfProvider
) -> None:
    sign_in(client, provider)
    assert asked(provider) == ["discovery", "token", "keys", "userinfo"]

    provider.reset_records()
    for _ in range(3):
        sign_in(client, provider)
    assert asked(provider) == ["token", "userinfo"] * 3
    assert provider.connections == 0


SWITCHES: dict[str, dict[str, Any]] = {
    "no kid among several keys": {"id_token_kid": False},
    "no kid and a single key": {"id_token_kid": False, "key_set": "single"},
    "a single key": {"key_set": "single"},
    "at_hash": {"at_hash": True},
    "azp": {"azp": True},
    "clock 60 s ahead": {"clock_offset": 60},
    "clock 60 s behind": {"clock_offset": -60},
    "ID token of a second": {"id_token_lifetime": 1},
    "opaque access token": {"access_token_format": "opaque"},
    "no refresh token": {"refresh_tokens": "never"},
    "orgs null": {"orgs_without_memberships": "null"},
    "orgs absent": {"orgs_without_memberships": "absent"},
    "orgs empty": {"orgs_without_memberships": "empty"},
    "iss in the callback": {"callback_iss": True},
    "iss announced": {"callback_iss": True, "announce_callback_iss": True},
}


@pytest.mark.parametrize("switches", SWITCHES)
def test_provider_may_differ(client: OidcClient, provider: HfProvider, switches: str) -> None:
    provider.switch(**SWITCHES[switches])

    assert sign_in(client, provider).claims["sub"] == DEMO_FREE


def test_narrower_scope_is_no_mistake(client: OidcClient, provider: HfProvider) -> None:
    verified = sign_in(client, provider, scopes=["openid"])

    assert verified.tokens.scopes == {"openid"}
    assert "preferred_username" not in verified.claims


def test_forty_organizations_are_read(client: OidcClient, provider: HfProvider) -> None:
    orgs = sign_in(client, provider, "demo-many-orgs").claims["orgs"]

    assert isinstance(orgs, list)
    assert len(orgs) == 40


# Forgeries on the wire


Forgery: TypeAlias = tuple[str, Callable[[HfProvider], Callable[[Any], object]], str]


def merge(**changes: object) -> Callable[[HfProvider], Callable[[Any], object]]:
    return lambda _provider: lambda value: {**value, **changes}


def sign_with_foreign_key(_provider: HfProvider) -> Callable[[Any], object]:
    now = int(time.time())
    claims = {"sub": DEMO_FREE, "iat": now, "exp": now + 60}
    return lambda _token: sign(make_rsa_key("foreign"), claims)


def name_foreign_keys(_provider: HfProvider) -> Callable[[Any], object]:
    return lambda _keys: {"keys": [make_rsa_key("foreign").as_dict(private=False)]}


FORGERIES: dict[str, Forgery] = {
    "iss": ("id_token_claims", merge(iss="https://evil.example"), "id_token_iss"),
    "aud": ("id_token_claims", merge(aud="another-app"), "id_token_aud"),
    "azp": ("id_token_claims", merge(azp="another-app"), "id_token_azp"),
    "exp": ("id_token_claims", merge(exp=1), "id_token_exp"),
    "iat": ("id_token_claims", merge(iat=9_999_999_999), "id_token_iat"),
    "nonce": ("id_token_claims", merge(nonce="another"), "id_token_nonce"),
    "at_hash": ("id_token_claims", merge(at_hash="another"), "id_token_at_hash"),
    "sub": ("id_token_claims", merge(sub=""), "id_token_sub"),
    "person swapped": ("id_token_claims", merge(sub="somebody-else"), "userinfo_sub"),
    "alg": ("id_token_header", merge(alg="none"), "id_token_alg"),
    "crit": ("id_token_header", merge(crit=["x"]), "id_token_header"),
    "kid unknown": ("id_token_header", merge(kid="unknown"), "id_token_signature"),
    "foreign signature": ("id_token", sign_with_foreign_key, "id_token_signature"),
    "foreign keys": ("keys", name_foreign_keys, "id_token_signature"),
    "no keys": ("keys", merge(keys=[]), "keys_unusable"),
    "token_type": ("token_response", merge(token_type="mac"), "token_type"),
    "ID token missing": ("token_response", merge(id_token=None), "token_id_token"),
    "ID token endless": ("token_response", merge(id_token="a" * 16_385), "token_id_token"),
    "access token swapped": (
        "token_response",
        merge(access_token="hf_oauth_other"),
        "userinfo_unauthorized",
    ),
    "token answer an array": ("token_response", lambda _p: lambda _a: [], "token_not_object"),
    "userinfo": ("userinfo", merge(sub="somebody-else"), "userinfo_sub"),
    "userinfo nameless": ("userinfo", lambda _p: lambda _c: {}, "userinfo_sub"),
    "issuer": ("discovery", merge(issuer="https://evil.example"), "discovery_issuer"),
    "algorithms": (
        "discovery",
        merge(id_token_signing_alg_values_supported=["HS256"]),
        "discovery_alg",
    ),
    "only ES256": (
        "discovery",
        merge(id_token_signing_alg_values_supported=["ES256"]),
        "id_token_alg",
    ),
    "token endpoint in the clear": (
        "discovery",
        merge(token_endpoint="http://evil.example/"),
        "discovery_endpoint",
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forgery_is_refused(client: OidcClient, provider: HfProvider, forgery: str) -> None:
    name, build, error_code = FORGERIES[forgery]
    provider.change(name, build(provider))  # type: ignore[arg-type]  # one of its changes

    with pytest.raises(ProviderError) as refusal:
        sign_in(client, provider)
    assert refusal.value.error_code == error_code


@pytest.mark.parametrize("seconds", [-3900, 200], ids=["behind", "ahead"])
def test_clock_beyond_the_leeway_is_refused(
    client: OidcClient, provider: HfProvider, seconds: int
) -> None:
    provider.switch(clock_offset=seconds)

    with pytest.raises(IdTokenError):
        sign_in(client, provider)


def test_at_hash_of_another_token_is_refused(client: OidcClient, provider: HfProvider) -> None:
    """A token of another login, which the provider knows, is put into this answer."""
    stolen = sign_in(client, provider, "demo-pro").tokens.access_token
    provider.switch(at_hash=True)
    provider.change("token_response", lambda answer: {**answer, "access_token": stolen})

    with pytest.raises(IdTokenError) as refusal:
        sign_in(client, provider)
    assert refusal.value.error_code == "id_token_at_hash"


def test_token_of_another_person_is_refused(client: OidcClient, provider: HfProvider) -> None:
    stolen = sign_in(client, provider, "demo-pro").tokens.access_token
    provider.change("token_response", lambda answer: {**answer, "access_token": stolen})

    with pytest.raises(UserinfoError) as refusal:
        sign_in(client, provider)
    assert refusal.value.error_code == "userinfo_sub"


def test_code_of_another_browser_is_refused(client: OidcClient, provider: HfProvider) -> None:
    """Its verifier is another one: PKCE (RFC 7636)."""
    answer = read_answer(provider.authorize(authorization_url(client)))

    with pytest.raises(CodeRejected):
        complete(client, answer, key=BrowserKey(b"o" * 32))


def test_code_of_another_login_is_refused(client: OidcClient, provider: HfProvider) -> None:
    answer = read_answer(provider.authorize(authorization_url(client)))

    with pytest.raises(CodeRejected):
        complete(client, answer, LOGIN.retried())


def test_code_is_good_once(client: OidcClient, provider: HfProvider) -> None:
    answer = read_answer(provider.authorize(authorization_url(client)))
    complete(client, answer)

    with pytest.raises(CodeRejected):
        complete(client, answer)


def test_wrong_secret_is_named(make_client: ClientMaker, provider: HfProvider) -> None:
    client = make_client()
    client._credentials = ClientCredentials(client_id=provider.client_id, client_secret="wrong")

    with pytest.raises(TokenError) as refusal:
        sign_in(client, provider)
    assert refusal.value.error_code == "token_invalid_client"


def test_login_without_openid_is_refused(client: OidcClient, provider: HfProvider) -> None:
    with pytest.raises(TokenError) as refusal:
        sign_in(client, provider, scopes=["profile"])
    assert refusal.value.error_code == "token_id_token"


# The answer of the authorization endpoint


def test_refused_consent_asks_for_no_token(client: OidcClient, provider: HfProvider) -> None:
    answer = read_answer(provider.refuse(authorization_url(client)))

    with pytest.raises(AccessDenied):
        complete(client, answer)
    assert asked(provider) == ["discovery"]


@pytest.mark.parametrize("iss", [None, "https://evil.example"], ids=["missing", "another"])
def test_iss_that_was_announced_has_to_come(
    client: OidcClient, provider: HfProvider, iss: str | None
) -> None:
    """RFC 9207 section 2.4: the code is not sent to a provider that did not make it."""
    provider.switch(announce_callback_iss=True)
    code = read_answer(provider.authorize(authorization_url(client))).code
    claims: list[str] = []

    with pytest.raises(IssuerMismatch):
        complete(
            client,
            CallbackAnswer(state="the-state", code=code, iss=iss),
            claim=lambda: claims.append("claimed"),
        )
    assert asked(provider) == ["discovery"]
    assert claims == []


def test_code_is_claimed_right_before_it_is_spent(client: OidcClient, provider: HfProvider) -> None:
    answer = read_answer(provider.authorize(authorization_url(client)))
    before: list[list[str]] = []
    complete(client, answer, claim=lambda: before.append(asked(provider)))

    assert before == [["discovery"]]


def refuse_claim() -> None:
    raise StateUsed


def test_lost_claim_spends_no_code(client: OidcClient, provider: HfProvider) -> None:
    answer = read_answer(provider.authorize(authorization_url(client)))

    with pytest.raises(StateUsed):
        complete(client, answer, claim=refuse_claim)
    assert asked(provider) == ["discovery"]
    assert complete(client, answer).claims["sub"] == DEMO_FREE


# After the login


def test_refresh_brings_tokens_that_userinfo_takes(
    client: OidcClient, provider: HfProvider
) -> None:
    tokens = sign_in(client, provider).tokens

    newer = client.refresh(tokens.refresh_token, tokens.scopes)
    claims = client.fetch_claims(newer.access_token, DEMO_FREE)
    assert newer.refresh_token != tokens.refresh_token
    assert claims["preferred_username"] == "demo-free"


def test_refresh_token_is_good_once(client: OidcClient, provider: HfProvider) -> None:
    tokens = sign_in(client, provider).tokens
    client.refresh(tokens.refresh_token, tokens.scopes)

    with pytest.raises(CodeRejected):
        client.refresh(tokens.refresh_token, tokens.scopes)


def test_refresh_token_of_another_client_is_rejected(
    make_client: ClientMaker, provider: HfProvider
) -> None:
    tokens = sign_in(make_client(), provider).tokens

    with pytest.raises(CodeRejected):
        make_client(public=True).refresh(tokens.refresh_token, tokens.scopes)


def test_userinfo_about_somebody_else_is_refused(client: OidcClient, provider: HfProvider) -> None:
    tokens = sign_in(client, provider).tokens

    with pytest.raises(UserinfoError) as refusal:
        client.fetch_claims(tokens.access_token, PERSONAS_BY_USERNAME["demo-pro"].id)
    assert refusal.value.error_code == "userinfo_sub"


def test_refresh_waits_for_a_place_like_everybody(
    make_client: ClientMaker, provider: HfProvider
) -> None:
    client = make_client(max_exchanges=1)
    tokens = sign_in(client, provider).tokens

    with client._transport.exchange(), pytest.raises(LoginBusy):
        client.refresh(tokens.refresh_token, tokens.scopes)


# Keys that change


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("id_token_kid", [True, False], ids=["kid", "no kid"])
def test_rotated_keys_are_fetched(
    client: OidcClient, provider: HfProvider, *, id_token_kid: bool
) -> None:
    provider.switch(id_token_kid=id_token_kid)
    sign_in(client, provider)
    provider.rotate_keys()
    provider.reset_records()

    assert sign_in(client, provider).claims["sub"] == DEMO_FREE
    assert asked(provider) == ["token", "keys", "userinfo"]


def test_forged_tokens_fetch_the_keys_once_a_minute(
    client: OidcClient, provider: HfProvider
) -> None:
    clock = Clock()
    client._keys = Kept(client._fetch_keys, clock)
    sign_in(client, provider)
    provider.change("id_token", sign_with_foreign_key(provider))
    provider.reset_records()

    for seconds in (0, 30, 59.9, 60):
        clock.now = seconds
        with pytest.raises(IdTokenError):
            sign_in(client, provider)
    assert asked(provider).count("keys") == 2


def test_useless_key_set_does_not_replace_a_good_one(
    client: OidcClient, provider: HfProvider
) -> None:
    sign_in(client, provider)
    provider.change("keys", lambda _keys: {"keys": []})
    provider.change("id_token", sign_with_foreign_key(provider))
    with pytest.raises(IdTokenError):
        sign_in(client, provider)

    provider.heal("token")
    assert sign_in(client, provider).claims["sub"] == DEMO_FREE


# Failures of the provider

UNAVAILABLE, TIMEOUT = "provider_unavailable", "provider_timeout"
FAULTS: dict[str, tuple[type[LoginError], str]] = {
    "status-500": (ProviderUnavailable, UNAVAILABLE),
    "status-503": (ProviderUnavailable, UNAVAILABLE),
    "status-429": (ProviderUnavailable, UNAVAILABLE),
    "html-502": (ProviderUnavailable, UNAVAILABLE),
    "reset": (ProviderUnavailable, UNAVAILABLE),
    "truncated": (ProviderUnavailable, UNAVAILABLE),
    "hang": (ProviderTimeout, TIMEOUT),
    "redirect": (ProviderError, "provider_redirect"),
    "huge": (ProviderError, "provider_too_large"),
    "html": (ProviderError, "{}_not_json"),
    "empty": (ProviderError, "{}_not_json"),
    "not-json": (ProviderError, "{}_not_json"),
    "array": (ProviderError, "{}_not_object"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("endpoint", ["discovery", "keys", "token", "userinfo"])
def test_failing_provider_is_named(
    make_client: ClientMaker, provider: HfProvider, endpoint: str, fault: str
) -> None:
    kind, error_code = FAULTS[fault]
    client = make_client(timeout=(2, 0.3 if fault == "hang" else 2))
    provider.fail(endpoint, fault)  # type: ignore[arg-type]  # its endpoints and faults

    with pytest.raises(kind) as failure:
        sign_in(client, provider)
    assert failure.value.error_code == error_code.format(endpoint)

    assert sign_in(client, provider).claims["sub"] == DEMO_FREE


@pytest.mark.parametrize("body", ["hub", "oauth", "empty", "html"])
def test_revoked_token_is_unauthorized(client: OidcClient, provider: HfProvider, body: str) -> None:
    provider.switch(userinfo_401=body)
    provider.change("token_response", lambda answer: {**answer, "access_token": "revoked"})

    with pytest.raises(UserinfoError) as failure:
        sign_in(client, provider)
    assert failure.value.error_code == "userinfo_unauthorized"


@pytest.mark.parametrize("status", [400, 401])
def test_unknown_client_is_named_whatever_the_status(
    client: OidcClient, provider: HfProvider, status: int
) -> None:
    provider.switch(invalid_client_status=status)
    client._credentials = ClientCredentials(client_id=provider.client_id, client_secret="x")

    with pytest.raises(TokenError) as failure:
        sign_in(client, provider)
    assert failure.value.error_code == "token_invalid_client"


@pytest.mark.parametrize(("endpoint", "kind"), [("discovery", DiscoveryError), ("keys", KeysError)])
def test_bad_document_is_not_kept(
    client: OidcClient, provider: HfProvider, endpoint: str, kind: type[LoginError]
) -> None:
    provider.fail(endpoint, "html")  # type: ignore[arg-type]  # one of its endpoints
    with pytest.raises(kind):
        sign_in(client, provider)

    assert sign_in(client, provider).claims["sub"] == DEMO_FREE


# Many at a time


def test_one_login_too_many_waits_and_is_refused(
    make_client: ClientMaker, provider: HfProvider
) -> None:
    client = make_client(max_exchanges=1)
    client._transport.patience = 0.01
    answer = read_answer(provider.authorize(authorization_url(client)))

    def claim() -> None:
        with pytest.raises(LoginBusy):
            complete(client, answer)

    assert complete(client, answer, claim=claim).claims["sub"] == DEMO_FREE


def test_logins_at_once_keep_apart(make_client: ClientMaker, provider: HfProvider) -> None:
    client = make_client(max_exchanges=8)
    personas = ["demo-free", "demo-pro", "demo-org-admin", "demo-no-email"] * 2
    together = threading.Barrier(len(personas))
    seen: list[tuple[str, object]] = []

    def run(persona: str) -> None:
        together.wait(5)
        verified = sign_in(client, provider, persona)
        seen.append((persona, verified.claims["preferred_username"]))

    threads = [threading.Thread(target=run, args=(persona,)) for persona in personas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(persona for persona, _ in seen) == sorted(personas)
    assert all(persona == username for persona, username in seen)


# What leaks


def test_no_request_carries_a_cookie(client: OidcClient, provider: HfProvider) -> None:
    for endpoint in ("discovery", "keys", "token", "userinfo"):
        provider.fail(endpoint, "cookie", times=None)
    sign_in(client, provider)
    sign_in(client, provider, "demo-pro")

    assert len(provider.requests) == 6
    assert not any("Cookie" in request.headers for request in provider.requests)


@pytest.mark.parametrize("public", [False, True], ids=["confidential", "public"])
def test_netrc_changes_nothing(
    make_client: ClientMaker,
    provider: HfProvider,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    public: bool,
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    sign_in(make_client(public=public), provider)

    sent = {request.endpoint: request.headers.get("Authorization") for request in provider.requests}
    secret = base64.b64encode(f"{provider.client_id}:{provider.client_secret}".encode()).decode()
    assert (sent["discovery"], sent["keys"]) == (None, None)
    assert sent["token"] == (None if public else f"Basic {secret}")
    assert str(sent["userinfo"]).startswith("Bearer hf_oauth_")


def test_log_of_a_login_holds_no_secret(
    client: OidcClient, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = read_answer(provider.authorize(authorization_url(client)))
    verified = complete(client, answer)

    secrets = {
        "code": str(answer.code),
        "access token": verified.tokens.access_token,
        "ID token": verified.tokens.id_token,
        "client secret": provider.client_secret,
        "verifier": KEY.code_verifier(LOGIN),
        "nonce": KEY.nonce(LOGIN),
        "state": "the-state",
    }
    assert caplog.text
    assert [name for name, secret in secrets.items() if secret in caplog.text] == []


def test_verified_login_shows_no_token(client: OidcClient, provider: HfProvider) -> None:
    verified = sign_in(client, provider)

    assert verified.tokens.access_token not in repr(verified)
    assert verified.tokens.id_token not in repr(verified)


@pytest.mark.parametrize(
    "lie",
    [
        {"id_token_signing_alg_values_supported": ["ES256"]},
        {"authorization_response_iss_parameter_supported": True},
        {"token_endpoint": "http://127.0.0.1:9/token"},
        {"userinfo_endpoint": "http://127.0.0.1:9/userinfo"},
    ],
    ids=["algorithms", "iss parameter", "token endpoint", "userinfo endpoint"],
)
def test_wrong_discovery_document_fails_one_login_and_no_more(
    client: OidcClient, provider: HfProvider, lie: dict[str, object]
) -> None:
    provider.change("discovery", lambda document: {**document, **lie})
    with pytest.raises(LoginError):
        sign_in(client, provider)

    provider.heal()
    assert sign_in(client, provider).claims["preferred_username"] == "demo-free"


def test_who_finds_neither_place_nor_document_is_told_to_come_back(
    make_client: ClientMaker,
) -> None:
    client = make_client(max_exchanges=1)
    client._transport.patience = 0

    with client._transport.exchange(), pytest.raises(LoginBusy):
        authorization_url(client)


def test_old_document_serves_who_finds_no_place(
    make_client: ClientMaker, provider: HfProvider
) -> None:
    client = make_client(max_exchanges=1)
    url = authorization_url(client)
    client._metadata.doubt()
    client._transport.patience = 0

    with client._transport.exchange():
        assert authorization_url(client) == url
    assert asked(provider) == ["discovery"]


def test_answer_without_a_scope_grants_what_was_asked_for(
    client: OidcClient, provider: HfProvider
) -> None:
    provider.change(
        "token_response", lambda answer: {k: v for k, v in answer.items() if k != "scope"}
    )

    assert sign_in(client, provider).tokens.scopes == frozenset(LOGIN.scopes)
