"""Every route of the site in every state, and how to get there: one list for all tests of looks and access.

A page that comes later joins those tests by an entry in `PLACES`.
"""

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import httpx
from playwright.sync_api import APIRequestContext, Browser, BrowserContext, Page, Route, expect

from anonmsg.rules import PAGE_SIZE
from anonmsg.send_form import LEAST_TIME
from anonmsg.services.blocking import BURST_SIZE
from tests.e2e.people import PASSWORD, close

if TYPE_CHECKING:
    from tests.e2e.conftest import App

WIDTHS = (320, 390, 768, 1280)
HEIGHT = 844
SCHEMES = ("light", "dark")
MOST_SHIFT = 0.02
PHONE = {"width": 390, "height": HEIGHT}

NOTE = """
window.noted = { violations: [], shifts: [], arrived: 0 };
const { pushState } = history;
history.pushState = function (...state) {
  window.noted.arrived = performance.now();
  return pushState.apply(this, state);
};
document.addEventListener("securitypolicyviolation", (event) =>
  window.noted.violations.push(`${event.effectiveDirective} refused ${event.blockedURI}`));
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) {
    if (shift.hadRecentInput) continue;
    const what = shift.sources.map(({ node }) => node?.parentElement?.outerHTML.slice(0, 90) ?? "something gone");
    window.noted.shifts.push({ value: shift.value, at: shift.startTime, what });
  }
}).observe({ type: "layout-shift", buffered: true });
"""
"""Runs before anything of a page; the policy does not hold for it."""

EXPECTED_NOISE = re.compile(
    r"Unrecognized feature: 'web-share'"  # a browser without a share sheet says so of the header
    r"|Disconnect websocket on page navigation"  # what the framework notes when a document is left
    r"|WebSocket is closed before the connection is established"  # what the browser notes when it is left at once
)

PAGE_TITLE = "Vita’s corner for honest words"
PAGE_QUESTION = "Ask me anything about the talk, or tell me what I should have said."
OWN_IDEAS = "Which part was too fast?\nWhat should the next talk be about?\nמה אהבת?\nWhat will you try tomorrow?"

MESSAGES = (
    "Your notes saved my exam. I never said thank you, so here it is: thank you!",
    "ok",
    "You interrupt people when you are excited. I know you mean well, but the quiet ones stop talking, and some of "
    "the best ideas in that room never get said.\n\nMaybe count to three first?",
    "https://example.com/" + "a-link-that-nobody-ever-shortened-" * 5,
    "אני חושב שאתה מסביר דברים קשים טוב יותר מכל מי שאני מכיר.",
    "🌷🌷🌷 That joke about the cat still makes me laugh 😹",
)


@dataclass(frozen=True)
class Account:
    """Somebody with a verified account, and the cookies of a browser that is signed in."""

    username: str
    email: str
    cookies: list[Any]


