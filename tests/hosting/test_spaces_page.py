"""docs/spaces.md: the four files of the page are a Space that signs in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests
from hosting.documentation import DOCS, find_blocks
from hosting.hub import HubProxy
from hosting.image import lay_out
from hosting.shell import find_free_port, read_until, running
from person import Person

from flask_hf_oauth.testing import HfProvider

PAGE = (DOCS / "spaces.md").read_text("utf-8")
HOST = "demo-org-hello.hf.space"
PATIENCE = 30  # seconds
COMMANDS = find_blocks("spaces.md", "sh")
FILES = re.findall(r"^`([A-Za-z.]+)`[^\n]*:\n\n```\w+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    for name, text in FILES:
        (folder / name).write_text(text)
    return folder


def test_page_has_a_block_for_each_file() -> None:
    assert [name for name, _text in FILES] == [
        *("README.md", "app.py", "requirements.txt", "Dockerfile")
    ]
    assert PAGE.count("\n```\n") == len(FILES) + len(COMMANDS)


def test_files_of_the_page_are_a_space_that_signs_in(
    folder: Path, tmp_path: Path, provider: HfProvider
) -> None:
    provider.switch(space_host=HOST)
    environ = {**provider.environ(), "SPACE_ID": "demo-org/hello", "SPACE_HOST": HOST}
    with lay_out(folder, tmp_path / "image").serving(environ) as port:
        person = Person(HubProxy(hosts=(HOST,), port=port), provider)
        home = person.open(f"https://{HOST}/")
        private = person.open(f"https://{HOST}/private")

    assert 'alt="Sign in with Hugging Face"' in home.text
    assert (private.url, private.text) == (f"https://{HOST}/private", "Hello demo-free")
    assert {"secure", "samesite=none", "partitioned"} <= person.cookie(f"https://{HOST}/").flags


def test_commands_of_the_page_show_the_app_in_a_frame(folder: Path) -> None:
    show, serve = COMMANDS
    port = find_free_port()
    here = show.replace(":5000", f":{port}")
    with running(here, folder, FLASK_HF_OAUTH_PROVIDER_PORT="0") as provider:
        written = read_until(provider, "Ctrl-C")
        environ = dict(re.findall(r"export (\w+)=(\S+)", written))
        page = requests.get(re.findall(r"Space: (\S+)", written)[0], timeout=PATIENCE).text
        with running(serve, folder, **environ, FLASK_RUN_PORT=port) as server:
            read_until(server, "Running on")
            login = requests.get(
                f"http://localhost:{port}/login", allow_redirects=False, timeout=PATIENCE
            )

    assert f'src="http://localhost:{port}' in page
    assert login.headers["Location"].startswith(f"{environ['OPENID_PROVIDER_URL']}/oauth/authorize")
    assert "Partitioned" in login.headers["Set-Cookie"]


def test_app_needs_what_the_page_lists(folder: Path) -> None:
    needed = (folder / "requirements.txt").read_text("utf-8").split()

    assert needed == ["flask-hf-oauth", "gunicorn"]
    assert "hf_oauth: true" in (folder / "README.md").read_text("utf-8").splitlines()
