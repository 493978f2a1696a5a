"""A container image by its Dockerfile: laid out in a folder, where the real one is built."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hosting.servers import GUNICORN, serve


def read_dockerfile(folder: Path) -> list[tuple[str, str]]:
    """Read a Dockerfile: each instruction's name, and the rest of its line."""
    lines = (folder / "Dockerfile").read_text("utf-8").splitlines()
    told = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [(name, rest) for name, _space, rest in told]


@dataclass(kw_only=True)
class Image:
    """What a Dockerfile makes.

    Attributes:
        source: The Dockerfile's folder.
        root: The folder that stands for "/".
        folder: The working directory.
        environ: The variables, paths in them below `root`.
        command: What is started.
        log: What it wrote.
    """

    source: Path
    root: Path
    folder: Path
    environ: dict[str, str] = field(default_factory=lambda: {"PATH": os.environ["PATH"]})
    command: list[str] = field(default_factory=list)
    log: str = ""

    def find(self, path: str) -> Path:
        """Return where a path of the image is."""
        return self.root / path[1:] if path.startswith("/") else self.folder / path

    def set_variable(self, assignment: str) -> None:
        name, _, value = assignment.partition("=")
        parts = [str(self.find(part)) if part[0] == "/" else part for part in value.split(":")]
        self.environ[name] = ":".join(parts).replace("$PATH", self.environ["PATH"])

    def enter(self, folder: str) -> None:
        self.folder = self.find(folder)
        self.folder.mkdir(parents=True)

    def copy(self, arguments: str) -> None:
        source, target = [word for word in arguments.split() if not word.startswith("--")]
        if source != ".":
            shutil.copy(self.source / source, self.find(target))
            return
        patterns = (self.source / ".dockerignore").read_text("utf-8").replace("**/", "").split()
        ignored = shutil.ignore_patterns(*patterns)
        shutil.copytree(self.source, self.find(target), ignore=ignored)

    def run(self, command: str) -> None:
        """Do of a command what can be seen here: new folders, and pip's gunicorn."""
        for folder in re.findall(r"install --directory .*?(/\S+)", command):
            self.find(folder).mkdir()
        if command.startswith("pip install --user"):
            programs = Path(self.environ["HOME"], ".local/bin")
            programs.mkdir(parents=True)
            (programs / "gunicorn").symlink_to(GUNICORN)

    def choose_command(self, words: str) -> None:
        self.command = json.loads(words)

    @contextmanager
    def serving(self, environ: Mapping[str, str]) -> Iterator[int]:
        """Run the command, at a port of this machine alone, and hand that out.

        Args:
            environ: Variables that the image does not set itself.
        """
        with serve(self.folder, self.command, {**self.environ, **environ}) as server:
            try:
                yield server.port
            finally:
                server.stop()
                self.log += server.log.read_text("utf-8")

    def find_address(self) -> str:
        """Return where the command listens by itself."""
        environ = {**os.environ, **self.environ}
        command = [*self.command, "--print-config"]
        shown = subprocess.run(
            command, cwd=self.folder, env=environ, capture_output=True, check=True, text=True
        )
        [address] = re.findall(r"^bind += \['(.+)'\]$", shown.stdout, re.MULTILINE)
        return str(address)


def lay_out(source: Path, root: Path) -> Image:
    """Follow a Dockerfile."""
    image = Image(source=source, root=root, folder=root)
    steps = {
        "ENV": image.set_variable,
        "WORKDIR": image.enter,
        "COPY": image.copy,
        "RUN": image.run,
        "CMD": image.choose_command,
    }
    for name, rest in read_dockerfile(source):
        if name in steps:
            steps[name](rest)
    return image
