from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.apps import OURS, SUBJECTS
from benchmarks.browser import Browser, LoginFailed
from benchmarks.distance import DistantProvider
from benchmarks.logins import provide, sign_in, warm_up
from benchmarks.serving import Site, serve


@pytest.fixture(scope="module")
def provider() -> Iterator[DistantProvider]:
    with provide() as provider:
        yield provider


@pytest.fixture(scope="module")
def site(provider: DistantProvider) -> Iterator[Site]:
    with serve(SUBJECTS[OURS], provider) as site:
        warm_up(site, provider)
        yield site


def test_a_warm_login_is_two_requests_and_no_new_connection(
    site: Site, provider: DistantProvider
) -> None:
    cost = sign_in(site, provider, 3)
    assert (cost.requests, cost.connections) == (2, 0)


def test_delays_are_felt_by_who_signs_in(site: Site, provider: DistantProvider) -> None:
    provider.delay(connection=0, request=0.02)
    assert sign_in(site, provider, 1).milliseconds >= 40


def test_an_app_that_does_not_know_the_person_is_not_measured(
    site: Site, provider: DistantProvider
) -> None:
    with Browser(site, provider.person) as browser:
        login = browser.begin_login()
        with pytest.raises(LoginFailed, match="answered 302"):
            browser.check_login(login, "demo-member-2")


def test_a_login_that_is_refused_is_not_measured(site: Site, provider: DistantProvider) -> None:
    with Browser(site, provider.person) as browser:
        login = browser.begin_login()
        browser.complete_login(login)
        login.cookies.clear()
        with pytest.raises(LoginFailed, match="answered 400"):
            browser.complete_login(login)


def test_a_login_that_begins_anew_is_not_measured(site: Site, provider: DistantProvider) -> None:
    with Browser(site, provider.person) as browser:
        login = browser.begin_login()
        login.cookies.clear()
        with pytest.raises(LoginFailed, match="begins anew"):
            browser.complete_login(login)
