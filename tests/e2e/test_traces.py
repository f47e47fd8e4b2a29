"""What is left in the logs after a whole journey, an attack and a bug: nothing about anybody."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect
from pymongo import MongoClient

from anonmsg.states.send import SendState
from anonmsg.storage.embedded import embedded_uri
from tests.e2e.conftest import App, Watch
from tests.e2e.people import PASSWORD, Recipient, Sender
from tests.e2e.raw_socket import RawSocket
from tests.hostile import EVENTS

CONTENT = "what only Anna may read"
BROWSER = "TracesBrowser/7.3 (a coarse device)"
NUMBER = re.compile(r"this number: ([0-9a-f]{8})")
ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|\[?::1\]?")


@pytest.fixture
def app(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """An app of its own: its log is read, and its data are damaged."""
    app = App(tmp_path_factory.mktemp("traces") / "data")
    app.start()
    yield app
    app.stop()


@pytest.fixture
def quiet_server() -> None:
    """This story breaks the server on purpose."""


def attack(app: App, cookie: str) -> list[str]:
    """Send what no page sends, with all that a browser would send along; return what must not be found."""
    headers = [("Origin", app.url), ("Cookie", f"anonmsg={cookie}"), ("User-Agent", BROWSER)]
    with RawSocket(app.port, headers).join() as tab:
        tab.send(CONTENT, CONTENT.encode(), f'42/_event,["{CONTENT}",{{}}]', f'42/_event,["event","{CONTENT}"]')
        tab.send(*(tab.frame(event) for event in EVENTS if event != 10**400 and event == event))
        tab.send(*(tab.call(name, {"content": CONTENT}) for name in (CONTENT, "nonsense")))
        tab.send(tab.call(f"{SendState.get_full_name()}.submit", {"submitted": [CONTENT]}))
        tab.send(tab.frame({"message": CONTENT, "error_type": CONTENT}, event="client_error"))
        tab.settle()
        return [tab.token]


def break_account(app: App, username: str) -> None:
    """Take away from somebody's account what all code expects there."""
    with MongoClient(embedded_uri(app.data_dir)) as client:
        users = client.get_default_database()["users"]
        assert users.update_one({"username": username}, {"$unset": {"accepts_messages": ""}}).modified_count == 1


def ask_for_what_is_broken(app: App, recipient: Recipient) -> list[str]:
    """Meet the bug in all three ways in; return the numbers that people read."""
    headers = {"User-Agent": BROWSER, "Cookie": f"anonmsg={cookie_of(recipient)}"}
    with httpx.Client(base_url=app.url, headers=headers) as program:
        page = program.get(f"/u/{recipient.username}")
        sent = program.post("/api/send-message", json={"username": recipient.username, "content": CONTENT})
    assert (page.status_code, sent.status_code) == (500, 500)
    recipient.page.reload()
    shown = recipient.page.get_by_text(NUMBER)
    expect(shown.first).to_be_visible()
    return [number for text in (page.text, sent.text, shown.first.inner_text()) for number in NUMBER.findall(text)]


def cookie_of(recipient: Recipient) -> str:
    return next(cookie.get("value", "") for cookie in recipient.page.context.cookies())


def logs(app: App) -> dict[str, str]:
    """Return everything that is written down anywhere but in the database and in the mails."""
    files = [path for path in app.data_dir.rglob("*.log*") if path.is_file() and path.suffix != ".wt"]
    files = [path for path in files if not path.name.startswith("WiredTiger")]  # the database's own journal
    return {"the app": app.log, **{str(path): Path(path).read_text("utf-8", "replace") for path in files}}


def test_a_journey_an_attack_and_a_bug_leave_no_trace_of_anybody(
    app: App, open_page: Callable[..., Page], watch: Watch
) -> None:
    watch.allow("500|WebSocket")
    recipient = Recipient(app, open_page(user_agent=BROWSER))
    sender = Sender(app, open_page(user_agent=BROWSER))
    recipient.sign_up()
    first_code = recipient.code
    recipient.verify()
    recipient.sign_in("not the password")
    recipient.sees("Incorrect password")
    recipient.sign_in()
    recipient.is_at("/dashboard")
    sender.send(recipient.link, CONTENT)
    expect(recipient.page.get_by_text(CONTENT)).to_be_visible()
    cookie = cookie_of(recipient)

    tokens = attack(app, cookie)
    break_account(app, recipient.username)
    numbers = ask_for_what_is_broken(app, recipient)
    app.stop()

    written = logs(app)
    secrets = [CONTENT, first_code, cookie, cookie.split(".")[-1], *tokens, recipient.email, BROWSER, PASSWORD]
    assert len(written) >= 2, list(written)  # the database has one of its own
    for name, text in written.items():
        found = [secret for secret in (*secrets, recipient.username, "TracesBrowser") if secret in text]
        assert found == [], name
        assert json.dumps(CONTENT)[1:-1] not in text
    assert ADDRESS.findall(app.log) == []
    assert "Dropped a frame that no page sends." in app.log
    assert "Dropped an event that no handler is registered for." in app.log
    assert len(numbers) == 3
    assert all(app.log.count(f"({number})") == 1 for number in numbers)
    assert "GET /" not in app.log
