"""The inbox as people use it: live in several tabs, long, searched, sorted, and forgiving."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from anonmsg.states.message_rows import WINDOW
from tests.e2e.conftest import App, Watch
from tests.e2e.line import LOST, Line
from tests.e2e.people import Recipient, Sender

FIRST_ID = "document.querySelector('#messages > li').dataset.id"
TOP = "(item) => item.getBoundingClientRect().top"
LAST_ID = "document.querySelector('#messages > li:last-child').dataset.id"
LONG = 600_000
"""Milliseconds for what may take a while among very many messages."""

CONNECTION_LOST = r"WebSocket|ERR_CONNECTION_REFUSED|websocket error"


class Owner(Recipient):
    """Somebody whose inbox was filled by the app's own command."""

    def __init__(self, app: App, page: Page, messages: int, username: str) -> None:
        super().__init__(app, page)
        command = [sys.executable, "-m", "anonmsg.cli", "seed", "--username", username, "--messages", str(messages)]
        said = subprocess.run(
            [*command, "--data-dir", str(app.data_dir)], check=True, capture_output=True, text=True, timeout=300
        ).stdout
        found = re.search(r"password is (\S+)", said)
        assert found, said
        self.username, self.password = username, found[1]

    def enter(self, page: Page | None = None) -> Page:
        """Sign in and wait for the list."""
        page = page or self.page
        page.goto(self.app.url + "/sign-in")
        page.get_by_label("Email or Username", exact=True).fill(self.username)
        page.get_by_label("Password", exact=True).fill(self.password)
        page.get_by_role("button", name="Sign In", exact=True).click()
        expect(cards(page).first).to_be_visible()
        return page


def cards(page: Page) -> Locator:
    return page.locator("#messages > li")


def card(page: Page, text: str) -> Locator:
    return cards(page).filter(has_text=text)


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="Lists").get_by_role("button", name=name)


def find(page: Page, words: str) -> str:
    """Search the whole inbox to the end, and return how many messages were found, as people read it."""
    if page.locator("#end-search").count():
        page.locator("#end-search").click()
        expect(page.locator("#end-search")).to_have_count(0)
    page.get_by_label("Search messages").fill(words)
    page.keyboard.press("Enter")
    said = page.get_by_role("status").filter(has_text=f" found for “{words}” in Inbox")
    expect(said).to_be_visible(timeout=LONG)
    return said.inner_text().split()[0]


def delete_all_found(page: Page, found: str) -> None:
    page.get_by_role("button", name="Select", exact=True).click()
    page.locator("#select-all").click()
    page.get_by_role("button", name=f"Select all {found} in your search").click()
    page.locator("#all-delete").click()


@pytest.fixture
def another_page(recipient: Recipient, watch: Watch) -> Callable[[], Page]:
    """Opens another tab in the recipient's browser."""

    def open_one() -> Page:
        page = recipient.page.context.new_page()
        watch.page(page)
        page.goto(recipient.app.url + "/dashboard")
        expect(page.get_by_label("Your link")).to_be_visible()
        return page

    return open_one


def test_what_arrives_and_what_is_done_shows_in_every_tab_by_itself(
    recipient: Recipient, sender: Sender, another_page: Callable[[], Page]
) -> None:
    recipient.join()
    first, second = recipient.page, another_page()
    first.bring_to_front()
    sender.send(recipient.link, "Your soup was good")

    for page in (first, second):
        expect(card(page, "Your soup was good")).to_be_visible()
    card(first, "soup").scroll_into_view_if_needed()
    expect(card(first, "soup")).to_have_attribute("data-unread", "false")  # seen for a second
    expect(card(second, "soup")).to_have_attribute("data-unread", "false")

    card(first, "soup").get_by_role("button", name="Star").click()
    expect(card(second, "soup").get_by_role("button", name="Star")).to_have_attribute("aria-pressed", "true")
    card(second, "soup").get_by_role("button", name="Archive").click()
    expect(card(first, "soup")).to_have_count(0)
    expect(tab(first, "Archived")).to_have_text("Archived1")
    tab(first, "Starred").click()
    expect(card(first, "soup")).to_be_visible()
    card(first, "soup").get_by_role("button", name="Delete").click()
    tab(second, "Archived").click()
    expect(second.get_by_text("Nothing is archived")).to_be_visible()


def test_a_message_that_comes_is_told_in_the_title_and_to_those_who_hear_the_page(
    recipient: Recipient, sender: Sender
) -> None:
    recipient.join()
    page = recipient.page
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")  # looked away
    sender.send(recipient.link, "Hello there")

    expect(page).to_have_title("(1) Your inbox")
    expect(page.locator(".arrivals [role=status]")).to_have_text("1 new message")
    expect(card(page, "Hello there")).to_have_attribute("data-unread", "true")
    card(page, "Hello there").scroll_into_view_if_needed()
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page).to_have_title("Your inbox")


