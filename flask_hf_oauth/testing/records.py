"""Records: the requests that reached the provider, for tests to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from werkzeug.datastructures import Headers

if TYPE_CHECKING:
    from werkzeug import Request
    from werkzeug.datastructures import MultiDict

CONNECTION_ID = "hf_provider.connection_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """One request to a protocol endpoint.

    Attributes:
        method: GET, POST.
        path: Without the query string.
        args: The query parameters.
        form: The form parameters. They hold secrets: `repr` leaves them and the headers out.
        headers: The request headers.
        connection_id: Counts TCP connections from 1.
        endpoint: "discovery", "keys", "authorize", "token", "userinfo", "whoami",
            "hub" (the lists of repositories), "elsewhere".
    """

    method: str
    path: str
    args: MultiDict[str, str] = field(repr=False)
    form: MultiDict[str, str] = field(repr=False)
    headers: Headers = field(repr=False)
    connection_id: int
    endpoint: str


def build_record(request: Request, endpoint: str) -> RecordedRequest:
    """Build the record of a request, from copies."""
    return RecordedRequest(
        method=request.method,
        path=request.path,
        args=request.args.copy(),
        form=request.form.copy(),
        headers=Headers(list(request.headers)),
        connection_id=request.environ[CONNECTION_ID],
        endpoint=endpoint,
    )
