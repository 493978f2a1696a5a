"""Memory that a process does not give back: what is there after more logins, and was not before."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from flask_hf_oauth.testing import HfProvider

from .apps import OURS
from .apps.people import build_person
from .figures import Measurement, Unavailable
from .imports import MEMORY
from .instructions import ChildFailed, build_environment
from .memory import STATM
from .visitors import build_provider

MARKS = (200, 1_000)  # logins: pools and caches are full after the first of these
_QUICK_MARKS = (20, 60)

_RUNS = (("resident", OURS), ("traced", OURS), ("resident", "Authlib by hand (token)"))
_AT_ONCE = 2  # each takes one core
_ORGANIZATIONS = 2
_PATIENCE = 300  # seconds for all logins of a process
_TRACED = {"PYTHONTRACEMALLOC": "1"}


def describe_growth(kind: str, marks: tuple[int, int] = MARKS) -> str:
    """Name the case: "resident" as the system counts it, "traced" as Python does."""
    return f"{kind}, from login {marks[0]:,} to login {marks[1]:,}"


def measure_leaks(*, quick: bool) -> Iterator[Measurement]:
    """Measure what many logins leave, in two processes at a time.

    Raises:
        Unavailable: There is no /proc to read the memory of a process from.
    """
    if not Path(STATM).exists():
        raise Unavailable(f"memory is read from {STATM}, which this system does not have")
    marks = _QUICK_MARKS if quick else MARKS
    with (
        HfProvider(personas=[build_person(_ORGANIZATIONS)]) as provider,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        found = pool.map(lambda run: _sign_in_often(provider, marks, *run), _RUNS)
        for (kind, name), (settled, last) in zip(_RUNS, found, strict=True):
            yield _build(describe_growth(kind, marks), name, last - settled)
            yield _build(f"{kind}, after login {marks[1]:,}", name, last)


def _build(case: str, name: str, kibibytes: float) -> Measurement:
    return Measurement(figure=MEMORY, case=case, subject=name, unit="KiB", values=(kibibytes,))


def _sign_in_often(
    provider: HfProvider, marks: tuple[int, int], kind: str, name: str
) -> list[float]:
    """Have a process sign in; return its KiB at each mark.

    Raises:
        ChildFailed: It ended too early, or took too long.
    """
    known = json.dumps(asdict(build_provider(provider, name)))
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.many_logins", name, known, *map(str, marks)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**build_environment(), **(_TRACED if kind == "traced" else {})},
        text=True,
    )
    end = threading.Timer(_PATIENCE, process.kill)
    end.start()
    try:
        found = [memory[kind] for memory in _agree(process, provider)]
    finally:
        end.cancel()
        process.kill()
        process.communicate()
    if len(found) < len(marks):
        raise ChildFailed(f"{name}: the process ended before login {marks[len(found)]}")
    return found


def _agree(process: subprocess.Popen[str], provider: HfProvider) -> Iterator[dict[str, float]]:
    """Agree to each login that a process begins; pass on what it says about its memory."""
    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101
    username = build_person(_ORGANIZATIONS).username
    for line in process.stdout:
        said = json.loads(line)
        if "memory" in said:
            yield said["memory"]
        else:
            process.stdin.write(provider.authorize(said["consent"], persona=username) + "\n")
            process.stdin.flush()
