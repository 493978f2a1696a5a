from __future__ import annotations

import pytest
from cachelib import BaseCache, SimpleCache
from caches import SharedCache
from doctor.patient import find, make_app

from flask_hf_oauth.doctor.report import FAILED, OK, WARNING


class ForgetfulCache(SharedCache):
    def has(self, _key: str) -> bool:
        return False


@pytest.mark.parametrize("cache", [None, SimpleCache()], ids=["ours", "one's own"])
def test_cache_of_one_process_is_fine_and_called_so(cache: object) -> None:
    finding = find(make_app(HF_OAUTH_CACHE=cache), "cache")

    assert (finding.verdict, finding.found) == (OK, "in each process, by itself")


def test_refresh_without_a_shared_cache_is_warned_about() -> None:
    finding = find(make_app(HF_OAUTH_REFRESH=True), "cache")

    assert (finding.verdict, "HF_OAUTH_REFRESH is on" in finding.found) == (WARNING, True)


def test_shared_cache_is_asked() -> None:
    cache = SharedCache()
    finding = find(make_app(HF_OAUTH_CACHE=cache), "cache")

    assert (finding.verdict, finding.found) == (OK, "SharedCache, which answers")
    assert len(cache.kept) == 1


@pytest.mark.parametrize(
    ("cache", "expected"),
    [
        (ForgetfulCache(), "ForgetfulCache forgets at once"),
        (SharedCache(answers=0), "SharedCache: HF_OAUTH_CACHE does not answer (ConnectionError)"),
    ],
    ids=["forgetful", "broken"],
)
def test_shared_cache_that_is_of_no_use_fails(cache: BaseCache, expected: str) -> None:
    finding = find(make_app(HF_OAUTH_CACHE=cache), "cache")

    assert (finding.verdict, finding.found) == (FAILED, expected)
