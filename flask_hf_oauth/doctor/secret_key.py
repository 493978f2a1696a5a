"""The app's secret key: whoever knows it is anybody."""

from __future__ import annotations

from collections.abc import Iterator

from ..state import secret_keys
from .report import Finding, failed, passed, warned
from .setup import Setup

_MIN_LENGTH, _MIN_VARIETY = 16, 6  # characters, and different ones among them

_COMES_BY_ITSELF = "It comes with hf_oauth: true, derived from the secret of the Space's OAuth app."
_MAKE_ONE = (
    "Set SECRET_KEY, the same in every worker and after every restart, to what this prints:\n"
    'python -c "import secrets; print(secrets.token_hex())"'
)


def examine_secret_key(setup: Setup) -> Iterator[Finding]:
    """Tell whether there are secret keys, and whether they can be guessed, but not which."""
    if not setup.app.secret_key:
        remedy = _COMES_BY_ITSELF if setup.state.is_space else _MAKE_ONE
        yield failed("secret_key", "none, so that no session can be kept", remedy)
        return
    keys = secret_keys()
    if any(len(key) < _MIN_LENGTH or len(set(key)) < _MIN_VARIETY for key in keys):
        yield warned(
            "secret_key",
            "a key that can be guessed: whoever does signs in as anybody",
            _MAKE_ONE,
        )
    else:
        yield passed("secret_key", f"set, and {len(keys) - 1} older ones" if keys[1:] else "set")
