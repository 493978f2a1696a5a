"""Faults: how a test makes an endpoint fail, wait or lie."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, get_args

if TYPE_CHECKING:
    from collections.abc import Callable

Endpoint = Literal[
    "discovery", "keys", "authorize", "token", "userinfo", "whoami", "hub", "elsewhere"
]
Fault = Literal[
    "status-500",
    "status-503",
    "status-429",
    "html",
    "html-502",
    "empty",
    "truncated",
    "reset",
    "hang",
    "trickle",
    "redirect",
    "huge",
    "array",
    "not-json",
    "cookie",
]
Change = Literal[
    "id_token_header",
    "id_token_claims",
    "id_token",
    "token_response",
    "userinfo",
    "discovery",
    "keys",
]
ENDPOINTS: tuple[str, ...] = get_args(Endpoint)
FAULTS: tuple[str, ...] = get_args(Fault)
CHANGES: tuple[str, ...] = get_args(Change)

_Value = TypeVar("_Value")


class Faults:
    """What the endpoints have been told to do wrong."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[str, tuple[Fault, int | None]] = {}
        self._delays: dict[str, float] = {}

    def fail(self, endpoint: Endpoint, fault: Fault, times: int | None) -> None:
        """Let the next requests to an endpoint fail; with None, all of them."""
        _check_known("endpoint", endpoint, ENDPOINTS)
        _check_known("fault", fault, FAULTS)
        with self._lock:
            self._faults[endpoint] = (fault, times)

    def delay(self, endpoint: Endpoint, seconds: float) -> None:
        """Let an endpoint wait before it answers."""
        _check_known("endpoint", endpoint, ENDPOINTS)
        self._delays[endpoint] = seconds

    def heal(self, endpoint: Endpoint | None) -> None:
        """End the faults and the delay of one endpoint, or of all."""
        _check_known("endpoint", endpoint, (*ENDPOINTS, None))
        for healed in ENDPOINTS if endpoint is None else (endpoint,):
            self._faults.pop(healed, None)
            self._delays.pop(healed, None)

    def take_fault(self, endpoint: str) -> Fault | None:
        """Take the fault that is due, if one is."""
        with self._lock:
            fault, times = self._faults.get(endpoint, (None, 0))
            if fault is None or times is None:
                return fault
            if times > 1:
                self._faults[endpoint] = (fault, times - 1)
            else:
                del self._faults[endpoint]
            return fault

    def get_delay(self, endpoint: str) -> float:
        """Get the seconds to wait."""
        return self._delays.get(endpoint, 0)


class Changes:
    """The lies that a test told the provider to tell."""

    def __init__(self) -> None:
        self._changes: dict[str, Callable[[Any], object]] = {}

    def change(self, name: Change, function: Callable[[Any], object]) -> None:
        """Pass what is called `name` through a function before it leaves."""
        _check_known("change", name, CHANGES)
        self._changes[name] = function

    def heal(self, endpoint: Endpoint | None) -> None:
        """Undo the changes at one endpoint, or all."""
        for name in CHANGES:
            is_token = name not in ENDPOINTS
            if endpoint in {None, name} or (endpoint == "token" and is_token):
                self._changes.pop(name, None)

    def apply(self, name: Change, value: _Value) -> _Value:
        """Pass a value through its change. A test may answer with any type at all."""
        function = self._changes.get(name)
        return value if function is None else cast("_Value", function(value))


def _check_known(kind: str, name: object, known: tuple[object, ...]) -> None:
    if name not in known:
        names = ", ".join(str(choice) for choice in known if choice is not None)
        raise ValueError(f"There is no {kind} {name!r}; there is {names}.")
