"""FastAPI with huggingface_hub's helper: https://huggingface.co/docs/huggingface_hub, "OAuth"."""

from __future__ import annotations

import os

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from . import SCOPES, Provider


def make_app(provider: Provider) -> FastAPI:
    """Make the app; one a process, because the helper is configured by environment variables."""
    os.environ.update(
        SPACE_ID="demo/space",  # without it, the helper signs in as the machine's own user
        OAUTH_CLIENT_ID=provider.client_id,
        OAUTH_CLIENT_SECRET=provider.client_secret,
        OAUTH_SCOPES=SCOPES,
        OPENID_PROVIDER_URL=provider.url,
    )
    # It reads the variables when it is imported.
    from huggingface_hub import (  # noqa: PLC0415 - see above
        attach_huggingface_oauth,
        parse_huggingface_oauth,
    )

    app = FastAPI()
    attach_huggingface_oauth(app)

    @app.get("/private", response_class=PlainTextResponse)
    async def private(request: Request) -> Response:
        info = parse_huggingface_oauth(request)
        if info is None:
            return RedirectResponse("/oauth/huggingface/login")
        return PlainTextResponse(f"Hello {info.user_info.preferred_username}")

    @app.get("/public", response_class=PlainTextResponse)
    async def public() -> str:
        return "Hello"

    return app
