"""What each setting may be: parsers that take anything and say what they expected."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from .loopback import is_secure_url, is_web_address
from .user import is_hub_id

if TYPE_CHECKING:
    from cachelib import BaseCache

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 section 3.3
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
_ORIGIN = re.compile(r"https?://[^/?]+(?<!:443)(?<!:80)")
_PATH = re.compile(r"/(?!/)[\x21-\x5b\x5d-\x7e]*")
_LONGEST_INTERVAL = 10 * 366 * 86_400  # seconds
_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})


def parse_text(value: object) -> str:
    """Read one line of text."""
    if not isinstance(value, str) or value != value.strip() or not value.isprintable():
        raise ValueError("a text without spaces around it is expected")
    return value


def parse_credential(value: object) -> str:
    """Read a client id or secret (RFC 6749 appendix A.1 and A.2)."""
    text = parse_text(value)
    if not text.isascii():
        raise ValueError("only ASCII characters are expected; was it copied whole?")
    return text


def parse_flag(value: object) -> bool:
    """Read True or False, also as a word from the environment."""
    text = str(value).lower()
    if text not in _TRUE | _FALSE:
        raise ValueError("True or False is expected")
    return text in _TRUE


def parse_words(value: object) -> tuple[str, ...]:
    """Read "openid profile", "openid, profile" or ["openid", "profile"]."""
    words = value.replace(",", " ").split() if isinstance(value, str) else value
    # An iterator would be empty the second time.
    if not isinstance(words, (list, tuple, set, frozenset)):
        raise ValueError("a list of words, or one text with spaces between them, is expected")  # noqa: TRY004 - one kind of refusal
    if not all(isinstance(word, str) and word for word in words):
        raise ValueError("a list of words is expected, and each of them a text")
    return tuple(dict.fromkeys(words))


def parse_allowed_orgs(value: object) -> tuple[str, ...]:
    """Read organizations, one at least: an ALLOWED_ORGS of nobody would let everybody in."""
    orgs = parse_words(value)
    if not orgs:
        raise ValueError("an organization is expected; leave it out to let everybody in")
    return orgs


def parse_org_ids(value: object) -> tuple[str, ...]:
    """Read ids of organizations."""
    ids = parse_words(value)
    if not all(is_hub_id(identity) for identity in ids):
        raise ValueError("ids of 24 hexadecimal digits are expected, not usernames")
    return ids


def parse_scopes(value: object) -> tuple[str, ...]:
    """Read scope tokens (RFC 6749 section 3.3); Hugging Face adds new ones often."""
    scopes = parse_words(value)
    if not all(_SCOPE.fullmatch(scope) for scope in scopes):
        raise ValueError("scopes are words of ASCII characters, without quotes and backslashes")
    return scopes


def parse_openid_scopes(value: object) -> tuple[str, ...]:
    """Read scope tokens, "openid" always among them."""
    # Without "openid" there is no ID token (OpenID Connect Core section 3.1.2.1).
    return tuple(dict.fromkeys(("openid", *parse_scopes(value))))


def parse_provider_url(value: object) -> str:
    """Read the issuer: https, or http on loopback."""
    url = parse_text(value).rstrip("/")
    if "?" in url or not is_secure_url(url):
        raise ValueError(
            "an address like https://huggingface.co is expected; http:// is for localhost only, "
            "where nobody can listen in"
        )
    return url


def parse_redirect_uri(value: object) -> str:
    """Read the whole address of the callback."""
    uri = parse_text(value)
    if not is_web_address(uri):
        raise ValueError("a whole address like https://example.com/login/callback is expected")
    if not uri.endswith("/login/callback") or "?" in uri:
        raise ValueError("it must end with /login/callback, where this extension answers")
    return uri


def parse_prefix(value: object) -> str:
    """Read the path before /login."""
    prefix = parse_text(value).rstrip("/")
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("a path like /auth is expected")
    return prefix


def parse_destination(value: object) -> str:
    """Read where a login or logout leads: a path, or an https address."""
    target = parse_text(value)
    if not _PATH.fullmatch(target) and not target.startswith("https://"):
        raise ValueError("a path like /home, or an https:// address, is expected")
    return target


def parse_origins(value: object) -> tuple[str, ...]:
    """Read origins as a browser writes them: no path, no default port."""
    origins = tuple(origin.rstrip("/").lower() for origin in parse_words(value))
    if not all(is_web_address(origin) and _ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError("origins like https://example.com are expected, without wildcards")
    return origins


def parse_interval(value: object) -> int:
    """Read seconds, or a timedelta."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise ValueError("seconds, or a timedelta, are expected")  # noqa: TRY004 - one kind of refusal
    if not 1 <= seconds < _LONGEST_INTERVAL:
        raise ValueError("a second or more, and less than ten years, are expected")
    return int(seconds)


def parse_timeout(value: object) -> tuple[float, float]:
    """Read seconds, or a pair (connect, read)."""
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    numbers = [part for part in pair if type(part) in {int, float} and 0 < part <= 60]  # noqa: PLR2004 - seconds
    if len(numbers) != 2 or len(pair) != 2:  # noqa: PLR2004 - connect, read
        raise ValueError("seconds, or a pair of seconds (connect, read), up to 60 are expected")
    return float(numbers[0]), float(numbers[1])


def parse_count(value: object) -> int:
    """Read a number of things at a time."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:  # noqa: PLR2004 - threads
        raise ValueError("a whole number from 1 to 1000 is expected")
    return value


def parse_cache(value: object) -> BaseCache:
    """Read a cache whose ``add`` is atomic."""
    from cachelib import BaseCache, FileSystemCache, NullCache  # noqa: PLC0415 - all its backends

    if isinstance(value, BaseCache) and not isinstance(value, (FileSystemCache, NullCache)):
        return value
    raise ValueError(
        "a cachelib cache that can claim a login atomically is expected: RedisCache(host=…), "
        f"ValkeyCache or MemcachedCache; this is a {type(value).__name__}, which can't"
    )
