"""The objects of this request themselves, without the proxies that Flask shows them through.

One look through a proxy costs as much as reading the whole user out of the session. What every
guarded request runs through goes around them; everything else uses Flask's own names.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Request, current_app, request, session
from flask.sessions import SessionMixin

# Flask types its proxies as what they stand for, so that mypy does not know of this method.
this_app: Callable[[], Flask] = current_app._get_current_object  # type: ignore[attr-defined]  # noqa: SLF001 - documented for this very use
this_request: Callable[[], Request] = request._get_current_object  # type: ignore[attr-defined]  # noqa: SLF001 - the same
this_session: Callable[[], SessionMixin] = session._get_current_object  # type: ignore[attr-defined]  # noqa: SLF001 - the same
