"""What an import costs: time, memory and instructions, each in fresh processes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .apps import BARE, BARE_FASTAPI, OURS, SUBJECTS
from .figures import Measurement
from .instructions import build_callgrind_command, build_environment, parse_total

IMPORT = "import"
CASE = "in a fresh process"
MEMORY = "memory"
AFTER_IMPORT = "resident, after the import"

#: What the app of a subject imports.
_STATEMENTS = {
    BARE: "import flask",
    OURS: "import flask_hf_oauth",
    "Authlib by hand (token)": "import authlib.integrations.flask_client",
    "Flask-Login": "import flask_login, authlib.integrations.flask_client",
    "Flask-Dance": "import flask_dance.consumer",
    "flask-oidc": "import flask_oidc",
    BARE_FASTAPI: "import fastapi, starlette.middleware.sessions",
    "huggingface_hub": "import fastapi; from huggingface_hub import attach_huggingface_oauth",
}
NAMES = tuple(_STATEMENTS)
_QUICK = (BARE, OURS)
_PROGRAM = """
import time
begin = time.process_time()
{statement}
milliseconds = (time.process_time() - begin) * 1000
from benchmarks.memory import read_resident
print(milliseconds, read_resident())
"""
_PATIENCE = 120  # seconds; the longest takes fifteen, under callgrind
_COUNTED_AT_ONCE = 2  # each takes one core


def measure_imports(*, quick: bool) -> Iterator[Measurement]:
    """Measure the processor's milliseconds, the memory, and then the instructions.

    Raises:
        Unavailable: Instructions can't be counted here; the rest has come before.
    """
    names = _QUICK if quick else NAMES
    milliseconds, resident = _clock(names, rounds=5 if quick else 15)
    for name in names:
        yield _build(IMPORT, CASE, name, "ms", milliseconds[name])
    for name in names:
        yield _build(MEMORY, AFTER_IMPORT, name, "KiB", resident[name])
    yield from _count(names)


def _clock(
    names: Sequence[str], rounds: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Import in turn; the first turn, which may have to compile, does not count."""
    milliseconds, resident = defaultdict(list), defaultdict(list)
    for turn in range(rounds + 1):
        for name in names:
            program = _PROGRAM.format(statement=_STATEMENTS[name])
            numbers = [float(number) for number in _run([], program).split()]
            if turn > 0:
                milliseconds[name].append(numbers[0])
                resident[name].append(numbers[1])
    return milliseconds, resident


def _count(names: Sequence[str]) -> Iterator[Measurement]:
    """Count the instructions of an import over those of a Python that imports nothing."""
    with ThreadPoolExecutor(_COUNTED_AT_ONCE) as pool:
        nothing, *counts = pool.map(_count_one, ["pass", *(_STATEMENTS[name] for name in names)])
    for name, count in zip(names, counts, strict=True):
        yield _build(IMPORT, CASE, name, "instructions", [count - nothing])


def _count_one(program: str) -> float:
    with tempfile.TemporaryDirectory(prefix="benchmarks-import-") as folder:
        out = Path(folder) / "out"
        _run(build_callgrind_command(out), program)
        return parse_total(out.read_text())


def _run(prefix: Sequence[str], program: str) -> str:
    """Run a program in a Python of its own; return what it prints."""
    done = subprocess.run(
        [*prefix, sys.executable, "-c", program],
        env=build_environment(),
        capture_output=True,
        check=True,
        text=True,
        timeout=_PATIENCE,
    )
    return done.stdout


def _build(figure: str, case: str, name: str, unit: str, values: Sequence[float]) -> Measurement:
    floor = SUBJECTS[name].floor
    return Measurement(
        figure=figure,
        case=case,
        subject=name,
        unit=unit,
        values=tuple(values),
        floor=None if floor == name else f"{figure}/{case}/{floor}/{unit}",
    )
