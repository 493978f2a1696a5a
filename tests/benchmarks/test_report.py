from __future__ import annotations

from benchmark_rows import results, row

from benchmarks.apps import OURS, OURS_WITHOUT_TOKEN
from benchmarks.report import build_report


def test_a_report_names_what_a_subject_lacks() -> None:
    assert "Flask-Login: over Authlib" in build_report(results(row("Flask-Login", 1.0)), []).text


def test_who_is_ahead_of_us_stands_below_the_table() -> None:
    text = build_report(results(row(OURS, 2.0), row("Flask-Dance", 1.0)), []).text

    assert f"is ahead: 1\n  page, 2 organizations: Flask-Dance 1, {OURS} 2 ms" in text


def test_who_has_no_guard_is_not_ahead() -> None:
    run = results(row(OURS, 2.0), row("Authlib by hand (token)", 1.0), row("bare Flask", 1.0))

    assert "is ahead: none" in build_report(run, []).text


def test_we_are_no_peer_of_ourselves() -> None:
    assert build_report(results(row(OURS, 2.0), row(OURS_WITHOUT_TOKEN, 1.0)), []).defeats == []


def test_the_page_shows_a_summary_and_not_every_row() -> None:
    report = build_report(results(row(OURS, 2.0)), [])

    assert "2 organizations  flask-hf-oauth" in report.text
    assert "2 organizations  flask-hf-oauth" not in report.page
    assert "subject  token" in report.page
