"""A person in front of a browser."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page, expect

SIGN_IN = "Sign in with Hugging Face"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A person who reads one page.

    Attributes:
        page: The tab.
        url: The address of the site, without a slash at its end.
    """

    page: Page
    url: str

    def visit(self, path: str = "/") -> None:
        """Open a page of the site."""
        self.page.goto(self.url + path)

    def follow(self, name: str) -> None:
        """Click a link by what it says."""
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def press(self, name: str) -> None:
        """Click a button by what it says."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def be(self, persona: str) -> None:
        """Choose a persona on the consent page."""
        self.page.locator(f"input[name=persona][value={persona}]").check()

    def agree(self, persona: str = "demo-free") -> None:
        """Choose a persona on the consent page, and authorize."""
        self.be(persona)
        self.press("Authorize")

    def sign_in(self, persona: str = "demo-free", path: str = "/prompts") -> None:
        """Open a guarded page, and agree on the way."""
        self.visit(path)
        self.agree(persona)
        expect(self.page).to_have_url(self.url + path)

    def write(self, title: str, text: str = "Be brief.") -> None:
        """Keep a prompt in the notebook."""
        self.visit("/prompts/new")
        self.page.get_by_label("Title").fill(title)
        self.page.get_by_label("Prompt", exact=True).fill(text)
        self.press("Save prompt")

    def sees(self, *texts: str) -> None:
        """Expect texts on the page."""
        for text in texts:
            expect(self.page.get_by_text(text).first).to_be_visible()

    def is_at(self, path: str) -> None:
        """Expect to be on a page of the site."""
        expect(self.page).to_have_url(self.url + path)

    def is_asked_to_agree(self) -> None:
        """Expect the provider's consent page."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("Sign in to")
