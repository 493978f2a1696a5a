"""docs/development.md: its commands run, and its apps sign in."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from hosting.documentation import find_blocks
from hosting.shell import find_free_port, read_until, running

from flask_hf_oauth.testing import HfProvider

PATIENCE = 30  # seconds


HELLO, OTHER_NAME, TESTS = find_blocks("development.md", "python")
RUN, RUN_PROVIDER, EXPORTS = find_blocks("development.md", "sh")


def read_form(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(form_token)" value="([^"]+)"', page))


def test_app_without_an_account_signs_in(tmp_path: Path) -> None:
    (tmp_path / "hello.py").write_text(HELLO)
    port = find_free_port()
    with running(RUN, tmp_path, FLASK_RUN_PORT=port) as server, requests.Session() as browser:
        read_until(server, "Debugger PIN")  # the reloader's second process has begun
        consent = browser.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE)
        assert "this is not Hugging Face" in consent.text
        answer = browser.post(
            urljoin(
                consent.url, html.unescape(re.findall(r'post" action="([^"]+)"', consent.text)[0])
            ),
            data={**read_form(consent.text), "persona": "demo-free", "decision": "authorize"},
            timeout=PATIENCE,
        )

    assert answer.text == "Hello demo-free"


def test_provider_prints_what_the_page_shows(tmp_path: Path) -> None:
    with running(RUN_PROVIDER, tmp_path, FLASK_HF_OAUTH_PROVIDER_PORT="0") as provider:
        written = read_until(provider, "Ctrl-C")

    exports = re.findall(r"^ +(export .+)$", written, re.MULTILINE)
    assert re.sub(r":\d+$", ":8100", "\n".join(exports)) + "\n" == EXPORTS


def test_other_name_of_this_machine_is_moved_to(provider: HfProvider) -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in provider.environ().items():
            patch.setenv(name, value)
        exec(compile(OTHER_NAME, "example", "exec"), names)  # noqa: S102 - our own documentation
    app = names["app"]
    app.secret_key = "key of this test"  # type: ignore[attr-defined]  # a Flask
    moved = app.test_client().get("/login", base_url="http://127.0.0.1:5000")  # type: ignore[attr-defined]  # the same

    assert moved.location == "http://localhost:5000/login?_moved=1"


def test_tests_of_the_page_pass(tmp_path: Path) -> None:
    (tmp_path / "test_page.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    result = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False
    )

    assert "2 passed" in result.stdout, result.stdout + result.stderr
