"""hf.protect: a whole app, or a blueprint, behind the login; what stays open, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import pytest
from flask import Blueprint, Flask, g
from flask.testing import FlaskClient
from flask.views import MethodView, View
from flow import AppMaker, name_on_page, sign_in
from guarded_views import METHODS, show, show_async
from plain_app import HTMX, NAVIGATION, SCRIPT, make_plain_app

from flask_hf_oauth import (
    HfOAuth,
    NotInitialized,
    current_hf_user,
    login_not_required,
    login_required,
    org_required,
    scopes_required,
)
from flask_hf_oauth.testing import HfProvider, login

UNSAFE = ["POST", "PUT", "PATCH", "DELETE"]


def logged(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate as apps do."""

    @wraps(view)
    def logging(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the view's
        return view(*args, **kwargs)

    return logging


class Page(View):
    def dispatch_request(self) -> str:
        return show()


@login_not_required
class OpenPage(Page):
    """A class that is open."""


class InheritedPage(OpenPage):
    """A class that is not: the mark was on the one before."""


class DecoratedPage(Page):
    decorators = [logged, login_not_required]  # noqa: RUF012 - as Flask documents it


@login_not_required
class GuardedPage(Page):
    decorators = [login_required]  # noqa: RUF012 - the same


class MarkedMethod(MethodView):
    @login_not_required
    def get(self) -> str:
        return show()

    def post(self) -> str:
        return show()


@login_not_required
def open_view() -> str:
    return f"open to {current_hf_user.username}"


@login_not_required
async def open_async_view() -> str:
    return "open"


OPEN = {
    "function": open_view,
    "async": open_async_view,
    "class": OpenPage.as_view("open"),
    "decorators of a class": DecoratedPage.as_view("decorated"),
    "decorated above": logged(open_view),
    "decorated below": login_not_required(logged(show)),
    "partial": login_not_required(partial(show)),
}
CLOSED = {
    "function": show,
    "async": show_async,
    "class": Page.as_view("page"),
    "method": Page().dispatch_request,
    "inherited from an open class": InheritedPage.as_view("inherited"),
    "open class with a guard": GuardedPage.as_view("guarded"),
    "guard above the mark": login_required(open_view),
    "guard below the mark": login_not_required(login_required(show)),
    "partial of an open view": partial(open_view),
    "another function of an open view": lambda: open_view(),  # noqa: PLW0108 - that is the claim
}


def make_protected_app(**views: Callable[..., Any]) -> Flask:
    app = make_plain_app(HF_OAUTH_OPTIONAL_SCOPES="email")
    HfOAuth.protect(app)
    for name, view in views.items():
        app.add_url_rule(f"/{name}", name, view, methods=METHODS)
    return app


@pytest.fixture
def client() -> FlaskClient:
    return make_protected_app(private=show, open=open_view).test_client()


@pytest.mark.parametrize("view", OPEN.values(), ids=OPEN)
def test_view_that_is_marked_is_open(view: Callable[..., Any]) -> None:
    assert make_protected_app(view=view).test_client().get("/view").status_code == 200


@pytest.mark.parametrize("view", CLOSED.values(), ids=CLOSED)
def test_every_other_view_is_guarded(view: Callable[..., Any]) -> None:
    client = make_protected_app(view=view).test_client()
    assert client.get("/view").location == "/login?next=/view"
    login(client)

    assert client.get("/view").status_code == 200


def test_open_view_knows_who_is_signed_in_nevertheless(client: FlaskClient) -> None:
    assert client.get("/open").text == "open to None"
    login(client)

    assert client.get("/open").text == "open to demo-free"


@pytest.mark.parametrize("method", METHODS)
def test_view_never_runs_for_who_is_signed_out(method: str, client: FlaskClient) -> None:
    answer = client.open("/private", method=method)

    assert "private to" not in answer.text
    assert answer.status_code == {"GET": 302, "HEAD": 302, "OPTIONS": 200}.get(method, 303)


def test_script_and_htmx_are_told_where_to_sign_in(client: FlaskClient) -> None:
    script, fragment = (client.get("/private", headers=headers) for headers in (SCRIPT, HTMX))

    assert (script.status_code, (script.json or {})["error"]) == (401, "login_required")
    assert fragment.headers["HX-Redirect"] == "/login"


@pytest.mark.parametrize("method", UNSAFE)
def test_form_of_another_site_is_refused(method: str, client: FlaskClient) -> None:
    login(client)
    foreign, own = (
        client.open("/private", method=method, headers={"Sec-Fetch-Site": site})
        for site in ("cross-site", "same-origin")
    )

    assert (foreign.status_code, "private to" in foreign.text) == (403, False)
    assert own.status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/static/nothing.css", 404),
        ("/nothing", 404),
        ("/login/callback", 400),
        ("/logout", 200),
        ("/hf-oauth/static/hf-oauth.css", 200),
    ],
)
def test_what_belongs_to_nobody_stays_open(path: str, status: int, client: FlaskClient) -> None:
    with client.get(path, headers=NAVIGATION) as answer:
        assert answer.status_code == status


