"""The send page that the server writes: it works by itself, and the app's page takes over without anybody noticing."""

import json
import random
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from anonmsg.prompts import begun
from anonmsg.web.first_page import EARLY
from tests.e2e.conftest import Watch, wait_for
from tests.e2e.people import PASSWORD, Recipient, Sender, scripts_held
from tests.e2e.places import NOTE

MOST_BYTES = 14 * 1024
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
"""1.6 Mbps and 150 ms."""

SLOW_CPU = 4
RUNS = [1, pytest.param(20, marks=pytest.mark.evening)]
NO_CONNECTION = "No connection. Your message is kept here and can be sent when you are back"
SENT = "Message sent successfully"
PATIENCE_MS = 15_000

TWICE = """
window.twice = 0;
new MutationObserver(() => {
  if (document.querySelectorAll("#content").length > 1) window.twice += 1;
}).observe(document, { childList: true, subtree: true });
"""
"""Notes whether there were ever two fields at once."""


@pytest.fixture
def link(recipient: Recipient) -> str:
    recipient.register()
    return recipient.link


@pytest.fixture
def scriptless(recipient: Recipient, open_page: Callable[..., Page]) -> Sender:
    """A sender whose browser runs no scripts, as Tor Browser's safest level."""
    return Sender(recipient.app, open_page(java_script_enabled=False))


def is_taken_over(page: Page) -> bool:
    return page.locator("#first").count() == 0


def taken_over(page: Page) -> None:
    """Wait until the app's page is there, also where the clock stands still."""
    wait_for(lambda: page.clock.run_for(100) or is_taken_over(page), PATIENCE_MS / 1000)
    assert is_taken_over(page)


def keeps(page: Page) -> None:
    """Wait until the app's script runs and keeps what is typed."""
    wait_for(lambda: page.evaluate("'token' in sessionStorage"), PATIENCE_MS / 1000)


def arrived(recipient: Recipient, *texts: str) -> None:
    """Wait until exactly these are in the inbox, and none was put aside."""
    shown = recipient.page.locator("main li .message-text")
    recipient.open("/dashboard")
    expect(shown).to_have_text(list(texts))
    aside = recipient.page.get_by_role("button", name=re.compile("^Filtered"))  # a count may follow
    aside.click()
    expect(aside).to_have_attribute("aria-current", "true")
    expect(shown).to_have_count(0)


def slow(context: BrowserContext, page: Page) -> None:
    """Give a page a slow phone on a slow network."""
    session = context.new_cdp_session(page)
    session.send("Network.emulateNetworkConditions", SLOW)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_CPU})


# Without scripts


