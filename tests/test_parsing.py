from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cachelib import FileSystemCache, NullCache, SimpleCache

from flask_hf_oauth import parsing

SCOPE_TEXTS = ["openid profile", "openid,profile", " openid ,  profile ", "openid\tprofile openid"]


@pytest.mark.parametrize(
    ("parse", "value", "expected"),
    [
        (parsing.parse_text, "a b", "a b"),
        (parsing.parse_credential, "5f0e3c52-7f5b", "5f0e3c52-7f5b"),
        (parsing.parse_flag, True, True),
        (parsing.parse_flag, False, False),
        (parsing.parse_flag, "YES", True),
        (parsing.parse_flag, "off", False),
        (parsing.parse_flag, 1, True),
        (parsing.parse_flag, "0", False),
        (parsing.parse_words, ["b", "a", "b"], ("b", "a")),
        (parsing.parse_words, ("a",), ("a",)),
        (parsing.parse_words, {"a"}, ("a",)),
        (parsing.parse_words, frozenset({"a"}), ("a",)),
        (parsing.parse_words, [], ()),
        (parsing.parse_scopes, "read-mcp", ("read-mcp",)),
        (parsing.parse_openid_scopes, "email", ("openid", "email")),
        (parsing.parse_openid_scopes, ["email", "openid"], ("openid", "email")),
        (parsing.parse_provider_url, "https://huggingface.co/", "https://huggingface.co"),
        (parsing.parse_provider_url, "http://127.0.0.1:8100", "http://127.0.0.1:8100"),
        (parsing.parse_provider_url, "http://[::1]:8100", "http://[::1]:8100"),
        (parsing.parse_prefix, "/auth/", "/auth"),
        (parsing.parse_prefix, "/", ""),
        (parsing.parse_destination, "/home?tab=1#top", "/home?tab=1#top"),
        (parsing.parse_destination, "https://example.com/", "https://example.com/"),
        (parsing.parse_origins, "https://A.example/", ("https://a.example",)),
        (parsing.parse_origins, ["http://localhost:3000"], ("http://localhost:3000",)),
        (parsing.parse_interval, 1, 1),
        (parsing.parse_interval, 1.5, 1),
        (parsing.parse_interval, timedelta(minutes=5), 300),
        (parsing.parse_timeout, 5, (5.0, 5.0)),
        (parsing.parse_timeout, [3.05, 10], (3.05, 10.0)),
        (parsing.parse_count, 1, 1),
        (parsing.parse_count, 1000, 1000),
    ],
)
def test_value_is_read(parse: Callable[[object], object], value: object, expected: object) -> None:
    assert parse(value) == expected


@pytest.mark.parametrize("text", SCOPE_TEXTS)
def test_words_are_read_as_people_write_them(text: str) -> None:
    assert parsing.parse_words(text) == ("openid", "profile")


@pytest.mark.parametrize("path", ["/login/callback", "/auth/login/callback"])
def test_whole_redirect_uri_is_kept_as_it_is(path: str) -> None:
    uri = f"https://app.example:8443{path}"

    assert parsing.parse_redirect_uri(uri) == uri


def test_cache_is_kept_as_it_is() -> None:
    cache = SimpleCache()

    assert parsing.parse_cache(cache) is cache


@pytest.mark.parametrize(
    ("parse", "value", "sentence"),
    [
        (parsing.parse_text, 5, "a text without spaces"),
        (parsing.parse_text, " id", "a text without spaces"),
        (parsing.parse_text, "id\n", "a text without spaces"),
        (parsing.parse_text, "i\x00d", "a text without spaces"),
        (parsing.parse_credential, "sécret", "only ASCII"),
        (parsing.parse_credential, "secret ", "a text without spaces"),
        (parsing.parse_flag, "maybe", "True or False"),
        (parsing.parse_flag, 2, "True or False"),
        (parsing.parse_words, 5, "a list of words"),
        (parsing.parse_words, [""], "a list of words"),
        (parsing.parse_words, ["a", 5], "a list of words"),
        (parsing.parse_words, b"openid", "a list of words"),
        (parsing.parse_scopes, 'read"repos', "ASCII"),
        (parsing.parse_scopes, ["read repos"], "ASCII"),
        (parsing.parse_scopes, "lire-dépôts", "ASCII"),
        (parsing.parse_count, 0, "from 1 to 1000"),
        (parsing.parse_count, 1001, "from 1 to 1000"),
        (parsing.parse_count, True, "from 1 to 1000"),
        (parsing.parse_count, 2.0, "from 1 to 1000"),
        (parsing.parse_count, "4", "from 1 to 1000"),
    ],
)
def test_value_is_refused_with_what_is_expected(
    parse: Callable[[object], object], value: object, sentence: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        parse(value)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(iter(["acme"]), id="iterator"),
        pytest.param((word for word in ["acme"]), id="generator"),
        pytest.param(map(str.strip, ["acme"]), id="map"),
        pytest.param(filter(None, ["acme"]), id="filter"),
    ],
)
def test_words_that_can_be_read_only_once_are_refused(words: object) -> None:
    # Read twice they are empty, and an empty ALLOWED_ORGS lets everybody in.
    with pytest.raises(ValueError, match="a list of words"):
        parsing.parse_words(words)


