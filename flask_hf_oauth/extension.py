"""``HfOAuth``: wires an app."""

from __future__ import annotations

import inspect
import logging
import os
import warnings
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar
from urllib.parse import urlsplit
from weakref import WeakSet

from flask import Flask, has_app_context
from flask.typing import ResponseReturnValue

from .buttons import hf_login_button, hf_login_url, hf_logout_button
from .cli import commands
from .client import find_client
from .compact import Login, build_binding
from .current_user import current_hf_user
from .endpoints import CIMD_PATH, PATHS
from .errors import ConfigurationError
from .frames import note_frame
from .guards import protect
from .revocation import revoke_sessions
from .settings import CIMD, Settings
from .spaces import find_space_hosts, furnish_app, is_space
from .state import EXTENSION, Hooks, LoginHandler, State, current_state
from .views import make_blueprint

_Handler = TypeVar("_Handler", bound=LoginHandler)

_logger = logging.getLogger("flask_hf_oauth")


class HfOAuth:
    """Sign in with Hugging Face, for a Flask app.

    Args:
        app: The app; leave it out and call :meth:`init_app` in an application factory.
        **settings: Any setting in lower case, such as ``scopes="openid profile email"``; the
            documentation lists them.

    Raises:
        ConfigurationError: Names every problem of the settings at once.
    """

    def __init__(self, app: Flask | None = None, **settings: Any) -> None:
        """Keep the settings; nothing of an app stays on this object but that it is known."""
        self._settings = settings
        self._apps: WeakSet[Flask] = WeakSet()
        self._hooks = Hooks()
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Register the blueprint, the template globals and the commands on an app.

        No network and no slow import: both wait for the first login.
        """
        if EXTENSION in app.extensions:
            raise ConfigurationError(
                "This app has its HfOAuth already. HfOAuth(app) calls init_app(app) itself: do one "
                "of the two, and once."
            )
        settings = Settings.from_app(app.config, self._settings, os.environ)
        state = State(
            settings=settings,
            hooks=self._hooks,
            is_space=is_space(os.environ),
            space_hosts=find_space_hosts(os.environ),
            binding=_bind(settings),
            revalidate=_revalidate if settings.revalidate_after else None,
        )
        if state.is_space:
            inferred = furnish_app(app, settings.client_secret)
            _logger.info("on a Space: %s", _describe(state, inferred))
            app.before_request(note_frame)
        _warn_of_risks(app, settings)
        app.extensions[EXTENSION] = state
        self._apps.add(app)
        _warn_of_taken_paths(app, settings)
        app.register_blueprint(make_blueprint(settings))
        app.jinja_env.globals.update(
            current_hf_user=current_hf_user,
            hf_login_button=hf_login_button,
            hf_logout_button=hf_logout_button,
            hf_login_url=hf_login_url,
        )
        app.cli.add_command(commands)

    def login_handler(self, handler: _Handler) -> _Handler:
        """Register the one function that is asked before a login is saved.

        It is called with ``(user, token, claims)``, ``claims`` being the whole userinfo answer,
        read-only. It links the user to the app's own database, or raises :class:`LoginRefused`.
        A response that it returns, whatever its status, replaces the redirect to ``next``; the
        login is saved all the same. A second function takes the place of the first, with a warning
        in the log.
        """
        try:
            inspect.signature(handler).bind("user", "token", "claims")
        except TypeError:
            raise TypeError("A login_handler is called with (user, token, claims).") from None
        earlier = self._hooks.login_handler
        if earlier is not None:  # in silence, it would take a ban with it
            _logger.warning(
                "a second login_handler takes the place of %s; let one call the other",
                getattr(earlier, "__name__", "the first"),
            )
        self._hooks.login_handler = handler
        return handler

    login_url = staticmethod(hf_login_url)
    protect = staticmethod(protect)

    def handle_unauthorized(self, error: Exception) -> ResponseReturnValue:
        """Answer a 401 of the Hub: sign the user out, and ask to sign in again.

        For ``app.register_error_handler(HfHubHTTPError, hf.handle_unauthorized)``.

        Args:
            error: With the answer as its ``response``, as ``requests``, ``httpx`` and
                huggingface_hub raise it. Whatever is no 401 to the token of this user is raised
                again.

        Returns:
            To a page, a redirect to ``/login`` and back, or, when it happens again within a minute,
            a page (401); to a script, 401 as JSON.
        """
        from .unauthorized import handle_unauthorized  # noqa: PLC0415 - there is a login by then

        return handle_unauthorized(error)

    def revoke_sessions(self, user_id: str) -> None:
        """End every session of a user that was signed in before now, cookies too.

        A new login works at once. With a cache that all processes share (HF_OAUTH_CACHE) each of
        them knows it within a minute; without one, this process alone does, and a warning in the
        log says so. Tokens that the app has handed on stay good at Hugging Face.

        Args:
            user_id: ``HfUser.id``, never a username.

        Raises:
            ProviderUnavailable: The cache does not answer.
        """
        with self._in_app():
            revoke_sessions(current_state(), user_id)

    @property
    def provider_url(self) -> str:
        """The address of the provider, which is the Hub's: ``HfApi(endpoint=hf.provider_url)``.

        With HF_OAUTH_DEV_PROVIDER it starts the embedded one.
        """
        with self._in_app():
            state = current_state()
            is_dev = state.settings.dev_provider
            return find_client(state).issuer if is_dev else state.settings.provider_url

    @property
    def is_configured(self) -> bool:
        """Whether the app has a client id, or the embedded provider."""
        with self._in_app():
            settings = current_state().settings
        return settings.client_id is not None or settings.dev_provider

    def _in_app(self) -> AbstractContextManager[object]:
        """Enter the app, where no code of one runs and there is no other that could be meant."""
        [app, *others] = self._apps or [None]
        return nullcontext() if app is None or others or has_app_context() else app.app_context()


def _revalidate(state: State, login: Login) -> Login | None:
    from .revalidation import revalidate  # noqa: PLC0415 - there is a login by then

    return revalidate(state, login)


def _describe(state: State, inferred: list[str]) -> str:
    """Say in one line what a Space's environment has come to."""
    settings = state.settings
    host = state.space_hosts[0] if state.space_hosts else "the host of each request"
    return (
        f"client {settings.client_id or 'none (add hf_oauth: true to its README.md)'} at "
        f"{settings.provider_url}, scopes {' '.join(settings.scopes)}, callback on "
        f"{urlsplit(settings.redirect_uri or '').netloc or host}; inferred "
        f"{' and '.join(inferred) or 'no cookie flag and no secret key'}"
    )


