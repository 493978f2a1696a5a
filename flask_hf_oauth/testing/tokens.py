"""Tokens: access tokens and ID tokens of the Hub's forms."""

from __future__ import annotations

import math
import secrets
from typing import TYPE_CHECKING

from .claims import build_id_token_claims
from .jose import build_at_hash

if TYPE_CHECKING:
    from .grants import Grant
    from .realm import Realm


def build_access_token(realm: Realm, grant: Grant, lifetime: int) -> str:
    """Build an access token of so many seconds, and of as many bytes as the persona wants."""
    if realm.behavior.access_token_format == "opaque":  # noqa: S105 - a choice
        return f"hf_oauth_{secrets.token_urlsafe(30)}"
    now = int(realm.now())
    claims: dict[str, object] = {
        "scope": list(grant.scopes),
        "aud": realm.issuer,
        "oauthApp": grant.client_id,
        "sessionId": grant.id,
        "iat": now,
        "exp": now + lifetime,
        "sub": grant.sub,
        "iss": realm.issuer,
        "jti": secrets.token_hex(4),
    }
    short = f"hf_oauth_{realm.keys.sign_access_token(claims)}"
    missing = realm.accounts.get(grant.sub).access_token_bytes - len(short)
    if missing > 0:
        # Four characters of base64 hold three bytes; hex digits compress no better than ids do.
        claims["jti"] = secrets.token_hex(4 + math.ceil(missing * 3 / 8))
    return f"hf_oauth_{realm.keys.sign_access_token(claims)}"


def build_id_token(realm: Realm, grant: Grant, access_token: str) -> object:
    """Build an ID token, through the changes that a test asked for."""
    claims = build_id_token_claims(
        realm.accounts.get(grant.sub),
        grant,
        realm.behavior,
        issuer=realm.issuer,
        now=realm.now(),
    )
    if realm.behavior.at_hash:
        claims["at_hash"] = build_at_hash(access_token)
    header: dict[str, object] = {"alg": "RS256", "typ": "JWT"}
    if realm.behavior.id_token_kid:
        header["kid"] = realm.keys.kid
    header = realm.changes.apply("id_token_header", header)
    claims = realm.changes.apply("id_token_claims", claims)
    return realm.changes.apply("id_token", realm.keys.sign_id_token(header, claims))