def test_the_whole_journey_works_without_scripts(
    recipient: Recipient, link: str, scriptless: Sender, watch: Watch
) -> None:
    watch.allow("400")
    page = scriptless.page
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Send an anonymous message to @{recipient.username}")

    scriptless.write("  ")
    scriptless.press("Send It")
    scriptless.sees("Write a message first")
    scriptless.write("x" * 1001)
    scriptless.press("Send It")
    scriptless.sees("Message must be at most 1000 characters")
    expect(page.get_by_label("Your message")).to_have_value("x" * 1001)
    expect(page.get_by_label("Your message")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Your message")).to_be_focused()
    scriptless.write("\nTwo lines\n<b>& 'more'")
    scriptless.press("Send It")
    scriptless.sees(SENT)
    page.reload()
    scriptless.sees(SENT)

    page.get_by_role("link", name="Send another").click()
    expect(page.get_by_label("Your message")).to_have_value("")
    scriptless.write("again")
    scriptless.press("Send It")
    scriptless.sees(SENT)
    page.get_by_role("link", name="Create your own link").click()
    scriptless.is_at("/sign-up")
    arrived(recipient, "again", "Two lines\n<b>& 'more'")


def test_ideas_work_without_scripts_and_replace_nothing_unasked(link: str, scriptless: Sender) -> None:
    page = scriptless.page
    field = page.get_by_label("Your message")
    page.goto(link)
    ideas = page.locator(".prompt").all_inner_texts()

    page.locator(".prompt").nth(1).click()
    expect(field).to_have_value(begun(ideas[1]))
    expect(page.locator(".prompt")).to_have_text(ideas)
    page.locator(".prompt").nth(2).click()
    expect(field).to_have_value(begun(ideas[2]))
    field.fill("mine")
    page.locator(".prompt").nth(0).click()
    asks = page.get_by_role("group", name="Replace what you have written?")
    expect(asks.get_by_role("button", name="Keep mine")).to_be_focused()
    expect(field).to_have_value("mine")
    asks.get_by_role("button", name="Keep mine").click()
    expect(field).to_have_value("mine")
    page.locator(".prompt").nth(0).click()
    asks.get_by_role("button", name="Replace").click()
    expect(field).to_have_value(begun(ideas[0]))
    scriptless.press("Other ideas")
    expect(page.locator(".prompt")).not_to_have_text(ideas)
    expect(field).to_have_value(begun(ideas[0]))
    page.locator(".prompt").nth(0).click()
    expect(asks).to_have_count(0)


def test_a_closed_inbox_and_an_unknown_name_say_so_and_lose_no_word(
    recipient: Recipient, link: str, scriptless: Sender, watch: Watch
) -> None:
    watch.allow("404|403")
    page = scriptless.page
    page.goto(link)
    recipient.close_inbox()

    scriptless.write("too late")
    scriptless.press("Send It")

    scriptless.sees("User is not accepting messages")
    expect(page.get_by_label("What you wrote")).to_have_value("too late")
    page.goto(link)
    scriptless.sees("User is not accepting messages")
    page.goto(f"{scriptless.app.url}/u/nobody_at_all")
    scriptless.sees("User not found")


@pytest.mark.parametrize("is_early", [False, True])
def test_what_was_written_is_there_to_be_copied_when_the_inbox_closes_meanwhile(
    recipient: Recipient, link: str, sender: Sender, is_early: bool
) -> None:
    page = sender.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    with scripts_held(page) as release:
        page.goto(link, wait_until="commit")
        if not is_early:
            release()
            expect(page.locator("#first")).to_have_count(0)
        sender.write("precious words")
        page.get_by_role("heading", level=1).click()
        recipient.close_inbox()
    if not is_early:
        sender.press("Send It")

    sender.sees("User is not accepting messages")
    expect(page.locator("#first")).to_have_count(0)
    written = page.get_by_label("What you wrote")
    expect(written).to_have_value("precious words")
    expect(written).to_have_attribute("readonly", "")
    sender.press("Copy")
    sender.sees("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "precious words"
    page.reload()
    expect(page.locator("#first")).to_have_count(0)
    expect(written).to_have_value("precious words")


def test_what_was_written_is_there_to_be_copied_when_the_account_is_gone(
    recipient: Recipient, link: str, sender: Sender, watch: Watch
) -> None:
    watch.allow("404")
    sender.page.goto(link)
    expect(sender.page.locator("#first")).to_have_count(0)
    sender.write("precious words")
    recipient.open("/settings")
    recipient.fill("Your password", PASSWORD)
    recipient.fill("Type “delete” to go on", "delete")
    recipient.press("Delete my account")
    recipient.sees("Your account and everything in it was deleted.")

    sender.press("Send It")

    sender.sees("User not found")
    expect(sender.page.get_by_label("What you wrote")).to_have_value("precious words")


def test_far_too_much_is_said_to_be_too_long(link: str, scriptless: Sender, sender: Sender, watch: Watch) -> None:
    watch.allow("413")
    huge = "x" * 70_000
    scriptless.page.goto(link)
    scriptless.page.get_by_label("Your message").fill(huge)
    scriptless.press("Send It")
    scriptless.sees("This message is too long")
    scriptless.page.go_back()
    expect(scriptless.page.get_by_label("Your message")).to_have_value(huge)

    sender.page.goto(link)
    expect(sender.page.locator("#first")).to_have_count(0)
    sender.page.get_by_label("Your message").fill(huge)
    sender.press("Send It")
    sender.sees("Message must be at most 1000 characters")
    expect(sender.page.get_by_label("Your message")).to_have_value(huge)
    sender.write("short")
    sender.press("Send It")
    sender.sees(SENT)


def test_the_first_html_is_small_and_needs_nothing_else(link: str, scriptless: Sender, watch: Watch) -> None:
    watch.allow("ERR_FAILED")
    packed = httpx.get(link, headers={"accept-encoding": "br, gzip"}, trust_env=False)
    size = packed.num_bytes_downloaded
    print(f"first HTML: {size} bytes packed, {len(packed.content)} bare")  # noqa: T201  # shown by -rP

    scriptless.page.route(re.compile(r"/assets/|\.css|\.js|\.svg"), lambda route: route.abort())
    scriptless.page.goto(link)
    looks = scriptless.page.get_by_role("button", name="Send It")

    assert packed.headers["content-encoding"] == "gzip"
    assert size <= MOST_BYTES
    assert looks.evaluate("button => getComputedStyle(button).borderRadius") == "999px"


CHINESE, RARE = (0x4E00, 0x9FA5), (0x20000, 0x2A6D6)


@pytest.mark.parametrize("letters", [CHINESE, RARE])
def test_the_first_html_is_small_with_all_that_a_recipient_may_write(
    recipient: Recipient, letters: tuple[int, int]
) -> None:
    chance = random.Random(1)

    def characters(count: int) -> str:
        """Letters in an order that nothing packs."""
        return "".join(chr(chance.randint(*letters)) for _ in range(count))

    recipient.username = f"quixotic_{secrets.token_hex(5)}x"
    recipient.register()
    ideas = [characters(140) for _ in range(4)]
    recipient.choose(**{"Title": characters(60), "Question": characters(140), "Your own ideas": "\n".join(ideas)})

    packed = httpx.get(recipient.link, headers={"accept-encoding": "gzip"}, trust_env=False)
    size = packed.num_bytes_downloaded
    print(f"largest first HTML: {size} bytes packed, {len(packed.content)} bare")  # noqa: T201  # shown by -rP

    assert sum(idea in packed.text for idea in ideas) == 3
    assert len(recipient.username) == 20
    assert size <= MOST_BYTES


# Taking over


def boxes(page: Page) -> dict[str, object]:
    """Where everything is that both pages have."""
    return page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(
          `header a, h1, textarea, main label, .tally, form [type=submit], .hint.mt-3, h2, .prompts li,
           .prompts ~ button, main a, .card, .card p`
        )].filter((each) => each.offsetParent && !each.closest(".sr-only")).map((each, number) => {
          const { x, y, width, height } = each.getBoundingClientRect();
          return [`${number} ${each.innerText}`, [x, y, width, height].map(Math.round)];
        }))"""
    )


CHOSEN = {"Title": "Anna’s corner", "Question": "What now?", "Your own ideas": "One?\nTwo?", "Longest message": "50"}
"""What a recipient may change of a page, as the settings call it."""


@pytest.mark.parametrize("scrolled", [0, 200])
@pytest.mark.parametrize(
    ("width", "chosen"), [(320, {}), (390, {}), (1280, {}), (320, CHOSEN), (390, CHOSEN), (1280, CHOSEN)]
)
def test_nothing_moves_when_the_app_takes_over(
    recipient: Recipient,
    link: str,
    open_page: Callable[..., Page],
    width: int,
    chosen: dict[str, str],
    scrolled: int,
) -> None:
    recipient.choose(**chosen)
    page = open_page(viewport={"width": width, "height": 400 if scrolled else 844})
    page.add_init_script(TWICE)
    with scripts_held(page) as release:
        page.goto(link, wait_until="commit")
        expect(page.get_by_role("button", name="Send It")).to_be_enabled()
        expect(page.get_by_text("Nothing about senders is stored.")).to_be_attached()  # the last of the document
        page.evaluate("(y) => (document.documentElement.scrollTop = y)", scrolled)
        assert page.evaluate("scrollY") == scrolled
        before, footer = boxes(page), page.locator("footer").bounding_box()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        release()
        expect(page.locator("#first")).to_have_count(0)

    assert boxes(page) == before
    assert page.locator("footer").bounding_box() == footer
    assert len(before) > 10
    assert page.evaluate("window.twice") == 0


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("choice", ["closed", "paused"])
def test_nothing_changes_on_the_page_of_a_closed_inbox_either(
    recipient: Recipient, link: str, open_page: Callable[..., Page], width: int, choice: str
) -> None:
    if choice == "closed":
        recipient.close_inbox()
    else:
        recipient.open("/dashboard")
        recipient.page.get_by_text("Pause your inbox", exact=True).click()
        recipient.press("1 hour from now")
        expect(recipient.page.get_by_text("Opens again").first).to_be_visible()
    page = open_page(viewport={"width": width, "height": 844}, timezone_id="America/New_York", locale="en-GB")
    page.add_init_script(TWICE)
    with scripts_held(page) as release:
        page.goto(link, wait_until="commit")
        expect(page.get_by_text("Nothing about senders is stored.")).to_be_attached()
        before, said = boxes(page), page.locator("main").inner_text()
        release()
        expect(page.locator("#first")).to_have_count(0)

    assert page.locator("main").inner_text() == said
    assert boxes(page) == before
    assert ("Opens again" in said) is (choice == "paused")
    assert "UTC" not in said


def text_boxes(page: Page) -> int:
    """How many fields to write in a screen reader finds."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return sum(not node["ignored"] and node["role"]["value"] == "textbox" for node in nodes)


