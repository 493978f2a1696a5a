from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from benchmarks.delays import Counters, listen, run_proxy
from benchmarks.tls import HOST, Certificates, write_certificates
from flask_hf_oauth.testing import HfProvider

LONG = 5.0  # seconds: more than any machine takes for a request


@dataclass(frozen=True, slots=True)
class Proxy:
    url: str
    counters: Counters
    provider: HfProvider


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return write_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def running(certificates: Certificates) -> Iterator[Proxy]:
    with HfProvider() as provider, listen() as listener:
        address = (HOST, int(provider.url.rpartition(":")[2]))
        with run_proxy(listener, certificates, address) as counters:
            url = f"https://{HOST}:{listener.getsockname()[1]}/oauth/userinfo"
            yield Proxy(url, counters, provider)


@pytest.fixture
def proxy(running: Proxy) -> Iterator[Proxy]:
    yield running
    running.counters.connection_delay.value = running.counters.request_delay.value = 0


@pytest.fixture
def client(certificates: Certificates) -> Iterator[requests.Session]:
    with requests.Session() as client:
        client.trust_env = False  # a bundle that the machine's environment names would win
        client.verify = str(certificates.ca_file)
        yield client


def test_an_answer_comes_through(proxy: Proxy, client: requests.Session) -> None:
    answer = client.get(proxy.url)
    assert (answer.status_code, answer.json()) == (
        401,
        {"error": "Invalid credentials in Authorization header"},
    )


def test_a_body_comes_through(proxy: Proxy, client: requests.Session) -> None:
    client.post(proxy.url.replace("userinfo", "token"), data={"grant_type": "as sent"})
    assert proxy.provider.requests[-1].form["grant_type"] == "as sent"


def test_a_client_that_does_not_trust_it_is_not_fooled(proxy: Proxy) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(proxy.url, timeout=LONG)


def test_requests_and_connections_are_counted(proxy: Proxy, client: requests.Session) -> None:
    counters = proxy.counters
    before = counters.requests.value, counters.connections.value
    for _ in range(3):
        client.get(proxy.url)
    assert (counters.requests.value, counters.connections.value) == (before[0] + 3, before[1] + 1)


@pytest.mark.parametrize("delay", ["connection_delay", "request_delay"])
def test_a_new_connection_waits(proxy: Proxy, client: requests.Session, delay: str) -> None:
    getattr(proxy.counters, delay).value = 0.05
    begin = time.monotonic()
    client.get(proxy.url)
    assert time.monotonic() - begin >= 0.05


def test_each_request_waits(proxy: Proxy, client: requests.Session) -> None:
    client.get(proxy.url)
    proxy.counters.request_delay.value = 0.05
    begin = time.monotonic()
    client.get(proxy.url)
    assert time.monotonic() - begin >= 0.05


def test_a_kept_connection_waits_no_more(proxy: Proxy, client: requests.Session) -> None:
    client.get(proxy.url)
    proxy.counters.connection_delay.value = LONG
    begin = time.monotonic()
    client.get(proxy.url)
    assert time.monotonic() - begin < LONG


def test_a_connection_ends_when_the_client_wants_it(proxy: Proxy, client: requests.Session) -> None:
    before = proxy.counters.connections.value
    for _ in range(2):
        client.get(proxy.url, headers={"Connection": "close"})
    assert proxy.counters.connections.value == before + 2
