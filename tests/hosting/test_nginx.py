"""The set-up of docs/proxy.md, as it stands there: nginx, gunicorn and the app."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import pytest
from flow import parameters
from hosting.documentation import DOCS, find_blocks
from hosting.nginx import Nginx, nginx
from hosting.servers import serve
from person import Answer, Person, request

from flask_hf_oauth.testing import HfProvider, ProviderRefusal

pytestmark = pytest.mark.nginx

HOST = "app.example.com"


PAGE = "proxy.md"
SERVER, LOCATION_BELOW_A_PATH = find_blocks(PAGE, "nginx")
APP, PREFIX_APP, REDIRECT_URI_APP = find_blocks(PAGE, "python")
MAKE_KEY, START, ASK_DOCTOR = find_blocks(PAGE, "sh")
REGISTERED = re.findall(r"`(https://\S*/login/callback)`", (DOCS / PAGE).read_text("utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site that runs, and the one person who visits it."""

    person: Person
    nginx_log: Path
    app_log: Path

    def click(self, path: str, persona: str = "demo-free") -> Answer:
        """Open a page as a link of the site does."""
        self.person.persona = persona
        return self.person.open(f"https://{HOST}{path}", referer=f"https://{HOST}/")

    def paths(self) -> list[str]:
        return [urlsplit(url).path for url in self.person.visited]


RunSite: TypeAlias = Callable[..., AbstractContextManager[Site]]


@pytest.fixture
def environ(provider: HfProvider) -> dict[str, str]:
    """What the page puts into the environment; and where the provider is."""
    client = provider.add_client("notes", "secret-of-the-notes", REGISTERED)
    return {
        "FLASK_SECRET_KEY": make_key(),
        "OAUTH_CLIENT_ID": client.client_id,
        "OAUTH_CLIENT_SECRET": "secret-of-the-notes",
        "OAUTH_SCOPES": "openid profile read-memberships",
        "OPENID_PROVIDER_URL": provider.url,
        # gunicorn believes headers from its own machine by itself; from a container's nginx, not.
        "FORWARDED_ALLOW_IPS": "192.0.2.1",
    }


