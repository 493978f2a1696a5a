from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cachelib import SimpleCache
from flask import Flask
from flow import SECRET_KEY, AppMaker, begin, sign_in
from plain_app import make_plain_app

import flask_hf_oauth
from flask_hf_oauth import (
    ConfigurationError,
    HfOAuth,
    HfToken,
    HfUser,
    LoginRefused,
    NotInitialized,
    current_hf_user,
    get_hf_token,
    get_hf_user,
    login_required,
)
from flask_hf_oauth.testing import HfProvider, login

PACKAGE = Path(flask_hf_oauth.__file__).parent


def make_factory(hf: HfOAuth) -> Callable[[str], Flask]:
    def create_app(client_id: str) -> Flask:
        app = Flask(client_id)
        app.config.update(SECRET_KEY=SECRET_KEY, TESTING=True, HF_OAUTH_CLIENT_ID=client_id)
        hf.init_app(app)
        app.add_url_rule("/", "home", lambda: str(current_hf_user.username))
        return app

    return create_app


def test_three_lines_are_enough() -> None:
    app = Flask("demo")
    app.secret_key = "key"
    HfOAuth(app)

    rules = {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}
    assert rules["hf_oauth.login"] == "/login"
    assert rules["hf_oauth.callback"] == "/login/callback"
    assert rules["hf_oauth.logout"] == "/logout"


def test_prefix_moves_the_endpoints() -> None:
    app = make_plain_app(HF_OAUTH_URL_PREFIX="/auth")
    client = app.test_client()

    assert client.get("/auth/logout").status_code == 200
    assert client.get("/logout").status_code == 404


def test_keywords_are_settings() -> None:
    app = Flask("demo")
    HfOAuth(app, client_id="mine", scopes="email")

    assert app.extensions["hf_oauth"].settings.client_id == "mine"
    assert app.extensions["hf_oauth"].settings.scopes == ("openid", "email")


def test_factory_makes_apps_that_keep_apart() -> None:
    create_app = make_factory(HfOAuth())
    one, other = create_app("one").test_client(), create_app("other").test_client()
    login(one, "demo-pro")

    assert [one.get("/").text, other.get("/").text] == ["demo-pro", "None"]


def test_two_apps_of_one_extension_have_their_own_settings() -> None:
    create_app = make_factory(HfOAuth(scopes=["email"]))
    states = [create_app(name).extensions["hf_oauth"] for name in ("one", "other")]

    assert [state.settings.client_id for state in states] == ["one", "other"]
    assert {state.settings.scopes for state in states} == {("openid", "email")}
    assert states[0].cache is not states[1].cache
    assert states[0].clients is not states[1].clients


@pytest.mark.parametrize(
    ("scopes", "warned"),
    [("openid profile", True), ("openid profile read-memberships", False)],
)
def test_allowed_orgs_without_roles_are_warned_about(
    scopes: str, warned: object, caplog: pytest.LogCaptureFixture
) -> None:
    make_plain_app(HF_OAUTH_ALLOWED_ORGS="acme", HF_OAUTH_SCOPES=scopes)

    assert ("without read-memberships in HF_OAUTH_SCOPES" in caplog.text) is warned


def test_cache_of_the_app_is_used() -> None:
    cache = SimpleCache()

    assert make_plain_app(HF_OAUTH_CACHE=cache).extensions["hf_oauth"].cache is cache


def test_cache_in_the_process_claims_once() -> None:
    cache = make_plain_app().extensions["hf_oauth"].cache

    assert [cache.add("login", 1, timeout=60), cache.add("login", 1, timeout=60)] == [True, False]


def test_extension_without_an_app_holds_none() -> None:
    hf = HfOAuth()
    app = make_factory(hf)("one")

    assert app.extensions["hf_oauth"]
    assert not [kept for kept in vars(hf).values() if isinstance(kept, Flask)]


def test_second_init_on_the_same_app_says_so() -> None:
    hf = HfOAuth()
    app = make_plain_app(hf=hf)
    before = app.extensions["hf_oauth"]

    with pytest.raises(ConfigurationError, match="has its HfOAuth already"):
        hf.init_app(app)
    assert app.extensions["hf_oauth"] is before


def test_bad_settings_leave_the_app_as_it_was() -> None:
    app = Flask("demo")
    with pytest.raises(ConfigurationError):
        HfOAuth(app, timeout=0)

    assert "hf_oauth" not in app.extensions
    assert "hf_oauth" not in app.blueprints


def test_forgotten_init_app_is_named() -> None:
    app = Flask("demo")
    app.testing = True
    app.add_url_rule("/private", "private", login_required(lambda: "private"))

    with pytest.raises(NotInitialized, match=r"Did you forget init_app\(app\)\?"):
        app.test_client().get("/private")


def test_forgotten_init_app_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    app = Flask("demo")
    app.add_url_rule("/private", "private", login_required(lambda: "private"))

    assert app.test_client().get("/private").status_code == 500
    assert "Did you forget init_app(app)?" in caplog.text


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"client_id": "mine"}, True),
        ({"dev_provider": True}, True),
        ({}, False),
        ({"scopes": "email"}, False),
    ],
)
def test_app_can_ask_whether_sign_in_is_set_up(
    settings: dict[str, object], expected: object
) -> None:
    app = Flask("demo")
    hf = HfOAuth(app, **settings)
    assert hf.is_configured is expected
    with app.app_context():
        assert hf.is_configured is expected


def test_one_of_several_apps_has_to_be_meant() -> None:
    hf, apps = HfOAuth(), [Flask("demo"), Flask("demo")]
    apps[1].config["HF_OAUTH_CLIENT_ID"] = "mine"
    for app in apps:
        hf.init_app(app)
    with apps[1].app_context():
        assert hf.is_configured

    with pytest.raises(RuntimeError, match="application context"):
        _ = hf.is_configured


