"""``flask hf-oauth doctor``: whether a login can work here, and what to do when it cannot."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

import click
from flask import Flask

from ..errors import ConfigurationError, HostInvalid, NotInitialized
from ..state import find_state
from .addresses import examine_addresses, examine_site
from .cache import examine_cache
from .provider import examine_provider
from .registration import examine_client, examine_scopes, examine_secret
from .report import Finding, failed, failed_settings
from .secret_key import examine_secret_key
from .session import examine_session
from .session_size import examine_session_size
from .setup import NotReachedError, Setup
from .site import find_site
from .versions import examine_versions
from .views import examine_views

_SAY_WHERE = "Say where people open the site: --url https://my.host"
_PATIENCE = 20.0  # seconds; an exchange with the provider has 15
_SILENT = "Is the server behind it running, and can this machine reach it?"

EXAMINATIONS: dict[str, Callable[[Setup], Iterable[Finding]]] = {
    "client": examine_client,
    "secret": examine_secret,
    "scopes": examine_scopes,
    "site": examine_site,
    "redirect_uri": examine_addresses,
    "secret_key": examine_secret_key,
    "session": examine_session,
    "session_size": examine_session_size,
    "cache": examine_cache,
    "views": examine_views,
    "provider": examine_provider,
}


def examine(
    load_app: Callable[[], Flask], url: str | None, *, patience: float = _PATIENCE
) -> list[Finding]:
    """Examine an app; whatever is wrong with it is a finding and no exception.

    Args:
        load_app: Makes the app, or fails to.
        url: Where the site is opened, or None.
        patience: Seconds for each examination.

    Raises:
        click.ClickException: There is no app; Flask says why.
    """
    return [*_examine_app(load_app, url, patience), examine_versions()]


def _examine_app(
    load_app: Callable[[], Flask], url: str | None, patience: float
) -> Iterator[Finding]:
    try:
        app = load_app()
        state = find_state(app)
        setup = Setup(app=app, state=state, site=find_site(app, state, url))
    except click.ClickException:
        raise
    except ConfigurationError as error:
        yield from failed_settings("settings", error)
    except NotInitialized:
        yield failed("app", "it has no HfOAuth", "Call HfOAuth(app), or init_app(app).")
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the app's own, whatever it is
        yield failed(
            "app",
            f"it does not start ({type(error).__name__})",
            "Start it with flask run, which shows where that comes from.",
        )
    else:
        for name in EXAMINATIONS:
            yield from _wait_for(name, setup, patience)


def _wait_for(name: str, setup: Setup, seconds: float) -> list[Finding]:
    """Run an examination; one that hangs is left behind, and that is a finding too."""
    findings: list[Finding] = []
    worker = threading.Thread(
        target=lambda: findings.extend(_run(name, setup)), name=f"doctor-{name}", daemon=True
    )
    worker.start()
    worker.join(seconds)
    if worker.is_alive():
        return [failed(name, f"no answer in {seconds:.0f} seconds", _SILENT)]
    return findings


def _run(name: str, setup: Setup) -> Iterator[Finding]:
    try:
        with setup.app.app_context():
            yield from EXAMINATIONS[name](setup)
    except ConfigurationError as error:
        yield from failed_settings(name, error)
    except (HostInvalid, NotReachedError) as error:
        if name == "redirect_uri":  # once is enough
            remedy = _SAY_WHERE if setup.site.is_guess else str(error.remedy)
            yield failed(name, error.detail, remedy)
    except BaseException as error:  # noqa: BLE001 - of a thread of ours, whatever the app is made of
        remedy = "Open /login in a browser: the app's log will say more."
        yield failed(name, f"it could not be examined ({type(error).__name__})", remedy)
