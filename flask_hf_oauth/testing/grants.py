"""Grants: what people allowed apps to do, and the codes and tokens that stand for it."""

from __future__ import annotations

import secrets
import string
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one person allowed one client, at one sign-in.

    Attributes:
        client_id: The app.
        sub: The person.
        scopes: What was granted, in the order in which it was asked for.
        org_ids: The organizations that the app may look into.
        auth_time: When the person agreed, in seconds since the epoch.
        nonce: The app's, for the ID token.
        id: Shared by everything that this sign-in gives.
    """

    client_id: str
    sub: str
    scopes: tuple[str, ...]
    org_ids: frozenset[str]
    auth_time: int
    nonce: str | None
    id: str = field(default_factory=lambda: secrets.token_hex(12))


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCode:
    """An authorization code: its grant, and what the exchange must match."""

    grant: Grant
    redirect_uri: str
    code_challenge: str | None
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """An access or a refresh token; times are seconds since the epoch."""

    grant: Grant
    expires_at: float


class Grants:
    """All codes and tokens of one provider."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._codes: dict[str, IssuedCode] = {}
        self._used_codes: dict[str, IssuedCode] = {}
        self._access_tokens: dict[str, IssuedToken] = {}
        self._refresh_tokens: dict[str, IssuedToken] = {}

    def issue_code(self, issued: IssuedCode) -> str:
        """Make a code."""
        code = secrets.token_urlsafe(24)
        with self._lock:
            self._codes[code] = issued
        return code

    def take_code(self, code: str, client_id: str) -> IssuedCode | None:
        """Take a code; it works once, and for its own client only.

        RFC 6749 section 4.1.2: a code that comes twice was stolen, so what it gave is revoked.
        """
        with self._lock:
            used = self._used_codes.get(code)
            if used is not None and used.grant.client_id == client_id:
                self._drop_tokens(lambda grant: grant.id == used.grant.id)
            issued = self._codes.get(code)
            if issued is None or issued.grant.client_id != client_id:
                return None
            self._used_codes[code] = self._codes.pop(code)
            return issued

    def issue_access_token(self, access_token: str, issued: IssuedToken) -> None:
        """Make an access token valid."""
        with self._lock:
            self._access_tokens[access_token] = issued

    def find_access_token(self, access_token: str, now: float) -> IssuedToken | None:
        """Find a token that is neither unknown, revoked, nor expired."""
        issued = self._access_tokens.get(access_token)
        return issued if issued is not None and now < issued.expires_at else None

    def issue_refresh_token(self, issued: IssuedToken) -> str:
        """Make a refresh token of the Hub's form."""
        letters = string.ascii_letters
        refresh_token = "hf_oauth__refresh_" + "".join(secrets.choice(letters) for _ in range(34))
        with self._lock:
            self._refresh_tokens[refresh_token] = issued
        return refresh_token

    def find_refresh_token(self, token: str, client_id: str, now: float) -> IssuedToken | None:
        """Find a living refresh token of this client."""
        issued = self._refresh_tokens.get(token)
        if issued is None or issued.grant.client_id != client_id or now >= issued.expires_at:
            return None
        return issued

    def renew_refresh_token(self, token: str, issued: IssuedToken) -> None:
        """Let a refresh token live longer."""
        with self._lock:
            self._refresh_tokens[token] = issued

    def spend_refresh_token(self, token: str) -> bool:
        """End a refresh token; of two requests at the same time one gets True."""
        with self._lock:
            return self._refresh_tokens.pop(token, None) is not None

    def revoke_person(self, sub: str) -> None:
        """End all codes and tokens of one person."""
        with self._lock:
            self._drop_tokens(lambda grant: grant.sub == sub)
            _drop(self._codes, lambda grant: grant.sub == sub)

    def _drop_tokens(self, is_dropped: Callable[[Grant], bool]) -> None:
        _drop(self._access_tokens, is_dropped)
        _drop(self._refresh_tokens, is_dropped)


class Consents:
    """What people agreed to before, so that they need not be asked again."""

    def __init__(self) -> None:
        self._granted: dict[tuple[str, str], frozenset[str]] = {}

    def remember(self, client_id: str, sub: str, granted: Iterable[str]) -> None:
        """Add scopes and organizations that a person granted to a client."""
        self._granted[client_id, sub] = self.get(client_id, sub) | frozenset(granted)

    def get(self, client_id: str, sub: str) -> frozenset[str]:
        """Get the scopes and organizations that a person granted to a client so far."""
        return self._granted.get((client_id, sub), frozenset())

    def forget(self, sub: str) -> None:
        """Forget what a person agreed to."""
        self._granted = {key: value for key, value in self._granted.items() if key[1] != sub}


def _drop(
    issued: dict[str, IssuedCode] | dict[str, IssuedToken], is_dropped: Callable[[Grant], bool]
) -> None:
    for key in [key for key, value in issued.items() if is_dropped(value.grant)]:
        del issued[key]
