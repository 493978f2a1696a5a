from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from testing.relying_party import RelyingParty

from flask_hf_oauth.testing import HfProvider


@pytest.fixture
def relying_party(provider: HfProvider) -> Iterator[RelyingParty]:
    with requests.Session() as http:
        http.trust_env = False  # neither proxies nor the .netrc of this machine
        yield RelyingParty(provider, http)
