"""Defending an inbox, told as stories: a sender who is blocked and notices nothing, a burst, a forgotten mark."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from anonmsg.errors import CannotBlock
from anonmsg.services.blocking import BURST_SIZE
from tests.e2e.conftest import Watch
from tests.e2e.people import Recipient, Sender

MARK = "JSON.parse(localStorage.getItem('anonmsg-mark'))?.value"


@pytest.fixture
def joined(recipient: Recipient) -> Recipient:
    recipient.join()
    return recipient


@pytest.fixture
def friend(joined: Recipient, open_page: Callable[..., Page]) -> Sender:
    return Sender(joined.app, open_page())


def card(recipient: Recipient, text: str) -> Locator:
    return recipient.page.get_by_role("listitem").filter(has_text=text)


def block(recipient: Recipient, text: str) -> None:
    card(recipient, text).get_by_role("button", name="Block", exact=True).click()
    recipient.press("Block this sender")
    recipient.sees("Sender blocked, message deleted")


def send_again(sender: Sender, text: str) -> None:
    sender.press("Send another")
    sender.write(text)
    sender.press("Send It")
    sender.sees("Message sent successfully")


def open_list(recipient: Recipient, name: str) -> None:
    recipient.page.get_by_role("button", name=re.compile(f"^{name}")).click()
    expect(recipient.page.locator("[aria-current=true]")).to_contain_text(name)


def test_a_blocked_sender_notices_nothing_and_the_recipient_sees_nothing_until_it_is_unblocked(
    joined: Recipient, sender: Sender, friend: Sender
) -> None:
    sender.send(joined.link, "You are awful")
    friend.send(joined.link, "You are lovely")
    block(joined, "You are awful")
    expect(joined.page.locator("main li .message-text")).to_have_text(["You are lovely"])

    send_again(sender, "Still awful")
    send_again(friend, "Still lovely")
    joined.sees("Still lovely")
    assert joined.messages == ["Still lovely", "You are lovely"]

    open_list(joined, "Filtered")
    joined.sees("Still awful")
    expect(card(joined, "Still awful")).to_contain_text("From a blocked sender, kept for 30 days")

    joined.open("/settings")
    joined.sees("You are awful")
    joined.press("Unblock")
    joined.sees("Nobody is blocked. To block a sender, choose Block on a message.")
    joined.press("Undo")
    joined.sees("You are awful")
    joined.press("Unblock")
    joined.sees("Unblocked. New messages from there come to your inbox again.")

    send_again(sender, "I am sorry")
    joined.open("/dashboard")
    open_list(joined, "Inbox")
    joined.sees("I am sorry")


def test_blocking_is_taken_back_with_the_message(joined: Recipient, sender: Sender) -> None:
    sender.send(joined.link, "Was that you?")
    block(joined, "Was that you?")

    joined.press("Undo")
    joined.sees("Was that you?")
    send_again(sender, "It was")
    joined.sees("It was")

    joined.open("/settings")
    joined.sees("Nobody is blocked. To block a sender, choose Block on a message.")


def test_a_message_of_a_program_can_not_lead_to_a_block_and_the_page_says_why(joined: Recipient) -> None:
    form = {"username": joined.username, "content": "beep"}
    assert httpx.post(f"{joined.app.url}/api/send-message", json=form).status_code == 201
    joined.sees("beep")

    card(joined, "beep").get_by_role("button", name="Block", exact=True).click()

    joined.sees(CannotBlock.sentence)
    expect(joined.page.get_by_role("button", name="Block this sender")).to_have_count(0)
    expect(joined.page.get_by_role("button", name="Delete this burst")).to_have_count(0)
    joined.press("Cancel")
    expect(joined.page.get_by_role("dialog")).to_have_count(0)


def test_a_burst_goes_with_two_presses_and_comes_back_with_one(joined: Recipient, sender: Sender) -> None:
    form = {"username": joined.username, "content": "flood"}
    with httpx.Client(base_url=joined.app.url) as program:
        for _ in range(BURST_SIZE + 5):
            assert program.post("/api/send-message", json=form).status_code == 201
    tab = joined.page.get_by_role("button", name=re.compile("^Inbox"))
    expect(tab).to_have_text(f"Inbox{BURST_SIZE + 5}")

    card(joined, "flood").first.get_by_role("button", name="Block", exact=True).click()
    joined.press("Delete this burst")

    joined.sees("Burst deleted")
    joined.sees("No messages yet")
    joined.press("Undo")
    expect(card(joined, "flood")).to_have_count(20)
    expect(tab).to_have_text(f"Inbox{BURST_SIZE + 5}")


def test_a_block_is_made_and_left_with_the_keyboard(joined: Recipient, sender: Sender) -> None:
    sender.send(joined.link, "Hello there")
    button = card(joined, "Hello there").get_by_role("button", name="Block", exact=True)
    button.focus()
    joined.page.keyboard.press("Enter")
    dialog = joined.page.get_by_role("dialog", name="Block this sender?")
    expect(dialog).to_be_visible()

    joined.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    joined.page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    expect(joined.page.locator("#block-sender")).to_be_focused()
    joined.page.keyboard.press("Enter")

    joined.sees("Sender blocked, message deleted")
    expect(joined.page.locator("main li")).to_have_count(0)


def test_a_browser_makes_its_mark_when_it_first_sends_keeps_it_and_forgets_it(
    joined: Recipient, sender: Sender
) -> None:
    sender.open(f"/u/{joined.username}")
    sender.write("first")
    assert sender.page.evaluate(MARK) is None
    sender.press("Send It")
    sender.sees("Message sent successfully")
    mark = sender.page.evaluate(MARK)
    assert re.fullmatch(r"[\w-]{22}", mark)
    send_again(sender, "second")
    assert sender.page.evaluate(MARK) == mark

    block(joined, "second")
    sender.press("Forget this browser’s mark")
    sender.sees("Forgotten. What you send next goes with a new mark.")
    assert sender.page.evaluate(MARK) is None
    send_again(sender, "as somebody else")

    joined.sees("as somebody else")
    assert sender.page.evaluate(MARK) not in {None, mark}


def test_a_mark_is_renewed_after_thirty_days(joined: Recipient, sender: Sender) -> None:
    sender.send(joined.link, "first")
    mark = sender.page.evaluate(MARK)
    sender.page.evaluate(
        "localStorage.setItem('anonmsg-mark', JSON.stringify({ value: 'x', at: Date.now() - 30 * 86400000 - 1 }))"
    )

    send_again(sender, "second")

    assert sender.page.evaluate(MARK) not in {None, "x", mark}


def test_the_form_that_the_browser_sends_by_itself_carries_the_mark_too(
    joined: Recipient, sender: Sender, watch: Watch
) -> None:
    watch.allow("net::ERR_FAILED")
    sender.page.route("**/assets/*.js", lambda route: route.abort())
    sender.send(joined.link, "first, without the app")
    block(joined, "first, without the app")
    sender.send(joined.link, "second, without the app")
    sender.page.unroute("**/assets/*.js")

    sender.page.goto(joined.link)
    expect(sender.page.locator("#first")).to_have_count(0)
    sender.write("third, with the app")
    sender.press("Send It")
    sender.sees("Message sent successfully")

    open_list(joined, "Filtered")
    joined.sees("third, with the app")
    assert joined.messages == ["third, with the app", "second, without the app"]
