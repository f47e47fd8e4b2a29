"""A thief takes everything but the master key after an evening of use, and finds nothing to read."""

import json
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from bson import json_util
from playwright.sync_api import Browser, Cookie, Page, expect
from pymongo import MongoClient
from pymongo.database import Database

from anonmsg.send_form import LEAST_TIME
from anonmsg.storage.database import INDEXES
from anonmsg.storage.embedded import embedded_uri
from tests.e2e.conftest import ROOMY, App, wait_for
from tests.redis_server import RedisServer
from tests.resend_server import API_KEY, ResendServer

PEOPLE, MESSAGES = 4, 200
NEWCOMER, LEAVER = PEOPLE, PEOPLE + 1
"""Numbers of two more people: one whose sign-up waits for its code, one who has deleted the account."""

CODES = PEOPLE + 4
"""One for each sign-up, and two for new addresses."""

KEY_FILE = "master.key"
CODE = re.compile(r"(?<![0-9a-z])[0-9]{6}(?![0-9a-z])")


@dataclass
class Loot:
    """Everything that was used in the evening, by what it is, and so must not be found."""

    words: dict[str, str] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)

    def note(self, what: str, word: str) -> str:
        """Remember a word, and hand it back."""
        self.words[word] = what
        return word

    def found_in(self, text: str) -> set[str]:
        """Return what of all that is in a text; a code is one only where its digits stand by themselves."""
        lower = text.lower()
        found = {what for word, what in self.words.items() if word.lower() in lower}
        return found | ({"code"} if self.codes.intersection(CODE.findall(lower)) else set())


@dataclass
class Evening:
    """A site that people have used, and what they typed and were given."""

    app: App
    loot: Loot
    documents: dict[str, list[str]] = field(default_factory=dict)
    redis: bytes = b""


