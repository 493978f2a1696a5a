"""Settings: every key once, with where it comes from and what it may be.

A keyword argument of ``HfOAuth`` comes before ``app.config["HF_OAUTH_…"]``, that before the
environment as Spaces name it, and that before the default.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .endpoints import PATHS
from .errors import ConfigurationError
from .membership import MEMBERSHIPS
from .parsing import (
    parse_allowed_orgs,
    parse_cache,
    parse_count,
    parse_credential,
    parse_destination,
    parse_flag,
    parse_interval,
    parse_openid_scopes,
    parse_org_ids,
    parse_origins,
    parse_prefix,
    parse_provider_url,
    parse_redirect_uri,
    parse_scopes,
    parse_timeout,
)

if TYPE_CHECKING:
    from cachelib import BaseCache

PREFIX = "HF_OAUTH_"
CIMD = "cimd"  # the client id of an app that serves its own client document


def _setting(
    parse: Callable[[object], object], default: object = None, environment: str | None = None
) -> Any:  # noqa: ANN401 - as dataclasses.field itself, it stands for a value of any type
    return field(default=default, metadata={"parse": parse, "environment": environment})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one app, all of them checked."""

    client_id: str | None = _setting(parse_credential, environment="OAUTH_CLIENT_ID")
    client_secret: str | None = _setting(parse_credential, environment="OAUTH_CLIENT_SECRET")
    scopes: tuple[str, ...] = _setting(
        parse_openid_scopes, ("openid", "profile"), environment="OAUTH_SCOPES"
    )
    optional_scopes: tuple[str, ...] = _setting(parse_scopes, ())
    provider_url: str = _setting(
        parse_provider_url, "https://huggingface.co", environment="OPENID_PROVIDER_URL"
    )
    redirect_uri: str | None = _setting(parse_redirect_uri)
    url_prefix: str = _setting(parse_prefix, "")
    login_redirect: str = _setting(parse_destination, "/")
    logout_redirect: str = _setting(parse_destination, "/")
    org_ids: tuple[str, ...] = _setting(parse_org_ids, ())
    allowed_orgs: tuple[str, ...] = _setting(parse_allowed_orgs, ())
    store_token: bool = _setting(parse_flag, True)  # noqa: FBT003 - a default
    refresh: bool = _setting(parse_flag, False)  # noqa: FBT003 - a default
    session_lifetime: int | None = _setting(parse_interval)
    revalidate_after: int | None = _setting(parse_interval)
    timeout: tuple[float, float] = _setting(parse_timeout, (3.05, 10.0))
    max_exchanges: int = _setting(parse_count, 4)
    csrf_check: bool = _setting(parse_flag, True)  # noqa: FBT003 - a default
    trusted_origins: tuple[str, ...] = _setting(parse_origins, ())
    cache: BaseCache | None = _setting(parse_cache)  # noqa: RUF009 - a dataclasses.field
    dev_provider: bool = _setting(parse_flag, False)  # noqa: FBT003 - a default

    def __repr__(self) -> str:
        """Show nothing: a secret stands in here."""
        return "<Settings>"

    @property
    def callback_path(self) -> str:
        """Where the callback is, below the app's root."""
        return self.url_prefix + PATHS["callback"]

    @property
    def hides_roles(self) -> bool:
        """Whether ALLOWED_ORGS is judged without the scope that shows people's roles."""
        return bool(self.allowed_orgs) and MEMBERSHIPS not in self.scopes

    @classmethod
    def from_app(
        cls,
        config: Mapping[str, object],
        overrides: Mapping[str, object],
        environ: Mapping[str, str],
    ) -> Settings:
        """Read every setting.

        Args:
            config: ``app.config``.
            overrides: Keyword arguments, named like the fields.
            environ: ``os.environ``.

        Raises:
            ConfigurationError: Names every problem at once.
        """
        problems = [_name_unknown(name, name.lower()) for name in overrides if not _is_known(name)]
        given: set[str] = set()
        values: dict[str, object] = {}
        for setting in fields(cls):
            source, raw = _find_value(setting.name, setting.metadata, config, overrides, environ)
            if raw is None:
                continue
            given.add(setting.name)
            try:
                values[setting.name] = setting.metadata["parse"](raw)
            except ValueError as error:
                problems.append(f"{source}: {error}.")
        settings = cls(**values)  # type: ignore[arg-type]  # each value comes from its field's parser
        problems += _find_contradictions(given, settings)
        if problems:
            raise ConfigurationError(problems, error_code="settings_invalid")
        _warn_unknown(config)
        return settings


