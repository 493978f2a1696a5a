"""The example application as a Space: what is pushed, and a sign-in through it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from hosting.hub import HubProxy
from hosting.image import Image, lay_out, read_dockerfile
from packaging.requirements import Requirement
from person import Answer, Person

from flask_hf_oauth.testing import HfProvider

# Last, so that the checkout cannot shadow the installed extension.
sys.path.append(str(Path(__file__).parents[2]))

from example_app.app import read_settings

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "example_app"
HOST, CUSTOM_DOMAIN = "demo-org-notebook.hf.space", "notebook.example.org"
SPACE = f"https://{HOST}"
SIGN = "__sign=header.claims.signature"  # with which the Hub opens a private Space


def find_all(name: str) -> list[str]:
    return [rest for instruction, rest in read_dockerfile(EXAMPLE) if instruction == name]


def read_front_matter() -> dict[str, str | list[str]]:
    """Read what stands above the README: plain values, and lists of them."""
    lines = (EXAMPLE / "README.md").read_text("utf-8").splitlines()
    assert lines[0] == "---"
    values: dict[str, str | list[str]] = {}
    items: list[str] = []
    for line in lines[1 : lines.index("---", 1)]:
        if line.startswith("  - "):
            items.append(line.removeprefix("  - "))
            continue
        name, _, value = line.partition(":")
        items = []
        values[name] = value.strip() or items
    return values


def test_front_matter_is_that_of_a_docker_space() -> None:
    front_matter = read_front_matter()

    colors = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
    assert {front_matter["colorFrom"], front_matter["colorTo"]} <= colors
    assert {"title", "emoji"} <= set(front_matter)
    assert (front_matter["sdk"], front_matter["hf_oauth"]) == ("docker", "true")
    assert len(str(front_matter["short_description"])) <= 60


def test_front_matter_asks_for_the_scopes_of_the_application() -> None:
    scopes = read_front_matter()["hf_oauth_scopes"]
    settings = read_settings({})

    granted = {"openid", "profile", *scopes}  # the Hub adds the first two itself
    assert granted == {
        *str(settings["HF_OAUTH_SCOPES"]).split(),
        *str(settings["HF_OAUTH_OPTIONAL_SCOPES"]).split(),
    }


def test_all_agree_about_the_port() -> None:
    assert find_all("EXPOSE") == ["7860"]
    assert "PORT=7860" in find_all("ENV")
    assert read_front_matter()["app_port"] == "7860"


def test_image_listens_where_the_hub_asks(image: Image, environ: dict[str, str]) -> None:
    image.environ |= environ

    assert image.find_address() == "0.0.0.0:7860"


def test_image_runs_as_the_user_of_the_hub() -> None:
    [make_user, install] = find_all("RUN")
    [user] = find_all("USER")

    assert f"useradd --create-home --uid 1000 {user} " in make_user
    assert make_user.endswith(f"install --directory --owner={user} /data")
    assert "NOTEBOOK_FOLDER=/data" in find_all("ENV")
    names = [name for name, _rest in read_dockerfile(EXAMPLE)]
    assert names.index("RUN") < names.index("USER") < names.index("COPY")
    assert install.endswith("requirements.txt")


def test_image_has_a_python_that_the_package_supports() -> None:
    [version] = re.findall(r"python:3\.(\d+)-slim", find_all("FROM")[0])
    project = (ROOT / "pyproject.toml").read_text("utf-8")

    assert f'"Programming Language :: Python :: 3.{version}"' in project


def test_requirements_are_those_with_which_the_project_is_tested() -> None:
    lines = (EXAMPLE / "requirements.txt").read_text("utf-8").split()
    ours, *others = map(Requirement, lines)
    project = (ROOT / "pyproject.toml").read_text("utf-8")

    assert f'name = "{ours.name}"' in project
    assert [str(each) for each in others if f'"{each}' not in project] == []


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return lay_out(EXAMPLE, tmp_path)


@pytest.fixture
def environ(provider: HfProvider, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Name what the Hub sets for a Space with hf_oauth, and nothing more."""
    monkeypatch.delenv("SECRET_KEY", raising=False)
    provider.switch(space_host=HOST)
    return {
        **provider.environ(),
        "OAUTH_SCOPES": "openid profile email read-memberships",
        "SPACE_ID": "demo-org/notebook",
        "SPACE_HOST": f"{HOST},{CUSTOM_DOMAIN}",
        "SPACE_AUTHOR_NAME": "demo-org",
        "SPACE_REPO_NAME": "notebook",
        # gunicorn believes headers from its own machine, which the Hub's proxy is not.
        "FORWARDED_ALLOW_IPS": "192.0.2.1",
    }


