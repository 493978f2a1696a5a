"""Every page that a person can come to, and how."""

from __future__ import annotations

from collections.abc import Callable

from browser.people import BUSY
from browser.site import Site
from browser.visitor import SIGN_IN, Visitor
from flask_hf_oauth.testing import HfProvider

Way = Callable[[Visitor, HfProvider], None]

PROMPTS = {
    "Weekly notes": "Turn my bullet points into a note to the team: what is done, what is next.",
    "A name for a variable": "Suggest five names. Say for each what it promises to the reader.",
    "Commit message from a diff": (
        "Write one commit message: an imperative summary below 60 characters, an empty line, "
        "then why the change was made. Do not describe the diff."
    ),
    "Find the weak spot": (
        "Read my argument below. Tell me where you would attack it first, and how I could have "
        "seen that coming."
    ),
    "Explain it to a friend": (
        "Explain what this function does as you would to a friend who is clever and in a hurry. "
        "No jargon, one example."
    ),
}

TOUR: dict[tuple[Site, str], Way] = {}


def on(site: Site) -> Callable[[Way], Way]:
    """Add a page of a site to the tour, under the name of the function."""

    def add(way: Way) -> Way:
        TOUR[site, way.__name__.replace("_", "-")] = way
        return way

    return add


@on("notebook")
def cover(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.visit()


@on("notebook")
def cover_signed_in(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.sign_in()
    visitor.visit()


@on("notebook")
def notebook_empty(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.sign_in()


@on("notebook")
def notebook_filled(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.sign_in("demo-pro")
    for title, text in PROMPTS.items():
        visitor.write(title, text)


@on("notebook")
def prompt_new(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.sign_in(path="/prompts/new")


@on("notebook")
def prompt_with_a_problem(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.sign_in()
    visitor.write(" ", "A blank title looks filled in to the browser.")
    visitor.sees("Give the prompt a title")


@on("notebook")
def prompt_about_to_go(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.sign_in()
    visitor.write("One that goes")
    visitor.follow("One that goes")
    visitor.page.get_by_text("Delete this prompt").click()


@on("notebook")
def profile_plain(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.sign_in("demo-no-email", path="/profile")


@on("notebook")
def profile_pro(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.sign_in("demo-pro", path="/profile")


@on("notebook")
def profile_with_roles(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.sign_in("demo-sso-pending", path="/profile")
    visitor.follow("Show my roles as well")
    visitor.page.get_by_label("Demo Enterprise").locator("visible=true").check()
    visitor.agree("demo-sso-pending")
    visitor.is_at("/profile")


@on("notebook")
def profile_many_organisations(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.sign_in("demo-many-orgs", path="/profile")


@on("notebook")
def not_found(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.visit("/nowhere")


@on("notebook")
def not_found_signed_in(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.sign_in()
    visitor.visit("/nowhere")


@on("notebook")
def consent(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.visit()
    visitor.follow(SIGN_IN)
    visitor.is_asked_to_agree()


@on("notebook")
def consent_with_organisations(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.sign_in("demo-org-admin", path="/profile")
    visitor.follow("Show my roles as well")
    visitor.is_asked_to_agree()


@on("notebook")
def provider_home(visitor: Visitor, provider: HfProvider) -> None:
    visitor.page.goto(provider.url)


@on("notebook")
def provider_home_signed_in(visitor: Visitor, provider: HfProvider) -> None:
    visitor.sign_in()
    visitor.page.goto(provider.url)


@on("notebook")
def provider_person(visitor: Visitor, provider: HfProvider) -> None:
    visitor.page.goto(f"{provider.url}/demo-org-admin")


@on("notebook")
def provider_error(visitor: Visitor, provider: HfProvider) -> None:
    visitor.page.goto(f"{provider.url}/oauth/authorize?client_id=nobody")


def refused(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.visit("/login")
    visitor.press("Cancel")
    visitor.sees("You chose not to sign in")


def forged(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.visit("/login/callback?code=x&state=forged")


def used(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.visit("/login")
    with visitor.page.expect_request("**/login/callback?*") as callback:
        visitor.agree()
    visitor.press("Sign out")
    visitor.page.goto(callback.value.url)
    visitor.sees("This sign-in was already used")


def unreachable(visitor: Visitor, provider: HfProvider) -> None:
    provider.fail("discovery", "status-503", times=None)
    visitor.visit("/login")
    visitor.sees("Hugging Face can't be reached")


def too_large(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.visit("/login")
    visitor.agree(BUSY.username)
    visitor.sees("Your account does not fit into a cookie")


def sign_out_question(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.visit("/login")
    visitor.agree("demo-pro")
    visitor.page.goto("about:blank")
    visitor.visit("/logout")
    visitor.sees("Sign out?")


def signed_out(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.visit("/logout")


for way in (refused, forged, used, unreachable, too_large, sign_out_question, signed_out):
    on("notebook")(way)
    on("plain")(way)


@on("unconfigured")
def not_configured(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.visit("/login")
