"""Taking back: each act for ten seconds, wherever the page was meanwhile."""

import os
import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from anonmsg.states.long_acts import LOOK_SECONDS
from tests.e2e.conftest import App, Watch
from tests.e2e.inbox_page import SAID, Wire, receive
from tests.e2e.people import Recipient
from tests.e2e.test_inbox import CONNECTION_LOST, LONG, Owner, card, cards, delete_all_found, find, tab

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


def test_everything_that_was_found_is_deleted_and_taken_back_however_much_it_is(
    app: App, open_page: Callable[..., Page]
) -> None:
    owner = Owner(app, open_page(), 1_400, "finds_many")
    page = owner.enter()
    found = find(page, "e")
    delete_all_found(page, found)
    expect(page.locator(".toast")).to_have_text(f"{found} messages deletedUndo")
    expect(tab(page, "Inbox")).not_to_have_text("Inbox999+")
    assert int(found.replace(",", "")) > 1_000

    page.get_by_role("button", name="Undo").click()
    expect(tab(page, "Inbox")).to_have_text("Inbox999+")
    expect(page.get_by_text("Bringing them back…")).to_have_count(0)
    assert find(page, "e") == found


def test_what_a_killed_server_left_halfway_is_offered_in_every_tab_and_taken_back_whole(
    built: None, tmp_path_factory: pytest.TempPathFactory, open_page: Callable[..., Page], watch: Watch
) -> None:
    watch.allow(CONNECTION_LOST)
    app = App(tmp_path_factory.mktemp("halfway") / "data", RATE_LIMITS="off")
    app.start()
    try:
        owner = Owner(app, open_page(), 20_000, "halfway")
        stays = owner.enter()
        found = find(stays, "e")
        delete_all_found(stays, found)
        expect(stays.locator(".results")).to_contain_text(f"00 of {found}")
        os.kill(app.pid, signal.SIGKILL)
        app.stop()
        app.start()
        interrupted = stays.locator(".toast").filter(has_text=f"of {found} messages deleted")
        expect(interrupted).to_contain_text("Interrupted: ", timeout=2 * LOOK_SECONDS * 1000 + 20_000)
        left = find(stays, "e")
        assert int(left.replace(",", "")) < int(found.replace(",", ""))

        opened = stays.context.new_page()
        watch.page(opened)
        opened.clock.install()
        opened.goto(app.url + "/dashboard")
        offer = opened.locator(".toast")
        expect(offer).to_contain_text("Interrupted: ")
        expect(offer.get_by_role("status")).to_contain_text("Interrupted: ")
        opened.clock.fast_forward(60_000)
        expect(offer).to_have_count(1)
        offer.get_by_role("button", name="Dismiss").click()
        expect(opened.get_by_role("heading", name="Messages")).to_be_focused()
        expect(offer).to_have_count(0)
        opened.reload()
        offer.get_by_role("button", name="Undo", exact=True).click()
        expect(opened.get_by_text("Bringing them back…")).to_have_count(0, timeout=LONG)
        expect(offer).to_have_count(0)
        expect(interrupted).to_have_count(0)
        expect(opened.get_by_role("status").filter(has_text="Undone for ")).to_have_count(1)
        assert find(stays, "e") == found
    finally:
        app.stop()
