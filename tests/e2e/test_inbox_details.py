"""Smaller things of the inbox: what stays unread, what is said aloud, the words of a search, a clock that is wrong."""

import datetime

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import wait_for
from tests.e2e.inbox_page import SAID, Wire, receive
from tests.e2e.people import Recipient
from tests.e2e.test_inbox import card, cards, tab

pytestmark = pytest.mark.evening

PATIENCE = 10


def search(page: Page, words: str) -> None:
    page.get_by_label("Search messages").fill(words)
    page.keyboard.press("Enter")


def look_away_and_back(page: Page) -> None:
    """Let the list leave the screen, and come back."""
    page.evaluate("scrollTo(0, 0)")
    expect(cards(page).last).not_to_be_in_viewport()
    cards(page).last.scroll_into_view_if_needed()


def test_what_was_marked_as_unread_stays_so_until_it_is_looked_at_anew(recipient: Recipient) -> None:
    recipient.page.clock.install()
    wire = Wire(recipient.page)
    recipient.join()
    page = recipient.page
    receive(recipient, "Think about this", "and that")
    item = card(page, "Think about this")
    item.scroll_into_view_if_needed()
    expect(item).to_have_attribute("data-unread", "false")
    page.get_by_role("button", name="Select", exact=True).click()
    item.get_by_role("checkbox").check()
    wire.events.clear()
    page.get_by_role("button", name="Mark as unread").click()
    expect(item).to_have_attribute("data-unread", "true")

    for _ in range(3):
        page.clock.run_for(2_000)
    assert not [event for event in wire.events if "mark_seen" in event]
    expect(item).to_have_attribute("data-unread", "true")
    look_away_and_back(page)
    expect(item).to_have_attribute("data-unread", "false")


def test_what_the_server_did_not_take_as_read_is_told_again_when_it_is_seen_again(recipient: Recipient) -> None:
    wire = Wire(recipient.page)
    recipient.join()
    page = recipient.page
    wire.lost.add("mark_seen")
    receive(recipient, "Read me")
    card(page, "Read me").scroll_into_view_if_needed()
    page.wait_for_timeout(0)
    wait_until_told(page, wire, 1)
    expect(card(page, "Read me")).to_have_attribute("data-unread", "true")

    wire.lost.clear()
    look_away_and_back(page)
    expect(card(page, "Read me")).to_have_attribute("data-unread", "false")


def wait_until_told(page: Page, wire: Wire, times: int) -> None:
    def is_told() -> bool:
        page.evaluate("0")  # lets what goes over the socket be noted
        return sum("mark_seen" in event for event in wire.events) >= times

    wait_for(is_told, PATIENCE)
    assert is_told()


def test_what_comes_is_said_once_each_time_in_whichever_list(recipient: Recipient) -> None:
    recipient.page.clock.install()
    recipient.join()
    page = recipient.page
    page.evaluate(SAID, ".arrivals [role=status]")
    receive(recipient, "one")
    page.clock.run_for(2_000)
    receive(recipient, "two")
    page.clock.run_for(2_000)
    tab(page, "Starred").click()
    expect(page.get_by_text("No stars yet")).to_be_visible()
    for text in ("three", "four"):
        form = {"username": recipient.username, "content": text}
        assert page.request.post(f"{recipient.app.url}/api/send-message", data=form).ok
    expect(tab(page, "Inbox")).to_have_text("Inbox4")
    page.clock.run_for(2_000)

    said = page.evaluate("window.said.map((text) => text.trim())")
    assert said == ["1 new message", "1 new message", "2 new messages"]


def test_on_a_phone_whoever_is_above_the_list_is_shown_the_way_to_what_came(recipient: Recipient) -> None:
    recipient.join()
    page = recipient.page
    receive(recipient, "below the fold")
    page.evaluate("scrollTo(0, 0)")
    expect(card(page, "below the fold")).not_to_be_in_viewport()
    receive(recipient, "just came")

    pill = page.locator("#arrivals")
    expect(pill).to_have_text("2 new messages")
    header = page.locator("header").bounding_box()
    box = pill.bounding_box()
    assert header is not None
    assert box is not None
    assert box["y"] >= header["y"] + header["height"]
    pill.click()
    expect(card(page, "just came")).to_be_in_viewport()
    expect(pill).to_have_count(0)


@pytest.mark.parametrize("found", [0, 2])
def test_a_search_that_was_stopped_says_how_far_it_came(recipient: Recipient, found: int) -> None:
    wire = Wire(recipient.page)
    recipient.join()
    page = recipient.page
    receive(recipient, "some words", "other words")
    wire.vars.update(is_stopped="true", searched="23400", is_searching="false")
    search(page, "words" if found else "zebra")

    sentence = f"Stopped after 23,400 messages, {found} found for “{'words' if found else 'zebra'}” in Inbox"
    expect(page.locator(".results [role=status]")).to_have_text(sentence)
    expect(page.get_by_text("Nothing was found so far")).to_have_count(int(not found))
    expect(page.get_by_text("Nothing was found", exact=True)).to_have_count(0)


def test_a_search_names_its_list_and_large_numbers_are_easy_to_read(recipient: Recipient) -> None:
    wire = Wire(recipient.page)
    recipient.join()
    page = recipient.page
    expect(page.get_by_label("Search messages")).to_have_attribute("placeholder", "Search Inbox")
    tab(page, "Archived").click()
    expect(page.get_by_label("Search messages")).to_have_attribute("placeholder", "Search Archived")
    search(page, "zebra")
    expect(page.locator(".results [role=status]")).to_have_text("0 found for “zebra” in Archived")
    expect(page.get_by_text("or look in another list")).to_be_visible()

    wire.vars.update(is_searching="true", searched="12400", found="50172")
    search(page, "horse")
    expect(page.get_by_text("Searching… 12,400 messages so far, 50,172 found")).to_be_visible()


@pytest.mark.parametrize("end", ["Archived", "Refresh"])
def test_the_words_of_a_search_go_with_it_and_those_that_are_being_typed_stay(recipient: Recipient, end: str) -> None:
    recipient.join()
    page = recipient.page
    receive(recipient, "some words")
    field = page.get_by_label("Search messages")
    for left, kept in (("words", ""), ("something else", "something else")):
        search(page, "words")
        expect(page.locator("#end-search")).to_be_visible()
        field.fill(left)
        page.get_by_role("button", name=end, exact=True).click()

        expect(page.locator("#end-search")).to_have_count(0)
        expect(field).to_have_value(kept)
        tab(page, "Inbox").click()
        expect(cards(page)).to_have_count(1)


def test_by_a_clock_that_is_behind_a_message_came_just_now(recipient: Recipient) -> None:
    recipient.page.clock.install(time=datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=10))
    recipient.join()
    receive(recipient, "from the future")

    expect(card(recipient.page, "from the future").locator("time")).to_have_text("just now")