def test_method_that_a_view_has_not_is_answered_as_everywhere() -> None:
    app = make_protected_app()
    app.add_url_rule("/read", "read", show)

    assert app.test_client().post("/read").status_code == 405


def test_address_of_a_document_that_names_the_app_stays_open(make_app: AppMaker) -> None:
    app = make_app(HF_OAUTH_CLIENT_ID="cimd", HF_OAUTH_CLIENT_SECRET=None)
    HfOAuth.protect(app)
    document = app.test_client().get("/.well-known/oauth-cimd", base_url="https://app.example")

    assert document.status_code == 200


def test_app_signs_in_and_out_without_a_circle(make_app: AppMaker, provider: HfProvider) -> None:
    app = HfOAuth.protect(make_app())
    client = app.test_client()
    to_login = client.get("/cart").location
    assert sign_in(client, provider, url=to_login).location == "/cart"
    assert name_on_page(client) == "demo-free"

    goodbye = client.post("/logout", data={"next": "/cart"}, follow_redirects=True)
    assert "You are signed out" in goodbye.text
    assert [answer.status_code for answer in goodbye.history] == [303]


def test_sign_out_leads_to_an_open_page_at_once(client: FlaskClient) -> None:
    for target in ("/open", "/nothing", "/static/manual.pdf"):
        login(client)
        assert client.post("/logout", data={"next": target}).location == target


def make_app_with_blueprints(protect: Callable[[Blueprint], object]) -> FlaskClient:
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    inner.static_folder, inner.static_url_path = ".", "/files"
    protect(outer)
    for blueprint in (outer, inner):
        blueprint.add_url_rule("/private", "private", show)
        blueprint.add_url_rule("/open", "open", open_view)
    outer.register_blueprint(inner, url_prefix="/inner")
    app = make_plain_app({"/": lambda: "home"})
    app.register_blueprint(outer, url_prefix="/outer")
    app.register_blueprint(outer, url_prefix="/again", name="again")
    return app.test_client()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *[("/outer/private", 302), ("/outer/inner/private", 302), ("/again/inner/private", 302)],
        *[("/outer/inner/files/test_protect.py", 302), ("/again/private", 302)],
        *[("/outer/open", 200), ("/outer/inner/open", 200), ("/", 200), ("/outer/nothing", 404)],
    ],
)
def test_blueprint_is_guarded_with_all_that_is_in_it(path: str, status: int) -> None:
    client = make_app_with_blueprints(HfOAuth.protect)

    assert client.get(path).status_code == status


def test_sign_out_of_a_blueprint_knows_what_is_guarded() -> None:
    client = make_app_with_blueprints(HfOAuth.protect)
    for target, end in {"/again/inner/private": "/logout", "/outer/open": "/outer/open"}.items():
        login(client)
        assert client.post("/logout", data={"next": target}).location == end


def test_functions_before_requests_run_in_the_order_in_which_they_were_added() -> None:
    app = make_plain_app()
    app.before_request(lambda: setattr(g, "first", "first"))
    HfOAuth.protect(app)
    app.before_request(lambda: g.first + " and then, signed in as " + current_hf_user.username)
    app.add_url_rule("/", "home", show)
    client = app.test_client()

    assert client.get("/").location == "/login?next=/"
    login(client)
    assert client.get("/").text == "first and then, signed in as demo-free"


def test_view_may_ask_for_more() -> None:
    app = make_protected_app(
        team=login_not_required(org_required("acme")(show)),
        mail=scopes_required("openid")(scopes_required("email", "jobs")(show)),
    )
    client = app.test_client()

    assert client.get("/team").location == "/login?next=/team"
    assert client.get("/mail").location == "/login?next=/mail&scopes=email+openid"
    login(client, orgs=[])
    assert client.get("/team").status_code == client.get("/mail").status_code == 403


@pytest.mark.parametrize("target", [None, show, Page, HfOAuth()], ids=type)
def test_only_apps_and_blueprints_can_be_protected(target: Any) -> None:  # noqa: ANN401 - the mistake
    with pytest.raises(TypeError, match="for one view: @login_required"):
        HfOAuth.protect(target)


def test_forgotten_init_app_opens_nothing() -> None:
    app = Flask("demo")
    app.testing = True
    HfOAuth.protect(app)
    app.add_url_rule("/", "home", show)

    with pytest.raises(NotInitialized):
        app.test_client().get("/")


def test_protection_may_come_before_init_app() -> None:
    app, hf = Flask("demo"), HfOAuth(client_id="plain-client")
    app.secret_key = "key"
    hf.protect(app)
    hf.init_app(app)
    app.add_url_rule("/", "home", show)

    assert app.test_client().get("/").location == "/login?next=/"
    assert app.test_client().get("/logout").status_code == 200


def test_mark_on_a_method_opens_this_one_alone() -> None:
    client = make_protected_app(marked=MarkedMethod.as_view("marked")).test_client()
    statuses = [client.open("/marked", method=name).status_code for name in METHODS]

    assert dict(zip(METHODS, statuses, strict=True)).items() >= {"GET": 200, "POST": 303}.items()
    assert client.head("/marked").status_code == 200
