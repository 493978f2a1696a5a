from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask import Flask, render_template_string
from markupsafe import Markup
from plain_app import FRAME, NAVIGATION, make_plain_app
from werkzeug.test import TestResponse

import flask_hf_oauth
from flask_hf_oauth.buttons import hf_login_button, hf_login_url, hf_logout_button

STATIC = Path(flask_hf_oauth.__file__).parent / "static"
HEIGHTS = {"sm": 20, "md": 24, "lg": 36, "xl": 48}
EVIL = '"><script>alert(1)</script>'


def parse(html: str) -> ET.Element:
    """Read a button as XML, which no unquoted character survives."""
    return ET.fromstring(str(html).replace("></a>", "/></a>"))  # noqa: S314 - our own


def show(call: str, path: str = "/page?tab=1", **options: Any) -> TestResponse:
    """Render a page with a button as an app does."""
    app = make_plain_app()
    app.add_url_rule(
        "/page",
        "page",
        lambda: render_template_string("{{ " + call + " }}"),
        methods=["GET", "POST"],
    )
    return app.test_client().open(path, **options)


def render(call: Callable[[], Markup]) -> str:
    with make_plain_app().test_request_context("/page"):
        return call()


def test_badge_leads_to_the_login_and_back_to_this_page() -> None:
    link = parse(show("hf_login_button()").text)

    assert link.tag == "a"
    assert link.attrib == {"class": "hf-oauth-login", "href": "/login?next=/page?tab%3D1"}
    assert link[0].attrib["alt"] == "Sign in with Hugging Face"


