"""The page behind a share link as its events."""

from collections.abc import AsyncIterator

import pytest

from anonmsg.bootstrap import Services
from anonmsg.models import User
from anonmsg.prompts import PROMPTS
from anonmsg.states.send import SendState
from anonmsg.storage.database import Database
from tests.integration.conftest import People
from tests.integration.state_client import Site, Tab, serve


@pytest.fixture
async def site(services: Services, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with serve(services, monkeypatch) as site:
        yield site


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


@pytest.fixture
async def tab(site: Site, ann: User) -> Tab:
    return await site.tab().connect("/u/ann")


async def submit(tab: Tab, content: object = "You are great") -> Tab:
    return await tab.call(SendState, "submit", submitted={"content": content})


async def inbox_of(services: Services, user: User) -> list[str | None]:
    return [message.content for message in (await services.inbox.list_messages(user.id, "", 20)).messages]


async def test_a_message_is_delivered(tab: Tab, services: Services, ann: User) -> None:
    await submit(tab, " Zwei\r\nZeilen\n")

    assert await inbox_of(services, ann) == ["Zwei\nZeilen"]
    assert tab.see(SendState, "is_sent", "errors", "failure", "busy") == (True, {}, "", False)
    assert tab.seen(SendState, "busy")[-2:] == [True, False]


@pytest.mark.parametrize(
    ("address", "title", "inbox", "name"),
    [
        ("/u/ANN", "Send an anonymous message to @Ann", "open", "Ann"),
        ("/u/ann/", "Send an anonymous message to @Ann", "open", "Ann"),
        ("/u/closed", "Send an anonymous message to @Closed", "closed", "Closed"),
        ("/u/nobody", "User not found", "unknown", "nobody"),
        ("/u/%24where", "User not found", "unknown", "$where"),
    ],
)
async def test_what_is_known_of_the_inbox_is_shown_before_anybody_writes(
    site: Site, people: People, ann: User, services: Services, address: str, title: str, inbox: str, name: str
) -> None:
    closed = await people.verified("Closed")
    await services.inbox.set_accepting(closed.id, False)

    tab = await site.tab().connect(address)

    assert tab.see(SendState, "title", "inbox", "username") == (title, inbox, name)
    assert set(tab.see(SendState, "ideas")) <= set(PROMPTS)
    assert tab.see(SendState, "ideas")


async def test_the_ideas_stay_when_the_connection_comes_back(tab: Tab) -> None:
    before = tab.see(SendState, "ideas")

    await tab.leave()
    await tab.connect("/u/ann")

    assert tab.see(SendState, "ideas") == before


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "Write a message first"),
        (" \n\t", "Write a message first"),
        ("\u200b\u2060\u3164", "Write a message first"),
        ("x" * 1001, "Message must be at most 1000 characters"),
        ("😀" * 1001, "Message must be at most 1000 characters"),
        ("a\x00b", "Message must not contain control characters"),
        ("\ud800", "There is a character in it that can't be used"),
        ({"$ne": None}, "Message must be text"),
        (5, "Message must be text"),
    ],
)
async def test_what_cannot_be_sent_is_said_by_the_field_and_sends_nothing(
    tab: Tab, database: Database, content: object, sentence: str
) -> None:
    await submit(tab, content)

    assert tab.see(SendState, "errors", "is_sent", "busy") == ({"content": sentence}, False, False)
    assert tab.focused == ["content"]
    assert await database["messages"].count_documents({}) == 0


async def test_an_inbox_that_closed_meanwhile_is_noticed_on_the_next_action(
    tab: Tab, services: Services, ann: User
) -> None:
    await services.inbox.set_accepting(ann.id, False)

    await submit(tab)

    assert tab.see(SendState, "inbox", "failure") == ("closed", "User is not accepting messages")
    assert await inbox_of(services, ann) == []


async def test_an_account_that_went_meanwhile_is_noticed_and_said_where_it_can_be_read(
    tab: Tab, database: Database
) -> None:
    await database["users"].delete_many({})

    await submit(tab)

    assert tab.see(SendState, "inbox", "failure", "errors") == ("unknown", "User not found", {})
    assert tab.see(SendState, "title") == "User not found"


async def test_pressing_twice_sends_once(tab: Tab, services: Services, ann: User) -> None:
    await tab.post(SendState, "submit", submitted={"content": "once"})
    await tab.post(SendState, "submit", submitted={"content": "once"})
    await tab.settle()

    assert await inbox_of(services, ann) == ["once"]


async def test_another_message_can_be_written_as_long_as_the_inbox_is_open(
    tab: Tab, services: Services, ann: User
) -> None:
    await submit(tab, "first")
    await tab.call(SendState, "write_another")
    form = tab.see(SendState, "is_sent", "inbox")
    await submit(tab, "second")
    await services.inbox.set_accepting(ann.id, False)
    await tab.call(SendState, "write_another")

    assert form == (False, "open")
    assert await inbox_of(services, ann) == ["second", "first"]
    assert tab.see(SendState, "is_sent", "inbox") == (False, "closed")


async def test_who_the_message_is_for_is_not_in_the_senders_hand(
    tab: Tab, people: People, services: Services, ann: User
) -> None:
    bob = await people.verified("Bob")

    await tab.call(SendState, "submit", submitted={"content": "hello", "username": "bob"})

    assert await inbox_of(services, ann) == ["hello"]
    assert await inbox_of(services, bob) == []


async def test_a_submit_that_overtakes_the_opening_of_the_page_is_delivered_once_and_stays_sent(
    site: Site, services: Services, ann: User
) -> None:
    tab = await site.tab().connect("/u/ann", boot="")
    await tab.post(SendState, "submit", submitted={"content": "in time"})
    await tab.navigate("/u/ann")
    stayed = tab.see(SendState, "is_sent", "inbox")
    await tab.navigate("/u/ann")

    assert await inbox_of(services, ann) == ["in time"]
    assert stayed == (True, "open")
    assert tab.see(SendState, "is_sent") is False


async def test_nothing_about_the_sender_is_stored_or_logged(
    tab: Tab, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "anonmsg")
    await submit(tab, "a secret of mine")

    [message] = await database["messages"].find().to_list()
    assert set(message) == {"_id", "recipient_id", "content", "created_at", "read_at", "deleted_at"}
    assert "a secret of mine" not in caplog.text + str(message)
