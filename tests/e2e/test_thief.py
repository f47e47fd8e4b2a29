"""A thief takes everything but the master key after an evening of use, and finds nothing to read."""

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from bson import json_util
from playwright.sync_api import Browser, expect
from pymongo import MongoClient

from anonmsg.send_form import LEAST_TIME
from anonmsg.storage.database import INDEXES
from anonmsg.storage.embedded import embedded_uri
from tests.e2e.conftest import ROOMY, App, wait_for
from tests.redis_server import RedisServer
from tests.resend_server import API_KEY, ResendServer

PEOPLE, MESSAGES = 4, 200
KEY_FILE = "master.key"
CODE = re.compile(r"\b\d{6}\b")


@dataclass
class Loot:
    """Everything that was used in the evening, by what it is, and so must not be found."""

    words: dict[str, str] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)

    def note(self, what: str, word: str) -> str:
        """Remember a word, and hand it back."""
        self.words[word] = what
        return word


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

    def code(self) -> str:
        found = CODE.search(self.mail())
        assert found
        self.loot.codes.add(found[0])
        return found[0]

    def join(self) -> None:
        """Sign up, mistype the code, verify, sign in."""
        registration = self.ask("sign-up", username=self.username, email=self.email, password=self.password)
        self.loot.note("registration token", registration["registration"])
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
        people = [Person(evening, resend, number) for number in range(PEOPLE)]
        try:
            for person in people:
                person.join()
            _write(evening, people)
            _look(evening, people[0], browser)
            _forget(evening, people[1], browser)
            evening.documents, evening.redis = _dump(app), redis.dump().lower()
        finally:
            for person in people:
                person.close()
            assert app.stop() == 0, app.log
        yield evening


def _write(evening: Evening, people: list[Person]) -> None:
    """Send messages from many networks, read some, delete some."""
    note = evening.loot.note
    for number in range(MESSAGES):
        headers = {
            "X-Forwarded-For": note("network address", f"203.0.113.{20 + number}"),
            "User-Agent": note("user agent", f"sender-{secrets.token_hex(8)}"),
        }
        content = note("message", f"what I never told you {secrets.token_hex(10)}")
        form = {"username": people[number % PEOPLE].username, "content": content}
        answer = httpx.post(f"{evening.app.url}/api/send-message", json=form, headers=headers)
        assert answer.status_code == 201, answer.text
    for person in people:
        messages = person.http.get("/api/get-messages").json()["messages"]
        assert person.http.delete(f"/api/delete-message/{messages[0]['id']}").status_code == 200


def _look(evening: Evening, person: Person, browser: Browser) -> None:
    """Write and read on the pages as well; a page's socket carries headers too."""
    agent = person.headers["User-Agent"]
    context = browser.new_context(user_agent=agent, extra_http_headers={"X-Forwarded-For": "203.0.113.250"})
    evening.loot.note("network address", "203.0.113.250")
    page = context.new_page()
    page.goto(f"{evening.app.url}/u/{person.username}")
    page.get_by_label("Your message").fill(evening.loot.note("message", f"from a page {secrets.token_hex(10)}"))
    page.wait_for_timeout(LEAST_TIME / timedelta(milliseconds=1) + 50)  # who is faster counts as a program
    page.get_by_role("button", name="Send It").click()
    expect(page.get_by_text("Message sent successfully")).to_be_visible()
    evening.loot.note("sender's mark", page.evaluate("JSON.parse(localStorage.getItem('anonmsg-mark')).value"))
    page.goto(f"{evening.app.url}/sign-in")
    page.get_by_label("Email or Username").fill(person.username)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Sign In").click()
    expect(page.get_by_label("Your link")).to_be_visible()
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
    for cookie in context.cookies():
        evening.loot.note("session token", cookie.get("value", ""))
    context.close()


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


def _dump(app: App) -> dict[str, list[str]]:
    """Return every document of every collection as text, as a dump would have it."""
    with MongoClient(embedded_uri(app.data_dir), directConnection=True) as client:
        database = client["anonmsg"]
        names = database.list_collection_names()
        assert set(names) == set(INDEXES)
        return {name: [json_util.dumps(document) for document in database[name].find()] for name in names}


def _files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file that the thief took: all but the master key."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != KEY_FILE:
            yield (
                path.relative_to(folder),
                path.read_bytes().rstrip(b"\0").lower(),
            )  # the journal is made longer than used


def test_the_evening_left_something_to_steal(evening: Evening) -> None:
    assert len(evening.documents["users"]) == PEOPLE
    assert len(evening.documents["messages"]) == MESSAGES + 1
    assert len(evening.loot.words) > 2 * MESSAGES
    assert len(evening.loot.codes) == PEOPLE
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

    assert {what for word, what in evening.loot.words.items() if word.lower() in text.lower()} == set()
    assert {code for code in evening.loot.codes if f'"{code}"' in text} == set()


def test_no_file_holds_anything_either(evening: Evening) -> None:
    found = [
        (str(path), what)
        for path, content in _files(evening.app.data_dir)
        for word, what in evening.loot.words.items()
        if word.lower().encode() in content
    ]

    assert found == []


def test_redis_holds_only_counters(evening: Evening) -> None:
    assert b"limit" in evening.redis, "or nothing was counted there, and nothing could be found"
    assert {what for word, what in evening.loot.words.items() if word.lower().encode() in evening.redis} == set()
    assert not re.search(rb"victim\d|203\.0\.113", evening.redis)


def test_no_log_holds_anything_either(evening: Evening) -> None:
    log = evening.app.log.lower()

    assert {what for word, what in evening.loot.words.items() if word.lower() in log} == set()
    assert {code for code in evening.loot.codes if re.search(rf"\b{code}\b", log)} == set()


def test_the_thiefs_search_finds_what_is_there(evening: Evening) -> None:
    names = {path for path, content in _files(evening.app.data_dir) if b"victim1" in content}

    assert names, "usernames are stored as they are, so a search that misses them would miss everything"
    assert any('"victim1"' in line for line in evening.documents["users"])
