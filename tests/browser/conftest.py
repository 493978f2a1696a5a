"""One Chromium for the folder; a server, a database and a browser context for each test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from requirements_gate import REQUIRE_ALL, require_program

from browser.chromium import ARGUMENTS
from browser.framing import SANDBOX, SPACE, serve_space
from browser.site import provider_settings, serve_notebook
from flask_hf_oauth.testing import HfProvider

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from browser.insider import Insider
    from browser.visitor import Visitor

ENVIRONMENT = ("OAUTH_CLIENT_ID", "OAUTH_SCOPES", "OPENID_PROVIDER_URL", "SPACE_ID", "SPACE_HOST")


def pytest_pycollect_makemodule() -> None:
    """Skip this folder, with a word, where nobody installed Playwright."""
    if find_spec("playwright") is None and os.environ.get(REQUIRE_ALL) != "1":
        pytest.skip("No Playwright: pip install --group browser, to run the browser's tests.")


@pytest.fixture(scope="package", autouse=True)
def no_provider_in_the_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ENVIRONMENT:
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415 - may be missing

    path = require_program("browser")
    expect.set_options(timeout=30_000)  # milliseconds, for a machine that is busy
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def provider() -> Iterator[HfProvider]:
    with HfProvider(remember_consent=False) as provider:
        yield provider


@pytest.fixture
def settings(provider: HfProvider) -> dict[str, object]:
    """What the example app is told; a module may say otherwise."""
    return provider_settings(provider)


@pytest.fixture
def url(tmp_path: Path, settings: dict[str, object]) -> Iterator[str]:
    """The address of the example app, with a database of its own."""
    with serve_notebook(tmp_path, settings) as url:
        yield url


@pytest.fixture
def open_visitor(browser: Browser, url: str) -> Iterator[Callable[..., Visitor]]:
    """Hand out people who share nothing with each other."""
    from browser.visitor import Visitor  # noqa: PLC0415 - it imports Playwright
    from browser.watch import open_context  # noqa: PLC0415 - the same

    with ExitStack() as stack:

        def open_one(**options: Any) -> Visitor:
            context = stack.enter_context(open_context(browser, **options))
            return Visitor(page=context.new_page(), url=url)

        yield open_one


@pytest.fixture
def hub() -> Iterator[HfProvider]:
    """The provider on another site than the app, as Hugging Face is."""
    with HfProvider(host="localhost", remember_consent=False) as hub:
        yield hub


@pytest.fixture
def space(hub: HfProvider) -> Iterator[str]:
    """The address of an app that runs as on a Space."""
    with serve_space(hub) as url:
        yield url


@pytest.fixture
def insider(browser: Browser, hub: HfProvider, space: str) -> Iterator[Insider]:
    """Somebody who looks at the page of that Space."""
    from browser.insider import Insider  # noqa: PLC0415 - it imports Playwright
    from browser.watch import open_context  # noqa: PLC0415 - the same

    with open_context(browser, excused=[SANDBOX]) as context:
        yield Insider(page=context.new_page(), top=hub.show_space(SPACE, space), url=space)


@pytest.fixture
def visitor(open_visitor: Callable[..., Visitor]) -> Visitor:
    return open_visitor()
