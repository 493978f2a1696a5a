"""The apps of the how-to pages, as they stand there, before the embedded provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from flow import SECRET_KEY

from flask_hf_oauth.testing import HfProvider

#: Runs a block of a page and gives its names.
Run: TypeAlias = Callable[[str], dict[str, Any]]


@pytest.fixture
def run(provider: HfProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run blocks that make an ``app``, and maybe a ``db``; its tables are made and closed here."""
    database = f"sqlite:///{tmp_path / 'app.sqlite'}"
    environ = {
        **provider.environ(),
        "FLASK_SECRET_KEY": SECRET_KEY,
        "FLASK_SQLALCHEMY_DATABASE_URI": database,
        "FLASK_TESTING": "true",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    pages: list[dict[str, Any]] = []

    def run(block: str) -> dict[str, Any]:
        names: dict[str, Any] = {"__name__": "demo"}
        exec(compile(block, "example", "exec", dont_inherit=True), names)  # noqa: S102 - our own documentation
        pages.append(names)
        if "db" in names:
            with names["app"].app_context():
                names["db"].create_all()
        return names

    yield run
    for names in pages:
        _close(names)


def _close(names: dict[str, Any]) -> None:
    for client in names["app"].extensions["hf_oauth"].clients.values():
        client.close()
    if "db" in names:
        with names["app"].app_context():
            names["db"].engine.dispose()
