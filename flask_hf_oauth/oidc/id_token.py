"""The ID token: who signed it, for whom, and whether it belongs to this login."""

from __future__ import annotations

import hashlib
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest

from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError, KeyParameterError

from ..errors import IdTokenError
from .answers import parse_json
from .discovery import SIGNING_KEY_TYPES, KeySet
from .login import LEEWAY

# Headers that bring a key along or ask for rules that we do not know (RFC 7515 section 4.1):
# a token must never choose what verifies it.
_REFUSED_HEADERS = ("crit", "jwk", "jku", "x5u", "x5c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What the ID token of one login has to say."""

    issuer: str
    client_id: str
    nonce: str = field(repr=False)
    access_token: str = field(repr=False)
    algorithms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningHeader:
    """The checked header of an ID token."""

    algorithm: str
    kid: str | None


class UnknownKey(IdTokenError):
    """No known key fits; the provider may have new ones."""

    error_code = "id_token_signature"


def parse_header(id_token: str, algorithms: tuple[str, ...]) -> SigningHeader:
    """Check the header before anything is verified.

    Raises:
        IdTokenError: Not a JWS, an algorithm that is not allowed, or a header that brings a key.
    """
    header = _decode_header(id_token)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise IdTokenError("alg is not an allowed one", error_code="id_token_alg")
    if any(name in header for name in _REFUSED_HEADERS):
        raise IdTokenError("the header brings its own key or rule", error_code="id_token_header")
    return SigningHeader(algorithm=algorithm, kid=_parse_kid(header))


def _parse_kid(header: Mapping[str, object]) -> str | None:
    """Return the ``kid``, which may be missing but not null (RFC 7515 section 4.1.4)."""
    if "kid" not in header:
        return None
    kid = header["kid"]
    if not isinstance(kid, str):
        raise IdTokenError("kid is not a text", error_code="id_token_header")
    return kid


def _decode_header(id_token: str) -> Mapping[str, object]:
    parts = id_token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature
        raise IdTokenError("it is not a signed JWT", error_code="id_token_malformed")
    try:
        content = urlsafe_b64decode(parts[0] + "==")
    except ValueError:
        content = b""
    header = parse_json(content)
    if not isinstance(header, dict):
        raise IdTokenError("its header is no JSON object", error_code="id_token_malformed")
    return header


def check_signature(id_token: str, header: SigningHeader, keys: KeySet) -> dict[str, object]:
    """Verify with the key of this ``kid``, or with each fitting one where there is no ``kid``.

    Returns:
        The claims, which nobody has checked yet.

    Raises:
        UnknownKey: No key fits; worth another try with newer keys.
        IdTokenError: The payload is not a JSON object.
    """
    key_type = SIGNING_KEY_TYPES[header.algorithm]
    fitting = [key for key in keys if key.key_type == key_type and header.kid in (None, key.kid)]
    registry = jws.JWSRegistry(algorithms=[header.algorithm], strict_check_header=False)
    # The token answer is bounded already, and each version of joserfc has bounds of its own.
    registry.max_header_length = registry.max_payload_length = len(id_token)
    for key in fitting:
        try:
            payload = jws.deserialize_compact(id_token, key, registry=registry).payload
        except (BadSignatureError, KeyParameterError):  # the latter: a key for something else
            continue
        except (JoseError, ValueError):
            raise IdTokenError("joserfc refuses it", error_code="id_token_malformed") from None
        return _parse_payload(payload)
    raise UnknownKey("no known key verifies the signature")


def _parse_payload(payload: bytes | None) -> dict[str, object]:
    claims = parse_json(payload or b"")
    if not isinstance(claims, dict):
        raise IdTokenError("its payload is no JSON object", error_code="id_token_malformed")
    return claims


def check_claims(claims: Mapping[str, object], expected: Expectation, *, now: float) -> str:
    """Check the claims as OpenID Connect Core section 3.1.3.7 numbers them.

    Args:
        claims: What :func:`check_signature` returned.
        expected: What this login waits for.
        now: Seconds since the epoch.

    Returns:
        The ``sub``.

    Raises:
        IdTokenError: With a code for each claim: ``id_token_iss``, ``id_token_aud``, ...
    """
    _check("iss", claims.get("iss") == expected.issuer)
    audiences = _parse_audiences(claims)
    _check("aud", expected.client_id in audiences)
    # Several audiences need an authorized party (steps 4 and 5).
    _check("azp", claims["azp"] == expected.client_id if "azp" in claims else len(audiences) == 1)
    _check("exp", _parse_time(claims, "exp") > now - LEEWAY)
    _check("iat", _parse_time(claims, "iat") < now + LEEWAY)
    _check("nbf", "nbf" not in claims or _parse_time(claims, "nbf") < now + LEEWAY)
    _check("nonce", _is_same(claims.get("nonce"), expected.nonce))
    _check("at_hash", "at_hash" not in claims or _fits_token(claims["at_hash"], expected))
    sub = claims.get("sub")
    if not isinstance(sub, str) or not sub:
        raise IdTokenError("sub is missing", error_code="id_token_sub")
    return sub


def _check(claim: str, holds: bool) -> None:  # noqa: FBT001 - the second half of a sentence
    if not holds:
        raise IdTokenError(f"{claim} is not what it has to be", error_code=f"id_token_{claim}")


def _parse_audiences(claims: Mapping[str, object]) -> list[object]:
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else [audience]


def _parse_time(claims: Mapping[str, object], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise IdTokenError(f"{name} is missing or no number", error_code=f"id_token_{name}")
    if isinstance(value, float) and not math.isfinite(value):
        raise IdTokenError(f"{name} is not finite", error_code=f"id_token_{name}")
    return value


def _is_same(value: object, expected: str) -> bool:
    # "replace": a text from JSON may hold half a surrogate pair, which has no UTF-8.
    return isinstance(value, str) and compare_digest(
        value.encode(errors="replace"), expected.encode()
    )


def _fits_token(at_hash: object, expected: Expectation) -> bool:
    """Tell whether this is the hash of the access token (OpenID Connect Core section 3.1.3.8).

    The hash is that of the signature, which is SHA-256 for each algorithm that we take.
    """
    digest = hashlib.sha256(expected.access_token.encode()).digest()
    half = urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    return _is_same(at_hash, half)
