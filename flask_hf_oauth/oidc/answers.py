"""What an answer of the provider is worth before its members are read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus

import requests

from ..errors import ProviderError, ProviderUnavailable

NO_JSON = object()
_MAX_RETRY_AFTER = 3600  # seconds
_SECONDS = re.compile(r"[0-9]{1,6}")


def check_available(response: requests.Response) -> requests.Response:
    """Return an answer that is one; 429 and 5xx say that the provider can't answer now."""
    status = response.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        wait = _parse_retry_after(response.headers)
        raise ProviderUnavailable(f"{response.url}: status {status}", retry_after=wait)
    return response


def check_ok(response: requests.Response, refusal: type[ProviderError]) -> None:
    """Accept status 200 and nothing else."""
    if response.status_code != HTTPStatus.OK:
        raise refusal(f"{response.url} answered with status {response.status_code}")


def _parse_retry_after(headers: Mapping[str, str]) -> int | None:
    """Read Retry-After, else the ``t=`` of Hugging Face's RateLimit header; seconds, bounded."""
    seconds = headers.get("Retry-After", "")
    if not seconds:
        seconds = headers.get("RateLimit", "").rpartition("t=")[2]
    return min(int(seconds), _MAX_RETRY_AFTER) if _SECONDS.fullmatch(seconds) else None


def parse_json_object(
    response: requests.Response, refusal: type[ProviderError]
) -> dict[str, object]:
    """Read a JSON object.

    Raises:
        ProviderError: The given class; the body is HTML, an array, or nested too deeply.
    """
    prefix = refusal.error_code.removesuffix("_invalid")
    document = parse_json(response.content)
    if document is NO_JSON:
        detail = f"status {response.status_code}, not JSON"
        raise refusal(detail, error_code=f"{prefix}_not_json")
    if not isinstance(document, dict):
        detail = f"status {response.status_code}, not a JSON object"
        raise refusal(detail, error_code=f"{prefix}_not_object")
    return document


def parse_json(content: bytes) -> object:
    """Return the document or NO_JSON; the parser's own error, which holds all of it, ends here."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return NO_JSON
