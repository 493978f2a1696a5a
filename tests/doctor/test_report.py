from __future__ import annotations

import json

import click
import pytest

from flask_hf_oauth import ConfigurationError
from flask_hf_oauth.doctor.report import (
    Finding,
    build_json,
    build_text,
    can_sign_in,
    failed,
    failed_settings,
    passed,
    warned,
)

GOOD = passed("secret_key", "set")
WARNED = warned("cookie", "it is not Secure", "Set SESSION_COOKIE_SECURE = True.")
FAILED = failed("proxy", "the app sees http", "Add\napp.wsgi_app = ProxyFix(app.wsgi_app)")
LONG = passed("site", "https://" + "long" * 30)


@pytest.mark.parametrize(
    ("findings", "expected"),
    [([GOOD], True), ([GOOD, WARNED], True), ([GOOD, FAILED, WARNED], False)],
    ids=["good", "warning", "failed"],
)
def test_only_failures_keep_people_out(findings: list[Finding], expected: object) -> None:
    assert can_sign_in(findings) is expected


def test_text_is_aligned_and_ends_with_the_outcome() -> None:
    assert click.unstyle(build_text([GOOD, WARNED, FAILED])).splitlines() == [
        "ok      secret key   set",
        "warning cookie       it is not Secure",
        "                     -> Set SESSION_COOKIE_SECURE = True.",
        "FAILED  proxy        the app sees http",
        "                     -> Add",
        "                        app.wsgi_app = ProxyFix(app.wsgi_app)",
        "",
        "No login can work here. Checks: 3, failed: 1, warnings: 1.",
    ]


def test_good_outcome_is_said() -> None:
    assert build_text([GOOD]).endswith(
        "\nA login can work here. Checks: 1, failed: 0, warnings: 0."
    )


def test_text_fits_a_terminal() -> None:
    text = click.unstyle(build_text([passed("site", "word " * 80, "what to do " * 40)]))

    assert max(map(len, text.splitlines())) <= 80


def test_address_stays_whole() -> None:
    assert LONG.found in build_text([LONG])


def test_verdicts_have_colors() -> None:
    assert "\x1b[31mFAILED  \x1b[0m" in build_text([FAILED])


def test_json_has_every_finding() -> None:
    assert json.loads(build_json([GOOD, FAILED])) == {
        "ok": False,
        "checks": [
            {"name": "secret_key", "verdict": "ok", "found": "set", "remedy": ""},
            {
                "name": "proxy",
                "verdict": "failed",
                "found": "the app sees http",
                "remedy": "Add\napp.wsgi_app = ProxyFix(app.wsgi_app)",
            },
        ],
    }


def test_problems_of_the_settings_are_told_apart_from_their_remedies() -> None:
    error = ConfigurationError(["There is no key. Make one. Keep it.", "A: a path is expected."])

    assert failed_settings("settings", error) == [
        failed("settings", "There is no key", "Make one. Keep it."),
        failed("settings", "A: a path is expected.", "Correct this setting."),
    ]
