"""The report: findings, each with a verdict and a remedy, for a terminal or for a program."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from textwrap import wrap

import click

from ..errors import ConfigurationError

OK, WARNING, FAILED = "ok", "warning", "failed"

_COLORS = {OK: "green", WARNING: "yellow", FAILED: "red"}
_WIDTH = 80  # characters of a terminal
_VERDICT_WIDTH, _NAME_WIDTH = 8, 13
_MARGIN = " " * (_VERDICT_WIDTH + _NAME_WIDTH)
_ARROW = "-> "


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found in one place, and what to do about it; no secret stands in here."""

    name: str
    verdict: str
    found: str
    remedy: str


def passed(name: str, found: str, advice: str = "") -> Finding:
    """Report that all is well; advice says what to do with what was found."""
    return Finding(name=name, verdict=OK, found=found, remedy=advice)


def warned(name: str, found: str, remedy: str) -> Finding:
    """Report what keeps some people from signing in, or is a risk."""
    return Finding(name=name, verdict=WARNING, found=found, remedy=remedy)


def failed(name: str, found: str, remedy: str) -> Finding:
    """Report what keeps everybody from signing in."""
    return Finding(name=name, verdict=FAILED, found=found, remedy=remedy)


def failed_settings(name: str, error: ConfigurationError) -> list[Finding]:
    """Report each problem of a configuration: its first sentence says it, the others mend it."""
    parts = [problem.partition(". ") for problem in error.problems]
    return [failed(name, found, remedy or "Correct this setting.") for found, _, remedy in parts]


def can_sign_in(findings: Sequence[Finding]) -> bool:
    """Tell whether a login can work."""
    return all(finding.verdict != FAILED for finding in findings)


def build_json(findings: Sequence[Finding]) -> str:
    """Write a report for a program."""
    checks = [asdict(finding) for finding in findings]
    return json.dumps({"ok": can_sign_in(findings), "checks": checks}, indent=2)


def build_text(findings: Sequence[Finding]) -> str:
    """Write a report for a person, in colours that leave nothing unsaid."""
    return "\n".join([*map(_build_entry, findings), "", _summarize(findings)])


def _build_entry(finding: Finding) -> str:
    word = finding.verdict.upper() if finding.verdict == FAILED else finding.verdict
    verdict = click.style(word.ljust(_VERDICT_WIDTH), fg=_COLORS[finding.verdict])
    name = finding.name.replace("_", " ").replace("uri", "URI").ljust(_NAME_WIDTH)
    return f"{verdict}{name}" + f"\n{_MARGIN}".join(_build_lines(finding))


def _build_lines(finding: Finding) -> Iterator[str]:
    yield from _fold(finding.found)
    for number, line in enumerate(_fold(finding.remedy, len(_ARROW))):
        yield (_ARROW if number == 0 else " " * len(_ARROW)) + line


def _fold(text: str, indent: int = 0) -> Iterator[str]:
    """Fold each line of a text; an address stays whole, so that it can be copied."""
    width = _WIDTH - len(_MARGIN) - indent
    for line in text.splitlines():
        yield from wrap(line, width, break_long_words=False, break_on_hyphens=False)


def _summarize(findings: Sequence[Finding]) -> str:
    verdicts = [finding.verdict for finding in findings]
    counts = f"failed: {verdicts.count(FAILED)}, warnings: {verdicts.count(WARNING)}"
    outcome = "A login can work here" if can_sign_in(findings) else "No login can work here"
    return f"{outcome}. Checks: {len(findings)}, {counts}."
