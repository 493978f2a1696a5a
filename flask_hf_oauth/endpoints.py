"""Our endpoints, and where each of them is."""

from __future__ import annotations

#: Paths below HF_OAUTH_URL_PREFIX, by the endpoint's name in our blueprint.
PATHS = {"login": "/login", "callback": "/login/callback", "logout": "/logout"}

#: Below no prefix: the address of a client document is a custom of the provider's.
CIMD_PATH = "/.well-known/oauth-cimd"

#: By name: an app may have an endpoint that only sounds like ours.
OWN_ENDPOINTS = frozenset(f"hf_oauth.{name}" for name in (*PATHS, "client_metadata", "static"))