class Visit:
    """One browser, one page, and what went wrong on it."""

    def __init__(self, site: "Site", context: BrowserContext) -> None:
        self.site = site
        self.context = context
        self.faults: list[str] = []
        self.on_arrival: list[str] = []
        self.has_moved = False
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(f"exception: {error}"))
        self.page.on("console", lambda message: self._console(message.type, message.text))
        self.page.on("request", lambda request: self._request(request.url))

    def _console(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not EXPECTED_NOISE.search(text):
            self.faults.append(f"{kind}: {text}")

    def _request(self, url: str) -> None:
        if not url.startswith((self.site.app.url, self.site.app.url.replace("http", "ws", 1), "data:", "blob:")):
            self.faults.append(f"asked elsewhere: {url}")

    def open(self, path: str) -> None:
        """Open a page of the site and wait until it can be used."""
        self.page.goto(self.site.app.url + path)

    def fill(self, **values: str) -> None:
        """Fill fields, named by their ids."""
        for name, text in values.items():
            self.page.locator(f"#{name}").fill(text)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text, exact=True).first).to_be_visible()

    def sign_up(self, name: str) -> Account:
        """Sign up on the page, and wait for the page that asks for the code."""
        account = self.site.name(name)
        self.open("/sign-up")
        self.fill(username=account.username)
        self.sees("Username is unique")
        self.fill(email=account.email, password=PASSWORD)
        self.press("Sign Up")
        self.sees("User registered successfully. Please verify your email")
        expect(self.page.get_by_role("button", name="Verify", exact=True)).to_be_enabled()
        return account

    def open_as(self, account: Account) -> None:
        """Open somebody's dashboard."""
        self.context.add_cookies(account.cookies)
        self.open("/dashboard")
        expect(self.page.get_by_label("Your link")).to_have_value(re.compile(account.username))

    def open_settings(self, account: Account) -> None:
        """Open somebody's settings."""
        self.context.add_cookies(account.cookies)
        self.open("/settings")
        expect(self.page.locator("#present-email")).to_have_text(account.email)

    def violations(self) -> list[str]:
        """What the content security policy refused since the document was loaded."""
        return self.page.evaluate("window.noted.violations")

    def shifts(self) -> list[dict[str, Any]]:
        """What moved by itself on the page that is open, not on those that led to it."""
        return self.page.evaluate("window.noted.shifts.filter(({ at }) => at > window.noted.arrived)")

    def styled(self) -> list[str]:
        """Elements with a style of their own.

        The framework writes `color-scheme` on the root through the object model, which the policy allows.
        """
        return self.page.evaluate(
            """[...document.querySelectorAll("[style]")]
              .filter((e) => !e.matches("html") || !/^color-scheme: (?:light|dark);$/.test(e.getAttribute("style")))
              .map((e) => e.outerHTML.slice(0, 120))"""
        )

    def arrive(self, place: "Place") -> None:
        """Go to a place, and note what holds of none: it moved, broke the policy, styled itself or complained."""
        place.arrange(self)
        shifts = self.shifts()
        moved = sum(shift["value"] for shift in shifts)
        self.has_moved = moved >= MOST_SHIFT
        self.on_arrival = [
            *([f"moved by {moved}: {shifts}"] if self.has_moved else []),
            *self.violations(),
            *self.styled(),
            *place.faults(self),
        ]


class Site:
    """A running app with people in every condition, and the browser that looks at it."""

    def __init__(self, app: "App", browser: Browser, *, plain_names: bool = False) -> None:
        self.app = app
        self._browser = browser
        self._mark = "" if plain_names else secrets.token_hex(2)
        self._count = 0

    @contextmanager
    def visit(self, **options: Any) -> Iterator[Visit]:
        """Open a browser of its own: other cookies, other storage."""
        context = self._browser.new_context(**{"viewport": PHONE, "reduced_motion": "reduce", **options})
        context.add_init_script(NOTE)
        yield Visit(self, context)
        close(context)

    def name(self, name: str) -> Account:
        """Think of somebody whose name nobody has."""
        self._count += 1
        username = f"{name}_{self._mark}{self._count}"
        return Account(username, f"{username}@example.com", [])

    def join(self, name: str, messages: int = 0) -> Account:
        """Make a verified account with some messages, the way programs do."""
        planned = self.name(name)
        context = self._browser.new_context()
        who = {"username": planned.username, "email": planned.email, "password": PASSWORD}
        self.ask(context.request, "sign-up", **who)
        self.ask(context.request, "verify-code", username=planned.username, code=self.app.code_for(planned.email))
        for number in reversed(range(messages)):
            text = MESSAGES[number % len(MESSAGES)]
            self.ask(context.request, "send-message", username=planned.username, content=text)
        self.ask(context.request, "sign-in", identifier=planned.username, password=PASSWORD)
        account = Account(planned.username, planned.email, list(context.cookies()))
        context.close()
        return account

    def ask(self, request: APIRequestContext, route: str, **body: Any) -> dict[str, Any]:
        """Send a request to the JSON API and return its answer."""
        answer = request.post(f"{self.app.url}/api/{route}", data=body)
        assert answer.ok, answer.text()
        return answer.json()

    @cached_property
    def reader(self) -> Account:
        """Somebody with more messages than one page of them shows."""
        return self.join("mira", PAGE_SIZE + 3)

    @cached_property
    def popular(self) -> Account:
        """Somebody who is written to so much that senders have to prove work, for the rest of the day."""
        account = self.join("cleo")
        form = {"username": account.username, "content": MESSAGES[0]}
        with httpx.Client(base_url=self.app.url) as program:
            while program.post("/api/send-message", json=form).status_code != 429:
                pass
        return account

    @cached_property
    def newcomer(self) -> Account:
        """Somebody to whom nobody has written yet."""
        return self.join("noor")

    @cached_property
    def closed(self) -> Account:
        """Somebody who takes no messages."""
        account = self.join("theo", 1)
        self.close_inbox(account)
        return account

    def close_inbox(self, account: Account) -> None:
        """Switch somebody's inbox off."""
        context = self._browser.new_context()
        context.add_cookies(account.cookies)
        self.ask(context.request, "accept-messages", acceptMessages=False)
        context.close()

    @cached_property
    def settled(self) -> Account:
        """Somebody who is signed in at three browsers."""
        account = self.join("mara", 1)
        self.sign_in(account)
        self.sign_in(account)
        return account

    @cached_property
    def dressed(self) -> Account:
        """Somebody whose page has a title, a question, own ideas, a limit and a colour of its own."""
        account = self.join("vita")
        with self.visit() as visit:
            visit.open_settings(account)
            visit.fill(title=PAGE_TITLE, question=PAGE_QUESTION, own_prompts=OWN_IDEAS, most_characters="200")
            visit.page.get_by_label("Plum").check()
            visit.press("Save your page")
            visit.sees("Saved.")
        return account

    @cached_property
    def pestered(self) -> Account:
        """Somebody who has blocked a sender who goes on writing, and to whom others wrote too."""
        account = self.join("petra")
        with self.visit() as sender, self.visit() as visit:
            visit.open_as(account)
            self.write(sender, account, MESSAGES[2])
            visit.press("Block")
            visit.press("Block this sender")
            visit.sees("Sender blocked, message deleted")
            self.write(sender, account, "You can't get rid of me.")
        with self.visit() as sender:
            self.write(sender, account, MESSAGES[0])
        return account

    def write(self, visit: Visit, account: Account, text: str) -> None:
        """Send somebody a message as a person does."""
        visit.open(f"/u/{account.username}")
        _taken_over(visit)
        visit.fill(content=text)
        visit.page.wait_for_timeout(LEAST_TIME / timedelta(milliseconds=1) + 50)
        visit.press("Send It")
        visit.sees("Message sent successfully")

    @cached_property
    def flooded(self) -> Account:
        """Somebody to whom one network wrote far too much."""
        return self.join("flora", BURST_SIZE)

    def sign_in(self, account: Account) -> None:
        """Sign somebody in at one more browser."""
        context = self._browser.new_context()
        self.ask(context.request, "sign-in", identifier=account.username, password=PASSWORD)
        context.close()

    @cached_property
    def waiting(self) -> Account:
        """Somebody who has signed up, and has not entered the code."""
        account = self.name("lena")
        context = self._browser.new_context()
        self.ask(context.request, "sign-up", username=account.username, email=account.email, password=PASSWORD)
        context.close()
        return account


