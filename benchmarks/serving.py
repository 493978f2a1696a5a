"""An app as it is served: gunicorn with one worker and 8 threads, or uvicorn for ASGI."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from .apps import SUBJECTS, Provider, Subject
from .delays import listen
from .distance import DistantProvider
from .figures import Unavailable
from .instructions import build_environment
from .tls import HOST

THREADS = 8
_SERVED = "BENCHMARKS_SERVED"
_PATIENCE = 20.0  # seconds for a server to begin, or to end by itself
_GUNICORN = (
    *("gunicorn", "--worker-class", "gthread", "--workers", "1", "--threads", str(THREADS)),
    *("--keep-alive", "60", "--log-level", "warning", "benchmarks.serving:make_served_app()"),
)
_UVICORN = (
    *("uvicorn", "--factory", "--timeout-keep-alive", "60", "--log-level", "warning"),
    "benchmarks.serving:make_served_app",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An app that is being served.

    Attributes:
        subject: Which one.
        port: Where, on `HOST`.
    """

    subject: Subject
    port: int


@contextmanager
def serve(subject: Subject, provider: DistantProvider, *, redis: str = "") -> Iterator[Site]:
    """Serve an app.

    Args:
        subject: Which one.
        provider: Where it signs in.
        redis: The socket of a Redis that keeps its sessions; none: they stay in the cookie.
    """
    with listen() as listener, tempfile.TemporaryDirectory() as home:
        site = Site(subject=subject, port=listener.getsockname()[1])
        served = {
            "subject": subject.name,
            "provider": asdict(_describe(provider, site)),
            "redis": redis,
        }
        environment = {
            **build_environment(),
            _SERVED: json.dumps(served),
            "HOME": home,  # gunicorn has a socket of its own there
            "HF_HUB_DISABLE_EXPERIMENTAL_WARNING": "1",
        }
        with _run(_build_command(subject, listener), environment, listener):
            yield site


def _describe(provider: DistantProvider, site: Site) -> Provider:
    return Provider(
        url=provider.url,
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        redirect_uri=f"http://{HOST}:{site.port}{site.subject.callback}",
        ca_file=str(provider.certificates.ca_file),
    )


def _build_command(subject: Subject, listener: socket.socket) -> list[str]:
    """Build a command that serves on a socket that is open already: requests wait for the app."""
    descriptor = str(listener.fileno())
    if subject.is_asgi:
        return [sys.executable, "-m", *_UVICORN, "--fd", descriptor]
    return [sys.executable, "-m", *_GUNICORN, "--bind", f"fd://{descriptor}"]


@contextmanager
def _run(
    command: list[str], environment: dict[str, str], listener: socket.socket | None = None
) -> Iterator[None]:
    """Run a program until it is not needed any more."""
    descriptors = () if listener is None else (listener.fileno(),)
    process = subprocess.Popen(
        command, env=environment, pass_fds=descriptors, stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def make_served_app() -> Any:  # noqa: ANN401 - WSGI or ASGI
    """Make the app that the environment asks for, in the process of the server."""
    served = json.loads(os.environ[_SERVED])
    app = SUBJECTS[served["subject"]].make_app(Provider(**served["provider"]))
    if served["redis"]:
        _keep_sessions_in_redis(app, served["redis"])
    return app


def _keep_sessions_in_redis(app: Flask, path: str) -> None:
    """Keep sessions on a server, as Flask-Session's documentation shows."""
    # It ships no types. Imported here: this is one app of many.
    from flask_session import Session  # type: ignore[import-untyped]  # noqa: PLC0415
    from redis import Redis  # noqa: PLC0415

    app.config.update(SESSION_TYPE="redis", SESSION_REDIS=Redis(unix_socket_path=path))
    Session(app)


@contextmanager
def serve_redis() -> Iterator[str]:
    """Run a Redis of our own, and say where its socket is.

    Raises:
        Unavailable: It is not installed, or does not begin.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise Unavailable("redis-server is not installed")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "redis.sock"
        options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
        with _run([program, *options], dict(os.environ)):
            _wait_for(path)
            yield str(path)


def _wait_for(path: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while not path.exists():
        if time.monotonic() > end:
            raise Unavailable("redis-server did not begin")
        time.sleep(0.01)