def test_a_screen_reader_finds_one_field_before_while_and_after_the_app_takes_over(link: str, sender: Sender) -> None:
    page = sender.page
    with scripts_held(page) as release:
        page.goto(link, wait_until="commit")
        page.get_by_label("Your message").focus()
        before = text_boxes(page)
        release()
        keeps(page)
        sender.linger()
        held = text_boxes(page)
        assert not is_taken_over(page)
    page.get_by_role("heading", level=1).click()
    expect(page.locator("#first")).to_have_count(0)

    assert (before, held, text_boxes(page)) == (1, 1, 1)


def test_the_document_has_one_title_which_is_that_of_the_page(link: str, recipient: Recipient, sender: Sender) -> None:
    page = sender.page
    page.goto(link)
    expect(page.locator("#first")).to_have_count(0)

    assert page.locator("head title").all_inner_texts() == [f"Send an anonymous message to @{recipient.username}"]
    page.get_by_role("link", name="What is kept").click()
    expect(page).to_have_title(re.compile("Privacy"))


def test_the_focus_goes_to_the_answer_and_back_to_the_field(link: str, sender: Sender) -> None:
    page = sender.page
    page.goto(link)
    expect(page.locator("#first")).to_have_count(0)
    sender.write("by keyboard")
    page.get_by_role("button", name="Send It").focus()
    page.keyboard.press("Enter")
    sender.sees(SENT)
    expect(page.locator(":focus")).to_contain_text(SENT)

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_label("Your message")).to_be_focused()