Arrange = Callable[[Visit], None]


@dataclass(frozen=True)
class Place:
    """A route in a state.

    Attributes:
        name: What pictures and tests call it.
        arrange: Brings a fresh browser there and waits until it is complete.
        noise: What the browser's console says because of the state itself.
        is_framed: Whether the page has the header and footer of the site.
    """

    name: str
    arrange: Arrange = field(repr=False)
    noise: str = ""
    is_framed: bool = True

    def faults(self, visit: Visit) -> list[str]:
        """Everything that went wrong and is not the state itself."""
        return [fault for fault in visit.faults if not (self.noise and re.search(self.noise, fault))]


def _at(path: str) -> Arrange:
    def arrange(visit: Visit) -> None:
        visit.open(path)
        expect(visit.page.locator("h1")).to_be_visible()

    return arrange


def _home_sample(visit: Visit) -> None:
    visit.open("/")
    visit.page.get_by_label("A sample message").fill("Thank you for asking what others never ask.")
    visit.press("Try sending it")
    expect(visit.page.get_by_text("It arrived.")).to_be_visible()


def _sign_up(visit: Visit) -> None:
    visit.open("/sign-up")
    expect(visit.page.get_by_role("button", name="Sign Up")).to_be_enabled()


def _sign_up_errors(visit: Visit) -> None:
    _sign_up(visit)
    visit.fill(username="a!", email="nope", password="short")
    visit.press("Sign Up")
    visit.sees("Invalid email address")


def _sign_up_taken(visit: Visit) -> None:
    username = visit.site.reader.username
    _sign_up(visit)
    visit.fill(username=username, email=f"other_{username}@example.com", password=PASSWORD)
    visit.press("Sign Up")
    expect(visit.page.locator("#username-error")).to_have_text("Username is already taken")


def _verify(visit: Visit) -> None:
    visit.sign_up("ben")
    expect(visit.page.locator("#cooldown-note")).not_to_be_empty()


def _verify_elsewhere(visit: Visit) -> None:
    visit.open(f"/verify/{visit.site.waiting.username}")
    expect(visit.page.get_by_label("Password")).to_be_visible()
    expect(visit.page.get_by_role("button", name="Verify", exact=True)).to_be_enabled()


