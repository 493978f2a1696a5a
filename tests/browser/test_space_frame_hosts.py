"""A Space with a domain of its own: its frame shows it there, and its callback is on hf.space."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from browser.framing import make_space_app
from browser.insider import Insider
from browser.navigations import noting_navigations
from browser.site import serve
from flask_hf_oauth.testing import HfProvider

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

pytestmark = pytest.mark.browser


@pytest.fixture
def space(hub: HfProvider) -> Iterator[str]:
    """The address of a Space's app on its domain, custom.localhost."""
    apps: list[WSGIApplication] = []  # one, which is made when its port is known

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return apps[0](environ, start_response)

    with serve(answer) as url:
        own = url.replace("127.0.0.1", "custom.localhost")
        hosts = f"{urlsplit(url).netloc},{urlsplit(own).netloc}"
        callback = f"{url}/login/callback"  # what SPACE_HOST says, but for https
        apps.append(make_space_app(hub, hosts, HF_OAUTH_REDIRECT_URI=callback))
        yield own


def test_a_login_begun_on_the_domain_ends_signed_in_on_the_other_host(insider: Insider) -> None:
    insider.visit()
    with noting_navigations(insider.page) as navigations:
        insider.follow()
        insider.agree()
        insider.reads("Hello demo-free")
    insider.follow("Private page")
    insider.reads("In private: demo-free")

    assert navigations == [
        "GET /login",  # on the domain
        "GET /login",  # on the other host, where no cookie was before
        "GET /login",
        "GET /oauth/authorize",
        "POST /oauth/authorize",
        "GET /login/callback",
        "GET /",
    ]