@pytest.mark.parametrize("scrolled", [0, 200])
def test_who_is_writing_keeps_every_letter_the_caret_the_focus_and_the_place(
    recipient: Recipient, link: str, sender: Sender, scrolled: int
) -> None:
    page = sender.page
    page.add_init_script(TWICE)
    field = page.get_by_label("Your message")
    if scrolled:
        page.set_viewport_size({"width": 390, "height": 300})  # a keyboard takes the rest
    with scripts_held(page) as release:
        page.goto(link, wait_until="commit")
        field.click()
        page.keyboard.type("I lik you")
        for _ in range(4):
            page.keyboard.press("ArrowLeft")
        page.evaluate("(y) => (document.documentElement.scrollTop = y)", scrolled)
        expect(page.get_by_text("Nothing about senders is stored.")).to_be_attached()  # the last of the document
        assert page.evaluate("scrollY") == scrolled
        release()
        keeps(page)
        page.keyboard.type("e")
        expect(field).to_have_value("I like you")
        expect(field).to_be_focused()
        sender.linger()
    assert not is_taken_over(page)
    assert page.evaluate("scrollY") == scrolled

    field.blur()
    expect(page.locator("#first")).to_have_count(0)
    assert page.evaluate("scrollY") == scrolled
    expect(field).to_have_value("I like you")
    field.focus()
    page.keyboard.press("End")
    page.keyboard.type("!")
    sender.press("Send It")
    sender.sees(SENT)
    arrived(recipient, "I like you!")
    assert page.evaluate("window.twice") == 0


