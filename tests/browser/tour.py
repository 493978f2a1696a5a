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


def arrive(
    visitor: Visitor, provider: HfProvider, persona: str = "demo-free", path: str = "/prompts"
) -> None:
    """Sign in on the way to a page, without looking at the consent page."""
    begin = f"{visitor.url}/login?next={path}"
    answer = visitor.page.context.request.get(begin, max_redirects=0)
    visitor.page.goto(provider.authorize(answer.headers["location"], persona))


def keep(visitor: Visitor, title: str, text: str) -> None:
    """Put a prompt into the notebook, without looking at the form."""
    form: dict[str, str | float | bool] = {"title": title, "text": text}
    visitor.page.context.request.post(f"{visitor.url}/prompts/new", form=form)


@on("notebook")
def cover(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.visit()


@on("notebook")
def cover_signed_in(visitor: Visitor, provider: HfProvider) -> None:
    arrive(visitor, provider, path="/")


@on("notebook")
def notebook_empty(visitor: Visitor, provider: HfProvider) -> None:
    arrive(visitor, provider)


@on("notebook")
def notebook_filled(visitor: Visitor, provider: HfProvider) -> None:
    arrive(visitor, provider, "demo-pro")
    for title, text in PROMPTS.items():
        keep(visitor, title, text)
    visitor.page.reload()


@on("notebook")
def prompt_new(visitor: Visitor, provider: HfProvider) -> None:
    arrive(visitor, provider, path="/prompts/new")


@on("notebook")
def prompt_with_a_problem(visitor: Visitor, provider: HfProvider) -> None:
    arrive(visitor, provider, path="/prompts/new")
    visitor.write(" ", "A blank title looks filled in to the browser.")
    visitor.sees("Give the prompt a title")


@on("notebook")
def prompt_about_to_go(visitor: Visitor, provider: HfProvider) -> None:
    arrive(visitor, provider)
    keep(visitor, "One that goes", "Be brief.")
    visitor.page.reload()
    visitor.follow("One that goes")
    visitor.page.get_by_text("Delete this prompt").click()


@on("notebook")
def profile_plain(visitor: Visitor, provider: HfProvider) -> None:
    arrive(visitor, provider, "demo-no-email", "/profile")


@on("notebook")
def profile_pro(visitor: Visitor, provider: HfProvider) -> None:
    arrive(visitor, provider, "demo-pro", "/profile")


@on("notebook")
def profile_with_roles(visitor: Visitor, provider: HfProvider) -> None:
    arrive(visitor, provider, "demo-sso-pending", "/profile")
    visitor.follow("Show my roles as well")
    visitor.be("demo-sso-pending")
    visitor.page.get_by_label("Demo Enterprise").locator("visible=true").check()
    visitor.press("Authorize")
    visitor.is_at("/profile")


@on("notebook")
def profile_many_organizations(visitor: Visitor, provider: HfProvider) -> None:
    arrive(visitor, provider, "demo-many-orgs", "/profile")


@on("notebook")
def repositories(visitor: Visitor, provider: HfProvider) -> None:
    arrive(visitor, provider, "demo-pro", "/repositories")
    visitor.sees("Show my private ones as well")


@on("notebook")
def repositories_private(visitor: Visitor, provider: HfProvider) -> None:
    arrive(visitor, provider, "demo-pro", "/repositories&scopes=read-repos")
    visitor.sees("demo-diary")


@on("notebook")
def repositories_away(visitor: Visitor, provider: HfProvider) -> None:
    provider.fail("hub", "not-json", times=None)
    arrive(visitor, provider, "demo-pro", "/repositories")
    visitor.sees("Hugging Face does not answer just now.")


@on("notebook")
def provider_repository(visitor: Visitor, provider: HfProvider) -> None:
    visitor.page.goto(f"{provider.url}/datasets/demo-pro/demo-diary")


@on("notebook")
def not_found(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.visit("/nowhere")


@on("notebook")
def not_found_signed_in(visitor: Visitor, provider: HfProvider) -> None:
    arrive(visitor, provider, path="/nowhere")


@on("notebook")
def consent(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.visit()
    visitor.follow(SIGN_IN)
    visitor.is_asked_to_agree()


@on("notebook")
def consent_with_organizations(visitor: Visitor, _provider: HfProvider) -> None:
    visitor.visit("/login?scopes=read-memberships")
    visitor.be("demo-org-admin")


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


def used(visitor: Visitor, provider: HfProvider) -> None:
    with visitor.page.expect_request("**/login/callback?*") as callback:
        arrive(visitor, provider, path="/")
    visitor.press("Sign out")
    visitor.page.goto(callback.value.url)
    visitor.sees("This sign-in was already used")


def unreachable(visitor: Visitor, provider: HfProvider) -> None:
    provider.fail("discovery", "status-503", times=None)
    visitor.visit("/login")
    visitor.sees("Hugging Face can't be reached")


def too_large(visitor: Visitor, provider: HfProvider) -> None:
    arrive(visitor, provider, BUSY.username)
    visitor.sees("This sign-in does not fit into a cookie")


def sign_out_question(visitor: Visitor, provider: HfProvider) -> None:
    arrive(visitor, provider, "demo-pro", "/")
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
