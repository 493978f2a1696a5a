"""Run the measurements, and print one table: `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from .figures import Unavailable
from .machine import describe_machine
from .page import NoBlock, fill, read_parts
from .report import Report, build_json, build_report
from .results import Results
from .runner import FIGURES, run, say


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; return 0 if all that was asked for was measured, and every promise held."""
    options = parse_arguments(arguments)
    if options.picture:
        import_module("benchmarks.picture")  # what is missing is told before it has cost minutes
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has been compiled
    names = list(dict.fromkeys(options.only or FIGURES))
    results = run(names, quick=options.quick)
    report = build_report(results, names, quick=options.quick)
    _publish(results, report, options)
    return 0 if report.holds else 1


def _publish(results: Results, report: Report, options: argparse.Namespace) -> None:
    """Print the tables, and write the files that were asked for."""
    sys.stdout.write(report.text)
    if options.json:
        text = json.dumps(build_json(results, report), indent=2) + "\n"
        Path(options.json).write_text(text, encoding="utf-8")
    if options.page:
        fill(Path(options.page), report.page, describe_machine())
    if options.picture:
        _draw(results, Path(options.picture))


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure what signing in costs: bare Flask, flask-hf-oauth and its peers.",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=FIGURES,
        metavar="FIGURE",
        help=f"measure these alone: {', '.join(FIGURES)}; promises about others are left out",
    )
    parser.add_argument("--quick", action="store_true", help="see that it runs; few rounds")
    parser.add_argument("--json", type=_check_folder, metavar="FILE", help="write all rounds")
    parser.add_argument(
        "--picture", type=_check_folder, metavar="FILE", help="draw the ratios as an SVG"
    )
    parser.add_argument(
        "--page", type=_check_page, metavar="FILE", help="put a summary into a page's text block"
    )
    return parser.parse_args(arguments)


def _check_folder(path: str) -> str:
    """Return a path that can be written, before minutes have been spent on what goes there."""
    if not Path(path).parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {Path(path).parent}")
    return path


def _check_page(path: str) -> str:
    """Return the path of a page that can be filled."""
    try:
        read_parts(Path(path))
    except (OSError, NoBlock) as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return path


def _draw(results: Results, path: Path) -> None:
    from .picture import draw  # noqa: PLC0415 - loads matplotlib, which nothing else needs

    try:
        draw(results, path)
    except Unavailable as error:
        say(f"no picture: {error}")


if __name__ == "__main__":
    sys.exit(main())