def test_whoever_reads_further_down_is_not_moved(app: App, open_page: Callable[..., Page], sender: Sender) -> None:
    owner = Owner(app, open_page(), 60, "reads_down")
    page = owner.enter()
    cards(page).nth(12).scroll_into_view_if_needed()
    page.evaluate("window.scrollBy(0, 200)")
    read = cards(page).nth(13)
    read = page.locator(f"li[data-id='{read.get_attribute('data-id')}']")
    before = read.bounding_box()
    sender.send(owner.link, "First of two")
    sender.press("Send another")
    sender.write("Second of two")
    sender.press("Send It")
    expect(page.locator("#arrivals")).to_have_text("2 new messages")

    after = read.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 2
    page.locator("#arrivals").click()
    expect(card(page, "Second of two")).to_be_in_viewport()
    expect(page.locator("#arrivals")).to_have_count(0)


def test_whoever_reads_further_down_stays_there_when_the_connection_is_lost_and_when_another_tab_acts_on_all(
    app: App, open_page: Callable[..., Page], watch: Watch
) -> None:
    owner = Owner(app, open_page(), WINDOW + 60, "reads_on")
    page = owner.page
    line = Line(page)
    watch.allow("WebSocket|websocket|ERR_CONNECTION_REFUSED")
    owner.enter()
    while not page.locator("#newer").count():
        last = page.evaluate(LAST_ID)
        page.evaluate("document.querySelector('#messages > li:last-child').scrollIntoView()")
        page.wait_for_function(f"(id) => {LAST_ID} !== id", arg=last)
    other = page.context.new_page()
    watch.page(other)
    other.goto(app.url + "/dashboard")
    expect(cards(other).first).to_be_visible()
    page.bring_to_front()
    read = cards(page).nth(50)
    read.evaluate("(item) => item.scrollIntoView({ block: 'center', behavior: 'instant' })")
    text, before = read.locator(".message-text").inner_text(), read.evaluate(TOP)
    count = cards(page).count()

    def is_where_it_was() -> None:
        assert cards(page).count() == count
        assert read.locator(".message-text").inner_text() == text
        assert abs(read.evaluate(TOP) - before) < 2

    line.cut()
    expect(page.get_by_text(LOST)).to_be_visible()
    line.mend()
    expect(page.get_by_text(LOST)).to_have_count(0)
    is_where_it_was()
    other.get_by_role("button", name="Select", exact=True).click()
    other.locator("#select-all").click()
    other.get_by_role("button", name="Select all").click()
    other.locator("#all-star").click()
    expect(read.get_by_role("button", name="Star")).to_have_attribute("aria-pressed", "true")
    is_where_it_was()
    id_before = read.get_attribute("data-id")
    other.goto(app.url + "/settings")
    other.get_by_role("switch", name="Show coarse dates").click()
    expect(read).not_to_have_attribute("data-id", id_before or "")
    is_where_it_was()


def test_fifty_pages_down_the_page_is_as_small_as_at_the_top_and_nothing_is_missing(
    app: App, open_page: Callable[..., Page]
) -> None:
    owner = Owner(app, open_page(), 1100, "reads_far")
    page = owner.enter()
    seen: dict[str, None] = {}

    def note() -> list[str]:
        ids: list[str] = page.evaluate(
            "[...document.querySelectorAll('#messages > li')].map((item) => item.dataset.id)"
        )
        seen.update(dict.fromkeys(ids))
        return ids

    while len(seen) < 1100:
        before = note()
        assert len(before) <= WINDOW
        page.evaluate("document.querySelector('#messages > li:last-child').scrollIntoView()")
        page.wait_for_function(
            f"(last) => {LAST_ID} !== last || !document.querySelector('#more')",
            arg=before[-1],
        )
        if not page.locator("#more").count():
            note()
            break

    assert len(seen) == 1100
    assert page.locator("*").count() < 5000
    order = list(seen)
    while page.locator("#newer").count():
        top = note()[0]
        page.evaluate("document.querySelector('#messages > li').scrollIntoView()")
        page.wait_for_function(
            f"(first) => {FIRST_ID} !== first || !document.querySelector('#newer')",
            arg=top,
        )
    assert note()[:20] == order[:20]


def test_many_are_chosen_put_away_together_and_brought_back_after_a_reload(
    app: App, open_page: Callable[..., Page]
) -> None:
    owner = Owner(app, open_page(), 30, "sorts_many")
    page = owner.enter()
    top = [item.split("\n")[0] for item in cards(page).all_inner_texts()[:5]]
    page.get_by_role("button", name="Select", exact=True).click()
    expect(page.get_by_role("button", name="Select all")).to_be_focused()
    cards(page).nth(0).get_by_role("checkbox").check()
    cards(page).nth(4).get_by_role("checkbox").click(modifiers=["Shift"])
    expect(page.get_by_text("5 messages selected")).to_be_visible()
    page.locator("#all-archive").click()
    expect(page.get_by_text("5 messages archived")).to_be_visible()
    expect(tab(page, "Archived")).to_have_text("Archived5")

    page.reload()
    expect(cards(page).first).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(tab(page, "Archived")).to_have_text("Archived")
    assert [item.split("\n")[0] for item in cards(page).all_inner_texts()[:5]] == top


