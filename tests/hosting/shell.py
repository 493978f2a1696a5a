"""Commands of the documentation, run as a developer's shell does."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hosting.servers import ending

BIN = Path(sys.executable).parent
MOST_LINES = 20


@contextmanager
def running(command: str, folder: Path, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of the page as a shell of a developer does."""
    process = subprocess.Popen(
        command.split(),
        cwd=folder,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    with ending(process), process.stdout:
        yield process


def read_until(process: subprocess.Popen[bytes], end: str) -> str:
    """Return what a command writes until a line that holds this text."""
    assert process.stdout is not None
    read = ""
    for _ in range(MOST_LINES):
        read += process.stdout.readline().decode()
        if end in read:
            return read
    pytest.fail(f"It did not come to {end!r}:\n{read}")


def find_free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])
