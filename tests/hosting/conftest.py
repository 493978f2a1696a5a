from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import pytest
from hosting.machines import OLD_KEY, Browser
from hosting.servers import RedisServer, Server, gunicorn, redis_server

from flask_hf_oauth.testing import HfProvider

HERE = Path(__file__).parent
Start: TypeAlias = Callable[..., Server]

collect_ignore_glob = ["test_*"] if sys.platform == "win32" else []  # gunicorn needs fork


@pytest.fixture
def start(request: pytest.FixtureRequest, provider: HfProvider, tmp_path: Path) -> Iterator[Start]:
    """Start machines that serve an app of the documentation's; each has a folder of its own."""
    machines: list[Server] = []
    with ExitStack() as stack:

        def start(app: str, **environ: str) -> Server:
            folder = tmp_path / f"machine-{len(machines)}"
            folder.mkdir()
            (folder / "app.py").write_text(app, encoding="utf-8")
            environ = {"FLASK_SECRET_KEY": OLD_KEY, **provider.environ(), **environ}
            options = ("--threads=4", f"--pythonpath={HERE}")
            machine = gunicorn(folder, "machine_app:app", environ, *options)
            machines.append(stack.enter_context(machine))
            return machines[-1]

        yield start
        for machine in machines:
            machine.process.terminate()  # all of them, before each is waited for
    written = "".join(machine.log.read_text() for machine in machines)
    print(written)  # noqa: T201 - pytest shows it with a failure
    assert ("Traceback" in written) == ("crash_is_meant" in request.fixturenames)


@pytest.fixture
def crash_is_meant() -> None:
    """Expect an error of Flask's own."""


@pytest.fixture
def browser(provider: HfProvider) -> Iterator[Browser]:
    with Browser(provider) as browser:
        yield browser


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as server:
        yield server
