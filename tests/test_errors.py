from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from inspect import getdoc
from pathlib import Path

import pytest
from werkzeug.exceptions import HTTPException

import flask_hf_oauth
from flask_hf_oauth import errors
from flask_hf_oauth.errors import (
    ConfigurationError,
    HfOAuthError,
    InsufficientScope,
    LoginBusy,
    LoginError,
    LoginRefused,
    LoginRequired,
    MembershipRequired,
    NotInitialized,
    OrganizationRequired,
    ProviderTimeout,
    ProviderUnavailable,
    StateExpired,
    TokenError,
)

PACKAGE = Path(flask_hf_oauth.__file__).parent
TESTS = Path(__file__).parent
DOCUMENTED = TESTS.parent / "docs" / "errors.md"

# The contract: class, status of its page, stable code, and the class that it is a kind of.
TREE = [
    ("ConfigurationError", 503, "not_configured", "HfOAuthError"),
    ("NotInitialized", None, "not_initialized", "HfOAuthError"),
    ("LoginError", None, "hf_oauth_error", "HfOAuthError"),
    ("NavigationRequired", 403, "navigation_required", "LoginError"),
    ("HostInvalid", 400, "host_invalid", "LoginError"),
    ("CallbackError", 400, "callback_invalid", "LoginError"),
    ("StateInvalid", 400, "state_invalid", "CallbackError"),
    ("StateExpired", 400, "state_expired", "CallbackError"),
    ("BrowserKeyMissing", 400, "cookie_missing", "CallbackError"),
    ("StateMismatch", 400, "state_mismatch", "CallbackError"),
    ("StateUsed", 400, "state_used", "CallbackError"),
    ("IssuerMismatch", 400, "issuer_mismatch", "CallbackError"),
    ("CodeRejected", 400, "code_rejected", "CallbackError"),
    ("AccessDenied", 403, "access_denied", "LoginError"),
    ("LoginRefused", 403, "login_refused", "LoginError"),
    ("OrganizationRequired", 403, "organization_required", "LoginRefused"),
    ("AuthorizationError", 502, "authorization_error", "LoginError"),
    ("ProviderError", 502, "provider_error", "LoginError"),
    ("DiscoveryError", 502, "discovery_invalid", "ProviderError"),
    ("KeysError", 502, "keys_invalid", "ProviderError"),
    ("TokenError", 502, "token_invalid", "ProviderError"),
    ("IdTokenError", 502, "id_token_invalid", "ProviderError"),
    ("UserinfoError", 502, "userinfo_invalid", "ProviderError"),
    ("ProviderUnavailable", 503, "provider_unavailable", "LoginError"),
    ("ProviderTimeout", 504, "provider_timeout", "LoginError"),
    ("LoginBusy", 503, "login_busy", "LoginError"),
    ("SessionTooLarge", 500, "session_too_large", "LoginError"),
    ("LoginRequired", 401, "login_required", "HfOAuthError"),
    ("SessionEnded", 401, "session_ended", "LoginRequired"),
    ("PermissionRequired", 403, "permission_required", "HfOAuthError"),
    ("InsufficientScope", 403, "insufficient_scope", "PermissionRequired"),
    ("MembershipRequired", 403, "membership_required", "PermissionRequired"),
    ("CrossSiteRequest", 403, "cross_site_request", "HfOAuthError"),
]
NAMES = [name for name, *_ in TREE]


def find_classes() -> set[str]:
    return {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, HfOAuthError)
    }


def find(name: str) -> type[HfOAuthError]:
    found: type[HfOAuthError] = getattr(errors, name)
    return found


def make(name: str) -> HfOAuthError:
    if name == "NotInitialized":
        return NotInitialized()
    if name == "InsufficientScope":
        return InsufficientScope(["what happened"], None)
    if name == "MembershipRequired":
        code = "membership_required"
        return MembershipRequired("acme", None, "what happened", "/login", error_code=code)
    return find(name)("what happened")


def test_tree_is_complete() -> None:
    assert {*NAMES, "HfOAuthError"} == find_classes()


def test_whole_tree_is_exported() -> None:
    assert find_classes() <= set(flask_hf_oauth.__all__)


@pytest.mark.parametrize(("name", "status", "code", "parent"), TREE, ids=NAMES)
def test_class_keeps_its_code_status_and_place(
    name: str, status: int | None, code: str, parent: str
) -> None:
    error = make(name)

    assert error.error_code == code
    assert getattr(error, "code", None) == status
    assert isinstance(error, HTTPException) is (status is not None)
    assert find(name).__bases__[0] is find(parent)


@pytest.mark.parametrize("name", NAMES)
def test_class_speaks_to_the_person_in_whole_sentences(name: str) -> None:
    error = find(name)

    assert error.title[0].isupper()
    assert not error.title.endswith(".")
    assert error.message[0].isupper()
    assert error.message.endswith((".", "?"))


@pytest.mark.parametrize("name", NAMES)
def test_class_says_when_it_is_raised(name: str) -> None:
    assert (getdoc(find(name)) or "").partition("\n")[0].endswith(".")


