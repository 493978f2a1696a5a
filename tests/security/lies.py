"""Lies of a provider: how one is told during one login, and what must come of it."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, TypeAlias

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask.testing import FlaskClient
from flow import REDIRECTS, error_code, recorded
from joserfc.jwk import RSAKey
from oidc.forging import change, encode, encode_json
from werkzeug import Request
from werkzeug.test import TestResponse

from flask_hf_oauth import login_failed
from flask_hf_oauth.testing import HfProvider
from flask_hf_oauth.testing.answers import Answer
from flask_hf_oauth.testing.faults import Change

#: Where a provider can lie, and what it is asked for there.
PATHS = {
    "discovery": "/.well-known/openid-configuration",
    "keys": "/oauth/jwks",
    "token": "/oauth/token",
    "userinfo": "/oauth/userinfo",
}

Lie: TypeAlias = Callable[[HfProvider], None]


# What must come of a lie


def check_refused(
    client: FlaskClient, provider: HfProvider, lie: Lie, code: str, *, status: int = 502
) -> None:
    """Let the provider lie in one login: it is refused, leaves nothing, and the next one works."""
    with lying(provider, lie), recorded(login_failed, client.application) as errors:
        answer = attempt(client, provider)
    assert (error_code(answer), answer.status_code) == (code, status)
    assert [error.error_code for error in errors] == [code]
    assert client.get("/private").location == "/login?next=/private"
    check_accepted(client, provider)


def check_accepted(client: FlaskClient, provider: HfProvider) -> None:
    """Sign in, as with a provider that tells the truth."""
    assert attempt(client, provider).location == "/"
    assert client.get("/private").text == "private to demo-free"


def attempt(client: FlaskClient, provider: HfProvider, persona: str = "demo-free") -> TestResponse:
    """Try to sign in, and return the page that this ends on: /login may fail already."""
    answer = client.get("/login?prompt=consent")
    if answer.status_code not in REDIRECTS:
        return answer
    return client.get(provider.authorize(answer.location, persona))


@contextmanager
def lying(provider: HfProvider, lie: Lie) -> Iterator[None]:
    """Let a provider lie for a while."""
    behavior = provider.behavior
    lie(provider)
    try:
        yield
    finally:
        provider.heal()
        provider.switch(**asdict(behavior))
        _server(provider).answer_request = provider._endpoints.answer


# How a lie is told


def changed(name: Change, /, **members: object) -> Lie:
    """Change members of what the provider says; MISSING takes one away."""
    return edited(name, lambda value: change(value, members))


def edited(name: Change, edit: Callable[[Any], object]) -> Lie:
    """Pass what the provider says through a function."""
    return lambda provider: provider.change(name, edit)


def answered(
    endpoint: str,
    body: bytes | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Lie:
    """Change an answer on its way out: its whole body, its status, some of its headers."""

    def rewrite(answer: Answer) -> Answer:
        answer.status_code = status
        answer.headers.update(headers or {})
        if body is not None:
            answer.set_data(body)
        return answer

    def lie(provider: HfProvider) -> None:
        tell_truth = _server(provider).answer_request

        def answer(request: Request) -> Answer:
            truth = tell_truth(request)
            return rewrite(truth) if request.path == PATHS[endpoint] else truth

        _server(provider).answer_request = answer

    return lie


def _server(provider: HfProvider) -> Any:  # noqa: ANN401 - private to the provider
    return provider._server


def switched(**switches: object) -> Lie:
    """Let the provider behave in another way."""
    return lambda provider: provider.switch(**switches)


def together(*lies: Lie) -> Lie:
    """Tell several lies that belong together."""

    def lie(provider: HfProvider) -> None:
        for each in lies:
            each(provider)

    return lie


# Forged ID tokens


@dataclass(frozen=True)
class Original:
    """The true ID token of a login, and the provider that signed it."""

    provider: HfProvider
    text: str

    @property
    def parts(self) -> list[str]:
        """Header, payload and signature, encoded."""
        return self.text.split(".")

    @property
    def header(self) -> dict[str, object]:
        """The header, to be changed."""
        return _decode_json(self.parts[0])

    @property
    def claims(self) -> dict[str, object]:
        """The claims, to be changed."""
        return _decode_json(self.parts[1])

    @cached_property
    def key(self) -> RSAKey:
        """The provider's private key, under its name."""
        return read_signing_key(self.provider, kid=str(self.header["kid"]))


def read_signing_key(provider: HfProvider, kid: str) -> RSAKey:
    """Take the private key of a provider, and give it a name."""
    private = provider.signing_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key: RSAKey = RSAKey.import_key(private, {"kid": kid})
    return key


Forgery: TypeAlias = Callable[[Original], str]


def forged(forge: Forgery) -> Lie:
    """Put a forgery in the place of the ID token."""
    return lambda provider: provider.change(
        "id_token", lambda token: forge(Original(provider, token))
    )


def sign_with_secret(
    claims: Mapping[str, object], secret: bytes, algorithm: str, **header: object
) -> str:
    """Sign with HMAC: HS256, HS384 or HS512; the header may lie about it."""
    protected = {"alg": algorithm, "typ": "JWT", **header}
    signing_input = f"{encode_json(protected)}.{encode_json(claims)}"
    digest = hmac.digest(secret, signing_input.encode(), f"sha{algorithm[2:]}")
    return f"{signing_input}.{encode(digest)}"


def _decode_json(part: str) -> dict[str, object]:
    content: dict[str, object] = json.loads(urlsafe_b64decode(part + "=="))
    return content
