"""What is pressed is what stands there, and what can't be pressed says why."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import App, Watch
from tests.e2e.inbox_page import receive
from tests.e2e.line import LOST, Line
from tests.e2e.people import Recipient
from tests.e2e.test_inbox import card, cards

OVERLAPS = """() => [...document.querySelectorAll(".message-actions, header nav")].flatMap((row) => {
  const boxes = [...row.querySelectorAll("a, button")].map((one) => one.getBoundingClientRect());
  return boxes.filter((box, at) => at && box.top < boxes[at - 1].bottom && box.left < boxes[at - 1].right - 0.5);
}).length"""
HEIGHT = "(header) => header.getBoundingClientRect().height"
LINES = "(row) => new Set([...row.querySelectorAll('a, button')].map((one) => one.getBoundingClientRect().top)).size"


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_what_is_pressed_beside_a_word_is_not_its_neighbour(recipient: Recipient, width: int) -> None:
    page = recipient.page
    page.set_viewport_size({"width": width, "height": 844})
    recipient.join()
    receive(recipient, "one", "two")

    assert page.evaluate(OVERLAPS) == 0
    card(page, "one").get_by_role("button", name="Archive").click()
    page.get_by_role("button", name="Archived").click()
    expect(card(page, "one").get_by_role("button", name="Move to inbox")).to_be_visible()
    assert page.evaluate(OVERLAPS) == 0
    rows = page.locator(".message-actions").evaluate(LINES)
    header = page.locator("header").evaluate(HEIGHT)
    recipient.open("/settings")
    expect(page.get_by_role("link", name="Your inbox")).to_be_visible()
    assert page.evaluate(OVERLAPS) == 0
    if width >= 390:
        assert rows == 1
        assert page.locator("header").evaluate(HEIGHT) == header  # nothing moves from page to page


def test_a_message_is_chosen_wherever_it_is_pressed(recipient: Recipient) -> None:
    recipient.join()
    page = recipient.page
    receive(recipient, "one", "two", "three", "four")
    texts = page.locator("#messages .message-text")
    texts.first.click()
    assert page.locator("input.pick:checked").count() == 0
    page.get_by_role("button", name="Select", exact=True).click()

    texts.nth(0).click()
    expect(page.get_by_text("1 message selected", exact=True)).to_be_visible()
    texts.nth(2).click(modifiers=["Shift"])
    expect(page.get_by_text("3 messages selected", exact=True)).to_be_visible()
    texts.nth(1).click()
    expect(page.get_by_text("2 messages selected", exact=True)).to_be_visible()
    expect(cards(page).nth(1).get_by_role("checkbox")).not_to_be_checked()
    card(page, "four").get_by_role("button", name="Delete").click()  # the newest, which is chosen
    expect(page.get_by_text("Message deleted")).to_be_visible()


def test_what_can_be_taken_back_is_not_covered_when_the_connection_is_lost(recipient: Recipient, watch: Watch) -> None:
    watch.allow("WebSocket|websocket|ERR_CONNECTION_REFUSED")
    page = recipient.page
    line = Line(page)
    recipient.join()
    receive(recipient, "one", "two")
    card(page, "one").get_by_role("button", name="Delete").click()
    expect(page.locator(".toast")).to_be_visible()
    line.cut()
    expect(page.get_by_text(LOST)).to_be_visible()

    toast, banner = page.locator(".toast").bounding_box(), page.locator(".offline").bounding_box()
    assert toast is not None
    assert banner is not None
    assert toast["y"] + toast["height"] <= banner["y"]


@pytest.mark.parametrize("path", ["/", "/sign-up", "/sign-in", "/forgot-password"])
def test_what_needs_scripts_says_so_where_there_are_none(app: App, open_page: Callable[..., Page], path: str) -> None:
    said = "needs JavaScript. Sending a message does not."
    document = httpx.get(app.url + path).text
    page = open_page()
    page.goto(app.url + path)
    expect(page.locator("button[type=submit]").first).to_be_enabled()

    # A browser whose scripts are off for a test alone would not show it, so the document is looked at.
    assert re.search(rf"<noscript><p[^>]*>[\w ]*{said}</p></noscript>", document)
    expect(page.get_by_text(said)).to_be_hidden()