def test_a_half_composed_word_is_left_alone(recipient: Recipient, link: str, sender: Sender) -> None:
    page = sender.page
    session = page.context.new_cdp_session(page)
    field = page.get_by_label("Your message")
    with scripts_held(page) as release:
        page.goto(link, wait_until="commit")
        field.click()
        session.send("Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2})
        release()
        keeps(page)
        page.evaluate("document.activeElement.dispatchEvent(new FocusEvent('focusout', { bubbles: true }))")
        sender.linger()
        assert not is_taken_over(page)
        session.send("Input.insertText", {"text": "日本"})
    expect(field).to_have_value("日本")

    sender.press("Send It")
    sender.sees(SENT)
    arrived(recipient, "日本")


@pytest.mark.parametrize("count", RUNS)
@pytest.mark.parametrize("moment", ["before", "during", "after"])
def test_on_a_slow_network_nothing_is_lost_or_sent_twice(
    recipient: Recipient, link: str, open_page: Callable[..., Page], moment: str, count: int
) -> None:
    texts = [f"{moment} {number}" for number in range(count)]
    for number, text in enumerate(texts):
        page = open_page()
        page.add_init_script(TWICE)
        slow(page.context, page)
        page.goto(link, wait_until="commit")
        field = page.get_by_label("Your message")
        if moment == "after":
            expect(page.locator("#first")).to_have_count(0, timeout=PATIENCE_MS)
        field.click()
        # Slower by slower, so that the end of the writing falls before, into and after the arrival of the scripts.
        page.keyboard.type(text, delay=0 if moment == "before" else 60 + 25 * (number % 8))
        Sender(recipient.app, page).linger()
        if moment == "during":
            page.get_by_role("heading", level=1).click()
        page.get_by_role("button", name="Send It").dblclick()
        expect(page.get_by_text(SENT, exact=True).first).to_be_visible(timeout=PATIENCE_MS)
        page.context.close()

    arrived(recipient, *reversed(texts))


def test_a_form_that_is_sent_while_the_app_takes_over_is_sent_once(
    recipient: Recipient, link: str, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    sender = Sender(recipient.app, page)
    with scripts_held(page) as release:
        page.goto(link, wait_until="commit")
        sender.write("just in time")
        release()
        page.get_by_role("button", name="Send It").click(click_count=3, delay=1)
    sender.sees(SENT)

    arrived(recipient, "just in time")


# Once


@pytest.mark.parametrize("has_scripts", [False, True])
def test_back_and_forward_and_sending_again_are_one_message(
    recipient: Recipient, link: str, open_page: Callable[..., Page], has_scripts: bool
) -> None:
    page = open_page(java_script_enabled=has_scripts)
    sender = Sender(recipient.app, page)
    # The browser sends the form by itself. Without scripts nothing is held, for that would switch its cache off.
    with scripts_held(page) if has_scripts else nullcontext():
        page.goto(link, wait_until="commit")
        sender.write("only once")
        sender.press("Send It")
        sender.sees(SENT)

        for _ in range(2):
            page.go_back(wait_until="commit")
            sender.write("only once")
            sender.press("Send It")
            sender.sees(SENT)

    arrived(recipient, "only once")


@pytest.mark.parametrize("has_scripts", [False, True])
def test_of_two_messages_each_stays_one_when_somebody_goes_back_and_sends_again(
    recipient: Recipient, link: str, open_page: Callable[..., Page], has_scripts: bool
) -> None:
    page = open_page(java_script_enabled=has_scripts)
    sender = Sender(recipient.app, page)
    field = page.get_by_label("Your message")
    with scripts_held(page) if has_scripts else nullcontext():
        page.goto(link, wait_until="commit")
        sender.write("first")
        sender.press("Send It")
        sender.sees(SENT)
        page.get_by_role("link", name="Send another").click()
        sender.write("second")
        sender.press("Send It")
        sender.sees(SENT)

        page.go_back(wait_until="commit")
        expect(field).to_have_value("second")
        page.go_back(wait_until="commit")
        if has_scripts:
            expect(field).to_have_value("")  # the address of the answer no longer says that something was sent
        else:
            sender.sees(SENT)
        page.go_back(wait_until="commit")
        expect(field).to_have_value("first")
        sender.press("Send It")
        sender.sees(SENT)

    arrived(recipient, "second", "first")


def test_an_answer_that_was_lost_and_a_reload_are_one_message(recipient: Recipient, link: str, sender: Sender) -> None:
    page = sender.page
    page.goto(link)
    expect(page.locator("#first")).to_have_count(0)
    sender.write("did it arrive?")
    kept = page.evaluate("JSON.stringify(sessionStorage)")
    sender.press("Send It")
    sender.sees(SENT)

    page.evaluate("(kept) => Object.entries(JSON.parse(kept)).forEach(([k, v]) => sessionStorage.setItem(k, v))", kept)
    page.reload()
    expect(page.get_by_label("Your message")).to_have_value("did it arrive?")
    expect(page.locator("#first")).to_have_count(0)
    sender.press("Send It")
    sender.sees(SENT)

    arrived(recipient, "did it arrive?")


@pytest.mark.parametrize("is_early", [False, True])
def test_the_address_of_an_answer_tells_nobody_else_that_something_was_sent(
    link: str, sender: Sender, is_early: bool
) -> None:
    page = sender.page
    with scripts_held(page):
        page.goto(link, wait_until="commit")
        sender.write("my words")
        if is_early:
            sender.press("Send It")
            sender.sees(SENT)
            assert page.url == link
            page.reload(wait_until="commit")
            expect(page.get_by_label("Your message")).to_have_value("")
        else:
            page.goto(f"{link}?sent", wait_until="commit")
            page.goto(link, wait_until="commit")
            expect(page.get_by_label("Your message")).to_have_value("my words")


# Without a connection


@pytest.mark.parametrize("is_early", [False, True])
def test_without_a_connection_it_is_kept_and_sent_when_there_is_one(
    recipient: Recipient, link: str, sender: Sender, watch: Watch, is_early: bool
) -> None:
    watch.allow("WebSocket|ERR_INTERNET_DISCONNECTED|websocket")
    page = sender.page
    page.goto(link)
    if not is_early:
        expect(page.locator("#first")).to_have_count(0)
    sender.write("from the underground")
    keeps(page)
    page.context.set_offline(True)
    sender.press("Send It")
    sender.sees(NO_CONNECTION)
    expect(page.get_by_label("Your message")).to_have_value("from the underground")
    assert "from the underground" in page.evaluate("JSON.stringify(sessionStorage)")

    page.context.set_offline(False)
    sender.sees("You are back. Your message can be sent now.")
    sender.press("Send It")
    expect(page.get_by_text(SENT)).to_be_visible(timeout=PATIENCE_MS)

    arrived(recipient, "from the underground")


def test_without_a_connection_nothing_is_lost_before_the_app_is_there_either(
    recipient: Recipient, link: str, sender: Sender
) -> None:
    page = sender.page
    with scripts_held(page):
        page.goto(link, wait_until="commit")
        sender.write("from the underground")
        page.context.set_offline(True)
        sender.press("Send It")
        sender.sees(NO_CONNECTION)
        page.locator(".prompt").first.click()
        expect(page.get_by_label("Your message")).to_have_value("from the underground")

        page.context.set_offline(False)
        sender.press("Send It")
        sender.sees(SENT)

    arrived(recipient, "from the underground")


# The draft


def test_a_draft_is_kept_in_this_tab_until_it_is_discarded_or_a_day_old(link: str, sender: Sender) -> None:
    page = sender.page
    field = page.get_by_label("Your message")
    page.goto(link)
    sender.write("half a thought")
    keeps(page)
    page.reload()
    expect(field).to_have_value("half a thought")
    assert "thought" not in page.url
    assert page.evaluate("localStorage.length") == 0 or "thought" not in page.evaluate("JSON.stringify(localStorage)")

    expect(page.locator("#first")).to_have_count(0)
    sender.press("Discard")
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    sender.press("Undo")
    expect(field).to_have_value("half a thought")
    sender.press("Discard")
    page.reload()
    expect(page.locator("#first")).to_have_count(0)
    expect(field).to_have_value("")

    sender.write("yesterday's")
    page.evaluate(
        """() => { const name = Object.keys(sessionStorage).find((each) => each.startsWith("anonmsg-draft"));
          const draft = JSON.parse(sessionStorage.getItem(name));
          sessionStorage.setItem(name, JSON.stringify({ ...draft, at: Date.now() - 86400000 })); }"""
    )
    page.reload()
    expect(page.locator("#first")).to_have_count(0)
    expect(field).to_have_value("")


STORED = """() => Object.entries(sessionStorage).filter(([name]) => name.startsWith("anonmsg-draft"))
  .map(([, draft]) => JSON.parse(draft))"""


@pytest.mark.parametrize("is_early", [False, True])
def test_a_draft_gets_no_younger_by_a_reload_and_is_cleared_in_a_tab_that_stays_open(
    link: str, sender: Sender, is_early: bool
) -> None:
    page = sender.page
    field = page.get_by_label("Your message")
    page.clock.install()
    page.goto(link)
    if is_early:
        field.focus()  # so that the app does not take over
        keeps(page)
    else:
        taken_over(page)
    field.fill("an old thought")
    written_at = page.evaluate(STORED)[0]["at"]
    page.clock.fast_forward("23:00:00")
    page.evaluate("sessionStorage.removeItem('token')")
    page.reload()
    if is_early:
        field.focus()
        keeps(page)
    else:
        taken_over(page)
    expect(field).to_have_value("an old thought")
    assert page.evaluate(STORED)[0]["at"] == written_at
    assert page.evaluate("Date.now()") - written_at > 23 * 3_600_000

    page.clock.fast_forward("01:00:01")

    expect(field).to_have_value("")
    assert page.evaluate(STORED) == []


def test_a_device_that_slept_clears_an_old_draft_when_it_wakes_up(link: str, sender: Sender) -> None:
    page = sender.page
    field = page.get_by_label("Your message")
    page.goto(link)
    expect(page.locator("#first")).to_have_count(0)
    field.fill("an old thought")
    page.evaluate("{ const now = Date.now; Date.now = () => now() + 86400000; }")  # timers have not moved
    expect(field).to_have_value("an old thought")

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(field).to_have_value("")
    assert page.evaluate(STORED) == []


def test_only_a_page_that_keeps_a_draft_says_so(link: str, sender: Sender, scriptless: Sender) -> None:
    promise = re.compile("Your text stays in this tab")
    with scripts_held(sender.page):
        sender.page.goto(link, wait_until="commit")
        expect(sender.page.get_by_text(promise)).to_be_visible()
    scriptless.page.goto(link)

    expect(scriptless.page.get_by_text("Nothing about you is kept")).to_be_visible()
    expect(scriptless.page.get_by_text(promise)).to_be_hidden()


@contextmanager
def in_two_parts(document: str, cut: int) -> Iterator[tuple[str, Callable[[], None]]]:
    """Serve a document whose end comes only when told to; yields where, and what tells."""
    told = Event()

    class Slowly(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            if self.path == "/":
                self.wfile.write(document[:cut].encode())
                told.wait(PATIENCE_MS / 1000)
                self.wfile.write(document[cut:].encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("localhost", 0), Slowly) as server:
        Thread(target=server.serve_forever).start()
        try:
            yield f"http://localhost:{server.server_port}/", told.set
        finally:
            told.set()
            server.shutdown()


def test_nothing_moves_when_the_page_was_painted_before_its_end_came(link: str, browser: Browser) -> None:
    document = re.sub('id="app"', "", httpx.get(link).text)  # the app is not what this looks at
    with (
        in_two_parts(document, document.index(f"<script>{EARLY}")) as (url, release),
        browser.new_context(viewport={"width": 390, "height": 844}) as context,
    ):
        page = context.new_page()
        page.add_init_script(NOTE)
        page.goto(url, wait_until="commit")
        page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
        release()
        page.wait_for_load_state("load")
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

        assert page.evaluate("window.noted.shifts") == []


def test_what_is_discarded_and_taken_back_is_the_same_message(link: str, sender: Sender) -> None:
    page = sender.page
    page.goto(link)
    expect(page.locator("#first")).to_have_count(0)
    page.get_by_label("Your message").fill("once")
    key = page.locator("#key")
    before = key.input_value()
    sender.press("Discard")
    thrown = key.input_value()
    sender.press("Undo")

    assert before
    assert thrown != before
    assert (key.input_value(), page.evaluate(STORED)[0]["key"]) == (before, before)


def test_a_draft_is_kept_before_any_script_of_the_app_has_come(link: str, sender: Sender) -> None:
    page = sender.page
    with scripts_held(page):
        page.goto(link, wait_until="commit")
        page.get_by_label("Your message").fill("quick")
        page.reload(wait_until="commit")

        expect(page.get_by_label("Your message")).to_have_value("quick")


def test_the_counter_comes_near_the_end_and_is_announced_in_steps(link: str, sender: Sender) -> None:
    page = sender.page
    page.goto(link)
    expect(page.locator("#first")).to_have_count(0)
    counter, said = page.locator("#content-counter"), page.locator(".tally [role=status]")
    for length, shown, spoken in (
        (799, "", ""),
        (800, "800 / 1000", "At most 200 characters left"),
        (850, "850 / 1000", "At most 200 characters left"),
        (990, "990 / 1000", "At most 20 characters left"),
        (1001, "1001 / 1000", "Too long. A message has at most 1000 characters."),
    ):
        page.get_by_label("Your message").fill("😀" * length)
        expect(counter).to_have_text(shown)
        expect(said).to_have_text(spoken)


def test_a_link_inside_the_app_opens_the_page_without_a_first_html(
    recipient: Recipient, link: str, sender: Sender
) -> None:
    page = sender.page
    sender.open("/privacy")
    expect(page.get_by_role("heading", level=1)).to_have_text("Privacy")
    path = json.dumps(f"/u/{recipient.username}")
    page.evaluate(f"window.history.pushState({{}}, '', {path}); dispatchEvent(new PopStateEvent('popstate'))")
    sender.write("from inside")
    sender.press("Send It")
    sender.sees(SENT)

    arrived(recipient, "from inside")