def _warn_of_risks(app: Flask, settings: Settings) -> None:
    """Log what is allowed, and does something else than its owner may think."""
    if str(app.config["SESSION_COOKIE_SAMESITE"]).lower() == "strict":
        _logger.warning(
            "SESSION_COOKIE_SAMESITE is Strict: browsers keep the session cookie back when Hugging "
            'Face sends them to the callback, so that every login ends as cookie_missing; set "Lax"'
        )
    if settings.hides_roles:
        _logger.warning(
            "HF_OAUTH_ALLOWED_ORGS without read-memberships in HF_OAUTH_SCOPES: roles stay "
            'unknown, so that somebody with the role "no_access" counts as a member'
        )
    if not settings.csrf_check:
        _logger.warning("HF_OAUTH_CSRF_CHECK is off: other sites can send forms to this app")


def _warn_of_taken_paths(app: Flask, settings: Settings) -> None:
    """Say it when a view of the app stands before ours, which nobody could reach then."""
    ours = {f"{settings.url_prefix}{path}" for path in PATHS.values()}
    if settings.client_id == CIMD:
        ours.add(CIMD_PATH)
    for rule in app.url_map.iter_rules():
        if rule.rule in ours:
            warnings.warn(
                f"This app has a view at {rule.rule} already (endpoint {rule.endpoint!r}), so "
                "that ours can't be reached. Remove it, or move ours with HF_OAUTH_URL_PREFIX.",
                stacklevel=3,
            )


def _bind(settings: Settings) -> str:
    """Tell logins at the embedded provider, which has another port each time, from real ones."""
    issuer = "embedded" if settings.dev_provider else settings.provider_url
    return build_binding(issuer, settings.client_id or "")
