"""The floor of what is no Flask: FastAPI alone, with a view that reads the user's name."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, RedirectResponse
from starlette.middleware.sessions import SessionMiddleware

from . import SECRET_KEY, Provider


def make_app(_provider: Provider) -> FastAPI:
    """Make the app."""
    app = FastAPI()
    app.add_middleware(SessionMiddleware, secret_key=SECRET_KEY)

    @app.get("/login")
    async def login(request: Request) -> RedirectResponse:
        request.session["user"] = "demo-member"
        return RedirectResponse("/private")

    @app.get("/private", response_class=PlainTextResponse)
    async def private(request: Request) -> str:
        return f"Hello {request.session['user']}"

    @app.get("/public", response_class=PlainTextResponse)
    async def public() -> str:
        return "Hello"

    return app
