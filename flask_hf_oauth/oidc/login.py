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
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from itsdangerous import BadData, URLSafeSerializer

from ..errors import (
    BrowserKeyMissing,
    LoginError,
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

    def _derive(self, label: str, login_id: str) -> str:
        """Derive the nonce, the verifier or the tag of a login: 43 characters.

        Each is as random as the key; 43 characters are the least that RFC 7636 section 4.1 asks of
        a verifier.
        """
        message = f"flask-hf-oauth {label} {login_id}".encode()
        digest = hmac.digest(self.secret, message, hashlib.sha256)
        return urlsafe_b64encode(digest).rstrip(b"=").decode()

    def nonce(self, login: PendingLogin) -> str:
        """Return what the ID token has to echo (OpenID Connect Core section 15.5.2)."""
        return self._derive("nonce", login.id)

    def code_verifier(self, login: PendingLogin) -> str:
        """Return the PKCE verifier (RFC 7636 section 4.1)."""
        return self._derive("code_verifier", login.id)

    def tag(self, login: PendingLogin) -> str:
        """Return what binds the state to this browser."""
        return self._derive("tag", login.id)[:22]


def make_login_id() -> str:
    """Return 128 random bits."""
    return secrets.token_urlsafe(16)


class StateSigner:
    """Signs the ``state`` that travels through the provider.

    The time stands in the signed values and not in itsdangerous' own stamp, which takes a state
    from a machine whose clock is a second ahead for an expired one.

    Args:
        secret_keys: Oldest first; the newest one signs.
        binding: Tells the provider and the client; apps with one key believe no foreign state.
    """

    def __init__(self, secret_keys: Sequence[bytes], binding: str) -> None:
        """Keep the keys."""
        self._serializer = URLSafeSerializer(
            list(secret_keys),
            salt=f"flask-hf-oauth.state {binding}",
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
        login, tag, issued_at = _parse_values(self._load(state))
        if not -LEEWAY <= now - issued_at <= STATE_MAX_AGE:
            return login, StateExpired("the state is older than ten minutes")
        return login, _judge_binding(login, tag, key)

    def _load(self, state: str) -> object:
        """Return what we signed, or None; itsdangerous' own error, which holds it, ends here."""
        try:
            return self._serializer.loads(state)
        except BadData:
            return None


def _parse_values(values: object) -> tuple[PendingLogin, str, int]:
    """Unpack what we signed ourselves; another version of us may have packed it otherwise."""
    if not isinstance(values, list) or tuple(map(type, values)) not in _FORMS:
        raise StateInvalid("the state is not signed with a key of ours, or has another form")
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
