from __future__ import annotations

import re

import pytest
from testing.relying_party import RelyingParty

from flask_hf_oauth.testing import PERSONAS_BY_USERNAME, HfProvider, Persona

PAGES = ["/", "/demo-pro", "/demo-unverified", "/demo-no-email", "/nobody", "/oauth/authorize"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_what_it_is_not(relying_party: RelyingParty, path: str) -> None:
    body = relying_party.get(path).text.partition("<body>")[2]

    assert re.match(r'\s*<p class="banner" role="note">\s*<strong>.*not Hugging Face', body)


def test_consent_page_says_what_it_is_not(relying_party: RelyingParty) -> None:
    assert "not Hugging Face" in relying_party.get(relying_party.authorization_url()).text


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_neither_script_nor_inline_style(relying_party: RelyingParty, path: str) -> None:
    answer = relying_party.get(path)

    assert not re.search(r"<script|<style|style=|\bon\w+=|javascript:", answer.text)
    assert answer.headers["Content-Security-Policy"].startswith(
        "default-src 'none'; style-src 'self'; img-src 'self';"
    )
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("is_refused", [True, False])
def test_frames(relying_party: RelyingParty, *, is_refused: bool) -> None:
    relying_party.provider.switch(refuse_frames=is_refused)
    headers = relying_party.get(relying_party.authorization_url()).headers

    assert ("X-Frame-Options" in headers) is is_refused
    assert ("frame-ancestors 'self'" in headers["Content-Security-Policy"]) is is_refused


def test_stylesheet_is_the_providers_own(relying_party: RelyingParty) -> None:
    answer = relying_party.get("/static/provider.css")

    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "prefers-color-scheme: dark" in answer.text


def test_profile_claim_leads_to_a_page(relying_party: RelyingParty) -> None:
    profile = str(relying_party.claims("demo-org-admin")["profile"])
    page = relying_party.get(profile)

    assert "4 organizations" in page.text
    assert "Demo Enterprise" in page.text


def test_picture_claim_leads_to_a_picture(relying_party: RelyingParty) -> None:
    picture = relying_party.get(str(relying_party.claims()["picture"]))

    assert picture.headers["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert ">F</text>" in picture.text


def test_pictures_differ(relying_party: RelyingParty) -> None:
    free, pro = (relying_party.get(f"/avatars/{name}.svg").text for name in ("demo-a", "demo-b"))

    assert free.replace(">A<", ">B<") != pro


@pytest.mark.parametrize("name", ["%3Cscript%3E", "demo-%26", "-"])
def test_picture_of_a_strange_name_is_harmless(relying_party: RelyingParty, name: str) -> None:
    answer = relying_party.get(f"/avatars/{name}.svg")

    assert "<script" not in answer.text
    assert "&</text>" not in answer.text
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"


def test_names_are_escaped(relying_party: RelyingParty) -> None:
    persona = Persona(username="demo-x", name="<b>X</b>", note="<i>")
    with HfProvider(personas=[persona]) as provider:
        other = RelyingParty(provider, relying_party.http)
        page = other.get(other.authorization_url())

    assert "&lt;b&gt;X&lt;/b&gt;" in page.text
    assert "<b>X" not in page.text


def test_pages_load_no_picture_from_elsewhere(relying_party: RelyingParty) -> None:
    assert PERSONAS_BY_USERNAME["demo-many-orgs"].orgs[0].picture

    assert "https://" not in relying_party.get("/demo-many-orgs").text


@pytest.mark.parametrize(
    ("path", "status"), [("/nobody", 404), ("/a/b", 404), ("/oauth/token", 405)]
)
def test_address_without_a_page(relying_party: RelyingParty, path: str, status: int) -> None:
    answer = relying_party.get(path)

    assert (answer.status_code, "Traceback" in answer.text) == (status, False)


def test_wrong_method_names_the_right_one(relying_party: RelyingParty) -> None:
    assert relying_party.get("/oauth/token").headers["Allow"] == "POST"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/demo-pro/demo-tiny-writer", "A model of"),
        ("/datasets/demo-pro/demo-letters", "A dataset of"),
        ("/spaces/demo-pro/demo-playground", "A Space of"),
        ("/datasets/demo-pro/demo-diary", '<span class="badge">private</span>'),
    ],
)
def test_repository_has_a_page(relying_party: RelyingParty, path: str, words: str) -> None:
    assert words in relying_party.get(path).text


@pytest.mark.parametrize(
    "path", ["/demo-pro/demo-letters", "/datasets/nobody/demo-letters", "/spaces/demo-pro/x"]
)
def test_repository_that_is_not_there_has_none(relying_party: RelyingParty, path: str) -> None:
    assert relying_party.get(path).status_code == 404