def _verify_wrong(visit: Visit) -> None:
    account = visit.sign_up("eva")
    visit.fill(code="000000" if visit.site.app.code_for(account.email) != "000000" else "000001")
    visit.press("Verify")
    visit.sees("Incorrect verification code")


def _verify_name_gone(visit: Visit) -> None:
    account = visit.sign_up("kim")
    other = f"quick_{account.email}"
    request = visit.site.ask(
        visit.context.request, "sign-up", username=account.username, email=other, password=PASSWORD
    )
    visit.site.ask(
        visit.context.request,
        "verify-code",
        username=account.username,
        code=visit.site.app.code_for(other),
        registration=request["registration"],
    )
    visit.fill(code=visit.site.app.code_for(account.email))
    visit.press("Verify")
    visit.sees("Somebody was quicker with this name. Pick another one; your code still works.")


def _sign_in(visit: Visit) -> None:
    visit.open("/sign-in")
    expect(visit.page.get_by_role("button", name="Sign In")).to_be_enabled()


def _sign_in_wrong(visit: Visit) -> None:
    _sign_in(visit)
    visit.fill(identifier=visit.site.reader.username, password="not this one")
    visit.press("Sign In")
    visit.sees("Incorrect password")


def _sign_in_unverified(visit: Visit) -> None:
    _sign_in(visit)
    visit.fill(identifier=visit.site.waiting.username, password=PASSWORD)
    visit.press("Sign In")
    visit.sees("Please verify your account before login")


def _sign_in_verified(visit: Visit) -> None:
    account = visit.sign_up("ida")
    visit.fill(code=visit.site.app.code_for(account.email))
    visit.press("Verify")
    visit.sees("Account verified successfully")
    expect(visit.page.get_by_role("button", name="Sign In")).to_be_enabled()


def _sign_up_weak(visit: Visit) -> None:
    _sign_up(visit)
    visit.fill(username="annabelle", password="annabelle1984")
    visit.sees("Weak. It is your name or email.")


def _sign_up_strong(visit: Visit) -> None:
    _sign_up(visit)
    visit.fill(password=PASSWORD)
    visit.sees("Strong")
    visit.press("Show")


def _forgot(visit: Visit) -> None:
    visit.open("/forgot-password")
    expect(visit.page.get_by_role("button", name="Send the link")).to_be_enabled()


def _forgot_wrong(visit: Visit) -> None:
    _forgot(visit)
    visit.fill(email="nope")
    visit.press("Send the link")
    visit.sees("Invalid email address")


def _forgot_sent(visit: Visit) -> None:
    _forgot(visit)
    visit.fill(email="nobody@example.com")
    visit.press("Send the link")
    visit.sees("If that address has an account, a mail is on its way")


def _reset(visit: Visit) -> None:
    account = visit.site.join("vera")
    _forgot(visit)
    visit.fill(email=account.email)
    visit.press("Send the link")
    visit.sees("If that address has an account, a mail is on its way")
    visit.page.goto(visit.site.app.reset_link_for(account.email))
    expect(visit.page.get_by_role("button", name="Change password")).to_be_enabled()


def _reset_weak(visit: Visit) -> None:
    _reset(visit)
    visit.fill(password="password1")
    visit.press("Change password")
    expect(visit.page.locator("#password-error")).to_have_text("This password is too common. Choose another.")
    visit.sees("Weak. People guess this one first.")


def _reset_over(visit: Visit) -> None:
    visit.open("/reset-password/there-is-no-such-link")
    visit.sees("This link is no longer valid. Ask for a new one.")


def _reset_done(visit: Visit) -> None:
    _reset(visit)
    visit.fill(password="quite another long one")
    visit.press("Change password")
    visit.sees("Your password was changed. Sign in with the new one.")
    expect(visit.page.get_by_role("button", name="Sign In")).to_be_enabled()


def _dashboard(visit: Visit) -> None:
    visit.open_as(visit.site.reader)
    expect(visit.page.locator("main li")).to_have_count(PAGE_SIZE)


def _dashboard_empty(visit: Visit) -> None:
    visit.open_as(visit.site.newcomer)
    visit.sees("No messages yet")


def _dashboard_filtered(visit: Visit) -> None:
    _dashboard_empty(visit)
    visit.press("Filtered")
    expect(visit.page.get_by_role("button", name="Filtered")).to_have_attribute("aria-current", "true")


