"""Answers that are no document at all, or not the one that was asked for, from every endpoint."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from security.lies import PATHS, answered, check_refused

from flask_hf_oauth.testing import HfProvider

every_endpoint = pytest.mark.parametrize("endpoint", PATHS)

NOT_JSON = {
    "nothing": b"",
    "HTML": b"<!doctype html><p>Hello",
    "not UTF-8": b'{"issuer": "\xff"}',
    "JSON twice": b"{}{}",
    "deeply nested": b"[" * 400_000,
    "objects, deeply nested": b'{"keys":' * 100_000,
    "a large number": b"9" * 400_000,
}


@pytest.mark.parametrize("document", NOT_JSON)
@every_endpoint
def test_document_that_is_no_json_is_refused(
    endpoint: str, document: str, client: FlaskClient, provider: HfProvider
) -> None:
    lie = answered(endpoint, NOT_JSON[document])
    check_refused(client, provider, lie, f"{endpoint}_not_json")


OTHER_FORMATS = {
    "keys": (b"-----BEGIN PUBLIC KEY-----", "application/x-pem-file"),
    "token": (b"access_token=a&token_type=bearer", "application/x-www-form-urlencoded"),
    "userinfo": (b"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "application/jwt"),
}


@pytest.mark.parametrize("endpoint", OTHER_FORMATS)
def test_format_that_others_use_is_refused(
    endpoint: str, client: FlaskClient, provider: HfProvider
) -> None:
    body, content_type = OTHER_FORMATS[endpoint]
    lie = answered(endpoint, body, headers={"Content-Type": content_type})
    check_refused(client, provider, lie, f"{endpoint}_not_json")


NO_OBJECTS = {
    "an array": b"[{}]",
    "an empty array": b"[]",
    "a text": b'"sub"',
    "a number": b"5",
    "true": b"true",
    "null": b"null",
}


@pytest.mark.parametrize("document", NO_OBJECTS)
@every_endpoint
def test_document_that_is_no_object_is_refused(
    endpoint: str, document: str, client: FlaskClient, provider: HfProvider
) -> None:
    lie = answered(endpoint, NO_OBJECTS[document])
    check_refused(client, provider, lie, f"{endpoint}_not_object")


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [
        ("discovery", "discovery_issuer"),
        ("keys", "keys_invalid"),
        ("token", "token_type"),
        ("userinfo", "userinfo_sub"),
    ],
)
def test_empty_object_is_refused(
    endpoint: str, code: str, client: FlaskClient, provider: HfProvider
) -> None:
    check_refused(client, provider, answered(endpoint, b"{}"), code)


@pytest.mark.parametrize(
    "body", [b" " * 1_000_001 + b"{}", b"a" * 5_000_000], ids=["more than 1 MB", "5 MB"]
)
@every_endpoint
def test_document_that_is_too_large_is_refused(
    endpoint: str, body: bytes, client: FlaskClient, provider: HfProvider
) -> None:
    check_refused(client, provider, answered(endpoint, body), "provider_too_large")


@pytest.mark.parametrize("encoding", ["gzip", "br"])
@every_endpoint
def test_compressed_document_is_refused(
    endpoint: str, encoding: str, client: FlaskClient, provider: HfProvider
) -> None:
    """Nobody asked for it, and little unfolds to much."""
    lie = answered(endpoint, headers={"Content-Encoding": encoding})
    check_refused(client, provider, lie, "provider_encoding")


#: What is said of a status that is not 200, and where it is more than that.
REFUSALS = {
    "discovery": "discovery_invalid",
    "keys": "keys_invalid",
    "token": "token_refused",
    "userinfo": "userinfo_invalid",
}
NARROWER = {
    ("token", 204): "token_not_json",  # which has no body
    ("userinfo", 401): "userinfo_unauthorized",
}


@pytest.mark.parametrize("status", [201, 204, 206, 300, 302, 305, 306, 400, 401, 403, 404])
@every_endpoint
def test_true_document_with_another_status_is_not_read(
    endpoint: str, status: int, client: FlaskClient, provider: HfProvider
) -> None:
    code = NARROWER.get((endpoint, status), REFUSALS[endpoint])
    check_refused(client, provider, answered(endpoint, status=status), code)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@every_endpoint
def test_true_document_with_a_failing_status_is_not_read(
    endpoint: str, status: int, client: FlaskClient, provider: HfProvider
) -> None:
    lie = answered(endpoint, status=status)
    check_refused(client, provider, lie, "provider_unavailable", status=503)


@every_endpoint
def test_page_that_is_not_found_is_refused(
    endpoint: str, client: FlaskClient, provider: HfProvider
) -> None:
    code = "token_not_json" if endpoint == "token" else REFUSALS[endpoint]
    check_refused(client, provider, answered(endpoint, b"<!doctype html>", status=404), code)
