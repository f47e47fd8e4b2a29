"""Every journey with the keyboard alone: what is focused is seen, and comes in the order in which it is read."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from anonmsg.prompts import begun
from tests.e2e.conftest import App, Watch
from tests.e2e.people import PASSWORD, Recipient, Sender

MOST_TABS = 40
FOCUSED = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const covered = (layer) => !layer.contains(element)
    && layer.getBoundingClientRect().top < box.top && layer.getBoundingClientRect().bottom > box.bottom;
  return {
    tag: element.tagName,
    id: element.id,
    name: element.textContent.trim() || element.labels?.[0]?.textContent.trim() || "",
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    fixed: element.closest(".toast, .skip, dialog") !== null,
    inWindow: box.bottom > 0 && box.top < innerHeight,
    covered: [...document.querySelectorAll(".toast, .offline")].filter((each) => each.checkVisibility()).some(covered),
    order: [...document.querySelectorAll("*")].indexOf(element),
    top: box.top + scrollY,
    bottom: box.bottom + scrollY,
    left: box.left,
  };
}"""


class Keyboard:
    """Hands that have no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.visited: list[dict[str, Any]] = []

    def tab_to(self, name: str, *, key: str = "Tab") -> None:
        """Press Tab until the control of this name has the focus, which is seen at every step."""
        self.visited = []
        for _ in range(MOST_TABS):
            self.page.keyboard.press(key)
            found = self.page.evaluate(FOCUSED)
            if found is None:
                continue
            assert found["outline"] >= 2, found
            assert found["inWindow"], found
            assert not found["covered"], found
            self.visited.append(found)
            if found["name"] == name:
                if key == "Tab":
                    self._check_order()
                return
        raise AssertionError(f"{name} was not reached, only {[stop['name'] for stop in self.visited]}")

    def _check_order(self) -> None:
        """Let each stop be below, or in one line with and beside, the one before."""
        stops = [stop for stop in self.visited if not stop["fixed"]]
        start = max((i for i in range(1, len(stops)) if stops[i]["order"] < stops[i - 1]["order"]), default=0)
        for before, after in zip(stops[start:], stops[start + 1 :], strict=False):
            assert after["top"] >= before["bottom"] - 1 or after["left"] > before["left"], (before, after)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)


@pytest.fixture
def keyboard(recipient: Recipient, watch: Watch) -> Keyboard:
    watch.allow("WebSocket is closed before the connection is established")  # a page that is left at once
    return Keyboard(recipient.page)


def test_somebody_signs_up_reads_and_leaves_with_the_keyboard(
    recipient: Recipient, keyboard: Keyboard, sender: Sender
) -> None:
    page = recipient.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    recipient.open("/")
    keyboard.tab_to("Create your link")
    keyboard.press("Enter")
    recipient.is_at("/sign-up")
    keyboard.tab_to("Username")
    keyboard.type(recipient.username)
    recipient.sees("Username is unique")
    keyboard.tab_to("Email")
    keyboard.type(recipient.email)
    keyboard.tab_to("Password")
    keyboard.type(PASSWORD)
    keyboard.tab_to("Sign Up")
    keyboard.press("Enter")
    recipient.is_at(f"/verify/{recipient.username}")
    expect(page.get_by_role("button", name="Verify", exact=True)).to_be_enabled()

    keyboard.tab_to("Verification Code")
    keyboard.type(recipient.code)
    keyboard.press("Enter")
    recipient.is_at("/sign-in")
    expect(page.get_by_role("button", name="Sign In")).to_be_enabled()
    keyboard.tab_to("Email or Username")
    keyboard.type(recipient.username)
    keyboard.tab_to("Password")
    keyboard.type(PASSWORD)
    keyboard.tab_to("Sign In")
    keyboard.press("Space")
    recipient.is_at("/dashboard")
    expect(page.get_by_label("Your link")).to_have_value(recipient.link)

    keyboard.tab_to("Copy")
    keyboard.press("Enter")
    recipient.sees("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == recipient.link
    keyboard.tab_to("Poster")
    keyboard.press("Tab")
    switch = page.get_by_role("switch", name="Accept Messages")
    expect(switch).to_be_focused()
    keyboard.press("Space")
    expect(switch).not_to_be_checked()
    keyboard.press("Enter")
    expect(switch).to_be_checked()

    sender.send(recipient.link, "Press a key if you read this")
    recipient.sees("Press a key if you read this")
    keyboard.tab_to("Delete")
    keyboard.press("Enter")
    recipient.sees("No messages yet")
    keyboard.tab_to("Undo")
    keyboard.press("Space")
    recipient.sees("Press a key if you read this")

    keyboard.tab_to("Sign out", key="Shift+Tab")
    keyboard.press("Enter")
    recipient.is_at("/")


def test_a_sender_writes_twice_with_the_keyboard(recipient: Recipient, sender: Sender) -> None:
    recipient.join()
    keyboard = Keyboard(sender.page)
    sender.page.goto(recipient.link)
    expect(sender.page.get_by_role("button", name="Send It")).to_be_enabled()

    for text in ("first", "second"):
        keyboard.tab_to("Your message")
        keyboard.type(text)
        sender.linger()
        keyboard.tab_to("Send It")
        keyboard.press("Enter")
        sender.sees("Message sent successfully")
        keyboard.tab_to("Send another")
        keyboard.press("Enter")
        expect(sender.page.get_by_label("Your message")).to_have_value("")

    expect(recipient.page.locator("main li .message-text")).to_have_text(["second", "first"])


def test_a_prompt_is_picked_and_an_error_leads_back_to_its_field(recipient: Recipient, sender: Sender) -> None:
    recipient.join()
    keyboard = Keyboard(sender.page)
    sender.page.goto(recipient.link)
    expect(sender.page.get_by_role("button", name="Send It")).to_be_enabled()
    expect(sender.page.locator("#first")).to_have_count(0)  # else the browser sends the form by itself
    idea = sender.page.locator(".prompt").first.inner_text()

    keyboard.tab_to("Send It")
    keyboard.press("Enter")
    sender.sees("Write a message first")
    expect(sender.page.get_by_label("Your message")).to_be_focused()
    keyboard.tab_to(idea)
    keyboard.press("Space")

    expect(sender.page.get_by_label("Your message")).to_be_focused()
    expect(sender.page.get_by_label("Your message")).to_have_value(begun(idea))


def shortcuts(page: Page) -> list[str]:
    """The keys on the open sheet."""
    return page.get_by_role("dialog").locator("kbd").all_inner_texts()


def test_the_sheet_lists_only_the_keys_that_work_and_gives_the_focus_back(
    recipient: Recipient, keyboard: Keyboard, sender: Sender
) -> None:
    recipient.join()
    dialog = recipient.page.get_by_role("dialog", name="Keyboard shortcuts")
    keyboard.tab_to("Copy")

    keyboard.press("?")
    expect(dialog).to_be_visible()
    assert shortcuts(recipient.page) == ["r", "c", "/", "?"]
    for _ in range(4):  # the focus stays inside, or goes to the browser's own buttons
        keyboard.press("Tab")
        assert recipient.page.evaluate("document.activeElement.matches('body, dialog *')")
    keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(recipient.page.get_by_role("button", name="Copy")).to_be_focused()

    sender.send(recipient.link, "soon gone")
    recipient.sees("soon gone")
    recipient.press("Delete")
    recipient.sees("Message deleted")
    keyboard.press("?")
    assert shortcuts(recipient.page) == ["r", "c", "u", "/", "?"]
    keyboard.press("Enter")
    expect(dialog).to_be_hidden()


def test_the_keys_press_their_buttons_and_nothing_while_somebody_types(
    recipient: Recipient, keyboard: Keyboard, sender: Sender
) -> None:
    recipient.join()
    page = recipient.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sender.send(recipient.link, "here and there")
    recipient.sees("here and there")

    keyboard.press("c")
    recipient.sees("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == recipient.link
    recipient.press("Delete")
    recipient.sees("Message deleted")
    keyboard.press("u")
    recipient.sees("here and there")
    page.evaluate("document.getElementById('refresh').addEventListener('click', () => (window.refreshed = true))")
    page.get_by_label("Your link").focus()
    keyboard.press("r")
    assert page.evaluate("window.refreshed") is None
    keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_label("Your link").blur()
    keyboard.press("r")
    assert page.evaluate("window.refreshed") is True


def test_older_messages_come_with_a_key(app: App, recipient: Recipient, keyboard: Keyboard) -> None:
    recipient.join()
    for number in range(22):
        answer = recipient.page.request.post(
            f"{app.url}/api/send-message", data={"username": recipient.username, "content": f"message {number}"}
        )
        assert answer.ok
    recipient.open("/dashboard")
    expect(recipient.page.get_by_role("button", name="Show older messages")).to_be_visible()

    keyboard.press("?")
    assert "m" in shortcuts(recipient.page)
    keyboard.press("Escape", "m")
    expect(recipient.page.locator("main li")).to_have_count(22)


def test_somebody_confirms_and_changes_the_password_with_the_keyboard(recipient: Recipient, keyboard: Keyboard) -> None:
    recipient.join()
    dialog = recipient.page.get_by_role("dialog", name="Confirm it is you")
    keyboard.tab_to("Settings")
    keyboard.press("Enter")
    recipient.is_at("/settings")
    expect(recipient.page.locator("#present-email")).to_have_text(recipient.email)
    keyboard.tab_to("Change password")
    keyboard.press("Shift+Tab")  # the button that shows what is typed
    keyboard.press("Shift+Tab")
    keyboard.type("another good password")
    keyboard.press("Enter")
    expect(dialog).to_be_visible()

    for _ in range(5):  # the focus stays inside, or goes to the browser's own buttons
        keyboard.press("Tab")
        assert recipient.page.evaluate("document.activeElement.matches('body, dialog *')")
    keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    keyboard.tab_to("Change password")
    keyboard.press("Space")
    expect(recipient.page.get_by_label("Current password")).to_be_focused()
    keyboard.type(PASSWORD)
    keyboard.press("Enter")

    recipient.sees("Your password was changed")