def _dashboard_closed(visit: Visit) -> None:
    visit.open_as(visit.site.closed)
    visit.sees("Your inbox is closed. People who open your link are told so.")


def _dashboard_pause(visit: Visit) -> None:
    visit.open_as(visit.site.join("ines", 2))
    visit.page.get_by_text("Pause your inbox").click()
    visit.press("Close until then")
    visit.sees("Choose a day and a time")


def _dashboard_paused(visit: Visit) -> None:
    visit.open_as(visit.site.join("ivo", 2))
    visit.page.get_by_text("Pause your inbox").click()
    visit.press("A week from now")
    expect(visit.page.get_by_text("Opens again ")).to_be_visible()
    visit.sees("Your inbox is closed. People who open your link are told so.")


def _dashboard_closing(visit: Visit) -> None:
    visit.open_as(visit.site.join("isa", 2))
    visit.page.get_by_text("Pause your inbox").click()
    visit.page.get_by_label("Or close it after so many messages").fill("7")
    visit.press("Close after these")
    visit.sees("Closes after 7 more messages.")


def _dashboard_time(visit: Visit) -> None:
    visit.open_as(visit.site.join("tilda", 2))
    visit.page.locator("main li time").first.focus()
    expect(visit.page.get_by_role("tooltip").first).to_be_visible()


def _dashboard_coarse(visit: Visit) -> None:
    account = visit.site.join("coco", 2)
    _settings(visit, account)
    visit.page.get_by_role("switch", name="Show coarse dates").click()
    visit.sees("Saved.")
    visit.open_as(account)
    visit.sees("today")


def _dashboard_deleted(visit: Visit) -> None:
    visit.open_as(visit.site.join("otto", 3))
    visit.page.get_by_role("button", name="Delete").first.click()
    visit.sees("Message deleted")
    hold_toasts(visit.page)


def hold_toasts(page: Page) -> None:
    """Let what leaves by itself stay, so that it can be looked at."""
    page.evaluate("document.querySelectorAll('.toast').forEach((t) => t.getAnimations().forEach((a) => a.pause()))")


def _dashboard_shortcuts(visit: Visit) -> None:
    _dashboard(visit)
    visit.page.keyboard.press("?")
    expect(visit.page.get_by_role("dialog")).to_be_visible()


def _unanswered(path: Callable[[Site], str], says: str, name: str = "") -> Arrange:
    """Open a page whose server says nothing: the page as it is before its first answer."""

    def arrange(visit: Visit) -> None:
        visit.page.route_web_socket(re.compile("_event"), lambda _: None)
        if name:
            visit.context.add_cookies(getattr(visit.site, name).cookies)
        visit.open(path(visit.site))
        expect(visit.page.locator(says).first).to_be_attached()

    return arrange


def _lost(before: Arrange) -> Arrange:
    """Lose the connection of a page."""

    def arrange(visit: Visit) -> None:
        sockets: list[Any] = []

        def pass_on(socket: Any) -> None:
            socket.connect_to_server()
            sockets.append(socket)

        visit.page.route_web_socket(re.compile("_event"), pass_on)
        before(visit)
        visit.context.set_offline(True)  # keeps only new connections from being made
        sockets[0].close()
        visit.sees("No connection. What you typed is kept; trying again…")

    return arrange


def _taken_over(visit: Visit) -> None:
    """Wait until the app's page stands in place of the one that the server wrote."""
    expect(visit.page.locator("#first")).to_have_count(0)
    expect(visit.page.get_by_role("button", name="Send It")).to_be_enabled()


def _send(visit: Visit) -> None:
    visit.open(f"/u/{visit.site.reader.username}")
    _taken_over(visit)


def _send_long_name(visit: Visit) -> None:
    visit.open(f"/u/{visit.site.join('W' * 11).username}")
    _taken_over(visit)


def _send_dressed(visit: Visit) -> None:
    visit.open(f"/u/{visit.site.dressed.username}")
    visit.sees(PAGE_QUESTION)
    _taken_over(visit)


def _send_prompt_asks(visit: Visit) -> None:
    _send_dressed(visit)
    visit.fill(content="My own words")
    visit.page.locator(".prompt").first.click()
    visit.sees("Replace what you have written?")


def _send_nearly_full(visit: Visit) -> None:
    _send(visit)
    visit.fill(content="Nearly full. " * 70)
    expect(visit.page.locator("#content-counter")).not_to_be_empty()


