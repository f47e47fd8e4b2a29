"""Where the keyboard is after something went away: at what comes next, never lost."""

import pytest
from playwright.sync_api import Locator, Page, expect

from anonmsg.rules import PAGE_SIZE
from tests.e2e.inbox_page import Wire, press, receive
from tests.e2e.people import Recipient, Sender
from tests.e2e.test_inbox import card, cards

pytestmark = pytest.mark.evening


def title(page: Page) -> Locator:
    return page.locator("#messages-title")


@pytest.mark.parametrize("act", ["Delete", "Archive"])
def test_after_an_act_the_next_message_has_the_focus_then_the_one_before_then_the_heading(
    recipient: Recipient, act: str
) -> None:
    recipient.join()
    page = recipient.page
    receive(recipient, "first", "second", "third")

    press(page, "second", act)
    expect(card(page, "first")).to_be_focused()
    expect(card(page, "first")).to_be_in_viewport(ratio=1)
    press(page, "first", act)
    expect(card(page, "third")).to_be_focused()
    press(page, "third", act)
    expect(title(page)).to_be_focused()


def test_after_a_sender_was_blocked_the_next_message_has_the_focus(recipient: Recipient, sender: Sender) -> None:
    recipient.join()
    receive(recipient, "stays")
    sender.send(recipient.link, "goes")
    press(recipient.page, "goes", "Block")
    expect(recipient.page.locator("#block-sender")).to_be_focused()
    recipient.page.keyboard.press("Enter")

    expect(card(recipient.page, "goes")).to_have_count(0)
    expect(card(recipient.page, "stays")).to_be_focused()


def test_after_an_undo_the_heading_has_the_focus_and_nothing_is_scrolled(recipient: Recipient) -> None:
    recipient.join()
    page = recipient.page
    receive(recipient, "first", "second", "third")
    press(page, "third", "Delete")
    press(page, "second", "Delete")
    expect(page.locator(".toast")).to_have_count(2)

    before = page.evaluate("scrollY")
    page.locator("#undo").focus()
    page.keyboard.press("Enter")
    expect(title(page)).to_be_focused()
    assert page.evaluate("scrollY") == before
    page.locator("#undo").focus()
    page.keyboard.press("Enter")
    expect(cards(page)).to_have_count(3)
    expect(title(page)).to_be_focused()


def test_an_offer_that_ends_leaves_the_focus_at_the_heading(recipient: Recipient) -> None:
    recipient.page.clock.install()
    recipient.join()
    receive(recipient, "first")
    press(recipient.page, "first", "Delete")
    recipient.page.locator("#undo").focus()

    recipient.page.clock.fast_forward(10_000)
    expect(title(recipient.page)).to_be_focused()


def test_after_stop_comes_the_way_back_and_after_that_the_search(recipient: Recipient) -> None:
    wire = Wire(recipient.page)
    recipient.join()
    page = recipient.page
    receive(recipient, "first")
    wire.vars["is_searching"] = "true"
    page.get_by_label("Search messages").fill("first")
    page.keyboard.press("Enter")
    stop = page.get_by_role("button", name="Stop")
    stop.focus()
    wire.vars.clear()
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Show all messages")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Search messages")).to_be_focused()


def test_a_pause_and_its_end_lead_to_each_other(recipient: Recipient) -> None:
    recipient.join()
    page = recipient.page
    page.get_by_text("Pause your inbox").click()
    page.get_by_role("button", name="A week from now").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Open now")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".pause summary")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Or close it after so many messages").fill("7")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stay open")).to_be_focused()


def test_after_the_last_older_messages_one_of_them_has_the_focus(recipient: Recipient) -> None:
    recipient.join()
    receive(recipient, *(f"message {number}" for number in range(PAGE_SIZE + 2)))
    recipient.page.reload()
    more = recipient.page.get_by_role("button", name="Show older messages")
    expect(more).to_be_visible()
    more.focus()

    expect(cards(recipient.page)).to_have_count(PAGE_SIZE + 2)
    expect(more).to_have_count(0)
    recipient.page.wait_for_function("() => document.activeElement.matches('#messages > li')")
    assert recipient.page.evaluate(
        "[...document.activeElement.parentNode.children].indexOf(document.activeElement)"
    ) >= (PAGE_SIZE)


def test_a_hand_on_a_mouse_sees_no_ring(recipient: Recipient) -> None:
    recipient.join()
    receive(recipient, "first", "second")
    card(recipient.page, "second").get_by_role("button", name="Delete").click()

    expect(card(recipient.page, "first")).to_be_focused()
    assert not card(recipient.page, "first").evaluate("(item) => item.matches(':focus-visible')")
