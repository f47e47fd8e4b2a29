"""What a recipient chooses for an inbox, told as stories: words to mute, pauses, and how times are shown."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import Recipient, Sender


@pytest.fixture
def joined(recipient: Recipient) -> Recipient:
    recipient.join()
    return recipient


def mute(recipient: Recipient, words: str) -> None:
    recipient.open("/settings")
    recipient.fill("Words and phrases", words)
    recipient.press("Save muted words")
    recipient.sees("Saved.")


def test_muted_words_sort_what_is_there_and_what_comes_and_lose_nothing(joined: Recipient, sender: Sender) -> None:
    sender.send(joined.link, "I h4te you")
    sender.send(joined.link, "I like you")

    mute(joined, "hate")
    expect(joined.page.get_by_text("Your inbox was gone through: 2 messages, 1 moved to Filtered.")).to_be_visible()
    sender.send(joined.link, "h a t e, again")
    joined.open("/dashboard")

    joined.sees("I like you")
    expect(joined.page.locator("main li")).to_have_count(1)
    joined.page.get_by_role("button", name="Filtered").click()
    joined.sees("I h4te you")
    joined.sees("h a t e, again")
    joined.page.get_by_role("listitem").filter(has_text="I h4te you").get_by_role(
        "button", name="Move to inbox"
    ).click()
    expect(joined.page.locator("main li")).to_have_count(1)
    joined.page.get_by_role("button", name=re.compile("^Inbox")).click()
    joined.sees("I h4te you")


def test_a_pause_tells_senders_when_it_is_over_and_ends_with_one_press(
    joined: Recipient, sender: Sender, open_page: Callable[..., Page]
) -> None:
    joined.page.get_by_text("Pause your inbox").focus()
    joined.page.keyboard.press("Enter")
    joined.page.get_by_label("Or a day and time of your own").fill("2020-01-01T08:00")
    joined.press("Close until then")
    joined.sees("Choose a time that is still to come")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    joined.page.get_by_label("Or a day and time of your own").fill(f"{tomorrow:%Y-%m-%d}T08:00")
    joined.page.keyboard.press("Enter")

    expect(joined.page.get_by_text("Opens again ")).to_contain_text("8:00")
    expect(joined.page.get_by_role("switch", name="Accept Messages")).to_have_attribute("aria-checked", "false")
    sender.open(f"/u/{joined.username}")
    sender.sees("User is not accepting messages")
    expect(sender.page.get_by_text("Opens again ")).to_contain_text("8:00")
    joined.press("Open now")
    joined.sees("Your inbox is open.")
    sender.send(joined.link, "Hello!")


def test_a_closed_page_opens_by_itself_when_the_pause_is_over(joined: Recipient, sender: Sender) -> None:
    """The server's clock is real, so the page is told of a moment that is near by having its own clock moved."""
    joined.page.get_by_text("Pause your inbox").click()
    joined.press("1 hour from now")
    expect(joined.page.get_by_text("Opens again ")).to_be_visible()
    sender.page.clock.install()
    sender.open(f"/u/{joined.username}")
    sender.sees("User is not accepting messages")
    joined.press("Open now")
    joined.sees("Your inbox is open.")

    sender.page.clock.fast_forward("01:00:01")

    expect(sender.page.get_by_label("Your message")).to_be_visible()


def test_an_inbox_closes_after_as_many_messages_as_were_asked_for(joined: Recipient, sender: Sender) -> None:
    joined.page.get_by_text("Pause your inbox").click()
    joined.page.get_by_label("Or close it after so many messages").fill("2")
    joined.press("Close after these")
    joined.sees("Closes after 2 more messages.")

    sender.send(joined.link, "one")
    joined.sees("Closes after one more message.")
    sender.send(joined.link, "two")

    joined.sees("Your inbox is closed. People who open your link are told so.")
    sender.open(f"/u/{joined.username}")
    sender.sees("User is not accepting messages")
    joined.page.get_by_role("switch", name="Accept Messages").click()
    joined.sees("Your inbox is open.")


def test_the_exact_time_is_there_on_hover_and_on_focus_and_goes_with_escape(joined: Recipient, sender: Sender) -> None:
    sender.send(joined.link, "when?")
    joined.sees("when?")
    time, exact = joined.page.locator("main li time"), joined.page.get_by_role("tooltip")

    time.hover()
    expect(exact).to_be_visible()
    joined.page.mouse.move(0, 0)
    expect(exact).to_be_hidden()
    time.focus()
    expect(exact).to_contain_text(re.compile(r"\d:\d\d"))
    joined.page.keyboard.press("Escape")
    expect(exact).to_be_hidden()
    expect(time).to_have_accessible_description(re.compile(r"\d:\d\d"))


def test_coarse_dates_leave_no_exact_time_on_the_page(joined: Recipient, sender: Sender) -> None:
    sender.send(joined.link, "when?")
    joined.open("/settings")
    joined.page.get_by_role("switch", name="Show coarse dates").click()
    joined.sees("Saved.")
    joined.open("/dashboard")

    joined.sees("today")
    time = joined.page.locator("main li time")
    expect(time).to_have_attribute("datetime", re.compile(r"^\d{4}-\d\d-\d\d$"))
    expect(joined.page.get_by_role("tooltip")).to_have_count(0)
    joined.page.get_by_role("button", name="Delete").click()
    joined.sees("Message deleted")
    joined.press("Undo")
    joined.sees("when?")
