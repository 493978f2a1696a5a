from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import pytest
from oidc.conftest import TransportMaker

from flask_hf_oauth.errors import DiscoveryError, LoginError, ProviderTimeout, ProviderUnavailable
from flask_hf_oauth.oidc.http import Exchange
from flask_hf_oauth.oidc.kept import Kept

LIFETIME = 600
MINUTE = 60


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Source:
    """A provider that gives document 1, 2, 3, ... or fails."""

    def __init__(self) -> None:
        self.tries = 0
        self.seconds = 0.0
        self.failure: LoginError | None = None
        self.wait: Callable[[], object] = lambda: None

    def __call__(self, exchange: Exchange) -> str:
        self.tries += 1
        self.seconds = exchange.deadline.remaining()
        document = f"document {self.tries}"
        self.wait()
        if self.failure is not None:
            raise self.failure
        return document


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def kept(source: Source, clock: Clock) -> Kept[str]:
    return Kept(source, clock)


def test_nothing_is_fetched_before_it_is_needed(kept: Kept[str], source: Source) -> None:
    assert kept.peek() is None
    assert source.tries == 0


def test_document_is_kept_for_ten_minutes(
    kept: Kept[str], clock: Clock, exchange: Exchange, source: Source
) -> None:
    assert kept.get(exchange) == "document 1"
    clock.now += LIFETIME - 1
    assert kept.get(exchange) == kept.peek() == "document 1"
    assert source.tries == 1


def test_document_is_fetched_again_after_ten_minutes(
    kept: Kept[str], clock: Clock, exchange: Exchange
) -> None:
    kept.get(exchange)
    clock.now += LIFETIME

    assert kept.peek() is None
    assert kept.get(exchange) == "document 2"


def test_first_failure_is_raised_and_not_kept(
    kept: Kept[str], source: Source, exchange: Exchange
) -> None:
    source.failure = ProviderUnavailable()
    with pytest.raises(ProviderUnavailable):
        kept.get(exchange)

    source.failure = None
    assert kept.get(exchange) == "document 2"


@pytest.mark.parametrize("failure", [ProviderUnavailable, ProviderTimeout, DiscoveryError])
def test_old_document_serves_while_the_provider_fails(
    clock: Clock, source: Source, exchange: Exchange, failure: type[LoginError]
) -> None:
    kept = Kept(source, clock)
    kept.get(exchange)
    clock.now += LIFETIME
    source.failure = failure()

    assert kept.get(exchange) == "document 1"


