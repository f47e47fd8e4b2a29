"""Choosing many messages: what "all" means, when it can be chosen, and what can be done in each list."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from anonmsg.rules import PAGE_SIZE, SELECTION_MAX
from tests.e2e.conftest import App
from tests.e2e.inbox_page import Wire, receive
from tests.e2e.people import Recipient
from tests.e2e.places import Site
from tests.e2e.test_inbox import LAST_ID, Owner, card, cards, tab

pytestmark = pytest.mark.evening

ACTIONS = "[...document.querySelectorAll('[id^=all-]')].map((button) => button.textContent)"


def select(page: Page) -> None:
    page.get_by_role("button", name="Select", exact=True).click()
    expect(page.get_by_role("button", name="Select all", exact=True)).to_be_focused()


def test_what_comes_after_all_were_chosen_is_not_ticked_and_what_is_older_is(recipient: Recipient) -> None:
    wire = Wire(recipient.page)
    recipient.join()
    page = recipient.page
    receive(recipient, *(f"message {number}" for number in range(PAGE_SIZE + 2)))
    page.reload()
    expect(cards(page)).to_have_count(PAGE_SIZE)
    select(page)
    page.keyboard.press("Enter")
    page.get_by_role("button", name=f"Select all {PAGE_SIZE + 2} in Inbox").click()

    expect(page.get_by_text("All in Inbox selected")).to_be_visible()
    expect(page.locator("#select-all")).to_have_count(0)
    expect(page.locator("#all-archive")).to_be_focused()
    assert any("choose_all" in event for event in wire.events)
    receive(recipient, "came later")
    expect(card(page, "came later").get_by_role("checkbox")).not_to_be_checked()
    cards(page).last.scroll_into_view_if_needed()
    expect(cards(page)).to_have_count(PAGE_SIZE + 3)
    expect(cards(page).last.get_by_role("checkbox")).to_be_checked()
    page.locator("#all-archive").click()
    expect(page.locator("#messages .message-text")).to_have_text(["came later"])


def test_of_a_list_that_is_there_as_a_whole_nothing_more_can_be_chosen(recipient: Recipient) -> None:
    recipient.join()
    page = recipient.page
    receive(recipient, "only one")
    card(page, "only one").get_by_role("button", name="Star").click()
    tab(page, "Starred").click()
    expect(tab(page, "Starred")).to_have_attribute("aria-current", "true")
    select(page)
    page.keyboard.press("Enter")

    expect(page.get_by_text("1 message selected", exact=True)).to_be_visible()
    expect(page.locator("#select-all")).to_have_count(0)
    expect(page.locator("#all-archive")).to_be_focused()


@pytest.mark.parametrize("messages", [2, PAGE_SIZE + 2])
def test_all_of_a_search_can_not_be_chosen_before_it_is_over(recipient: Recipient, messages: int) -> None:
    wire = Wire(recipient.page)
    recipient.join()
    page = recipient.page
    receive(recipient, *(f"message {number}" for number in range(messages)))
    wire.vars["is_searching"] = "true"
    page.get_by_label("Search messages").fill("message")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{messages} found")).to_be_visible()
    select(page)
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Select all once the search is over")).to_be_disabled()
    expect(page.locator("#all-archive")).to_be_focused()


def test_more_than_the_server_takes_can_be_ticked_but_not_acted_on(app: App, open_page: Callable[..., Page]) -> None:
    page = Owner(app, open_page(), SELECTION_MAX + PAGE_SIZE, "ticks_many").enter()
    select(page)
    for loaded in range(PAGE_SIZE, SELECTION_MAX + PAGE_SIZE, PAGE_SIZE):
        page.locator("#select-all").click()
        expect(page.get_by_text(f"{loaded} messages selected", exact=True)).to_be_visible()
        last = page.evaluate(LAST_ID)
        page.evaluate("document.querySelector('#messages > li:last-child').scrollIntoView()")
        page.wait_for_function(f"(id) => {LAST_ID} !== id", arg=last)
        expect(page.get_by_role("button", name="Select all", exact=True)).to_be_visible()
    page.locator("#select-all").click()

    expect(page.get_by_text("520 messages selected. Choose at most 500, or select all")).to_be_visible()
    expect(page.locator("#all-archive")).to_be_disabled()
    cards(page).last.get_by_role("checkbox").uncheck()
    expect(page.get_by_text("519 messages selected. Choose at most 500, or select all")).to_be_visible()


def test_each_list_offers_what_can_be_done_in_it(app: App, browser: Browser) -> None:
    site = Site(app, browser)
    with site.visit() as visit:
        visit.open_as(site.pestered)
        page = visit.page
        offered = {}
        cards(page).first.get_by_role("button", name="Star").click()
        cards(page).first.get_by_role("button", name="Archive").click()
        for name in ("Starred", "Archived", "Filtered"):
            tab(page, name).click()
            expect(tab(page, name)).to_have_attribute("aria-current", "true")
            expect(cards(page)).to_have_count(1)
            select(page)
            offered[name] = page.evaluate(ACTIONS)
            page.keyboard.press("Escape")

    assert offered == {
        "Starred": ["Archive", "Remove star", "Mark as read", "Mark as unread", "Delete"],
        "Archived": ["Move to inbox", "Star", "Mark as read", "Mark as unread", "Delete"],
        "Filtered": ["Move to inbox", "Archive", "Star", "Delete"],
    }
