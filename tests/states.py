"""States as the app signs them, and as somebody would who holds a key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from flow import SECRET_KEY, parameters, with_parameters
from itsdangerous import URLSafeSerializer

#: What stands in a state, in this order.
VALUES = ("id", "tag", "issued_at", "next", "scopes", "org_ids", "prompt", "previous", "retries")


def sign(
    values: object,
    *,
    key: str = SECRET_KEY,
    salt: str = "flask-hf-oauth.state",
    derivation: str = "hmac",
    digest: Callable[..., Any] = hashlib.sha256,
) -> str:
    """Sign anything as a state, by default just as the app does."""
    options = {"key_derivation": derivation, "digest_method": digest}
    return str(URLSafeSerializer(key, salt=salt, signer_kwargs=options).dumps(values))


def read(state: str) -> dict[str, Any]:
    """Read a state as everybody can who sees it."""
    _is_signed, values = URLSafeSerializer("unknown").loads_unsafe(state)
    return dict(zip(VALUES, values, strict=True))


def change_state(callback: str, **changes: object) -> str:
    """Change what the state of a callback holds, and sign it with the app's own key."""
    values = {**read(parameters(callback)["state"]), **changes}
    return with_parameters(callback, state=sign([*values.values()]))
