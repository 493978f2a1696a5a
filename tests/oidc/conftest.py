from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, TypeAlias

import pytest

from flask_hf_oauth.oidc.http import Exchange, Transport

TransportMaker: TypeAlias = Callable[..., Transport]


@pytest.fixture
def make_transport() -> Iterator[TransportMaker]:
    """Make transports; they are closed after the test."""
    with ExitStack() as stack:

        def make(**changes: Any) -> Transport:
            settings = {"timeout": (2, 2), "deadline": 5, "max_exchanges": 2, **changes}
            transport = Transport(**settings)
            stack.callback(transport.close)
            return transport

        yield make


@pytest.fixture
def transport(make_transport: TransportMaker) -> Transport:
    return make_transport()


@pytest.fixture
def exchange(transport: Transport) -> Iterator[Exchange]:
    with transport.exchange() as exchange:
        yield exchange