@pytest.fixture
def hub() -> HubProxy:
    return HubProxy(hosts=(HOST, CUSTOM_DOMAIN))


@pytest.fixture
def person(hub: HubProxy, provider: HfProvider) -> Person:
    return Person(hub, provider)


@contextmanager
def running(image: Image, environ: Mapping[str, str], hub: HubProxy) -> Iterator[None]:
    """Run a Space, as often as it is asked for."""
    with image.serving(environ) as port:
        hub.port = port
        yield
    print(image.log)  # noqa: T201 - pytest shows it with a failure
    assert not re.search(r"Traceback|\[ERROR\]|\[CRITICAL\]", image.log)


def find_login(page: Answer) -> str:
    """Return where the badge on a page leads."""
    [href, *_] = re.findall(r'class="hf-oauth-login" href="([^"]*)"', page.text)
    return urljoin(page.url, unescape(href))


def test_notebook_on_a_space_is_kept_over_a_restart(
    image: Image, environ: dict[str, str], hub: HubProxy, person: Person
) -> None:
    with running(image, environ, hub):
        empty = person.open(find_login(person.open(f"{SPACE}/?{SIGN}")))
        assert (empty.url, "Write your first prompt" in empty.text) == (f"{SPACE}/prompts", True)
        flags = person.cookie(SPACE).flags
        person.send(f"{SPACE}/prompts/new", title="A title", text="Be brief.")

    with running(image, environ, hub):
        kept = person.open(f"{SPACE}/prompts")
        assert (kept.url, "Be brief." in kept.text) == (f"{SPACE}/prompts", True)
        goodbye = person.send(f"{SPACE}/logout")
        assert (goodbye.url, "demo-free" in goodbye.text) == (f"{SPACE}/", False)

    assert {"secure", "samesite=none", "partitioned"} <= flags
    assert Path(image.environ["NOTEBOOK_FOLDER"], "notebook.sqlite").exists()
    assert image.log.count("on a Space: ") == 2
    assert "WARNING" not in image.log


def test_token_of_a_private_space_travels_nowhere(
    image: Image, environ: dict[str, str], hub: HubProxy, person: Person
) -> None:
    with running(image, environ, hub):
        page = person.open(f"{SPACE}/prompts?{SIGN}&page=2")

    assert page.url == f"{SPACE}/prompts?page=2"
    assert [url for url in person.visited[1:] if "__sign" in url] == []
    assert "__sign" not in image.log


def test_login_on_the_custom_domain_ends_on_the_host_of_the_space(
    image: Image, environ: dict[str, str], hub: HubProxy, person: Person
) -> None:
    with running(image, environ, hub):
        page = person.open(f"https://{CUSTOM_DOMAIN}/prompts?{SIGN}")

    assert page.url == f"{SPACE}/prompts"
    assert "Write your first prompt" in page.text
    hosts = [urlsplit(url).netloc for url in person.visited if "/login?" in url]
    assert hosts == [CUSTOM_DOMAIN, HOST]
    assert "__sign" not in image.log


def test_duplicate_without_an_oauth_app_starts_and_tells_its_owner(
    image: Image, environ: dict[str, str], hub: HubProxy, person: Person
) -> None:
    bare = {name: value for name, value in environ.items() if not re.match("OAUTH|OPENID", name)}
    with running(image, bare, hub):
        cover = person.open(f"{SPACE}/")
        login = person.open(find_login(cover))

    assert cover.status == 200
    assert login.status == 503
    assert "hf_oauth: true" in login.text
