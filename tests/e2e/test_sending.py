"""What becomes of a message while the connection comes and goes: it is sent once, or kept, and nothing else."""

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import ROOMY, App, Watch
from tests.e2e.line import LOST, Line
from tests.e2e.people import Recipient, Sender
from tests.e2e.test_first_page import NO_CONNECTION, PATIENCE_MS, SENT, arrived

BACK = "You are back. Your message can be sent now."
UNANSWERED = "No answer yet. Your message is kept here and is sent once, as soon as there is a connection."


@pytest.fixture(scope="module")
def app(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """An app of its own, because some of these stories restart it."""
    app = App(tmp_path_factory.mktemp("sending") / "data", LIMITS=json.dumps(ROOMY))
    app.start()
    yield app
    app.stop()
    assert "Traceback" not in app.log, app.log


@pytest.fixture
def link(recipient: Recipient) -> str:
    recipient.register()
    return recipient.link


@pytest.fixture
def line(link: str, sender: Sender) -> Line:
    """The connection of a sender who has the app's page in front of them."""
    line = Line(sender.page)
    sender.page.goto(link)
    expect(sender.page.locator("#first")).to_have_count(0)
    return line


@pytest.fixture
def restart(app: App, line: Line) -> Callable[[], None]:
    """Start the app anew, which forgets all that it knew of its pages, while the sender's connection is cut."""

    def stop_and_start() -> None:
        line.cut()
        app.stop()
        app.start()

    return stop_and_start


@pytest.fixture(autouse=True)
def noise(watch: Watch) -> None:
    watch.allow("WebSocket|websocket|ERR_CONNECTION_REFUSED")


@pytest.mark.parametrize("change", ["discarded", "edited"])
def test_what_was_refused_without_a_connection_is_not_sent_later_by_itself(
    recipient: Recipient, sender: Sender, line: Line, change: str
) -> None:
    field = sender.page.get_by_label("Your message")
    sender.write("version one")
    line.cut()
    sender.sees(LOST)
    sender.press("Send It")
    sender.sees(NO_CONNECTION)
    if change == "discarded":
        sender.press("Discard")
    field.fill("version two")

    line.mend()
    sender.sees(BACK)
    expect(field).to_have_value("version two")
    sender.press("Send It")
    sender.sees(SENT)

    arrived(recipient, "version two")


@pytest.mark.parametrize("lost", ["the message", "the answer", "the way", "the message and the server"])
def test_what_had_no_answer_can_not_be_changed_and_is_sent_once(
    recipient: Recipient, sender: Sender, line: Line, restart: Callable[[], None], lost: str
) -> None:
    page = sender.page
    field = page.get_by_label("Your message")
    sender.write("into the dark")
    line.set(deaf=lost.startswith("the message"), mute=lost == "the answer")
    if lost == "the way":
        line.cut(deaf=True, mute=True)  # the next connection gets nowhere
    sender.press("Send It")
    sender.sees("Sending…")
    expect(page.get_by_text(UNANSWERED)).to_be_visible(timeout=PATIENCE_MS)
    expect(field).to_have_attribute("readonly", "")
    expect(page.get_by_role("button", name="Discard")).to_be_disabled()
    page.locator(".prompt").first.click()
    expect(field).to_have_value("into the dark")

    if lost.endswith("server"):
        restart()
    line.mend()
    sender.sees(SENT)

    arrived(recipient, "into the dark")
    sender.press("Send another")
    expect(field).to_be_editable()
    expect(field).to_have_value("")


def test_an_error_gives_the_field_back(sender: Sender, line: Line) -> None:
    field = sender.page.get_by_label("Your message")
    sender.write("x" * 1001)
    sender.press("Send It")
    sender.sees("Message must be at most 1000 characters")
    expect(field).to_be_editable()
    sender.write("short")
    expect(sender.page.get_by_role("button", name="Discard")).to_be_enabled()
    sender.press("Send It")

    sender.sees(SENT)


@pytest.mark.parametrize("is_restarted", [False, True])
def test_that_it_was_sent_is_still_said_when_the_connection_comes_back(
    recipient: Recipient, sender: Sender, line: Line, restart: Callable[[], None], is_restarted: bool
) -> None:
    field = sender.page.get_by_label("Your message")
    sender.write("first")
    sender.press("Send It")
    sender.sees(SENT)

    if is_restarted:
        restart()
    else:
        line.cut()
    line.mend()

    expect(sender.page.get_by_text(SENT)).to_be_visible()
    expect(field).to_have_count(0)
    sender.press("Send another")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    sender.write("second")
    sender.press("Send It")
    sender.sees(SENT)
    arrived(recipient, "second", "first")
    sender.page.reload()
    expect(sender.page.locator("#first")).to_have_count(0)
    expect(field).to_have_value("")