class Person:
    """Somebody with an account, at an address of the documentation network."""

    def __init__(self, evening: Evening, resend: ResendServer, number: int) -> None:
        note = evening.loot.note
        self.username = f"victim{number}"
        self.email = note("e-mail address", f"Victim.{number}.{secrets.token_hex(6)}@example.org")
        self.password = note("password", f"password {secrets.token_hex(12)}")
        self.loot, self._resend = evening.loot, resend
        address = note("network address", f"203.0.113.{number + 1}")
        agent = note("user agent", f"Mozilla/5.0 (X11; Linux) Firefox/140.0 agent-{secrets.token_hex(6)}")
        self.headers = {"X-Forwarded-For": address, "User-Agent": agent}
        self.http = httpx.Client(base_url=evening.app.url, headers=self.headers)

    def ask(self, path: str, **body: str) -> dict[str, str]:
        answer = self.http.post(f"/api/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def mail(self) -> str:
        """Return the text of the newest mail to this person."""
        return [mail["text"] for mail in self._resend.delivered if self.email in str(mail["to"])][-1]

    def has_mail(self) -> bool:
        return any(self.email in str(mail["to"]) for mail in self._resend.delivered)

    def code(self) -> str:
        found = CODE.search(self.mail())
        assert found
        self.loot.codes.add(found[0])
        return found[0]

    def sign_up(self) -> None:
        """Sign up, and get a code."""
        registration = self.ask("sign-up", username=self.username, email=self.email, password=self.password)
        self.loot.note("registration token", registration["registration"])
        self.code()

    def join(self) -> None:
        """Sign up, mistype the code, verify, sign in."""
        self.sign_up()
        wrong = f"{(int(self.code()) + 1) % 10**6:06d}"
        self.http.post("/api/verify-code", json={"username": self.username, "code": wrong})
        self.ask("verify-code", username=self.username, code=self.code())
        self.http.post("/api/sign-in", json={"identifier": self.email, "password": "not " + self.password})
        self.ask("sign-in", identifier=self.email, password=self.password)
        for token in self.http.cookies.values():
            for part in (token, *token.split(".")):
                self.loot.note("session token", part)

    def close(self) -> None:
        self.http.close()


@pytest.fixture(scope="module")
def evening(built: None, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    """An evening of use, and everything that lies on the disk after it."""
    with ResendServer() as resend, RedisServer() as redis:
        app = App(
            tmp_path_factory.mktemp("stolen") / "data",
            TRUSTED_PROXY_HOPS="1",
            RESEND_API_KEY=API_KEY,
            RESEND_API_URL=resend.url,
            REDIS_URL=redis.url,
            LIMITS=json.dumps(ROOMY),
        )
        evening = Evening(app, Loot())
        app.start()
        people = [Person(evening, resend, number) for number in range(LEAVER + 1)]
        try:
            for person in people:
                person.sign_up() if person is people[NEWCOMER] else person.join()
            _write(evening, people[:PEOPLE])
            _look(evening, people[0], browser)
            _forget(evening, people[1], browser)
            _renew(evening, people[2], browser)
            _move(evening, people[3], browser)
            _leave(evening, people[LEAVER], browser)
            evening.documents, evening.redis = _dump(app), redis.dump().lower()
        finally:
            for person in people:
                person.close()
            assert app.stop() == 0, app.log
        yield evening


def _write(evening: Evening, people: list[Person]) -> None:
    """Send messages from many networks, read some, delete some."""
    note = evening.loot.note
    with httpx.Client(base_url=evening.app.url) as senders:
        for number in range(MESSAGES):
            headers = {
                "X-Forwarded-For": note("network address", f"203.0.113.{20 + number}"),
                "User-Agent": note("user agent", f"sender-{secrets.token_hex(8)}"),
            }
            content = note("message", f"what I never told you {secrets.token_hex(10)}")
            form = {"username": people[number % PEOPLE].username, "content": content}
            answer = senders.post("/api/send-message", json=form, headers=headers)
            assert answer.status_code == 201, answer.text
    for person in people:
        messages = person.http.get("/api/get-messages").json()["messages"]
        assert person.http.delete(f"/api/delete-message/{messages[0]['id']}").status_code == 200


@contextmanager
def _at_home(evening: Evening, person: Person, browser: Browser) -> Iterator[Page]:
    """Give somebody a browser, and note the cookies that it got."""
    address = evening.loot.note("network address", "203.0.113.250")
    context = browser.new_context(
        user_agent=person.headers["User-Agent"], extra_http_headers={"X-Forwarded-For": address}
    )
    yield context.new_page()
    _note_cookies(evening, context.cookies())
    context.close()


def _note_cookies(evening: Evening, cookies: Iterable[Cookie]) -> None:
    for cookie in cookies:
        for part in (cookie.get("value", ""), *cookie.get("value", "").split(".")):
            evening.loot.note("session token", part)


def _sign_in(evening: Evening, person: Person, page: Page) -> None:
    page.goto(f"{evening.app.url}/sign-in")
    page.get_by_label("Email or Username").fill(person.username)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Sign In").click()
    expect(page.get_by_label("Your link")).to_be_visible()


def _open_settings(evening: Evening, person: Person, page: Page) -> None:
    _sign_in(evening, person, page)
    page.goto(f"{evening.app.url}/settings")
    expect(page.locator("#present-email")).to_have_text(person.email)


def _confirm(person: Person, page: Page) -> None:
    dialog = page.get_by_role("dialog", name="Confirm it is you")
    dialog.get_by_label("Current password").fill(person.password)
    dialog.get_by_role("button", name="Continue").click()


def _look(evening: Evening, person: Person, browser: Browser) -> None:
    """Write and read on the pages as well; a page's socket carries headers too."""
    with _at_home(evening, person, browser) as page:
        _use_pages(evening, person, page)


def _use_pages(evening: Evening, person: Person, page: Page) -> None:
    page.goto(f"{evening.app.url}/u/{person.username}")
    page.get_by_label("Your message").fill(evening.loot.note("message", f"from a page {secrets.token_hex(10)}"))
    page.wait_for_timeout(LEAST_TIME / timedelta(milliseconds=1) + 50)  # who is faster counts as a program
    page.get_by_role("button", name="Send It").click()
    expect(page.get_by_text("Message sent successfully")).to_be_visible()
    evening.loot.note("sender's mark", page.evaluate("JSON.parse(localStorage.getItem('anonmsg-mark')).value"))
    _sign_in(evening, person, page)
    page.get_by_role("button", name="Block", exact=True).first.click()
    page.get_by_role("button", name="Block this sender").click()
    expect(page.get_by_text("Sender blocked, message deleted")).to_be_visible()
    page.goto(f"{evening.app.url}/settings")
    for label in ("Title", "Question", "Your own ideas"):
        page.get_by_label(label, exact=True).fill(
            evening.loot.note("page", f"what the page says {secrets.token_hex(10)}")
        )
    page.get_by_role("button", name="Save your page").click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    page.get_by_label("Words and phrases").fill(evening.loot.note("muted word", f"loathe {secrets.token_hex(10)}"))
    page.get_by_role("button", name="Save muted words").click()
    expect(page.get_by_text("Saved.", exact=True)).to_have_count(2)


def _forget(evening: Evening, person: Person, browser: Browser) -> None:
    """Ask for a new password twice, and use one of the links."""
    page = browser.new_page()
    for is_used in (True, False):
        page.goto(f"{evening.app.url}/forgot-password")
        page.get_by_label("Email").fill(person.email)
        page.get_by_role("button", name="Send the link").click()
        expect(page.get_by_text("If that address has an account, a mail is on its way")).to_be_visible()
        wait_for(lambda: "/reset-password/" in person.mail(), 10)
        link = re.search(r"http\S+/reset-password/(\S+)", person.mail())
        assert link
        evening.loot.note("reset token", link[1])
        if is_used:
            page.goto(link[0])
            word = evening.loot.note("password", f"new {secrets.token_hex(12)}")
            page.get_by_label("New password", exact=True).fill(word)
            page.get_by_role("button", name="Change password").click()
            expect(page).to_have_url(re.compile("/sign-in"))
            wait_for(lambda: "/reset-password/" not in person.mail(), 10)
    page.close()


def _renew(evening: Evening, person: Person, browser: Browser) -> None:
    """Choose another password, which gives this browser another session."""
    with _at_home(evening, person, browser) as page:
        _open_settings(evening, person, page)
        _note_cookies(evening, page.context.cookies())
        word = evening.loot.note("password", f"renewed {secrets.token_hex(12)}")
        page.get_by_label("New password", exact=True).fill(word)
        page.get_by_role("button", name="Change password").click()
        _confirm(person, page)
        expect(page.get_by_text("Your password was changed")).to_be_visible()


def _move(evening: Evening, person: Person, browser: Browser) -> None:
    """Go to another address, and begin to go to a third."""
    with _at_home(evening, person, browser) as page:
        _open_settings(evening, person, page)
        for is_finished in (True, False):
            person.email = evening.loot.note("e-mail address", f"Moved.{secrets.token_hex(6)}@example.org")
            page.get_by_label("New email", exact=True).fill(person.email)
            page.get_by_role("button", name="Change email").click()
            if is_finished:
                _confirm(person, page)
            wait_for(person.has_mail, 10)
            page.get_by_label("Verification Code").fill(person.code())
            if is_finished:
                page.get_by_role("button", name="Use this address").click()
                expect(page.locator("#present-email")).to_have_text(person.email)


def _leave(evening: Evening, person: Person, browser: Browser) -> None:
    """Delete an account; only its name stays, reserved."""
    with _at_home(evening, person, browser) as page:
        _open_settings(evening, person, page)
        _note_cookies(evening, page.context.cookies())
        page.get_by_label("Your password").fill(person.password)
        page.get_by_label("Type “delete” to go on").fill("delete")
        page.get_by_role("button", name="Delete my account").click()
        expect(page.get_by_text("Your account and everything in it was deleted.")).to_be_visible()
    with _database(evening.app) as database:
        wait_for(lambda: database["users"].find_one({"username": person.username}) is None, 10)


@contextmanager
def _database(app: App) -> Iterator[Database[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](embedded_uri(app.data_dir), directConnection=True) as client:
        yield client["anonmsg"]


def _dump(app: App) -> dict[str, list[str]]:
    """Return every document of every collection as text, as a dump would have it."""
    with _database(app) as database:
        names = database.list_collection_names()
        assert set(names) == set(INDEXES)
        return {name: [json_util.dumps(document) for document in database[name].find()] for name in names}


def _texts(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every file as text in which each byte is a character, so that it can be searched like any other."""
    return ((path, content.decode("latin-1")) for path, content in _files(folder))


def _files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file that the thief took: all but the master key."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != KEY_FILE:
            yield (
                path.relative_to(folder),
                path.read_bytes().rstrip(b"\0").lower(),
            )  # the journal is made longer than used


def test_the_evening_left_something_to_steal(evening: Evening) -> None:
    assert [name for name, documents in evening.documents.items() if not documents] == []
    assert len(evening.documents["users"]) == PEOPLE
    assert len(evening.documents["messages"]) == MESSAGES + 1
    assert len(evening.loot.words) > 2 * MESSAGES
    assert len(evening.loot.codes) == CODES
    assert sum(len(content) for _, content in _files(evening.app.data_dir)) > 1_000_000


def test_tags_hold_hashes_and_nothing_else(evening: Evening) -> None:
    (pseudonym,) = [json_util.loads(line)["pseudonym"] for line in evening.documents["sender_tags"]]
    bursts = [json_util.loads(line)["tag"][0] for line in evening.documents["burst_tags"]]
    (blocked,) = [
        block["pseudonym"] for line in evening.documents["users"] for block in json_util.loads(line).get("blocks", [])
    ]

    assert blocked == pseudonym
    assert {len(tag) for tag in (pseudonym, *bursts)} == {16}
    assert len(bursts) == MESSAGES + 1
    assert len(set(bursts)) == PEOPLE, "all came from one small network, which is another tag in each inbox"
    assert not re.search(rb"203\.0\.113", b"".join([pseudonym, *bursts]))


def test_no_document_holds_anything_that_people_typed_or_were_given(evening: Evening) -> None:
    text = "\n".join(line for lines in evening.documents.values() for line in lines)

    assert evening.loot.found_in(text) == set()


def test_no_file_holds_anything_either(evening: Evening) -> None:
    found = {str(path): evening.loot.found_in(content) for path, content in _texts(evening.app.data_dir)}

    assert {path: what for path, what in found.items() if what} == {}


def test_redis_holds_only_counters(evening: Evening) -> None:
    text = evening.redis.decode("latin-1")

    assert "limit" in text, "or nothing was counted there, and nothing could be found"
    assert evening.loot.found_in(text) == set()
    assert not re.search(r"victim\d|203\.0\.113", text)


def test_no_log_holds_anything_either(evening: Evening) -> None:
    assert evening.loot.found_in(evening.app.log) == set()


def test_the_thiefs_search_finds_what_is_there(evening: Evening) -> None:
    names = {path for path, content in _files(evening.app.data_dir) if b"victim1" in content}

    assert names, "usernames are stored as they are, so a search that misses them would miss everything"
    assert any('"victim1"' in line for line in evening.documents["users"])
    code = next(iter(evening.loot.codes))
    assert evening.loot.found_in(f'{{"code":"{code}"}}') == evening.loot.found_in(f"\0{code}\xff") == {"code"}
    assert evening.loot.found_in(f"1{code} {code}2") == set()
