from __future__ import annotations

import pytest

from flask_hf_oauth.errors import (
    AccessDenied,
    AuthorizationError,
    CallbackError,
    IssuerMismatch,
    LoginError,
    ProviderUnavailable,
)
from flask_hf_oauth.oidc.callback import (
    CallbackAnswer,
    check_callback,
    is_silent_refusal,
    parse_callback,
)

ISSUER = "https://provider.example"


def test_callback_with_a_code_is_read() -> None:
    answer = parse_callback([("code", "the-code"), ("state", "the-state"), ("session_state", "x")])

    assert answer == CallbackAnswer(state="the-state", code="the-code")
    assert check_callback(answer, ISSUER) == "the-code"


def test_callback_with_an_error_is_read() -> None:
    parameters = [("error", "access_denied"), ("error_description", "no"), ("state", "the-state")]

    assert parse_callback(parameters) == CallbackAnswer(state="the-state", error="access_denied")


@pytest.mark.parametrize("twice", ["x", "__sign", "session_state"])
def test_foreign_parameter_may_come_twice(twice: str) -> None:
    parameters = [(twice, "1"), (twice, "2"), ("code", "c"), ("state", "s")]

    assert parse_callback(parameters).code == "c"


C, S, E = ("code", "c"), ("state", "s"), ("error", "access_denied")
BAD_CALLBACKS: dict[str, tuple[list[tuple[str, str]], str]] = {
    "nothing": ([], "state_missing"),
    "no state": ([C], "state_missing"),
    "empty state": ([C, ("state", "")], "state_missing"),
    "error without state": ([E], "state_missing"),
    "two codes": ([C, C, S], "callback_invalid"),
    "two different codes": ([C, ("code", "d"), S], "callback_invalid"),
    "two states": ([C, S, S], "callback_invalid"),
    "two errors": ([E, E, S], "callback_invalid"),
    "two iss": ([C, S, ("iss", ISSUER), ("iss", ISSUER)], "callback_invalid"),
    "two descriptions": ([E, S, *[("error_description", "x")] * 2], "callback_invalid"),
    "an empty one before": ([("code", ""), C, S], "callback_invalid"),
    "neither code nor error": ([S], "callback_invalid"),
    "code and error": ([C, E, S], "callback_invalid"),
    "empty code": ([("code", ""), S], "callback_invalid"),
    "code too long": ([("code", "c" * 4097), S], "callback_invalid"),
    "state too long": ([C, ("state", "s" * 4097)], "callback_invalid"),
    "description too long": ([E, S, ("error_description", "x" * 4097)], "callback_invalid"),
}


@pytest.mark.parametrize("callback", BAD_CALLBACKS)
def test_bad_callback_is_refused(callback: str) -> None:
    parameters, error_code = BAD_CALLBACKS[callback]

    with pytest.raises(CallbackError) as refusal:
        parse_callback(parameters)
    assert refusal.value.error_code == error_code


def test_longest_parameters_are_read() -> None:
    parameters = [("code", "c" * 4096), ("state", "s" * 4096)]

    assert len(parse_callback(parameters).code or "") == 4096


@pytest.mark.parametrize(
    "iss", ["", "https://evil.example", f"{ISSUER}/", ISSUER.upper(), ISSUER.replace("s:", ":")]
)
@pytest.mark.parametrize("kind", ["code", "error"])
def test_answer_of_another_provider_is_refused(iss: str, kind: str) -> None:
    """RFC 9207 section 2.4: mix-up."""
    answer = parse_callback([(kind, "access_denied"), S, ("iss", iss)])

    with pytest.raises(IssuerMismatch):
        check_callback(answer, ISSUER)


def test_answer_of_this_provider_is_accepted() -> None:
    assert check_callback(parse_callback([C, S, ("iss", ISSUER)]), ISSUER) == "c"


ERRORS: list[tuple[str, type[LoginError], str]] = [
    ("access_denied", AccessDenied, "access_denied"),
    ("temporarily_unavailable", ProviderUnavailable, "provider_unavailable"),
    ("invalid_scope", AuthorizationError, "invalid_scope"),
    ("invalid_request", AuthorizationError, "authorization_error"),
    ("unauthorized_client", AuthorizationError, "authorization_error"),
    ("server_error", AuthorizationError, "authorization_error"),
    ("login_required", AuthorizationError, "authorization_error"),
    ("<script>", AuthorizationError, "authorization_error"),
    ("ACCESS_DENIED", AuthorizationError, "authorization_error"),
]


@pytest.mark.parametrize(("error", "kind", "error_code"), ERRORS)
def test_error_of_the_provider_is_named(
    error: str, kind: type[LoginError], error_code: str
) -> None:
    with pytest.raises(kind) as refusal:
        check_callback(CallbackAnswer(state="s", error=error), ISSUER)
    assert refusal.value.error_code == error_code


def test_scope_that_the_app_lacks_names_the_remedy() -> None:
    with pytest.raises(AuthorizationError) as refusal:
        check_callback(CallbackAnswer(state="s", error="invalid_scope"), ISSUER)
    assert "HF_OAUTH_SCOPES" in str(refusal.value.remedy)


@pytest.mark.parametrize("error", ["server_error", "unauthorized_client", "x" * 40])
def test_error_of_the_provider_is_named_in_the_log(error: str) -> None:
    with pytest.raises(AuthorizationError) as refusal:
        check_callback(CallbackAnswer(state="s", error=error), ISSUER)
    assert refusal.value.detail == f"the authorization endpoint answered {error}"


@pytest.mark.parametrize("error", ["<b>bold</b>", "é", "two words", "line\nbreak", "_"])
def test_sender_of_a_link_writes_nothing_into_the_log(error: str) -> None:
    with pytest.raises(AuthorizationError) as refusal:
        check_callback(CallbackAnswer(state="s", error=error), ISSUER)
    assert refusal.value.detail == "the authorization endpoint answered unknown"


def test_endless_error_is_cut() -> None:
    with pytest.raises(AuthorizationError) as refusal:
        check_callback(CallbackAnswer(state="s", error="x" * 4096), ISSUER)
    assert len(refusal.value.detail) < 100


@pytest.mark.parametrize(
    ("error", "silent"),
    [
        ("login_required", True),
        ("consent_required", True),
        ("interaction_required", True),
        ("access_denied", False),
        (None, False),
    ],
)
def test_silent_refusal_is_told_from_others(error: str | None, *, silent: bool) -> None:
    assert is_silent_refusal(CallbackAnswer(state="s", error=error)) is silent


def test_answer_hides_code_and_state() -> None:
    shown = repr(CallbackAnswer(state="the-state", code="the-code"))

    assert "the-state" not in shown
    assert "the-code" not in shown
