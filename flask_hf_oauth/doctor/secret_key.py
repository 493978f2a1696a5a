"""The app's secret key: whoever knows it is anybody."""

from __future__ import annotations

from collections.abc import Iterator

from ..state import secret_keys
from .report import Finding, passed, warned
from .setup import Setup

_MIN_LENGTH, _MIN_VARIETY = 16, 6  # characters, and different ones among them


def examine_secret_key(_setup: Setup) -> Iterator[Finding]:
    """Tell whether there are secret keys, and whether they can be guessed, but not which."""
    keys = secret_keys()
    if any(len(key) < _MIN_LENGTH or len(set(key)) < _MIN_VARIETY for key in keys):
        yield warned(
            "secret_key",
            "a key that can be guessed: whoever does signs in as anybody",
            "Make one, the same for every worker, with\n"
            'python -c "import secrets; print(secrets.token_hex())"',
        )
    else:
        yield passed("secret_key", f"set, and {len(keys) - 1} older ones" if keys[1:] else "set")