@pytest.mark.parametrize(
    "url",
    [
        "http://huggingface.co",
        "http://127.0.0.1.example",
        "http://localhost@evil.example",
        "https://user:password@huggingface.co",
        "https://huggingface.co?x=1",
        "https://huggingface.co#x",
        "https://hugging face.co",
        "https://",
        "https://[",
        "https://huggingface.co:port",
        "https://huggingface.co:99999",
        "ftp://huggingface.co",
        "//huggingface.co",
        "huggingface.co",
    ],
)
def test_provider_that_others_could_listen_to_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="https://huggingface"):
        parsing.parse_provider_url(url)


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("/login/callback", "a whole address"),
        ("app.example/login/callback", "a whole address"),
        ("ftp://app.example/login/callback", "a whole address"),
        ("https:///login/callback", "a whole address"),
        ("https://user@app.example/login/callback", "a whole address"),
        ("https://app.example", "end with /login/callback"),
        ("https://app.example/callback", "end with /login/callback"),
        ("https://app.example/login/callback/", "end with /login/callback"),
        # It must match to the letter at Hugging Face, query included.
        ("https://app.example/login/callback?next=/", "end with /login/callback"),
        ("https://app.example/login/callback#x", "a whole address"),
        ("https://app.example:99999/login/callback", "a whole address"),
        ("https://[/login/callback", "a whole address"),
    ],
)
def test_redirect_uri_that_cannot_work_is_refused(uri: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parsing.parse_redirect_uri(uri)


@pytest.mark.parametrize(
    "prefix", ["auth", "//auth", "/a b", "/a\\b", "/a?b", "/a#b", "/<name>", "https://a.example"]
)
def test_prefix_that_is_no_path_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="a path like /auth"):
        parsing.parse_prefix(prefix)


@pytest.mark.parametrize(
    "target",
    ["home", "//evil.example", "/\\evil.example", "/a b", "http://example.com", "javascript:x"],
)
def test_destination_that_is_no_page_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match="a path like /home"):
        parsing.parse_destination(target)


@pytest.mark.parametrize(
    "origin",
    [
        "example.com",
        "https://",
        "null",
        "https://example.com/app",
        "https://example.com?x",
        "https://example.com#x",
        "https://user@example.com",
        # Browsers never send these, so they would let nobody through.
        "https://*.example.com",
        "https://example.com:443",
        "http://example.com:80",
    ],
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match=r"https://example\.com"):
        parsing.parse_origins(origin)


@pytest.mark.parametrize("nobody", [[], (), " ", ","], ids=repr)
def test_allowed_orgs_of_nobody_are_refused(nobody: object) -> None:
    with pytest.raises(ValueError, match="leave it out to let everybody in"):
        parsing.parse_allowed_orgs(nobody)


@pytest.mark.parametrize(
    "seconds", [0, -1, 0.99, True, "60", None, float("nan"), float("inf"), timedelta.max], ids=repr
)
def test_interval_of_no_time_or_of_a_life_is_refused(seconds: object) -> None:
    with pytest.raises(ValueError, match=r"second.* expected"):
        parsing.parse_interval(seconds)


@pytest.mark.parametrize(
    "value", [0, -1, 61, True, "5", (5,), (1, 2, 3), (0, 5), (5, "5"), float("nan"), None]
)
def test_timeout_without_a_sensible_end_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="pair of seconds"):
        parsing.parse_timeout(value)


@pytest.mark.parametrize(
    "cache",
    [
        pytest.param(NullCache(), id="keeps nothing"),
        pytest.param("redis://localhost", id="an address"),
        pytest.param({}, id="a dict"),
    ],
)
def test_cache_that_cannot_claim_atomically_is_refused(cache: object) -> None:
    with pytest.raises(ValueError, match="atomically"):
        parsing.parse_cache(cache)


def test_cache_in_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="FileSystemCache, which can't"):
        parsing.parse_cache(FileSystemCache(str(tmp_path)))


def test_ids_of_organizations_are_no_usernames() -> None:
    hub_id = "0123456789abcdef01234567"

    assert parsing.parse_org_ids(f"{hub_id}, {hub_id}") == (hub_id,)
    with pytest.raises(ValueError, match="not usernames"):
        parsing.parse_org_ids(f"{hub_id} acme")
