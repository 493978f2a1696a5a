from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from benchmark_rows import row

from benchmarks.__main__ import main, parse_arguments
from benchmarks.apps import OURS
from benchmarks.cookies import SIGNED_IN
from benchmarks.figures import Measurement, Unavailable
from benchmarks.runner import FIGURES, run


def provide(monkeypatch: pytest.MonkeyPatch, name: str, *found: object) -> None:
    """Put a figure module in the place of a real one, which would take minutes."""

    def measure(*, quick: bool) -> Iterator[object]:
        for one in found:
            if isinstance(one, Exception):
                raise one
            yield one

    module = SimpleNamespace(TITLE=name, measure=measure)
    monkeypatch.setitem(sys.modules, f"benchmarks.{name}", module)


@pytest.fixture(autouse=True)
def no_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a shell whose Python writes none, as a developer's may be."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")


def cookie(organizations: int, size: float) -> Measurement:
    case = f"token kept, {organizations} organizations"
    return row(OURS, size, figure=SIGNED_IN, case=case, unit="bytes")


def test_figures_are_measured_in_the_order_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provide(monkeypatch, "weight", row("a", 1.0))
    provide(monkeypatch, "cookies", row("b", 1.0))

    assert [one.subject for one in run(["weight", "cookies"], quick=True).measurements] == [
        "a",
        "b",
    ]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unavailable("valgrind is missing"), "valgrind is missing"),
        (RuntimeError("boom"), "failed: RuntimeError: boom"),
        (row("a", 2.0), "failed: DuplicateMeasurement: page/2 organizations/a/ms"),
    ],
    ids=["unavailable", "broken", "twice"],
)
def test_what_came_before_a_failure_is_kept(
    monkeypatch: pytest.MonkeyPatch, error: object, reason: str
) -> None:
    provide(monkeypatch, "weight", row("a", 1.0), error)
    provide(monkeypatch, "cookies", row("b", 1.0))

    found = run(["weight", "cookies"], quick=True)

    assert [one.median for one in found.measurements] == [1.0, 1.0]
    assert found.missing == {"weight": reason}


@pytest.mark.parametrize(
    ("size", "status"), [(3_300, 0), (3_301, 1)], ids=["within the limit", "above it"]
)
def test_a_promise_that_does_not_hold_is_the_exit_status(
    monkeypatch: pytest.MonkeyPatch, size: float, status: int
) -> None:
    provide(monkeypatch, "cookies", cookie(2, 1_000), cookie(40, size))

    assert main(["--only", "cookies"]) == status


def test_a_promise_that_is_not_measured_is_the_exit_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provide(monkeypatch, "cookies", cookie(2, 1_000))

    assert main(["--only", "cookies"]) == 1
    assert main(["--only", "cookies", "--quick"]) == 0


def test_a_figure_that_can_not_be_measured_is_told_loudly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    provide(monkeypatch, "growth", Unavailable("valgrind is missing"))

    assert main(["--only", "growth"]) == 1
    assert "NOT MEASURED, or not whole: growth: valgrind is missing" in capsys.readouterr().out


def test_a_child_may_keep_what_it_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    provide(monkeypatch, "growth", row("ours", 1.0))

    main(["--only", "growth"])

    assert "PYTHONDONTWRITEBYTECODE" not in os.environ


def test_json_holds_the_rounds_and_the_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    floor = row("bare", 1.0)
    provide(monkeypatch, "growth", floor, row("ours", 3.0, 2.0, 4.0, floor=floor.key))

    main(["--only", "growth", "--json", str(tmp_path / "run.json")])

    found = json.loads((tmp_path / "run.json").read_text())
    ours = found["measurements"][1]
    assert (ours["rounds"], ours["median"], ours["ratio"]) == ([3.0, 2.0, 4.0], 3.0, 3.0)
    assert {"cpus", "python", "packages"} <= set(found["machine"])


@pytest.mark.parametrize("option", ["--json", "--picture"])
def test_a_folder_that_is_not_there_is_told_before_anything_is_measured(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse_arguments([option, str(tmp_path / "none" / "file")])

    assert "there is no folder" in capsys.readouterr().err


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_a_title_and_measures(name: str) -> None:
    module = __import__(f"benchmarks.{name}", fromlist=["measure"])

    assert module.TITLE
    assert callable(module.measure)
