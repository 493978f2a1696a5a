"""Issuing: tokens for a grant, which the endpoints accept from then on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .authentication import TokenRefusal
from .grants import Grant, IssuedToken
from .tokens import build_access_token

if TYPE_CHECKING:
    from .realm import Realm


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The tokens of one grant.

    Attributes:
        access_token: For userinfo and the Hub's endpoints.
        refresh_token: None where the provider gives none.
        expires_in: Seconds that the access token lasts.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in: int


def issue_tokens(realm: Realm, grant: Grant, lifetime: int | None = None) -> Tokens:
    """Issue the tokens of a new grant.

    Args:
        realm: The state of the provider.
        grant: What they stand for.
        lifetime: Seconds that the access token lasts, if not as long as the provider's switch says.
    """
    seconds = realm.behavior.access_token_lifetime if lifetime is None else lifetime
    never = realm.behavior.refresh_tokens == "never"
    return Tokens(
        access_token=issue_access_token(realm, grant, seconds),
        refresh_token=None if never else _issue_refresh_token(realm, grant),
        expires_in=seconds,
    )


def issue_access_token(realm: Realm, grant: Grant, lifetime: int) -> str:
    """Issue an access token that lasts so many seconds."""
    access_token = build_access_token(realm, grant, lifetime)
    issued = IssuedToken(grant=grant, expires_at=realm.now() + lifetime)
    realm.grants.issue_access_token(access_token, issued)
    return access_token


def renew_refresh_token(realm: Realm, refresh_token: str, grant: Grant) -> str | None:
    """Renew a refresh token as the switch says: a new one, the same one, or none in the answer.

    Raises:
        TokenRefusal: Another request has spent it in the meantime.
    """
    if realm.behavior.refresh_tokens == "rotate":
        if not realm.grants.spend_refresh_token(refresh_token):
            raise TokenRefusal("invalid_grant", "The refresh token was used at the same time")
        return _issue_refresh_token(realm, grant)
    realm.grants.renew_refresh_token(refresh_token, _build_issued_refresh_token(realm, grant))
    return refresh_token if realm.behavior.refresh_tokens == "repeat" else None


def _issue_refresh_token(realm: Realm, grant: Grant) -> str:
    return realm.grants.issue_refresh_token(_build_issued_refresh_token(realm, grant))


def _build_issued_refresh_token(realm: Realm, grant: Grant) -> IssuedToken:
    expires_at = realm.now() + realm.behavior.refresh_token_lifetime
    return IssuedToken(grant=grant, expires_at=expires_at)