def _find_value(
    name: str,
    metadata: Mapping[str, Any],
    config: Mapping[str, object],
    overrides: Mapping[str, object],
    environ: Mapping[str, str],
) -> tuple[str, object]:
    """Return where a setting was found, and what was there; None and "" mean that it is not set."""
    key, variable = PREFIX + name.upper(), metadata["environment"]
    found = {f"HfOAuth({name}=…)": overrides.get(name), key: config.get(key)}
    if variable is not None:
        found[variable] = environ.get(variable)
    return next(
        ((source, raw) for source, raw in found.items() if raw is not None and raw != ""),
        (key, None),
    )


def _find_contradictions(given: Collection[str], settings: Settings) -> list[str]:
    problems = []
    is_dev = settings.dev_provider
    if settings.client_id == CIMD and "client_secret" in given:
        problems.append(
            "HF_OAUTH_CLIENT_ID is 'cimd', which makes a client without a secret, but there is a "
            "client secret: remove one of the two (on a Space with hf_oauth: true, the id)."
        )
    if "client_secret" in given and "client_id" not in given and not is_dev:
        problems.append(
            "There is a client secret but no client id: set HF_OAUTH_CLIENT_ID in app.config, or "
            "OAUTH_CLIENT_ID in the environment."
        )
    problems += [
        f"{PREFIX}{name.upper()} needs the access token, and HF_OAUTH_STORE_TOKEN is off: remove "
        "one of the two."
        for name in ("refresh", "revalidate_after")
        if getattr(settings, name) and not settings.store_token
    ]
    callback = settings.callback_path
    if settings.redirect_uri and not urlsplit(settings.redirect_uri).path.endswith(callback):
        problems.append(
            f"HF_OAUTH_REDIRECT_URI has to end with {callback}, because HF_OAUTH_URL_PREFIX moves "
            "the callback there: correct one of the two."
        )
    if is_dev and ("client_id" in given or "provider_url" in given):
        problems.append(
            "HF_OAUTH_DEV_PROVIDER brings its own provider and client: remove it, or remove the "
            "client id and the provider URL (OAUTH_CLIENT_ID and OPENID_PROVIDER_URL, where they "
            "come from the environment)."
        )
    return problems


def _known_names() -> list[str]:
    return [setting.name for setting in fields(Settings)]


def _is_known(name: str) -> bool:
    return name in _known_names()


def _name_unknown(shown: str, name: str, *, is_key: bool = False) -> str:
    plain = name.removeprefix(PREFIX.lower())
    nearest = get_close_matches(plain, _known_names(), n=1, cutoff=0.5)
    if not nearest:
        return f"{shown} is not a setting of flask-hf-oauth: remove it."
    hint = PREFIX + nearest[0].upper() if is_key else nearest[0]
    return f"{shown} is not a setting of flask-hf-oauth: did you mean {hint}?"


def _warn_unknown(config: Mapping[str, object]) -> None:
    """Warn of a typo; the key may also be the app's own, so it is no error."""
    for key in config:
        name = key.removeprefix(PREFIX).lower()
        if key.startswith(PREFIX) and not _is_known(name):
            warnings.warn(_name_unknown(key, name, is_key=True), stacklevel=5)
