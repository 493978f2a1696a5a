"""The seal on the tokens: nobody who holds the cookie can read them, the user included."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .user import TokenPair

_HUB_PREFIX = "hf_oauth_"
_JWT, _TEXT = b"J", b"T"
_LENGTH_BYTES = 2
_RAW = -zlib.MAX_WBITS  # no header and no checksum: the seal has a better one
# What nearly every token says (RFC 1950 section 2.2): a text that stands here takes two bytes. It
# is a part of the format: with another one, tokens that are sealed already can't be read.
_COMMON_WORDS = (
    b'"jti":"kid":"read-mcp","read-billing","inference-api","contribute-repos","write-discussions",'
    b'"manage-repos","write-repos","read-repos","read-memberships","email","orgIds":["'
    b'{"alg":"EdDSA","typ":"JWT"}{"scope":["openid","profile"],"aud":"https://huggingface.co",'
    b'hf_oauth__refresh_"oauthApp":"","sessionId":"","iat":17,"exp":17,"sub":"","iss":"https://huggingface.co"}'
)


@lru_cache(maxsize=8)
def _derive_key(secret_key: bytes) -> bytes:
    """Derive a Fernet key (RFC 5869), so that the signing key itself never encrypts."""
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"flask-hf-oauth token v1")
    return urlsafe_b64encode(hkdf.derive(secret_key))


def _open_box(secret_keys: Sequence[bytes]) -> MultiFernet:
    return MultiFernet([Fernet(_derive_key(key)) for key in secret_keys])


def seal(tokens: TokenPair, secret_keys: Sequence[bytes]) -> str:
    """Pack and encrypt tokens; the newest key, which comes first, seals."""
    return _open_box(secret_keys).encrypt(_pack(tokens)).decode()


def unseal(sealed: str, secret_keys: Sequence[bytes]) -> TokenPair | None:
    """Return the tokens, or None when none of the keys sealed them."""
    try:
        return _unpack(_open_box(secret_keys).decrypt(sealed.encode()))
    except (InvalidToken, ValueError, zlib.error):
        # Half a surrogate pair has no bytes; another version of us may pack in another way.
        return None


def _pack(tokens: TokenPair) -> bytes:
    """Deflate tokens; a JWT is unpacked first, because base64 hides what can be deflated.

    The parts of Hugging Face's tokens save 500 bytes of cookie so. Whatever does not come back
    letter by letter is kept as a text.
    """
    token, refresh = tokens.access_token, _measured(tokens.refresh_token.encode())
    parts = [_decode(part) for part in token.removeprefix(_HUB_PREFIX).split(".")]
    if _HUB_PREFIX + ".".join(map(_encode, parts)) == token:
        return _JWT + _deflate(refresh + b"".join(map(_measured, parts)))
    return _TEXT + _deflate(refresh + token.encode())


def _measured(part: bytes) -> bytes:
    """Write how long a part is before it."""
    return len(part).to_bytes(_LENGTH_BYTES, "big") + part


def _take(content: bytes) -> tuple[bytes, bytes]:
    """Return the first part, and what comes after it."""
    end = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "big")
    return content[_LENGTH_BYTES:end], content[end:]


def _deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=_RAW, zdict=_COMMON_WORDS)
    return packer.compress(content) + packer.flush()


def _inflate(packed: bytes) -> bytes:
    return zlib.decompressobj(wbits=_RAW, zdict=_COMMON_WORDS).decompress(packed)


def _unpack(packed: bytes) -> TokenPair:
    refresh, content = _take(_inflate(packed[1:]))
    if packed[:1] == _TEXT:
        return TokenPair(content.decode(), refresh.decode())
    parts = []
    while content:
        part, content = _take(content)
        parts.append(_encode(part))
    return TokenPair(_HUB_PREFIX + ".".join(parts), refresh.decode())


def _decode(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        return b""


def _encode(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()
