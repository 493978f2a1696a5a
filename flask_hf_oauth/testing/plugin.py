"""The pytest fixtures that come with the package: ``hf_provider`` and ``hf_login``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask_hf_oauth import HfUser

    from .provider import HfProvider


@pytest.fixture
def hf_provider() -> Iterator[HfProvider]:
    """Run an embedded provider for one test."""
    from .provider import HfProvider  # noqa: PLC0415 - every test session loads this module

    with HfProvider() as provider:
        yield provider


@pytest.fixture
def hf_login() -> Callable[..., HfUser]:
    """Hand out ``flask_hf_oauth.testing.login``."""
    from .client import login  # noqa: PLC0415 - every test session loads this module

    return login
