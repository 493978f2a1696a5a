"""gunicorn with eight threads: logins hang, and the rest of the site does not notice."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import pytest
import requests
from hosting.servers import Server, gunicorn

from flask_hf_oauth.testing import HfProvider

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="gunicorn needs fork")

FOLDER = Path(__file__).parent  # of the app; not the package's
PATIENCE = 30  # seconds until a browser gives up
SOON = 0.9  # seconds in which a page is there; a login that waits for a place takes one
AT_FIRST = 2.5  # seconds while those wait who do not know yet that the provider hangs
AT_LAST = 5  # seconds for those few that a busy machine is late for
LOGINS, PLACES = 12, 4  # more than there are threads; MAX_EXCHANGES

Serve: TypeAlias = Callable[..., AbstractContextManager[Server]]


@pytest.fixture
def serve(provider: HfProvider, tmp_path: Path) -> Iterator[Serve]:
    """Serve the app with gunicorn; what it wrote is shown with a test that fails."""
    log = tmp_path / "gunicorn.log"
    yield partial(gunicorn, FOLDER, "gunicorn_app:app", provider.environ(), "--threads=8", log=log)
    written = log.read_text()
    print(written)  # noqa: T201 - pytest shows it with a failure
    assert "Traceback" not in written
    assert "[CRITICAL]" not in written


class Visit:
    """An answer, and the seconds that it took."""

    def __init__(self, url: str) -> None:
        begun = time.monotonic()
        self.answer = requests.get(url, allow_redirects=False, timeout=PATIENCE)
        self.seconds = time.monotonic() - begun


def sign_in(url: str, provider: HfProvider) -> requests.Response:
    """Sign in as a browser does, and return the home page."""
    with requests.Session() as browser:
        way = browser.get(f"{url}/login?next=/", allow_redirects=False, timeout=PATIENCE)
        callback = provider.authorize(way.headers["Location"])
        return browser.get(callback, timeout=PATIENCE)


def check_pages(url: str, soon: float) -> None:
    """Look at a public and a guarded page, fifty times; one visit in twenty may come late."""
    seconds: list[float] = []
    for _ in range(50):
        home, private = Visit(f"{url}/"), Visit(f"{url}/private")
        assert (home.answer.text, private.answer.status_code) == ("nobody", 302)
        seconds += [home.seconds, private.seconds]
    assert max(seconds) < AT_LAST
    assert sum(each > soon for each in seconds) <= len(seconds) / 20


def test_site_goes_on_while_logins_hang(serve: Serve, provider: HfProvider) -> None:
    with serve() as server, ThreadPoolExecutor(LOGINS) as threads:
        url = server.url
        provider.fail("discovery", "status-500")
        assert Visit(f"{url}/login").answer.status_code == 503  # so that all is imported
        provider.fail("discovery", "hang", times=None)
        logins = as_completed([threads.submit(Visit, f"{url}/login") for _ in range(LOGINS)])

        check_pages(url, AT_FIRST)
        for refused in islice(logins, LOGINS - PLACES):
            check_refusal(refused.result(), status=503, seconds=8)
        check_pages(url, SOON)
        for hanging in logins:
            check_refusal(hanging.result(), status=504, seconds=20)

        provider.heal()
        assert sign_in(url, provider).text == "demo-free"


def check_refusal(visit: Visit, *, status: int, seconds: float) -> None:
    assert visit.answer.status_code == status
    assert 1 <= int(visit.answer.headers["Retry-After"]) <= 60
    assert visit.seconds < seconds


def test_workers_that_were_forked_from_a_loaded_app_sign_in(
    serve: Serve, provider: HfProvider
) -> None:
    workers = set()
    with serve("--workers=2", "--preload") as server:
        for _ in range(50):  # the kernel chooses the worker
            home = sign_in(server.url, provider)
            assert home.text == "demo-free"
            workers.add(home.headers["X-Worker"])
            if len(workers) == 2:
                break
    assert len(workers) == 2
