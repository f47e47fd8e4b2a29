"""A sender on a busy site: the browser solves a puzzle by itself, or there is a sentence, and no word is lost."""

import json
import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import App, Watch
from tests.e2e.people import Recipient, Sender
from tests.e2e.places import NOTE, WORKER, never_solve

LIMITS = {
    **dict.fromkeys(("send per client", "send per recipient"), "1000/minute"),
    "send per client and recipient": "4/minute",
}
SENTENCE = "Many messages are coming from your network. Your device solves a small puzzle, then your message is sent."
WAIT = re.compile(r"^(Many messages are coming in\. )?Please wait \d+ seconds? and try again\.$")
PATIENCE_MS = 20_000


@pytest.fixture(scope="module")
def busy(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A site on which two messages make it careful, and four are too many."""
    app = App(tmp_path_factory.mktemp("busy") / "data", LIMITS=json.dumps(LIMITS), TRUSTED_PROXY_HOPS="1")
    app.start()
    yield app
    assert app.stop() == 0, app.log
    assert "Traceback" not in app.log, app.log
    assert "ERROR" not in app.log, app.log


@pytest.fixture
def ann(busy: App, open_page: Callable[..., Page]) -> Recipient:
    """Somebody who has got two messages a moment ago."""
    ann = Recipient(busy, open_page())
    ann.join()
    for text in ("one", "two"):
        form = {"username": ann.username, "content": text}
        assert httpx.post(f"{busy.url}/api/send-message", json=form).status_code == 201
    return ann


@pytest.fixture
def writer(busy: App, open_page: Callable[..., Page], ann: Recipient) -> Sender:
    """Somebody who has written to her, and is about to press *Send It*."""
    writer = Sender(busy, open_page())
    writer.page.add_init_script(NOTE)
    writer.page.goto(ann.link)
    writer.write("three")
    return writer


def own_field(writer: Sender) -> str:
    return writer.page.get_by_label("Your message").input_value()


def test_the_browser_solves_the_puzzle_and_the_message_arrives(ann: Recipient, writer: Sender) -> None:
    asked: list[str] = []
    held: list[Route] = []
    holding = True

    def hold(route: Route) -> None:
        if holding:
            held.append(route)
        else:
            route.continue_()

    writer.page.on("request", lambda request: asked.append(request.url))
    writer.page.route(WORKER, hold)

    writer.press("Send It")
    expect(writer.page.get_by_role("status").filter(has_text=SENTENCE)).to_be_visible()
    text_meanwhile = own_field(writer)
    expect(writer.page.get_by_role("button", name="Send It")).to_be_disabled()
    holding = False
    for route in held:
        route.continue_()
    expect(writer.page.get_by_text("Message sent successfully", exact=True)).to_be_visible(timeout=PATIENCE_MS)

    ann.sees("three")
    assert text_meanwhile == "three"
    assert any("/assets/solver-" in url for url in asked)
    assert writer.page.evaluate("window.noted.violations") == []


def test_nothing_of_the_puzzle_is_loaded_before_it_is_asked_for(writer: Sender) -> None:
    loaded = writer.page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")

    assert any("/assets/" in name for name in loaded)
    assert not [name for name in loaded if re.search("altcha|solver|pbkdf2", name)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_puzzle_can_be_heard_and_reached_and_leads_nowhere_else(writer: Sender, scheme: str) -> None:
    writer.page.emulate_media(color_scheme=scheme)  # pyright: ignore[reportArgumentType]  # one of two words
    writer.page.route(WORKER, never_solve)

    writer.press("Send It")
    widget = writer.page.locator("altcha-widget")
    expect(widget.get_by_role("checkbox")).to_be_attached()
    found = Axe().run(writer.page)

    assert found.response["violations"] == []
    assert widget.locator("a:visible").count() == 0
    assert writer.page.evaluate("window.noted.violations") == []
    assert own_field(writer) == "three"


def test_a_browser_that_can_not_solve_it_is_told_how_long_to_wait(writer: Sender, watch: Watch) -> None:
    watch.allow("Failed to load resource|altcha|dynamically imported module")
    writer.page.route("**/assets/solver-*.js", lambda route: route.abort())

    writer.press("Send It")
    expect(writer.page.get_by_role("alert").filter(has_text=WAIT)).to_be_visible()

    assert own_field(writer) == "three"
    expect(writer.page.get_by_role("button", name="Send It")).to_be_enabled()


def test_over_the_limit_the_page_says_how_long_to_wait_and_keeps_the_text(
    ann: Recipient, writer: Sender, busy: App
) -> None:
    for text in ("three", "four"):
        writer.write(text)
        writer.press("Send It")
        expect(writer.page.get_by_text("Message sent successfully", exact=True)).to_be_visible(timeout=PATIENCE_MS)
        writer.press("Send another")
    writer.write("five")
    writer.press("Send It")
    expect(writer.page.get_by_role("alert").filter(has_text=WAIT)).to_be_visible()

    assert own_field(writer) == "five"
    assert (
        httpx.post(f"{busy.url}/api/send-message", json={"username": ann.username, "content": "six"}).status_code == 429
    )
    expect(ann.page.locator("main li .message-text")).to_have_text(["four", "three", "two", "one"])


def test_without_script_the_answer_is_429_with_the_time_to_wait(ann: Recipient, busy: App) -> None:
    answer = httpx.post(f"{busy.url}/api/send-message", json={"username": ann.username, "content": "three"})

    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert WAIT.match(answer.json()["message"])


def test_behind_our_proxy_each_network_counts_for_itself_on_pages_too(
    ann: Recipient, busy: App, open_page: Callable[..., Page]
) -> None:
    for number in range(3):
        told = {"X-Forwarded-For": f"203.0.113.9, 198.51.{number}.7"}
        Sender(busy, open_page(extra_http_headers=told)).send(ann.link, f"from network {number}")
    for number in range(2):
        told = {"X-Forwarded-For": f"203.0.{number}.9, 198.51.100.7"}
        Sender(busy, open_page(extra_http_headers=told)).send(ann.link, f"a lie {number}")

    one_more = Sender(busy, open_page(extra_http_headers={"X-Forwarded-For": "203.0.99.9, 198.51.100.7"}))
    one_more.page.route(WORKER, never_solve)
    one_more.page.goto(ann.link)
    one_more.write("another lie")
    one_more.press("Send It")

    expect(one_more.page.get_by_role("status").filter(has_text=SENTENCE)).to_be_visible()


def test_what_a_program_fills_in_is_found_under_filtered(
    busy: App, open_page: Callable[..., Page], ann: Recipient
) -> None:
    program = Sender(busy, open_page())
    other = Recipient(busy, open_page())
    other.join()
    program.page.goto(other.link)
    program.write("buy now")
    program.page.locator("#website").fill("https://example.com", force=True)
    program.press("Send It")
    program.sees("Message sent successfully")

    expect(other.page.get_by_text("No messages yet")).to_be_visible()
    filtered = other.page.get_by_role("button", name=re.compile("^Filtered"))  # a count may follow
    filtered.click()
    other.sees("buy now")
    expect(filtered).to_have_attribute("aria-current", "true")
    other.page.evaluate("Promise.all(document.getAnimations().map((animation) => animation.finished))")
    found = Axe().run(other.page)
    other.press("Inbox")
    other.sees("No messages yet")

    assert found.response["violations"] == []
