from __future__ import annotations

import pytest
import requests

from flask_hf_oauth.errors import DiscoveryError, KeysError, ProviderUnavailable
from flask_hf_oauth.oidc.answers import check_available, parse_json_object
from flask_hf_oauth.oidc.http import Exchange
from flask_hf_oauth.testing import HfProvider

DISCOVERY = "/.well-known/openid-configuration"


def build_response(
    body: bytes = b"{}", status: int = 200, headers: dict[str, str] | None = None
) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.url = "https://provider.example/oauth/token"
    response._content = body
    response.headers.update(headers or {})
    return response


# What an answer says


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 599])
def test_overloaded_provider_is_unavailable(status: int) -> None:
    with pytest.raises(ProviderUnavailable) as failure:
        check_available(build_response(status=status))
    assert failure.value.error_code == "provider_unavailable"


@pytest.mark.parametrize("status", [200, 204, 400, 401, 403, 404])
def test_other_status_is_an_answer(status: int) -> None:
    assert check_available(build_response(status=status)).status_code == status


WAITS: dict[str, tuple[dict[str, str], int]] = {
    "nothing": ({}, 10),
    "Retry-After": ({"Retry-After": "120"}, 120),
    "Retry-After now": ({"Retry-After": "0"}, 0),
    "Retry-After next week": ({"Retry-After": "604800"}, 3600),
    "Retry-After absurd": ({"Retry-After": "9" * 5000}, 10),
    "Retry-After negative": ({"Retry-After": "-5"}, 10),
    "Retry-After a date": ({"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, 10),
    "Retry-After other digits": ({"Retry-After": "\u0661\u0662"}, 10),
    "RateLimit": ({"RateLimit": '"oauth";r=0;t=55'}, 55),
    "RateLimit without a time": ({"RateLimit": '"oauth";r=0'}, 10),
    "RateLimit of a policy with a strange name": ({"RateLimit": '"part=1";r=0;t=30'}, 30),
    "Retry-After before RateLimit": ({"Retry-After": "7", "RateLimit": '"a";r=0;t=55'}, 7),
}


@pytest.mark.parametrize("wait", WAITS)
def test_wait_is_read_from_the_headers(wait: str) -> None:
    headers, seconds = WAITS[wait]

    with pytest.raises(ProviderUnavailable) as failure:
        check_available(build_response(status=429, headers=headers))
    assert failure.value.retry_after == seconds


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [("status-429", 120), ("status-500", 10), ("status-503", 10), ("html-502", 10)],
)
def test_failing_provider_is_unavailable(
    exchange: Exchange, provider: HfProvider, fault: str, seconds: int
) -> None:
    provider.fail("discovery", fault)  # type: ignore[arg-type]  # one of its faults

    with pytest.raises(ProviderUnavailable) as failure:
        exchange.fetch(provider.url + DISCOVERY)
    assert failure.value.retry_after == seconds


NO_OBJECTS: dict[str, tuple[bytes, str]] = {
    "HTML": (b"<!doctype html><title>Bad gateway</title>", "keys_not_json"),
    "empty": (b"", "keys_not_json"),
    "cut": (b'{"keys": [', "keys_not_json"),
    "two objects": (b"{}{}", "keys_not_json"),
    "no UTF-8": (b'{"\xff": 1}', "keys_not_json"),
    "nested deeply": (b"[" * 100_000, "keys_not_json"),
    "number too long": (b"9" * 5000, "keys_not_json"),
    "array": (b"[{}]", "keys_not_object"),
    "text": (b'"keys"', "keys_not_object"),
    "null": (b"null", "keys_not_object"),
    "number": (b"1", "keys_not_object"),
}


@pytest.mark.parametrize("body", NO_OBJECTS)
def test_body_that_is_no_object_is_refused(body: str) -> None:
    content, error_code = NO_OBJECTS[body]

    with pytest.raises(KeysError) as refusal:
        parse_json_object(build_response(content), KeysError)
    assert refusal.value.error_code == error_code


def test_html_with_status_200_is_refused(exchange: Exchange, provider: HfProvider) -> None:
    provider.fail("discovery", "html")
    response = exchange.fetch(provider.url + DISCOVERY)

    with pytest.raises(DiscoveryError) as refusal:
        parse_json_object(response, DiscoveryError)
    assert refusal.value.error_code == "discovery_not_json"


@pytest.mark.parametrize(
    "body",
    [b'{"a": 1}', b'\xef\xbb\xbf{"a": 1}', '{"a": 1}'.encode("utf-16")],
    ids=["UTF-8", "byte order mark", "UTF-16"],
)
def test_object_is_read(body: bytes) -> None:
    assert parse_json_object(build_response(body), KeysError) == {"a": 1}