def _send_closed_meanwhile(visit: Visit) -> None:
    account = visit.site.join("rosa")
    visit.open(f"/u/{account.username}")
    _taken_over(visit)
    visit.site.close_inbox(account)
    visit.fill(content="Too late.")
    visit.press("Send It")
    visit.sees("User is not accepting messages")


def _bare(act: Arrange) -> Arrange:
    """Do something on a page none of whose scripts has come, and leave it as if none had run."""

    def arrange(visit: Visit) -> None:
        visit.page.route("**/assets/*.js", lambda route: route.abort())
        act(visit)
        visit.page.evaluate("document.documentElement.removeAttribute('class')")
        visit.page.evaluate("document.documentElement.removeAttribute('style')")

    return arrange


def _bare_form(visit: Visit) -> None:
    visit.open(f"/u/{visit.site.dressed.username}")
    visit.sees(PAGE_QUESTION)


def _bare_error(visit: Visit) -> None:
    _bare_form(visit)
    visit.fill(content="Too long. " * 101)
    visit.press("Send It")
    expect(visit.page.locator("#content-error")).not_to_be_empty()


def _bare_asks(visit: Visit) -> None:
    _bare_form(visit)
    visit.fill(content="My own words")
    visit.page.locator(".prompt").first.click()
    visit.sees("Replace what you have written?")


def _bare_sent(visit: Visit) -> None:
    visit.open(f"/u/{visit.site.join('pia').username}")
    visit.fill(content="You are kinder than you think.")
    visit.press("Send It")
    visit.sees("Message sent successfully")


def _bare_closed(visit: Visit) -> None:
    account = visit.site.join("rosa")
    visit.open(f"/u/{account.username}")
    visit.site.close_inbox(account)
    visit.fill(content="Too late.")
    visit.press("Send It")
    expect(visit.page.get_by_label("What you wrote")).to_have_value("Too late.")


def _send_too_long(visit: Visit) -> None:
    _send(visit)
    visit.fill(content="Too long. " * 101)
    visit.press("Send It")
    visit.sees("Message must be at most 1000 characters")


WORKER = re.compile(r"/assets/pbkdf2-[^/]*\.js$")
"""What solves puzzles, and what starts it."""


def never_solve(route: Route) -> None:
    """Let the worker be one that works for ever; what starts it has the same name."""
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text() if "new Worker" in answer.text() else "onmessage = () => {};")


def _send_puzzle(visit: Visit) -> None:
    visit.page.route(WORKER, never_solve)
    visit.open(f"/u/{visit.site.popular.username}")
    _taken_over(visit)
    visit.fill(content="You are kinder than you think.")
    visit.press("Send It")
    expect(visit.page.locator("altcha-widget").get_by_role("checkbox")).to_be_attached()


def _sent(visit: Visit) -> None:
    visit.open(f"/u/{visit.site.join('pia').username}")
    _taken_over(visit)
    visit.fill(content="You are kinder than you think.")
    visit.press("Send It")
    visit.sees("Message sent successfully")


def _send_closed(visit: Visit) -> None:
    visit.open(f"/u/{visit.site.closed.username}")
    visit.sees("User is not accepting messages")


def _send_paused(visit: Visit) -> None:
    account = visit.site.join("paul")
    visit.open_as(account)
    visit.page.get_by_text("Pause your inbox").click()
    visit.press("Tomorrow morning")
    expect(visit.page.get_by_text("Opens again ")).to_be_visible()
    visit.open(f"/u/{account.username}")
    visit.sees("User is not accepting messages")
    expect(visit.page.get_by_text("Opens again ")).to_be_visible()


def _send_unknown(visit: Visit) -> None:
    visit.open("/u/nobody_at_all")
    visit.sees("User not found")


def _settings(visit: Visit, account: Account | None = None) -> None:
    visit.open_settings(account or visit.site.settled)


def _settings_page(visit: Visit) -> None:
    _settings(visit, visit.site.dressed)
    expect(visit.page.get_by_label("Title")).to_have_value(PAGE_TITLE)
    visit.page.get_by_label("Fun").check()
    visit.press("Save your page")
    visit.sees("Saved.")


def _settings_page_errors(visit: Visit) -> None:
    _settings(visit)
    visit.fill(title="W" * 61, own_prompts="One?\n" + "W" * 141, most_characters="5")
    visit.press("Save your page")
    visit.sees("Choose a number from 50 to 1000")


def _settings_confirm(visit: Visit) -> None:
    _settings(visit)
    visit.press("Export as JSON")
    expect(visit.page.get_by_label("Current password")).to_be_focused()


