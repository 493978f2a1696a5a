"""A person who uses an app in the frame of a page."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Frame, FrameLocator, Locator, Page, expect

from browser.visitor import SIGN_IN, Visitor

OPEN_TAB = "open in a new tab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Insider:
    """A person who looks at one page, and clicks in its frame.

    Attributes:
        page: The tab.
        top: The address of the page around the frame.
        url: The address of the app, without a slash at its end.
    """

    page: Page
    top: str
    url: str

    @property
    def view(self) -> FrameLocator:
        """What is to be seen in the frame."""
        return self.page.frame_locator("iframe")

    @property
    def frame(self) -> Frame:
        """The frame itself."""
        return self.page.frames[1]

    def visit(self) -> None:
        """Open the page around the frame."""
        self.page.bring_to_front()
        self.page.goto(self.top)

    def find_link(self, name: str = SIGN_IN) -> Locator:
        """Find a link in the frame by what it says."""
        return self.view.get_by_role("link", name=name, exact=True)

    def reload(self) -> None:
        """Load what is in the frame again."""
        with self.frame.expect_navigation():
            self.frame.evaluate("location.reload()")

    def follow(self, name: str = SIGN_IN) -> None:
        """Click a link in the frame, and see what comes next there."""
        with self.frame.expect_navigation():
            self.find_link(name).click()

    def press(self, name: str) -> None:
        """Click a button in the frame by what it says, and see what comes next there."""
        with self.frame.expect_navigation():
            self.view.get_by_role("button", name=name, exact=True).click()

    def agree(self, persona: str = "demo-free") -> None:
        """Choose a persona on the consent page in the frame, and authorize."""
        self.view.locator(f"input[name=persona][value={persona}]").check()
        self.press("Authorize")

    def sign_in(self) -> None:
        """Open the page, sign in inside of the frame, and be who was chosen."""
        self.visit()
        self.follow()
        self.agree()
        self.reads("Hello demo-free")

    def reads(self, heading: str) -> None:
        """Expect a heading in the frame, and the page around it where it was."""
        expect(self.view.get_by_role("heading", level=1)).to_have_text(heading)
        expect(self.page).to_have_url(self.top)

    def sees(self, *texts: str) -> None:
        """Expect texts in the frame."""
        for text in texts:
            expect(self.view.get_by_text(text).first).to_be_visible()

    def is_asked_to_agree(self) -> None:
        """Expect the provider's consent page in the frame."""
        expect(self.view.get_by_role("heading", level=1)).to_contain_text("Sign in to")

    def follow_to_a_tab(self, name: str = SIGN_IN) -> Visitor:
        """Click a link in the frame that opens a tab, and go over there."""
        with self.page.expect_popup() as popup:
            self.find_link(name).click()
        return Visitor(page=popup.value, url=self.url)

    def open_a_tab(self) -> Visitor:
        """Open a tab beside this one, in the same browser."""
        return Visitor(page=self.page.context.new_page(), url=self.url)