def test_owner_reads_that_an_old_document_serves(
    clock: Clock, source: Source, exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept(source, clock)
    kept.get(exchange)
    clock.now += LIFETIME
    source.failure = ProviderUnavailable("it is down")
    kept.get(exchange)

    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "provider_unavailable (it is down)" in record.message


def test_failing_provider_is_left_alone_for_a_minute(
    kept: Kept[str], clock: Clock, source: Source, exchange: Exchange
) -> None:
    kept.get(exchange)
    clock.now += LIFETIME
    source.failure = ProviderUnavailable()
    kept.get(exchange)

    clock.now += MINUTE - 1
    assert kept.get(exchange) == "document 1"
    assert source.tries == 2


def test_failing_provider_is_asked_again_after_a_minute(
    kept: Kept[str], clock: Clock, source: Source, exchange: Exchange
) -> None:
    kept.get(exchange)
    clock.now += LIFETIME
    source.failure = ProviderUnavailable()
    kept.get(exchange)
    source.failure = None

    clock.now += MINUTE
    assert kept.get(exchange) == "document 3"


def run(function: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=function)
    thread.start()
    return thread


class Pause:
    """Holds a fetch until the test lets it go on."""

    def __init__(self, source: Source) -> None:
        self.reached = threading.Event()
        self.over = threading.Event()
        source.wait = self._wait

    def _wait(self) -> None:
        self.reached.set()
        assert self.over.wait(5)


def test_old_document_serves_while_another_thread_fetches(
    kept: Kept[str], clock: Clock, source: Source, exchange: Exchange
) -> None:
    kept.get(exchange)
    clock.now += LIFETIME
    pause = Pause(source)
    other = run(lambda: kept.get(exchange))
    assert pause.reached.wait(5)

    assert kept.get(exchange) == "document 1"
    pause.over.set()
    other.join(5)
    assert kept.get(exchange) == "document 2"


def test_threads_wait_for_the_first_document(
    kept: Kept[str], source: Source, exchange: Exchange
) -> None:
    pause = Pause(source)
    documents: list[str] = []
    threads = [run(lambda: documents.append(kept.get(exchange))) for _ in range(4)]
    assert pause.reached.wait(5)
    pause.over.set()
    for thread in threads:
        thread.join(5)

    assert documents == ["document 1"] * 4
    assert source.tries == 1


def test_waiting_ends_at_the_deadline(
    kept: Kept[str], source: Source, exchange: Exchange, make_transport: TransportMaker
) -> None:
    pause = Pause(source)
    other = run(lambda: kept.get(exchange))
    assert pause.reached.wait(5)

    with make_transport(deadline=0.05).exchange() as hurried, pytest.raises(ProviderTimeout):
        kept.get(hurried)
    pause.over.set()
    other.join(5)


# Newer documents: a signature that no known key fits


def test_newer_document_is_fetched_before_it_is_due(kept: Kept[str], exchange: Exchange) -> None:
    document = kept.get(exchange)

    assert kept.get_newer(exchange, document) == "document 2"
    assert kept.peek() == "document 2"


def test_newer_document_is_wanted_once_a_minute(
    kept: Kept[str], clock: Clock, source: Source, exchange: Exchange
) -> None:
    newer = kept.get_newer(exchange, kept.get(exchange))
    assert newer is not None

    clock.now += MINUTE - 1
    assert kept.get_newer(exchange, newer) is None
    assert source.tries == 2

    clock.now += 1
    assert kept.get_newer(exchange, newer) == "document 3"


def test_newer_document_is_shared(
    kept: Kept[str], clock: Clock, source: Source, exchange: Exchange
) -> None:
    old = kept.get(exchange)
    kept.get_newer(exchange, old)
    clock.now += MINUTE

    assert kept.get_newer(exchange, old) == "document 2"
    assert source.tries == 2


def test_there_is_no_newer_document_while_the_provider_fails(
    kept: Kept[str], clock: Clock, source: Source, exchange: Exchange
) -> None:
    document = kept.get(exchange)
    source.failure = ProviderUnavailable()

    assert kept.get_newer(exchange, document) is None
    assert kept.peek() == "document 1"

    clock.now += MINUTE - 1
    assert kept.get_newer(exchange, document) is None
    assert source.tries == 2


def test_threads_that_want_a_newer_document_fetch_once(
    kept: Kept[str], source: Source, exchange: Exchange
) -> None:
    old = kept.get(exchange)
    together = threading.Barrier(8)
    newer: list[str | None] = []

    def want() -> None:
        together.wait(5)
        newer.append(kept.get_newer(exchange, old))

    for thread in [run(want) for _ in range(8)]:
        thread.join(5)
    assert newer == ["document 2"] * 8
    assert source.tries == 2


def test_newer_document_may_not_take_the_time_of_the_login(
    kept: Kept[str], clock: Clock, source: Source, exchange: Exchange
) -> None:
    kept.get(exchange)
    assert source.seconds > exchange.deadline.remaining() - 1

    clock.now += LIFETIME
    kept.get(exchange)
    assert source.seconds < exchange.deadline.remaining() / 2


def test_doubted_document_is_fetched_again(kept: Kept[str], exchange: Exchange) -> None:
    kept.get(exchange)
    kept.doubt()

    assert kept.get(exchange) == "document 2"


def test_doubt_counts_once_a_minute(kept: Kept[str], clock: Clock, exchange: Exchange) -> None:
    for document, seconds in ((2, 59), (2, 2), (3, 0)):
        kept.get(exchange)
        kept.doubt()
        assert kept.get(exchange) == f"document {document}"
        clock.now += seconds


def test_doubt_waits_for_nobody(kept: Kept[str], exchange: Exchange) -> None:
    kept.get(exchange)
    with kept._lock:  # as a thread that fetches holds it
        kept.doubt()

    assert kept.get(exchange) == "document 1"
