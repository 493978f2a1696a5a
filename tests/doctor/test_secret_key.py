from __future__ import annotations

import pytest
from doctor.patient import find, make_app

from flask_hf_oauth.doctor.report import FAILED, OK, WARNING

GOOD = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        pytest.param(GOOD, OK, id="random"),
        pytest.param(bytes.fromhex(GOOD), OK, id="bytes"),
        pytest.param("dev", WARNING, id="dev"),
        pytest.param("change-me-please", OK, id="16 letters"),
        pytest.param("x" * 32, WARNING, id="one letter"),
        pytest.param(None, FAILED, id="none"),
    ],
)
def test_secret_key_is_judged(key: object, expected: str) -> None:
    assert find(make_app(SECRET_KEY=key), "secret_key").verdict == expected


@pytest.mark.parametrize(
    ("fallbacks", "expected"),
    [
        pytest.param([GOOD], OK, id="one"),
        pytest.param([GOOD, "old"], WARNING, id="weak"),
        pytest.param("old", FAILED, id="text"),
        pytest.param([""], FAILED, id="empty"),
    ],
)
def test_older_keys_are_judged_too(fallbacks: object, expected: str) -> None:
    app = make_app(SECRET_KEY=GOOD, SECRET_KEY_FALLBACKS=fallbacks)

    assert find(app, "secret_key").verdict == expected


def test_space_gets_its_key_with_its_app(on_space: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OAUTH_CLIENT_SECRET")
    finding = find(make_app(SECRET_KEY=None), "secret_key", None)

    assert (finding.verdict, "hf_oauth: true" in finding.remedy) == (FAILED, True)


def test_older_keys_are_counted() -> None:
    app = make_app(SECRET_KEY_FALLBACKS=[GOOD, GOOD[::-1]])

    assert find(app, "secret_key").found == "set, and 2 older ones"