def test_escape_leaves_the_selection_and_gives_the_focus_back(app: App, open_page: Callable[..., Page]) -> None:
    owner = Owner(app, open_page(), 3, "leaves_it")
    page = owner.enter()
    page.keyboard.press("s")
    cards(page).nth(1).get_by_role("checkbox").check()
    page.keyboard.press("Escape")

    expect(page.get_by_role("button", name="Select", exact=True)).to_be_focused()
    expect(page.get_by_role("checkbox")).to_have_count(0)


def test_words_are_found_whatever_their_case_and_accents_and_the_whole_list_comes_back(
    recipient: Recipient, sender: Sender
) -> None:
    recipient.join()
    for text in ("Die KÜCHE war großartig", "nothing of the kind"):
        sender.send(recipient.link, text)
    page = recipient.page
    expect(cards(page)).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("grossartig kuche")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text="1 found for “grossartig kuche”")).to_be_visible()
    expect(cards(page)).to_have_count(1)
    sender.send(recipient.link, "Eine großartige Küche")
    expect(cards(page)).to_have_count(2)
    page.get_by_role("button", name="Show all messages").click()
    expect(cards(page)).to_have_count(3)
    expect(page.get_by_label("Search messages")).to_have_value("")


def test_after_the_server_was_killed_the_page_comes_back_and_shows_what_was_missed(
    built: None, tmp_path_factory: pytest.TempPathFactory, open_page: Callable[..., Page], watch: Watch
) -> None:
    watch.allow(CONNECTION_LOST)
    app = App(tmp_path_factory.mktemp("killed") / "data", RATE_LIMITS="off")
    app.start()
    try:
        owner, sender = Owner(app, open_page(), 3, "survives"), Sender(app, open_page())
        page = owner.enter()
        card(page, cards(page).first.inner_text().split("\n")[0]).first.get_by_role("button", name="Delete").click()
        expect(cards(page)).to_have_count(2)
        os.kill(app.pid, signal.SIGKILL)
        app.stop()
        app.start()
        sender.send(owner.link, "While you were away")

        expect(card(page, "While you were away")).to_be_visible(timeout=20_000)
        expect(cards(page)).to_have_count(3)
        page.get_by_role("button", name="Undo").click()
        expect(cards(page)).to_have_count(4)
    finally:
        app.stop()


@pytest.mark.evening
def test_a_million_messages_feel_like_twenty(app: App, open_page: Callable[..., Page]) -> None:
    few, many = Owner(app, open_page(), 20, "has_few"), Owner(app, open_page(), 1_000_000, "has_a_million")
    page = many.enter()
    few.enter()
    opened = {owner.username: min(_time_to_open(owner) for _ in range(5)) for owner in (few, many)}
    expect(tab(page, "Inbox")).to_have_text("Inbox999+")
    for _ in range(20):
        last = page.evaluate(LAST_ID)
        page.evaluate("document.querySelector('#messages > li:last-child').scrollIntoView()")
        page.wait_for_function(f"(id) => {LAST_ID} !== id", arg=last)
    page.get_by_label("Search messages").fill("no such word anywhere")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("0 found for")).to_be_visible()
    page.get_by_role("button", name="Show all messages").click()
    page.get_by_role("button", name="Select", exact=True).click()
    page.locator("#select-all").click()
    page.get_by_role("button", name="Select all 999+ in Inbox").click()
    expect(page.get_by_text("All in Inbox selected")).to_be_visible()
    page.locator("#all-delete").click()
    expect(page.get_by_text("No messages yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(tab(page, "Inbox")).to_have_text("Inbox999+")
    expect(cards(page)).to_have_count(20)
    found = find(page, "flowers")
    delete_all_found(page, found)
    expect(page.locator(".toast")).to_contain_text(f"{found} messages deleted", timeout=LONG)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toasts > [role=status]")).to_have_text(f"Undone for {found} messages", timeout=LONG)

    print(opened)  # noqa: T201  # shown by -rP
    assert opened[many.username] <= 1.2 * opened[few.username] + 0.05


def _time_to_open(owner: Owner) -> float:
    """Return how long the dashboard takes until it shows messages, in seconds."""
    owner.page.goto("about:blank")
    began = time.monotonic()
    owner.open("/dashboard")
    expect(cards(owner.page).first).to_be_visible()
    return time.monotonic() - began
