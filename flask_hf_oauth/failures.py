"""A login that fails: a line in the log, a signal, and a page with a way on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.exceptions import HTTPException

from .errors import AccessDenied, ConfigurationError, HfOAuthError
from .here import this_app
from .pages import refuse
from .session import leave_session_alone, load_login
from .signals import login_failed

_LEVELS = {ConfigurationError: logging.ERROR, AccessDenied: logging.INFO}

_logger = logging.getLogger("flask_hf_oauth")


@contextmanager
def failing(target: str | None) -> Iterator[None]:
    """Answer a failed login: log, signal, a page with a way on; the session stays as it was."""
    try:
        yield
    except Exception as error:
        leave_session_alone()
        if isinstance(error, AccessDenied) and load_login() is not None:
            error.note_signed_in()
        # The app's own out of its login_handler, or a bare root of our tree: no page fits.
        if not (isinstance(error, HfOAuthError) and isinstance(error, HTTPException)):
            raise
        level = _LEVELS.get(type(error), logging.WARNING)
        _logger.log(level, "login failed: %s", _describe(error))
        login_failed.send(this_app(), error=error)
        refuse(error, next=target)


def _describe(error: HfOAuthError) -> str:
    """Say what happened and what to do, for the owner's log."""
    remedy = "" if error.remedy == error.detail else error.remedy
    said = " ".join(filter(None, (error.detail and f"({error.detail})", remedy)))
    return f"{error.error_code} {said}".rstrip()
