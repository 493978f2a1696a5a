from __future__ import annotations

import pytest

from flask_hf_oauth.testing import HfProvider


def test_unknown_value_names_the_choices() -> None:
    with pytest.raises(ValueError, match="refresh_tokens is 'twice'; it can be 'rotate', 'repeat'"):
        HfProvider(refresh_tokens="twice")


def test_unknown_switch_is_refused() -> None:
    with pytest.raises(TypeError, match="color"):
        HfProvider(color="blue")


def test_switch_changes_a_running_provider() -> None:
    provider = HfProvider(at_hash=True)

    provider.switch(azp=True)

    assert (provider.behavior.at_hash, provider.behavior.azp) == (True, True)