@pytest.fixture
def run(
    environ: dict[str, str],
    tmp_path: Path,
    provider: HfProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> RunSite:
    """Make a function that runs nginx, gunicorn and the app as the page says."""

    @contextmanager
    def run(server: str = SERVER, app: str = APP) -> Iterator[Site]:
        (tmp_path / "notes.py").write_text(app)
        with (
            serve(tmp_path, shlex.split(START), environ) as gunicorn,
            nginx(tmp_path, server, app_port=gunicorn.port) as front,
        ):
            lead_to(front, monkeypatch)
            person = Person(partial(request, verify=str(front.certificate)), provider)
            yield Site(person=person, nginx_log=front.log, app_log=gunicorn.log)

    return run


def make_key() -> str:
    python, *arguments = shlex.split(MAKE_KEY)
    assert python == "python"
    made = subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
    return made.stdout.decode().strip()


def lead_to(front: Nginx, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the site's name and port 443 lead to the nginx of the test, as a name server would."""
    find = socket.getaddrinfo

    def find_here(host: str, port: int, *rest: int) -> object:
        there = ("127.0.0.1", front.port) if (host, port) == (HOST, 443) else (host, port)
        return find(*there, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", find_here)


def without(line: str) -> str:
    """Forget the lines of nginx's configuration that begin so."""
    left, count = re.subn(rf"^ *{line}.*\n", "", SERVER, flags=re.MULTILINE)
    assert count
    return left


def with_line_of(other: str, start: str) -> str:
    """Replace a line of the app by the one that begins like it in another block."""
    [line] = re.findall(rf"^{start}.*", other, re.MULTILINE)
    changed, count = re.subn(rf"^{start}.*", line, APP, flags=re.MULTILINE)
    assert count == 1
    return changed


def test_app_behind_nginx_signs_in_over_https(run: RunSite) -> None:
    with run() as site:
        page = site.click("/?page=2")

    assert (page.url, page.text) == (f"https://{HOST}/?page=2", "Hello demo-free")
    assert site.paths() == ["/", "/login", "/oauth/authorize", "/login/callback", "/"]
    assert parameters(site.person.visited[2])["redirect_uri"] == REGISTERED[0]
    assert "secure" in site.person.cookie(page.url).flags
    assert "redirect URI" not in site.app_log.read_text()


@pytest.mark.parametrize(
    ("app", "status", "found"),
    [
        pytest.param(APP, 0, f"{REGISTERED[0]}\n", id="as the page says"),
        pytest.param(APP.replace("x_proto=1", "x_proto=0"), 1, "ProxyFix", id="unfixed"),
    ],
)
def test_doctor_says_whether_the_app_knows_its_address(
    app: str, status: int, found: str, environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "notes.py").write_text(app)
    flask, *arguments = shlex.split(ASK_DOCTOR)
    command = [str(Path(sys.executable).with_name(flask)), *arguments]

    asked = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **environ}, capture_output=True, check=False
    )
    assert asked.returncode == status, asked
    assert found in asked.stdout.decode()


def test_app_below_a_path_of_nginx_signs_in_and_out(run: RunSite) -> None:
    server = re.sub(r" *location / \{.*?\}\n", LOCATION_BELOW_A_PATH, SERVER, flags=re.DOTALL)

    with run(server, with_line_of(PREFIX_APP, "app.wsgi_app =")) as site:
        page = site.click("/notes/?page=2")
        goodbye = site.person.send(f"https://{HOST}/notes/logout")

    assert (page.url, page.text) == (f"https://{HOST}/notes/?page=2", "Hello demo-free")
    assert goodbye.url == f"https://{HOST}/notes/logout"
    assert "You are signed out" in goodbye.text
    here = [path for path in site.paths() if path != "/oauth/authorize"]
    assert all(path.startswith("/notes/") for path in here)
    assert "redirect URI" not in site.app_log.read_text()


@pytest.mark.parametrize(
    ("forgotten", "said"),
    [
        ("proxy_set_header Host", f"but the browser knows this site as '{HOST}'"),
        ("proxy_set_header X-Forwarded-Proto", "is plain http, which Hugging Face refuses"),
    ],
)
def test_line_that_nginx_lacks_is_named_in_the_log(forgotten: str, said: str, run: RunSite) -> None:
    with run(without(forgotten)) as site, pytest.raises(ProviderRefusal):
        site.click("/")

    assert site.paths() == ["/", "/login", "/oauth/authorize"]
    assert said in site.app_log.read_text()


def test_app_that_knows_its_address_needs_nothing_from_nginx(run: RunSite) -> None:
    with run(without("proxy_set_header"), with_line_of(REDIRECT_URI_APP, "HfOAuth")) as site:
        page = site.click("/?page=2")

    assert (page.url, page.text) == (f"https://{HOST}/?page=2", "Hello demo-free")
    assert site.paths().count("/login") == 2  # moved once, in vain
    assert f"the callback is on {HOST} but this request came in on" in site.app_log.read_text()


#: What an app may add to a cookie that 72 organizations have filled.
DRAFT = """
import secrets
from flask import request, session

@app.after_request
def keep_draft(response):
    if request.endpoint == "hf_oauth.callback":
        session["draft"] = secrets.token_urlsafe(280)
    return response
"""


def test_cookie_that_browsers_keep_needs_a_larger_buffer(
    run: RunSite, provider: HfProvider
) -> None:
    persona = "demo-hundred-orgs"
    provider.change("userinfo", lambda claims: {**claims, "orgs": claims["orgs"][:72]})

    with run(app=APP + DRAFT) as site:
        page = site.click("/", persona)
        assert page.text == f"Hello {persona}"
        assert 3900 < len(site.person.cookie(page.url).value) < 4093
    with run(without("proxy_buffer_size"), app=APP + DRAFT) as site:
        assert site.click("/", persona).status == 502
    assert "upstream sent too big header" in site.nginx_log.read_text()