def test_tree_is_drawn_as_it_is() -> None:
    drawn = re.findall(r"^ *[│├└─ ]+ (\w+Error\b.*|\w+)", errors.__doc__ or "", re.MULTILINE)

    assert set(re.findall(r"\b[A-Z]\w+", " ".join(drawn))) >= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_repr_shows_class_and_code_alone(name: str) -> None:
    error = make(name)

    assert repr(error) == f"<{name} {error.error_code}>"


# What these are given is for the owner, the person or the answer.
SPEAKING = {
    *("ConfigurationError", "LoginRefused", "OrganizationRequired", "LoginRequired"),
    *("SessionEnded", "InsufficientScope", "MembershipRequired"),
}


@pytest.mark.parametrize("name", sorted({*NAMES} - SPEAKING))
def test_detail_shows_in_no_traceback(name: str) -> None:
    error = make(name)

    assert "what happened" not in f"{error} {error!r} {error.args}"


def test_error_carries_what_the_owner_needs() -> None:
    error = TokenError("status 400", error_code="token_refused", remedy="Ask.", retry_after=5)

    assert (error.detail, error.error_code) == ("status 400", "token_refused")
    assert (error.remedy, error.retry_after) == ("Ask.", 5)
    assert TokenError().error_code == "token_invalid"


@pytest.mark.parametrize("late", [ProviderUnavailable, ProviderTimeout, LoginBusy])
def test_who_is_told_to_wait_is_told_how_long(late: type[LoginError]) -> None:
    assert late().retry_after
    assert late(retry_after=0).retry_after == 0


def test_retry_after_is_werkzeugs_too() -> None:
    assert ("Retry-After", "5") in LoginBusy(retry_after=5).get_headers()


def test_every_problem_is_printed_for_the_owner() -> None:
    error = ConfigurationError(["First.", "Second."])

    assert error.problems == ("First.", "Second.")
    assert error.remedy == error.detail == "First.\nSecond."
    assert str(error) == "flask-hf-oauth is not configured correctly:\nFirst.\nSecond."
    assert ConfigurationError("One.").problems == ("One.",)


@pytest.mark.parametrize(
    ("error", "description"),
    [
        (LoginRefused("You are banned."), "You are banned."),
        (LoginRefused(), LoginRefused.message),
        (OrganizationRequired(), OrganizationRequired.message),
        (StateExpired("x"), StateExpired.message),
    ],
)
def test_description_is_for_the_person(error: HfOAuthError, description: str) -> None:
    assert isinstance(error, HTTPException)
    assert error.description == description


def test_login_required_says_where() -> None:
    assert LoginRequired("/login").login_url == "/login"


def test_forgotten_init_app_is_a_programmers_mistake() -> None:
    # Not an HTTPException: those Flask shows to visitors and to no log.
    assert isinstance(NotInitialized(), RuntimeError)
    assert str(NotInitialized()) == "This app has no HfOAuth. Did you forget init_app(app)?"


def find_code_nodes() -> Iterator[ast.expr]:
    """Find what the package gives as ``error_code`` when it raises something."""
    for path in PACKAGE.rglob("*.py"):
        if "testing" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.keyword) and node.arg == "error_code":
                    yield node.value


def build_pattern(node: ast.expr) -> str | None:
    """Return a code as a regular expression; an f-string has words in its gaps."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(build_pattern(part) or r"\w+" for part in node.values)
    return None  # passed on


CODES = sorted({pattern for node in find_code_nodes() if (pattern := build_pattern(node))})


@cache
def words_of_other_tests() -> frozenset[str]:
    paths = (path for path in TESTS.rglob("test_*.py") if path != Path(__file__))
    return frozenset(re.findall(r"\w+", " ".join(map(Path.read_text, paths))))


def test_codes_are_found() -> None:
    assert {"state_missing", "token_invalid_client", "settings_invalid"} <= set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_code_occurs_in_a_test(code: str) -> None:
    assert any(re.fullmatch(code, word) for word in words_of_other_tests())


@pytest.mark.parametrize(("name", "code"), [(name, code) for name, _, code, _ in TREE], ids=NAMES)
def test_class_occurs_in_a_test(name: str, code: str) -> None:
    assert words_of_other_tests() & {name, code}


@pytest.mark.parametrize("code", CODES)
def test_code_is_documented(code: str) -> None:
    documented = re.findall(r"`([a-z_]+)(…?)`", DOCUMENTED.read_text(encoding="utf-8"))
    example = code.replace(r"\w+", "token")

    assert any(example == name or (more and example.startswith(name)) for name, more in documented)


@pytest.mark.parametrize(
    ("name", "status"), [(name, status) for name, status, *_ in TREE], ids=NAMES
)
def test_class_is_documented_with_its_status(name: str, status: int | None) -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\| (\S+) \|.*\|$", DOCUMENTED.read_text(), re.MULTILINE)

    assert name == "LoginError" or (name, str(status or "-")) in rows
