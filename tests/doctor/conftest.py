from __future__ import annotations

import pytest
from doctor.patient import SPACE


@pytest.fixture
def on_space(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SPACE.items():
        monkeypatch.setenv(name, value)
