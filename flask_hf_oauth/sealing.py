"""The seal on an access token: nobody who holds the cookie can read it, the user included."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

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
    b'"oauthApp":"","sessionId":"","iat":17,"exp":17,"sub":"","iss":"https://huggingface.co"}'
)


@lru_cache(maxsize=8)
def _derive_key(secret_key: bytes) -> bytes:
    """Derive a Fernet key (RFC 5869), so that the signing key itself never encrypts."""
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"flask-hf-oauth token v1")
    return urlsafe_b64encode(hkdf.derive(secret_key))


def _open_box(secret_keys: Sequence[bytes]) -> MultiFernet:
    return MultiFernet([Fernet(_derive_key(key)) for key in secret_keys])


def seal(token: str, secret_keys: Sequence[bytes]) -> str:
    """Pack and encrypt a token; the newest key, which comes first, seals."""
    return _open_box(secret_keys).encrypt(_pack(token)).decode()


def unseal(sealed: str, secret_keys: Sequence[bytes]) -> str | None:
    """Return the token, or None when none of the keys sealed it."""
    try:
        return _unpack(_open_box(secret_keys).decrypt(sealed.encode()))
    except (InvalidToken, ValueError, zlib.error):
        # Half a surrogate pair has no bytes; another version of us may pack in another way.
        return None


def _pack(token: str) -> bytes:
    """Deflate a token; a JWT is unpacked first, because base64 hides what can be deflated.

    The parts of Hugging Face's tokens save 500 bytes of cookie so. Whatever does not come back
    letter by letter is kept as a text.
    """
    parts = [_decode(part) for part in token.removeprefix(_HUB_PREFIX).split(".")]
    packed = b"".join(len(part).to_bytes(_LENGTH_BYTES, "big") + part for part in parts)
    if _HUB_PREFIX + ".".join(map(_encode, parts)) == token:
        return _JWT + _deflate(packed)
    return _TEXT + _deflate(token.encode())


def _deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=_RAW, zdict=_COMMON_WORDS)
    return packer.compress(content) + packer.flush()


def _inflate(packed: bytes) -> bytes:
    return zlib.decompressobj(wbits=_RAW, zdict=_COMMON_WORDS).decompress(packed)


def _unpack(packed: bytes) -> str:
    content = _inflate(packed[1:])
    if packed[:1] == _TEXT:
        return content.decode()
    parts = []
    while content:
        end = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "big")
        parts.append(_encode(content[_LENGTH_BYTES:end]))
        content = content[end:]
    return _HUB_PREFIX + ".".join(parts)


def _decode(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        return b""


def _encode(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()
