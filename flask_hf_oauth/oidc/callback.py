"""The callback: what the browser brings back from the provider."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..errors import (
    AccessDenied,
    AuthorizationError,
    CallbackError,
    IssuerMismatch,
    LoginError,
    ProviderUnavailable,
    StateInvalid,
)

_PARAMETERS = ("code", "state", "error", "error_description", "error_uri", "iss")
_MAX_PARAMETER = 4096  # characters; a state with the longest ``next`` has 2,500
_NOT_SIGNED_IN = frozenset({"login_required", "consent_required", "interaction_required"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAnswer:
    """The parameters of a callback: either a code or an error (RFC 6749 section 4.1.2)."""

    state: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    error: str | None = None
    iss: str | None = None


def parse_callback(parameters: Iterable[tuple[str, str]]) -> CallbackAnswer:
    """Read the query of a callback.

    Raises:
        CallbackError: A parameter comes twice (RFC 6749 section 3.1) or is absurdly long, or
            there is neither a code nor an error, or both.
        StateInvalid: There is no state.
    """
    values: dict[str, str] = {}
    for name, value in parameters:
        if name not in _PARAMETERS:
            continue
        if name in values or len(value) > _MAX_PARAMETER:
            raise CallbackError(f"{name} comes twice or is too long")
        values[name] = value
    if not values.get("state"):
        raise StateInvalid("there is no state", error_code="state_missing")
    if bool(values.get("code")) == bool(values.get("error")):
        raise CallbackError("neither a code nor an error, or both")
    return CallbackAnswer(
        state=values["state"],
        code=values.get("code") or None,
        error=values.get("error") or None,
        iss=values.get("iss"),
    )


def check_callback(answer: CallbackAnswer, issuer: str) -> str:
    """Return the code, or raise what the provider refused.

    That ``iss`` is there when the provider says that it sends one is looked at where the code is
    spent: an error answer signs nobody in.

    Raises:
        IssuerMismatch: Another provider answers (RFC 9207 section 2.4: mix-up).
        AccessDenied: The person said no.
        AuthorizationError: The provider did not like the request.
        ProviderUnavailable: The provider can't answer it now.
    """
    if answer.iss is not None and answer.iss != issuer:
        raise IssuerMismatch("iss names another provider")
    if answer.code is not None:
        return answer.code
    raise _parse_error(answer.error or "")


def _parse_error(error: str) -> LoginError:
    """Name the error of RFC 6749 section 4.1.2.1 or OpenID Connect Core section 3.1.2.6.

    ``error_description`` is left unread: it would let the sender of a link write on our page.
    """
    if error == "access_denied":
        return AccessDenied("the person refused on the consent page")
    if error == "temporarily_unavailable":
        return ProviderUnavailable("the authorization endpoint answered temporarily_unavailable")
    known = error if error.isascii() and error.replace("_", "").isalpha() else "unknown"
    detail = f"the authorization endpoint answered {known[:40]}"
    if error == "invalid_scope":
        remedy = "Add the scopes in HF_OAUTH_SCOPES to the app on its Hugging Face settings page."
        return AuthorizationError(detail, error_code="invalid_scope", remedy=remedy)
    return AuthorizationError(detail)


def is_silent_refusal(answer: CallbackAnswer) -> bool:
    """Tell whether ``prompt=none`` ended without a login (OpenID Connect Core 3.1.2.6)."""
    return answer.error in _NOT_SIGNED_IN