def _settings_confirm_wrong(visit: Visit) -> None:
    # Somebody of one's own: tries are counted for the account.
    _settings(visit, visit.site.join("nils"))
    visit.press("Export as JSON")
    visit.fill(current_password="not this one")
    visit.press("Continue")
    visit.sees("Incorrect password")


def _confirm(visit: Visit) -> None:
    visit.fill(current_password=PASSWORD)
    visit.press("Continue")


def _settings_errors(visit: Visit) -> None:
    _settings(visit)
    visit.fill(email="nope", new_password="short")
    visit.press("Change email")
    visit.sees("Invalid email address")
    visit.press("Change password")
    visit.sees("Password must be at least 8 characters")
    visit.press("Delete my account")
    visit.sees("Type the word delete")


def _settings_muted(visit: Visit) -> None:
    account = visit.site.join("mute", 3)
    _settings(visit, account)
    visit.fill(muted="notes\nkill yourself")
    visit.press("Save muted words")
    visit.sees("Saved.")
    expect(visit.page.get_by_text("Your inbox was gone through: 3 messages, 1 moved to Filtered.")).to_be_visible()


def _settings_muted_wrong(visit: Visit) -> None:
    _settings(visit)
    visit.fill(muted="x" * 51)
    visit.press("Save muted words")
    visit.sees("Each word or phrase must be at most 50 characters")


def _settings_email_code(visit: Visit) -> None:
    account = visit.site.join("vera")
    _settings(visit, account)
    visit.fill(email=f"new.{account.email}")
    visit.press("Change email")
    _confirm(visit)
    expect(visit.page.get_by_label("Verification Code")).to_be_visible()
    expect(visit.page.locator("#cooldown-note")).not_to_be_empty()


def _settings_signed_out_others(visit: Visit) -> None:
    account = visit.site.join("olga")
    visit.site.sign_in(account)
    _settings(visit, account)
    visit.press("Sign out everywhere else")
    _confirm(visit)
    visit.sees("Every other browser was signed out.")


def _farewell(visit: Visit) -> None:
    _settings(visit, visit.site.join("gone"))
    visit.fill(password=PASSWORD, word="delete")
    visit.press("Delete my account")
    visit.sees("Your account and everything in it was deleted.")


def _dashboard_dialog(button: str) -> Arrange:
    def arrange(visit: Visit) -> None:
        _dashboard(visit)
        visit.press(button)
        for picture in visit.page.locator("dialog[open] img").all():
            expect(picture).to_have_js_property("complete", True)
            expect(picture).not_to_have_js_property("naturalWidth", 0)

    return arrange


def _dashboard_block(visit: Visit) -> None:
    visit.open_as(visit.site.pestered)
    visit.press("Block")
    visit.sees("Block this sender?")


def _dashboard_burst(visit: Visit) -> None:
    visit.open_as(visit.site.flooded)
    visit.page.get_by_role("button", name="Block", exact=True).first.click()
    expect(visit.page.get_by_role("button", name="Delete this burst")).to_be_visible()


def _dashboard_blocked(visit: Visit) -> None:
    visit.open_as(visit.site.pestered)
    visit.page.get_by_role("button", name=re.compile("^Filtered")).click()
    visit.sees("You can't get rid of me.")


def _settings_blocks(visit: Visit) -> None:
    _settings(visit, visit.site.pestered)
    expect(visit.page.get_by_role("button", name="Unblock")).to_be_visible()


def _settings_unblocked(visit: Visit) -> None:
    account = visit.site.join("otto")
    with visit.site.visit() as sender:
        visit.site.write(sender, account, "Guess who")
    visit.open_as(account)
    visit.press("Block")
    visit.press("Block this sender")
    visit.sees("Sender blocked, message deleted")
    _settings(visit, account)
    visit.press("Unblock")
    visit.sees("Unblocked. New messages from there come to your inbox again.")


def _poster(visit: Visit) -> None:
    visit.open(f"/u/{visit.site.reader.username}/poster")
    expect(visit.page.get_by_role("button", name="Print")).to_be_visible()


LOST = r"WebSocket|websocket|ERR_"
BARE = r"ERR_FAILED|status of 40[03]|Failed to fetch dynamically"

