"""The people in the stories: a recipient and a sender, doing what people do."""

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import BrowserContext, Page, Route, expect

from anonmsg.send_form import LEAST_TIME

if TYPE_CHECKING:
    from tests.e2e.conftest import App

PASSWORD = "correct horse battery"


@contextmanager
def scripts_held(page: Page) -> Iterator[Callable[[], None]]:
    """Keep scripts back until told to let them through."""
    held: list[Route] = []
    holding = True

    def hold(route: Route) -> None:
        if holding:
            held.append(route)
        else:
            route.continue_()

    def release() -> None:
        nonlocal holding
        holding = False
        for route in held:
            route.continue_()
        held.clear()

    page.route("**/assets/*.js", hold)
    yield release
    release()


def close(context: BrowserContext) -> None:
    """Close a browser; what still waits for an answer to its pages need not come to an end."""
    for page in context.pages:
        page.unroute_all(behavior="ignoreErrors")
    context.close()


class Person:
    """Somebody with a browser."""

    def __init__(self, app: "App", page: Page) -> None:
        self.app = app
        self.page = page

    def open(self, path: str) -> None:
        """Open a page of the site."""
        self.page.goto(self.app.url + path)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)

    def sees(self, text: str) -> None:
        """Wait until a sentence is on the screen, word for word."""
        expect(self.page.get_by_text(text, exact=True).first).to_be_visible()

    def is_at(self, path: str) -> None:
        """Wait until the address is this page's."""
        expect(self.page).to_have_url(re.compile(re.escape(self.app.url + path) + r"(?:\?.*)?$"))


class Recipient(Person):
    """Somebody who signs up and reads."""

    def __init__(self, app: "App", page: Page) -> None:
        super().__init__(app, page)
        self.username = f"anna_{secrets.token_hex(4)}"
        self.email = f"{self.username}@example.com"

    def sign_up(self) -> None:
        """Fill the sign-up form and send it."""
        self.open("/sign-up")
        self.fill("Username", self.username)
        self.sees("Username is unique")
        self.fill("Email", self.email)
        self.fill("Password", PASSWORD)
        self.press("Sign Up")
        self.is_at(f"/verify/{self.username}")

    @property
    def code(self) -> str:
        """The code in the newest mail."""
        return self.app.code_for(self.email)

    def verify(self) -> None:
        """Enter the mailed code."""
        self.fill("Verification Code", self.code)
        self.press("Verify")
        self.is_at("/sign-in")

    def sign_in(self, password: str = PASSWORD) -> None:
        """Sign in from the page that is open."""
        self.fill("Email or Username", self.username)
        self.fill("Password", password)
        self.press("Sign In")

    def join(self) -> None:
        """Get an account the way programs do, and be at one's inbox."""
        self.register()
        self.open("/dashboard")
        expect(self.page.get_by_label("Your link")).to_have_value(self.link)

    def register(self) -> None:
        """Get an account the way programs do, and be signed in, with no page open."""
        self._ask("sign-up", username=self.username, email=self.email, password=PASSWORD)
        self._ask("verify-code", username=self.username, code=self.code)
        self._ask("sign-in", identifier=self.username, password=PASSWORD)

    def close_inbox(self) -> None:
        """Stop taking messages, the way programs do."""
        self._ask("accept-messages", acceptMessages=False)

    def _ask(self, route: str, **form: str | bool) -> None:
        """Ask the API with this browser's cookies."""
        answer = self.page.request.post(f"{self.app.url}/api/{route}", data=form)
        assert answer.ok, (route, answer.status)

    def join_by_hand(self) -> None:
        """Do on the pages all that is needed to be at one's inbox."""
        self.sign_up()
        self.verify()
        self.sign_in()
        self.is_at("/dashboard")
        expect(self.page.get_by_label("Your link")).to_have_value(self.link)

    def choose(self, **chosen: str) -> None:
        """Change the send page in the settings."""
        if chosen:
            self.open("/settings")
            expect(self.page.locator("#present-email")).to_have_text(self.email)
            for label, text in chosen.items():
                self.fill(label, text)
            self.press("Save your page")
            self.sees("Saved.")

    @property
    def link(self) -> str:
        return f"{self.app.url}/u/{self.username}"

    @property
    def messages(self) -> list[str]:
        """The texts on the dashboard, from the top."""
        return self.page.locator("main li .message-text").all_inner_texts()


class Sender(Person):
    """Somebody with a link."""

    def write(self, text: str) -> None:
        self.fill("Your message", text)
        self.linger()

    def linger(self) -> None:
        """Take the time that people need at least; who is faster counts as a program."""
        self.page.wait_for_timeout(LEAST_TIME / timedelta(milliseconds=1) + 50)

    def send(self, link: str, text: str) -> None:
        """Open a link, write and send."""
        self.page.goto(link)
        self.write(text)
        self.press("Send It")
        self.sees("Message sent successfully")
