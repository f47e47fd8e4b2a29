"""Taking back: each act for ten seconds, wherever the page was meanwhile."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Watch
from tests.e2e.inbox_page import SAID, Wire, receive
from tests.e2e.people import Recipient
from tests.e2e.test_inbox import card, cards

pytestmark = pytest.mark.evening

KEPT = "Object.entries(localStorage).filter(([key]) => key.startsWith('anonmsg-undo'))"
OFF = """
for (const name of ["getItem", "setItem", "removeItem"]) {
  const act = Storage.prototype[name];
  Storage.prototype[name] = function (key, ...rest) {
    if (key.startsWith("anonmsg-undo")) throw new DOMException("off", "SecurityError");
    return act.call(this, key, ...rest);
  };
}
"""


def delete(page: Page, *texts: str) -> None:
    for text in texts:
        card(page, text).get_by_role("button", name="Delete").click()
        expect(card(page, text)).to_have_count(0)


def test_an_act_is_taken_back_after_the_tab_was_closed(recipient: Recipient, watch: Watch) -> None:
    recipient.join()
    receive(recipient, "Keep me")
    delete(recipient.page, "Keep me")
    context = recipient.page.context
    recipient.page.close()

    page = context.new_page()
    watch.page(page)
    page.goto(recipient.app.url + "/dashboard")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(card(page, "Keep me")).to_be_visible()
    assert page.evaluate(KEPT) == []


def test_only_what_can_be_taken_back_is_kept_and_under_the_name_of_its_owner(recipient: Recipient) -> None:
    recipient.page.clock.install()
    recipient.join()
    receive(recipient, "one", "two")
    delete(recipient.page, "one")
    ((key, _),) = recipient.page.evaluate(KEPT)
    assert key.endswith(recipient.username)

    recipient.page.clock.fast_forward(10_000)
    expect(recipient.page.locator(".toast")).to_have_count(0)
    assert recipient.page.evaluate(KEPT) == []
    recipient.page.reload()
    expect(cards(recipient.page)).to_have_count(1)
    expect(recipient.page.locator(".toast")).to_have_count(0)


def test_each_act_has_an_undo_of_its_own_and_is_said_aloud(recipient: Recipient) -> None:
    recipient.page.clock.install()
    recipient.join()
    page = recipient.page
    receive(recipient, "first", "second", "third", "fourth", "fifth")
    page.evaluate(SAID, ".toasts [role=status]")
    delete(page, "first", "second")
    expect(page.locator(".toast")).to_have_count(2)
    assert page.evaluate("window.said") == ["Message deleted"] * 2

    page.get_by_role("button", name="Undo: Message deleted").click()
    expect(card(page, "first")).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(card(page, "second")).to_be_visible()
    delete(page, "first", "second", "third")
    page.clock.fast_forward(6_000)
    delete(page, "fourth")
    expect(page.locator(".toast")).to_have_count(3)
    assert page.locator(".toast").last.locator("#undo").count() == 1
    page.clock.fast_forward(6_000)
    expect(page.locator(".toast")).to_have_count(1)
    page.keyboard.press("u")
    expect(card(page, "fourth")).to_be_visible()


def test_an_act_that_is_done_later_says_so_in_its_own_place_and_begins_its_ten_seconds_then(
    recipient: Recipient,
) -> None:
    recipient.page.clock.install()
    wire = Wire(recipient.page)
    recipient.join()
    page = recipient.page
    receive(recipient, "first")
    delete(page, "first")
    expect(page.locator(".toast")).to_have_text("Message deletedUndo")
    page.clock.fast_forward(8_000)

    wire.tell(wire.last_undo.replace("Message deleted", "12,000 messages deleted"))
    expect(page.locator(".toast")).to_have_text("12,000 messages deletedUndo")
    page.clock.fast_forward(8_000)
    expect(page.locator(".toast")).to_have_count(1)
    page.clock.fast_forward(2_000)
    expect(page.locator(".toast")).to_have_count(0)


def test_where_storage_is_off_an_act_is_taken_back_on_its_page(recipient: Recipient) -> None:
    recipient.page.add_init_script(OFF)
    recipient.join()
    receive(recipient, "Keep me")
    delete(recipient.page, "Keep me")

    recipient.press("Undo")
    expect(card(recipient.page, "Keep me")).to_be_visible()


@pytest.mark.parametrize("width", [320, 390, 768])
def test_an_undo_covers_nothing_of_the_selection(recipient: Recipient, width: int) -> None:
    recipient.join()
    page = recipient.page
    page.set_viewport_size({"width": width, "height": 844})
    receive(recipient, "first", "second", "third")
    delete(page, "first", "second")
    recipient.press("Select")

    bar, toasts = page.locator(".selection").bounding_box(), page.locator(".toasts").bounding_box()
    assert bar is not None
    assert toasts is not None
    assert toasts["y"] + toasts["height"] <= bar["y"]
