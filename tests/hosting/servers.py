"""Real servers on free ports of 127.0.0.1: gunicorn with an app, and Redis."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from requirements_gate import require_program

GUNICORN = Path(sys.executable).with_name("gunicorn")
LIFETIME = 90  # seconds after which a server is killed, whatever the test waits for
PATIENCE = 10  # seconds for a server to begin, or to end by itself
_SETTINGS = Path(__file__).with_name("gunicorn.conf.py")
_TRIES = 5  # ports, for a server that cannot be given an open one


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A gunicorn that serves an app."""

    url: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        """Let it finish what it is at, and return once all of that is in its log."""
        _end(self.process)

    def kill(self) -> None:
        """Kill it and its workers at once, as a machine dies; its port refuses from then on."""
        _kill_group(self.process)


@contextmanager
def gunicorn(
    folder: Path, app: str, environ: Mapping[str, str], *options: str, log: Path | None = None
) -> Iterator[Server]:
    """Serve an app with gunicorn.

    Args:
        folder: Where gunicorn runs, and finds the app.
        app: Module and name of the app, "machine_app:app".
        environ: Variables for the app, beside those of this process.
        options: Of gunicorn's command line.
        log: What gunicorn and the app write; a file of the folder's by default.
    """
    with serve(folder, ["gunicorn", app, *options], environ, log=log) as server:
        yield server


@contextmanager
def serve(
    folder: Path, command: Sequence[str], environ: Mapping[str, str], *, log: Path | None = None
) -> Iterator[Server]:
    """Run a command that starts gunicorn and leaves its address open.

    The port is open before gunicorn runs: a request waits for it, and no other process takes it.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, descriptor = listener.getsockname()[1], listener.fileno()
        ours = {
            "GUNICORN_CMD_ARGS": f"--config {_SETTINGS} --bind fd://{descriptor}",
            "PATH": f"{GUNICORN.parent}{os.pathsep}{os.environ['PATH']}",
        }
        log = log or folder / f"gunicorn-{port}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **ours, **environ},
                pass_fds=[descriptor],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    with ending(process):
        yield Server(url=f"http://127.0.0.1:{port}", port=port, process=process, log=log)


@contextmanager
def ending(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let a process, the first of its group, run for a while at most; ask it to end, then kill."""
    with _killed_after(LIFETIME, process):
        try:
            yield
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with _killed_after(PATIENCE, process):
        process.wait()


@contextmanager
def _killed_after(seconds: float, process: subprocess.Popen[bytes]) -> Iterator[None]:
    watchdog = threading.Timer(seconds, _kill_group, [process])
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class RedisServer:
    """A Redis that keeps nothing on disk: once stopped, it comes back empty, on the same port."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.url = f"redis://127.0.0.1:{port}/0"
        self.process: subprocess.Popen[bytes] | None = None
        self._command = [
            *(require_program("redis"), "--dir", str(folder), "--port", str(port)),
            *("--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
        ]

    def start(self) -> bool:
        """Return once it answers; False when it did not begin: the port is taken."""
        process = subprocess.Popen(self._command, stdout=subprocess.PIPE, start_new_session=True)
        assert process.stdout is not None
        with _killed_after(PATIENCE, process):
            is_ready = any(b"Ready to accept connections" in line for line in process.stdout)
        if not is_ready:
            process.wait()
            process.stdout.close()
            return False
        self.process = process
        return True

    def stop(self) -> None:
        """Return once its port refuses connections."""
        process, self.process = self.process, None
        if process is not None and process.stdout is not None:
            process.send_signal(signal.SIGCONT)
            _end(process)
            process.stdout.close()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Let it take connections and answer nothing, as behind a broken network."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    """Run a Redis of the test's own."""
    server = next(server for server in _servers(folder) if server.start())
    try:
        yield server
    finally:
        server.stop()


def _servers(folder: Path) -> Iterator[RedisServer]:
    for _ in range(_TRIES):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        yield RedisServer(folder, port)