@pytest.mark.parametrize("size", HEIGHTS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_badge_has_the_size_of_its_picture(size: str, theme: str) -> None:
    image = parse(show(f"hf_login_button({size!r}, {theme!r})").text)[0].attrib
    name = f"sign-in-{size}-{theme}.svg"
    picture = ET.parse(STATIC / name).getroot().attrib  # noqa: S314 - our own

    assert image["src"] == f"/hf-oauth/static/{name}"
    assert (image["width"], image["height"]) == (picture["width"], picture["height"])
    assert image["height"] == str(HEIGHTS[size])


def test_badge_is_large_and_light_unless_said() -> None:
    assert "sign-in-lg-light.svg" in show("hf_login_button()").text


@pytest.mark.parametrize("button", ["hf_login_button()", "hf_logout_button()"])
def test_buttons_need_no_script_and_no_style(button: str) -> None:
    assert not re.search(r"<script|style=|\son\w+=|javascript:", show(button).text)


@pytest.mark.parametrize(
    ("target", "headers", "new_tab"),
    [
        ("auto", NAVIGATION, False),
        ("auto", {}, False),
        ("auto", FRAME, True),
        ("self", NAVIGATION, False),
        ("self", FRAME, False),
        ("blank", NAVIGATION, True),
        ("blank", FRAME, True),
    ],
)
def test_badge_opens_a_tab_where_the_provider_cannot_be_framed(
    target: str, headers: dict[str, str], new_tab: object
) -> None:
    link = parse(show(f"hf_login_button(target={target!r})", headers=headers).text)

    assert (link.get("target") == "_blank") is new_tab
    assert (link.get("rel") == "noopener") is new_tab


def test_badge_stays_in_the_frame_of_a_space_with_a_way_out_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SPACE_ID", "demo-org/notebook")
    page = show("hf_login_button(next='/private')", headers=FRAME).text

    assert '<a class="hf-oauth-login" href="/login?next=/private"><img' in page
    assert page.endswith(
        '</a> <a class="hf-oauth-new-tab" href="/login?next=/private" target="_blank" '
        'rel="noopener">open in a new tab</a>'
    )


@pytest.mark.parametrize(("target", "varies"), [("auto", True), ("self", False), ("blank", False)])
def test_page_varies_with_the_frame_only_where_that_matters(target: str, varies: object) -> None:
    response = show(f"hf_login_button(target={target!r})")

    assert ("Sec-Fetch-Dest" in response.vary) is varies


def test_other_reasons_to_vary_stay() -> None:
    page = "{{ current_hf_user.username }}{{ hf_login_button() }}"
    app = make_plain_app()
    app.add_url_rule("/", "home", lambda: render_template_string(page))

    assert app.test_client().get("/").headers["Vary"] == "Sec-Fetch-Dest, Cookie"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"size": "huge"}, "size='huge' is none of sm, md, lg, xl"),
        ({"size": "lg-light.svg?"}, "is none of sm, md, lg, xl"),
        ({"theme": "LIGHT"}, "theme='LIGHT' is none of light, dark"),
        ({"target": "_blank"}, "target='_blank' is none of auto, self, blank"),
        ({"size": None}, "size=None is none of"),
    ],
    ids=["size", "file", "theme", "target", "none"],
)
def test_wrong_argument_is_named_with_the_right_ones(
    arguments: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        render(lambda: hf_login_button(**arguments))


def test_next_is_escaped_in_the_badge() -> None:
    html = render(lambda: hf_login_button(next=f"/x{EVIL}"))

    assert "<script" not in html
    assert parse(html).attrib["href"] == "/login?next=/x%22%3E%3Cscript%3Ealert(1)%3C/script%3E"


def test_logout_is_a_form_of_one_button() -> None:
    form = parse(show("hf_logout_button()").text)

    assert form.attrib == {"class": "hf-oauth-logout", "method": "post", "action": "/logout"}
    assert [(child.tag, child.attrib, child.text) for child in form] == [
        ("button", {"type": "submit"}, "Sign out")
    ]


def test_logout_takes_label_and_next() -> None:
    html = render(lambda: hf_logout_button(f"Bye {EVIL}", next=f"/x{EVIL}"))

    assert "<script" not in html
    assert f'value="/x{Markup.escape(EVIL)}"' in html
    assert f">Bye {Markup.escape(EVIL)}</button>" in html


@pytest.mark.parametrize("button", ["hf_login_button", "hf_logout_button"])
def test_token_of_a_private_space_is_in_no_link(button: str) -> None:
    page = show(f"{button}(next='/x?__sign=token&tab=2')").text

    assert "token" not in page
    assert "/x?tab=2" in page or "/x?tab%3D2" in page


def test_label_may_be_markup() -> None:
    html = render(lambda: hf_logout_button(Markup("<b>Bye</b>")))

    assert "<b>Bye</b></button>" in html


@pytest.mark.parametrize(
    ("arguments", "url"),
    [
        ({}, "/login?next=/page"),
        ({"next": "/home"}, "/login?next=/home"),
        ({"next": "/a?b=c&d#e"}, "/login?next=/a?b%3Dc%26d%23e"),
        ({"scopes": "email jobs"}, "/login?next=/page&scopes=email+jobs"),
        ({"org_ids": "a,b", "prompt": "consent"}, "/login?next=/page&org_ids=a,b&prompt=consent"),
        ({"scopes": ""}, "/login?next=/page"),
        ({"scopes": None, "org_ids": None}, "/login?next=/page"),
        ({"scopes": ["email", "jobs"]}, "/login?next=/page&scopes=email+jobs"),
        ({"org_ids": ("a", "b")}, "/login?next=/page&org_ids=a,b"),
    ],
)
def test_login_url_asks_for_what_is_said(arguments: dict[str, Any], url: str) -> None:
    with make_plain_app().test_request_context("/page"):
        assert hf_login_url(**arguments) == url


def test_login_url_on_the_page_of_a_form_leads_nowhere() -> None:
    assert show("hf_login_url()", method="POST").text == "/login"


def test_login_url_in_a_mail_is_whole() -> None:
    app = make_plain_app(SERVER_NAME="app.example")
    with app.app_context():
        assert hf_login_url() == "http://app.example/login"


def test_login_url_on_our_own_pages_leads_nowhere() -> None:
    with make_plain_app().test_request_context("/logout"):
        assert hf_login_url() == "/login"


def test_addresses_follow_the_prefix_and_the_mount() -> None:
    app = make_plain_app(HF_OAUTH_URL_PREFIX="/auth")
    with app.test_request_context("/page", base_url="http://localhost/mounted"):
        html = hf_login_button() + hf_logout_button()

    assert 'href="/mounted/auth/login?next=/mounted/page"' in html
    assert 'action="/mounted/auth/logout"' in html
    assert 'src="/mounted/auth/hf-oauth/static/' in html


def test_buttons_load_nothing_slow() -> None:
    program = """
import sys, flask, flask_hf_oauth
from flask_hf_oauth.buttons import hf_login_button
app = flask.Flask("demo")
flask_hf_oauth.HfOAuth(app)
with app.test_request_context("/"):
    hf_login_button()
print({"authlib", "requests", "cryptography"} & set(sys.modules))
"""
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert child.stdout.strip() == b"set()"


def test_names_of_the_app_are_not_taken() -> None:
    app = Flask("demo")
    before = set(app.jinja_env.globals)
    flask_hf_oauth.HfOAuth(app, client_id="x")

    assert set(app.jinja_env.globals) - before == {
        "current_hf_user",
        "hf_login_button",
        "hf_login_url",
        "hf_logout_button",
    }
