"""A login under way: what we send to the provider, and what we accept back.

Nothing is kept for it on the server. The browser holds one random *browser key* in its session; a
login is a random id, and its nonce and PKCE verifier are HMACs of that id under the key. The
signed state carries the id, a tag that binds it to the key, and what was asked for. So any number
of logins can be under way at a time, and none of them takes any room.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from itsdangerous import BadData, URLSafeSerializer

from ..errors import (
    AccessDenied,
    AuthorizationError,
    BrowserKeyMissing,
    CallbackError,
    IssuerMismatch,
    LoginError,
    ProviderUnavailable,
    StateExpired,
    StateInvalid,
    StateMismatch,
)

#: Seconds from /login to the callback.
STATE_MAX_AGE = 600

#: Seconds that two clocks may differ: the provider's and ours, or those of two of our machines.
LEEWAY = 120

_FORMS = tuple(  # of a state: all its types, with a prompt and without one
    (str, str, int, str, str, str, prompt, int, int) for prompt in (str, type(None))
)

_PARAMETERS = ("code", "state", "error", "error_description", "error_uri", "iss")
_MAX_PARAMETER = 4096  # characters; a state with the longest ``next`` has 2,500
_NOT_SIGNED_IN = frozenset({"login_required", "consent_required", "interaction_required"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLogin:
    """A login under way.

    ``previous`` is when the login that the browser held at the start was made, 0 for none: a
    browser that holds another one by now has completed this or a later login. ``retries`` counts
    how often it started again by itself.
    """

    id: str
    next: str
    scopes: tuple[str, ...]
    org_ids: tuple[str, ...] = ()
    prompt: str | None = None
    previous: int = 0
    retries: int = 0

    def retried(self) -> PendingLogin:
        """Return the same wish as a new login, counted once more."""
        return replace(self, id=make_login_id(), retries=self.retries + 1)


@dataclass(frozen=True, slots=True)
class BrowserKey:
    """The 32 random bytes that bind logins to one browser (RFC 9700 section 4.7)."""

    secret: bytes = field(repr=False)

    def derive(self, label: str, login_id: str) -> str:
        """Derive the nonce, the verifier or the tag of a login: 43 characters.

        Each is as random as the key; 43 characters are the least that RFC 7636 section 4.1 asks of
        a verifier.
        """
        message = f"flask-hf-oauth {label} {login_id}".encode()
        digest = hmac.digest(self.secret, message, hashlib.sha256)
        return urlsafe_b64encode(digest).rstrip(b"=").decode()

    def nonce(self, login: PendingLogin) -> str:
        """Return what the ID token has to echo (OpenID Connect Core section 15.5.2)."""
        return self.derive("nonce", login.id)

    def code_verifier(self, login: PendingLogin) -> str:
        """Return the PKCE verifier (RFC 7636 section 4.1)."""
        return self.derive("code_verifier", login.id)

    def tag(self, login: PendingLogin) -> str:
        """Return what binds the state to this browser."""
        return self.derive("tag", login.id)[:22]


def make_login_id() -> str:
    """Return 128 random bits."""
    return secrets.token_urlsafe(16)


class StateSigner:
    """Signs the ``state`` that travels through the provider.

    The time stands in the signed values and not in itsdangerous' own stamp, which takes a state
    from a machine whose clock is a second ahead for an expired one.

    Args:
        secret_keys: Oldest first; the newest one signs.
    """

    def __init__(self, secret_keys: Sequence[bytes]) -> None:
        """Keep the keys."""
        self._serializer = URLSafeSerializer(
            list(secret_keys),
            salt="flask-hf-oauth.state",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def build_state(self, login: PendingLogin, key: BrowserKey, *, now: float) -> str:
        """Write a login as a state; ``now`` is in seconds since the epoch."""
        values = [
            login.id,
            key.tag(login),
            int(now),
            login.next,
            " ".join(login.scopes),
            " ".join(login.org_ids),
            login.prompt,
            login.previous,
            login.retries,
        ]
        return str(self._serializer.dumps(values))

    def parse_state(
        self, state: str, key: BrowserKey | None, *, now: float
    ) -> tuple[PendingLogin, LoginError | None]:
        """Read a state, and say what is wrong with it where a new start can mend that.

        Returns:
            The login, and None or why it can't go on: expired, cookie lost, another browser.

        Raises:
            StateInvalid: Forged, or signed with a key that is gone.
        """
        try:
            values = self._serializer.loads(state)
        except BadData:
            raise StateInvalid("the state's signature is wrong") from None
        login, tag, issued_at = _parse_values(values)
        if not -LEEWAY <= now - issued_at <= STATE_MAX_AGE:
            return login, StateExpired("the state is older than ten minutes")
        return login, _judge_binding(login, tag, key)


def _parse_values(values: object) -> tuple[PendingLogin, str, int]:
    """Unpack what we signed ourselves; another version of us may have packed it otherwise."""
    if not isinstance(values, list) or tuple(map(type, values)) not in _FORMS:
        raise StateInvalid("the state has another form")
    login_id, tag, issued_at, target, scopes, org_ids, prompt, previous, retries = values
    login = PendingLogin(
        id=login_id,
        next=target,
        scopes=tuple(scopes.split()),
        org_ids=tuple(org_ids.split()),
        prompt=prompt,
        previous=previous,
        retries=retries,
    )
    return login, tag, issued_at


def _judge_binding(login: PendingLogin, tag: str, key: BrowserKey | None) -> LoginError | None:
    """RFC 9700 section 4.7: binds the callback to this browser; otherwise login CSRF."""
    if key is None:
        return BrowserKeyMissing("the session cookie did not come with the callback")
    if not hmac.compare_digest(tag, key.tag(login)):
        return StateMismatch("the login was begun with another browser key")
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAnswer:
    """The parameters of a callback: either a code or an error (RFC 6749 section 4.1.2)."""

    state: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    error: str | None = None
    iss: str | None = None


def parse_callback(parameters: Iterable[tuple[str, str]]) -> CallbackAnswer:
    """Read the query of a callback.

    Raises:
        CallbackError: A parameter comes twice (RFC 6749 section 3.1) or is absurdly long, or
            there is neither a code nor an error, or both.
        StateInvalid: There is no state.
    """
    values: dict[str, str] = {}
    for name, value in parameters:
        if name not in _PARAMETERS:
            continue
        if name in values or len(value) > _MAX_PARAMETER:
            raise CallbackError(f"{name} comes twice or is too long")
        values[name] = value
    if not values.get("state"):
        raise StateInvalid("there is no state", error_code="state_missing")
    if bool(values.get("code")) == bool(values.get("error")):
        raise CallbackError("neither a code nor an error, or both")
    return CallbackAnswer(
        state=values["state"],
        code=values.get("code") or None,
        error=values.get("error") or None,
        iss=values.get("iss"),
    )


def check_callback(answer: CallbackAnswer, issuer: str) -> str:
    """Return the code, or raise what the provider refused.

    That ``iss`` is there when the provider says that it sends one is looked at where the code is
    spent: an error answer signs nobody in.

    Raises:
        IssuerMismatch: Another provider answers (RFC 9207 section 2.4: mix-up).
        AccessDenied: The person said no.
        AuthorizationError: The provider did not like the request.
    """
    if answer.iss is not None and answer.iss != issuer:
        raise IssuerMismatch("iss names another provider")
    if answer.code is not None:
        return answer.code
    raise _parse_error(answer.error or "")


def _parse_error(error: str) -> LoginError:
    """Name the error of RFC 6749 section 4.1.2.1 or OpenID Connect Core section 3.1.2.6.

    ``error_description`` is left unread: it would let the sender of a link write on our page.
    """
    if error == "access_denied":
        return AccessDenied("the person refused on the consent page")
    if error == "temporarily_unavailable":
        return ProviderUnavailable("the authorization endpoint answered temporarily_unavailable")
    known = error if error.isascii() and error.replace("_", "").isalpha() else "unknown"
    detail = f"the authorization endpoint answered {known[:40]}"
    if error == "invalid_scope":
        remedy = "Add the scopes in HF_OAUTH_SCOPES to the app on its Hugging Face settings page."
        return AuthorizationError(detail, error_code="invalid_scope", remedy=remedy)
    return AuthorizationError(detail)


def is_silent_refusal(answer: CallbackAnswer) -> bool:
    """Tell whether ``prompt=none`` ended without a login (OpenID Connect Core 3.1.2.6)."""
    return answer.error in _NOT_SIGNED_IN
