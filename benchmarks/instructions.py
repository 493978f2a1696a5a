"""Instructions: what a request costs, the same in every run and on every day.

callgrind counts them, an emulator that slows a program down fifty times. It writes its count down
whenever the child calls a function that nothing else calls, before the first and after the last
request of an order, so that neither start-up nor warming up is in it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from .child import MARKER, Answer, Order
from .figures import Unavailable

_PATIENCE = 120  # seconds that one order may take; the longest takes five, under callgrind
_MARKS_OF_ORDER = 2
_ROOT = Path(__file__).parent.parent
# On the machine of a developer these may be set, and mean their own account.
_FOREIGN = ("OAUTH_", "HF_", "OPENID_", "SPACE_", "FLASK_")


class ChildFailed(Exception):
    """A child ended before it had answered; its last words are the text."""


class Child:
    """A process of its own that handles requests, until it is closed; see `benchmarks.child`."""

    def __init__(self, *, prefix: Sequence[str] = ()) -> None:
        """Start it, behind the command of a tool that runs other programs."""
        self._words: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the child
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "benchmarks.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            env=build_environment(),
            text=True,
        )

    def ask(self, order: Order) -> Answer:
        """Have an order carried out.

        Raises:
            ChildFailed: It ended, by itself or because it took too long.
        """
        end = threading.Timer(_PATIENCE, self._process.kill)
        end.start()
        try:
            return self._ask(order)
        finally:
            end.cancel()

    def _ask(self, order: Order) -> Answer:
        assert self._process.stdin is not None  # noqa: S101 - both are pipes
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdin.write(order.write())
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self._process.wait(_PATIENCE)
            raise ChildFailed(self._read_last_words())
        return Answer(**json.loads(line))

    def _read_last_words(self) -> str:
        self._words.seek(0)
        return self._words.read()[-2000:]

    def close(self) -> None:
        """End it, by the end of its input."""
        try:
            self._process.communicate(timeout=_PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            self._words.close()


class CountedChild(Child):
    """A child whose instructions are counted.

    Raises:
        Unavailable: There is no valgrind.
    """

    def __init__(self) -> None:
        """Start it under callgrind."""
        self._folder = tempfile.TemporaryDirectory(prefix="benchmarks-callgrind-")
        self._orders = 0
        super().__init__(prefix=build_callgrind_command(self._out))

    @property
    def _out(self) -> Path:
        return Path(self._folder.name) / "out"

    def ask(self, order: Order) -> Answer:
        """Have an order carried out; callgrind writes two counts for it."""
        self._orders += 1
        return super().ask(order)

    def count(self, order: Order) -> float:
        """Have an order carried out, and return the instructions that one request took."""
        self.ask(order)
        part = Path(f"{self._out}.{_MARKS_OF_ORDER * self._orders}")
        return parse_total(part.read_text()) / order.times

    def close(self) -> None:
        """End it, and remove the counts."""
        super().close()
        self._folder.cleanup()


def build_callgrind_command(out: Path) -> list[str]:
    """Build the command that another program is run behind.

    Raises:
        Unavailable: There is no valgrind.
    """
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise Unavailable(
            "valgrind is missing, so instructions are not counted: `apt install valgrind`"
        )
    return [
        valgrind,
        "--quiet",
        "--tool=callgrind",
        f"--callgrind-out-file={out}",
        f"--dump-before={MARKER}",
    ]


def parse_total(counts: str) -> int:
    """Parse the instructions between two marks out of what callgrind wrote."""
    return int(counts.rpartition("\ntotals: ")[2])


def build_environment() -> dict[str, str]:
    """Build the environment of a child: the same hashes each time, and nobody's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**kept, "PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(paths)}
