"""What people see while the database or the server is away, and after it came back."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import App, Watch
from tests.e2e.people import Recipient, Sender, scripts_held

AWAY = "anonmsg can't reach its database right now. Please try again in a moment."
PATIENCE_MS = 20_000


@pytest.fixture
def app(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """An app of its own, because these stories break it."""
    app = App(tmp_path_factory.mktemp("faults") / "data")
    app.start()
    yield app
    app.stop()
    assert "Traceback" not in app.log, app.log


@contextlib.contextmanager
def database_away(app: App) -> Iterator[None]:
    """Let the database stand still: it takes connections and answers nothing."""
    pid = json.loads((app.data_dir / "mongod.json").read_text())["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_without_the_database_pages_say_so_keep_the_text_and_recover(recipient: Recipient, sender: Sender) -> None:
    recipient.join()
    sender.page.goto(recipient.link)
    sender.write("a thought worth keeping")

    with database_away(sender.app):
        sender.press("Send It")
        expect(sender.page.get_by_text(AWAY)).to_be_visible(timeout=PATIENCE_MS)
        expect(sender.page.get_by_label("Your message")).to_have_value("a thought worth keeping")
        recipient.press("Refresh")
        expect(recipient.page.get_by_text(AWAY)).to_be_visible(timeout=PATIENCE_MS)

    sender.press("Send It")
    expect(sender.page.get_by_text("Message sent successfully")).to_be_visible(timeout=PATIENCE_MS)
    expect(recipient.page.get_by_text("a thought worth keeping")).to_be_visible(timeout=PATIENCE_MS)
    recipient.press("Refresh")
    expect(recipient.page.get_by_text(AWAY)).to_have_count(0, timeout=PATIENCE_MS)
    expect(recipient.page.locator("main li")).to_have_count(1)


def test_a_page_that_is_opened_without_the_database_opens_by_itself_later(
    recipient: Recipient, open_page: Callable[..., Page], watch: Watch
) -> None:
    watch.allow("503")
    recipient.join()
    sender = Sender(recipient.app, open_page())

    with database_away(recipient.app):
        recipient.page.reload(wait_until="commit")
        expect(recipient.page.get_by_text(AWAY)).to_be_visible(timeout=PATIENCE_MS)
        sender.page.goto(recipient.link, wait_until="commit")
        expect(sender.page.get_by_text(AWAY)).to_be_visible(timeout=PATIENCE_MS)

    expect(recipient.page.get_by_label("Your link")).to_have_value(recipient.link, timeout=PATIENCE_MS)
    expect(sender.page.get_by_label("Your message")).to_be_visible(timeout=PATIENCE_MS)


@pytest.fixture
def told(sender: Sender) -> Callable[[str], None]:
    """Wait until the sender's page was told of something."""
    frames: list[str] = []
    sender.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))

    def wait(text: str) -> None:
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not any(text in frame for frame in frames) and time.monotonic() < deadline:
            sender.page.wait_for_timeout(50)
        assert any(text in frame for frame in frames)
        sender.page.wait_for_timeout(200)

    return wait


def test_a_form_that_is_there_stays_without_the_database_and_the_app_takes_over_later(
    recipient: Recipient, sender: Sender, told: Callable[[str], None]
) -> None:
    recipient.join()
    page = sender.page
    with scripts_held(page) as release:
        page.goto(recipient.link, wait_until="commit")
        sender.write("a thought worth keeping")
        page.get_by_role("heading", level=1).click()
        with database_away(recipient.app):
            release()
            told("reach its database")
            expect(page.locator("#first")).to_have_count(1)
            expect(page.get_by_label("Your message")).to_have_value("a thought worth keeping")
    expect(page.locator("#first")).to_have_count(0, timeout=PATIENCE_MS)  # the app asks again by itself
    expect(page.get_by_label("Your message")).to_have_value("a thought worth keeping")
    sender.press("Send It")
    sender.sees("Message sent successfully")


def test_a_form_that_is_sent_without_the_database_comes_back_with_the_text(
    recipient: Recipient, sender: Sender, told: Callable[[str], None], watch: Watch
) -> None:
    watch.allow("503")
    recipient.join()
    page = sender.page
    with scripts_held(page) as release:
        page.goto(recipient.link, wait_until="commit")
        sender.write("a thought worth keeping")
        with database_away(recipient.app):
            release()
            told("reach its database")
            page.get_by_label("Your message").press("Tab")
            page.keyboard.press("Enter")
            expect(page.get_by_text(AWAY)).to_be_visible(timeout=PATIENCE_MS)
            expect(page.get_by_label("Your message")).to_have_value("a thought worth keeping")
    sender.press("Send It")
    expect(page.get_by_text("Message sent successfully")).to_be_visible(timeout=PATIENCE_MS)


def test_a_server_that_restarts_loses_no_word_and_nobody_is_signed_out(
    recipient: Recipient, sender: Sender, watch: Watch
) -> None:
    watch.allow("WebSocket|ERR_CONNECTION_REFUSED|websocket")
    recipient.join()
    sender.page.goto(recipient.link)
    sender.write("written before the restart")

    recipient.app.stop()
    sender.sees("No connection. What you typed is kept; trying again…")
    recipient.app.start()

    expect(sender.page.get_by_text("No connection.")).to_have_count(0, timeout=PATIENCE_MS)
    expect(sender.page.get_by_label("Your message")).to_have_value("written before the restart")
    sender.linger()
    sender.press("Send It")
    sender.sees("Message sent successfully")
    expect(recipient.page.get_by_text("written before the restart")).to_be_visible(timeout=PATIENCE_MS)
