"""The doctor's page: its examples, and what the real command says of them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flask_hf_oauth.testing import HfProvider, PortTakenError

PAGE = Path(__file__).parents[2] / "docs" / "doctor.md"
PROVIDER, NOBODY = 8100, 8200  # the ports that stand in the page

_EXAMPLE = re.compile(
    r"^```python\n(?P<app>.*?)^```\n\n"
    r"^```console\n(?P<commands>(?:\$ [^\n]*\n)+)(?P<output>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
_VERSIONS = re.compile(r"^ok      versions .*?\n\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An app, the commands that a person types, and what they see."""

    title: str
    app: str
    commands: str
    output: str


def read_examples() -> list[Example]:
    sections = PAGE.read_text(encoding="utf-8").split("\n## ")
    matches = {section.partition("\n")[0]: _EXAMPLE.search(section) for section in sections}
    return [Example(title=title, **match.groupdict()) for title, match in matches.items() if match]


def run(example: Example, folder: Path) -> str:
    """Run the commands of an example in a shell, with its app in a folder; return what they say."""
    (folder / "notes.py").write_text(example.app, encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with _start_provider() as provider, _hold_port() as nobody:
        listening, silent = provider.url.rpartition(":")[2], str(nobody.getsockname()[1])
        commands = example.commands.replace(str(PROVIDER), listening)
        done = subprocess.run(
            [
                "/bin/sh",
                "-c",
                re.sub(r"^\$ ", "", commands.replace(str(NOBODY), silent), flags=re.MULTILINE),
            ],
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout.replace(listening, str(PROVIDER)).replace(silent, str(NOBODY))


def without_versions(output: str) -> str:
    return _VERSIONS.sub("", output)


# The ports are as long as those in the page: a longer one would fold the lines elsewhere.
def _start_provider() -> HfProvider:
    for port in range(PROVIDER, NOBODY):
        with suppress(PortTakenError):
            return HfProvider(port=port).start()
    raise AssertionError("every port is taken")


def _hold_port() -> socket.socket:
    """Take a port, and do not listen there."""
    holder = socket.socket()
    for port in range(NOBODY, NOBODY + 100):
        with suppress(OSError):
            holder.bind(("127.0.0.1", port))
            return holder
    raise AssertionError("every port is taken")