PLACES = (
    Place("home", _at("/")),
    Place("home-sample", _home_sample),
    Place("sign-up", _sign_up),
    Place("sign-up-errors", _sign_up_errors),
    Place("sign-up-taken", _sign_up_taken),
    Place("sign-up-weak", _sign_up_weak),
    Place("sign-up-strong", _sign_up_strong),
    Place("verify", _verify),
    Place("verify-elsewhere", _verify_elsewhere),
    Place("verify-wrong-code", _verify_wrong),
    Place("verify-name-gone", _verify_name_gone),
    Place("sign-in", _sign_in),
    Place("sign-in-wrong", _sign_in_wrong),
    Place("sign-in-unverified", _sign_in_unverified),
    Place("sign-in-verified", _sign_in_verified),
    Place("forgot", _forgot),
    Place("forgot-wrong", _forgot_wrong),
    Place("forgot-sent", _forgot_sent),
    Place("reset", _reset),
    Place("reset-weak", _reset_weak),
    Place("reset-over", _reset_over),
    Place("reset-done", _reset_done),
    Place("dashboard-opening", _unanswered(lambda _: "/dashboard", ".skeleton", "newcomer")),
    Place("dashboard-empty", _dashboard_empty),
    Place("dashboard-full", _dashboard),
    Place("dashboard-filtered", _dashboard_filtered),
    Place("dashboard-closed", _dashboard_closed),
    Place("dashboard-pause", _dashboard_pause),
    Place("dashboard-paused", _dashboard_paused),
    Place("dashboard-closing", _dashboard_closing),
    Place("dashboard-time", _dashboard_time),
    Place("dashboard-coarse", _dashboard_coarse),
    Place("dashboard-deleted", _dashboard_deleted),
    Place("dashboard-shortcuts", _dashboard_shortcuts),
    Place("dashboard-qr", _dashboard_dialog("QR code")),
    Place("dashboard-block", _dashboard_block),
    Place("dashboard-burst", _dashboard_burst),
    Place("dashboard-blocked", _dashboard_blocked),
    Place("dashboard-pictures", _dashboard_dialog("Pictures")),
    Place("dashboard-lost", _lost(_dashboard), LOST),
    Place("settings-opening", _unanswered(lambda _: "/settings", ".skeleton", "newcomer")),
    Place("settings", _settings),
    Place("settings-errors", _settings_errors),
    Place("settings-page", _settings_page),
    Place("settings-page-errors", _settings_page_errors),
    Place("settings-blocks", _settings_blocks),
    Place("settings-unblocked", _settings_unblocked),
    Place("settings-muted", _settings_muted),
    Place("settings-muted-wrong", _settings_muted_wrong),
    Place("settings-email-code", _settings_email_code),
    Place("settings-signed-out-others", _settings_signed_out_others),
    Place("settings-confirm", _settings_confirm),
    Place("settings-confirm-wrong", _settings_confirm_wrong),
    Place("settings-farewell", _farewell),
    Place("send-opening", _unanswered(lambda site: f"/u/{site.reader.username}", "#first")),
    Place("send", _send),
    Place("send-long-name", _send_long_name),
    Place("send-dressed", _send_dressed),
    Place("send-prompt-asks", _send_prompt_asks),
    Place("send-too-long", _send_too_long),
    Place("send-puzzle", _send_puzzle),
    Place("send-nearly-full", _send_nearly_full),
    Place("send-sent", _sent),
    Place("send-closed-meanwhile", _send_closed_meanwhile),
    Place("send-closed", _send_closed),
    Place("send-paused", _send_paused),
    Place("send-unknown", _send_unknown, "404"),
    Place("send-lost", _lost(_send), LOST),
    Place("poster", _poster, is_framed=False),
    Place("send-bare", _bare(_bare_form), BARE),
    Place("send-bare-error", _bare(_bare_error), BARE),
    Place("send-bare-asks", _bare(_bare_asks), BARE),
    Place("send-bare-sent", _bare(_bare_sent), BARE),
    Place("send-bare-closed", _bare(_bare_closed), BARE),
    Place("privacy", _at("/privacy")),
    Place("not-found", _at("/no/such/page"), "404"),
    Place("offline", _at("/offline.html"), is_framed=False),
)


def wear(page: Page, scheme: str) -> None:
    """Let the device be light or dark, and wait until the page is too."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    if page.evaluate("/\\b(?:light|dark)\\b/.test(document.documentElement.className)"):
        expect(page.locator("html")).to_have_class(re.compile(rf"\b{scheme}\b"))


def resize(page: Page, width: int, height: int = HEIGHT) -> None:
    """Let the window be of another size."""
    page.set_viewport_size({"width": width, "height": height})