def test_app_without_a_client_id_starts_and_serves() -> None:
    app = Flask("demo")
    app.secret_key = "key"
    HfOAuth(app)
    app.add_url_rule("/", "home", lambda: str(current_hf_user.is_authenticated))

    assert app.test_client().get("/").text == "False"


@pytest.mark.parametrize(
    ("arguments", "url"),
    [
        ({}, "/login?next=/page"),
        ({"next": "/x"}, "/login?next=/x"),
        ({"scopes": "email jobs"}, "/login?next=/page&scopes=email+jobs"),
        ({"scopes": ["email", "jobs"]}, "/login?next=/page&scopes=email+jobs"),
        ({"org_ids": ["a", "b"]}, "/login?next=/page&org_ids=a,b"),
        ({"org_ids": "a,b", "prompt": "none"}, "/login?next=/page&org_ids=a,b&prompt=none"),
    ],
)
def test_login_url_is_built(arguments: dict[str, str], url: str) -> None:
    hf = HfOAuth()
    with make_plain_app(hf=hf).test_request_context("/page"):
        assert hf.login_url(**arguments) == url


def test_login_handler_stays_a_function_and_serves_every_app(
    make_app: AppMaker, provider: HfProvider
) -> None:
    hf, seen = HfOAuth(), []

    @hf.login_handler
    def link(user: HfUser, _token: HfToken, _claims: object) -> None:
        seen.append(user.username)

    for _ in range(2):
        sign_in(make_app(hf=hf).test_client(), provider)

    assert callable(link)
    assert seen == ["demo-free", "demo-free"]


def test_last_login_handler_is_the_one_with_a_warning(
    make_app: AppMaker, provider: HfProvider, caplog: pytest.LogCaptureFixture
) -> None:
    hf = HfOAuth()

    @hf.login_handler
    def first(_user: HfUser, _token: HfToken, _claims: object) -> None:
        raise LoginRefused

    @hf.login_handler
    def second(_user: HfUser, _token: HfToken, _claims: object) -> None:
        """Let everybody in."""

    assert sign_in(make_app(hf=hf).test_client(), provider).status_code == 302
    assert "a second login_handler takes the place of first" in caplog.text


def test_nothing_of_a_user_stays_on_shared_objects(app: Flask, provider: HfProvider) -> None:
    with app.test_client() as client:
        sign_in(client, provider, "demo-pro")
        client.get("/private")
        user, token = get_hf_user(), get_hf_token()

    assert user
    assert token
    state = app.extensions["hf_oauth"]
    [oidc_client] = state.clients.values()
    shared = repr([state, vars(state.cache), [*walk(oidc_client)], vars(app)])
    assert "ProviderMetadata" in shared  # what everybody shares is in there
    assert not [text for text in (user.id, "demo-pro", token.access_token) if text in shared]


def walk(thing: object, depth: int = 4) -> Iterator[object]:
    """Yield what objects of ours hold, and what that holds."""
    for value in getattr(thing, "__dict__", {}).values():
        yield value
        if depth:
            yield from walk(value, depth - 1)


def test_globals_of_the_templates_are_there() -> None:
    names = {"current_hf_user", "hf_login_button", "hf_logout_button", "hf_login_url"}

    assert names <= set(make_plain_app().jinja_env.globals)


def test_nothing_is_fetched_at_start(app: Flask, provider: HfProvider) -> None:
    client = app.test_client()
    client.get("/")
    client.get("/private")

    assert provider.connections == 0
    begin(client)
    assert provider.connections == 1


def private_parts(name: str) -> list[str]:
    return [part for part in name.split(".") if part.startswith("_") and part != "__future__"]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_only_what_others_publish_is_imported(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = [f"{node.module}.{alias.name}" for node in froms for alias in node.names]

    assert not [name for name in names if private_parts(name)]


@pytest.mark.parametrize("path", ["/login", "/login/callback", "/logout"])
def test_view_that_stands_before_ours_is_named(path: str) -> None:
    app = Flask("demo")
    app.add_url_rule(path, "mine", lambda: "mine")

    with pytest.warns(UserWarning, match=f"has a view at {path} already .endpoint 'mine'."):
        HfOAuth(app)


def test_prefix_gets_out_of_the_way() -> None:
    app = Flask("demo")
    app.add_url_rule("/login", "mine", lambda: "mine")

    HfOAuth(app, url_prefix="/hf")


def test_login_handler_with_other_arguments_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match=r"\(user, token, claims\)"):
        HfOAuth().login_handler(lambda: None)  # type: ignore[type-var]  # the mistake


@pytest.mark.parametrize(
    ("value", "warned"), [("Strict", True), ("strict", True), ("Lax", False), (None, False)]
)
def test_samesite_strict_is_warned_about(
    value: str | None,
    warned: bool,  # noqa: FBT001 - a row of the table
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Flask("demo")
    app.config["SESSION_COOKIE_SAMESITE"] = value
    HfOAuth(app)

    assert ("SESSION_COOKIE_SAMESITE is Strict" in caplog.text) is warned


def test_view_that_asks_for_nothing_costs_nothing() -> None:
    app = make_plain_app()
    app.add_url_rule("/public", "public", lambda: "Hello")
    client = app.test_client()
    login(client)

    response = client.get("/public")
    assert "Vary" not in response.headers  # Flask's sign of a session that somebody has looked at
    assert "Cache-Control" not in response.headers
    assert not app.before_request_funcs.get(None)
    assert not app.after_request_funcs.get(None)
    assert not app.teardown_request_funcs.get(None)
