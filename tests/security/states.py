"""States as the app signs them, and as somebody would who holds a key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Flask
from flow import SECRET_KEY, parameters, with_parameters
from itsdangerous import URLSafeSerializer

#: What stands in a state, in this order.
VALUES = ("id", "tag", "issued_at", "next", "scopes", "org_ids", "prompt", "previous", "retries")


class Signer:
    """Signs anything, and does so just as the app would where nothing else is said."""

    def __init__(self, app: Flask) -> None:
        self._salt = f"flask-hf-oauth.state {app.extensions['hf_oauth'].binding}"

    def sign(
        self,
        values: object,
        *,
        key: str = SECRET_KEY,
        salt: str | None = None,
        derivation: str = "hmac",
        digest: Callable[..., Any] = hashlib.sha256,
    ) -> str:
        salt = self._salt if salt is None else salt
        options = {"key_derivation": derivation, "digest_method": digest}
        return str(URLSafeSerializer(key, salt=salt, signer_kwargs=options).dumps(values))

    def change(self, callback: str, **changes: object) -> str:
        """Change what the state of a callback holds, under the app's own signature."""
        state = self.sign(values_of(parameters(callback)["state"], **changes))
        return with_parameters(callback, state=state)


def read(state: str) -> dict[str, Any]:
    """Read a state as everybody can who sees it."""
    _is_signed, values = URLSafeSerializer("unknown").loads_unsafe(state)
    return dict(zip(VALUES, values, strict=True))


def values_of(state: str, **changes: object) -> list[object]:
    return [*{**read(state), **changes}.values()]
