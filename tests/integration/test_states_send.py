"""The page behind a share link as its events."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import altcha
import pytest

from anonmsg import bootstrap
from anonmsg.bootstrap import Services
from anonmsg.models import User
from anonmsg.page_forms import SendPageForm
from anonmsg.prompts import AT_ONCE, BY_THEME, PROMPTS
from anonmsg.schemas import parse
from anonmsg.send_form import AGE, ATTEMPT, KEY, LEAST_TIME, TRAP
from anonmsg.services.sessions import Identity
from anonmsg.settings import Settings
from anonmsg.states.send import SendState
from anonmsg.storage.database import Database
from tests.conftest import FakeClock, FakeMailer
from tests.integration.conftest import SECRETS, People
from tests.integration.state_client import Site, Tab, serve


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


@pytest.fixture
async def tab(site: Site, ann: User, clock: FakeClock) -> Tab:
    """A page that somebody has had the time to read."""
    tab = await site.tab().connect("/u/ann")
    clock.advance(LEAST_TIME)
    return tab


async def submit(tab: Tab, content: object = "You are great") -> Tab:
    return await tab.call(SendState, "submit", submitted={"content": content})


async def inbox_of(services: Services, user: User) -> list[str | None]:
    return [message.content for message in (await services.inbox.list_messages(user, "", 20)).messages]


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
    assert bool(tab.see(SendState, "ideas")) is (inbox != "unknown")


CHOSEN: dict[str, Any] = {
    "title": "Ann's corner",
    "question": "What should I sing?",
    "themes": ["fun"],
    "own_prompts": "Which song?\nWhich key?",
    "most_characters": 50,
    "accent": "teal",
}


async def choose(services: Services, user: User, **values: object) -> None:
    identity = Identity(user.id, user.username, "a session", None)
    await services.send_pages.change(identity, parse(SendPageForm, {**CHOSEN, **values}))


async def test_the_page_is_as_its_recipient_chose(site: Site, services: Services, ann: User) -> None:
    await choose(services, ann)

    tab = await site.tab().connect("/u/ann")

    assert tab.see(SendState, "heading", "subtitle", "question", "accent", "most") == (
        "Ann's corner",
        "Send an anonymous message to @Ann",
        "What should I sing?",
        "teal",
        50,
    )
    ideas = tab.see(SendState, "ideas")
    assert ideas[:2] == ["Which song?", "Which key?"]
    assert len(ideas) == 2 + AT_ONCE
    assert set(ideas[2:]) <= set(BY_THEME["fun"])
    assert tab.see(SendState, "title") == "Send an anonymous message to @Ann"


@pytest.mark.parametrize("length", [51, 1000, 1001])
async def test_the_limit_that_is_said_is_the_recipients_own(
    site: Site, services: Services, ann: User, clock: FakeClock, length: int
) -> None:
    await choose(services, ann)
    tab = await site.tab().connect("/u/ann")
    clock.advance(LEAST_TIME)

    await submit(tab, "x" * length)

    assert tab.see(SendState, "errors") == {"content": "Message must be at most 50 characters"}


async def test_the_choice_of_one_recipient_is_not_seen_on_the_page_of_the_next(
    site: Site, services: Services, people: People, ann: User
) -> None:
    await people.verified("Bob")
    await choose(services, ann)
    tab = await site.tab().connect("/u/ann")

    await tab.leave()
    await tab.connect("/u/bob")

    assert tab.see(SendState, "heading", "subtitle", "question", "accent", "most") == (
        "Send an anonymous message to @Bob",
        "",
        "",
        "clay",
        1000,
    )
    assert "Which song?" not in tab.see(SendState, "ideas")


async def test_the_limit_of_the_recipient_holds(tab: Tab, services: Services, database: Database, ann: User) -> None:
    await choose(services, ann)

    await submit(tab, "x" * 51)
    assert tab.see(SendState, "errors", "is_sent") == ({"content": "Message must be at most 50 characters"}, False)
    assert tab.focused == ["content"]
    assert await database["messages"].count_documents({}) == 0

    await submit(tab, "x" * 50)
    assert tab.see(SendState, "is_sent") is True


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
    tab: Tab, services: Services, ann: User, clock: FakeClock
) -> None:
    await submit(tab, "first")
    await tab.call(SendState, "write_another")
    clock.advance(LEAST_TIME)
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


async def send_again_before_the_page_is_opened(tab: Tab, content: str) -> Tab:
    """Lose the connection, and send on the next one before it has told the page how things are."""
    await tab.leave()
    await tab.connect("/u/ann", boot="")
    await tab.post(SendState, "submit", submitted={"content": content, KEY: "b.one", ATTEMPT: "again"})
    return await tab.navigate("/u/ann")


async def test_what_is_sent_again_before_the_page_is_opened_again_keeps_its_answer(
    tab: Tab, services: Services, ann: User
) -> None:
    await send_again_before_the_page_is_opened(tab, " ")
    refused = tab.see(SendState, "is_sent", "errors", "answered", "busy")
    await send_again_before_the_page_is_opened(tab, "in time")
    stayed = tab.see(SendState, "is_sent", "errors", "answered", "inbox")
    await tab.navigate("/u/ann")

    assert refused == (False, {"content": "Write a message first"}, "again", False)
    assert stayed == (True, {}, "again", "open")
    assert await inbox_of(services, ann) == ["in time"]
    assert tab.see(SendState, "is_sent") is False


async def test_who_did_not_hear_that_it_was_sent_hears_it_when_it_comes_again(
    tab: Tab, services: Services, ann: User
) -> None:
    await tab.call(SendState, "submit", submitted={"content": "once", KEY: "b.one", ATTEMPT: "first"})
    await send_again_before_the_page_is_opened(tab, "once")

    assert tab.see(SendState, "is_sent", "answered") == (True, "again")
    assert await inbox_of(services, ann) == ["once"]


async def test_a_page_that_is_loaded_anew_has_sent_nothing(tab: Tab) -> None:
    await submit(tab)
    await tab.leave()
    await tab.connect("/u/ann")

    assert tab.see(SendState, "is_sent", "inbox") == (False, "open")


@pytest.mark.parametrize("content", ["fine", " "])
async def test_the_browser_learns_which_attempt_was_answered(tab: Tab, content: str) -> None:
    for attempt in ("b.1", "b.2") if content == " " else ("b.1",):
        await tab.call(SendState, "submit", submitted={"content": content, ATTEMPT: attempt})

        assert tab.see(SendState, "answered") == attempt


@pytest.mark.parametrize("attempt", [None, 5, "", " ", "x" * 201, ["b.1"], {"$gt": 0}])
async def test_an_odd_name_for_an_attempt_is_not_repeated(tab: Tab, attempt: object) -> None:
    await tab.call(SendState, "submit", submitted={"content": "fine", ATTEMPT: attempt})

    assert tab.see(SendState, "is_sent", "answered") == (True, "")


async def test_nothing_about_the_sender_is_stored_or_logged(
    tab: Tab, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "anonmsg")
    await submit(tab, "a secret of mine")

    [message] = await database["messages"].find().to_list()
    assert set(message) == {
        "_id",
        "recipient_id",
        "content",
        "created_at",
        "read_at",
        "deleted_at",
        "folder",
        "is_read",
        "is_starred",
    }
    assert "a secret of mine" not in caplog.text + str(message)


# What seems to come from a program


async def folders_of(services: Services, user: User) -> tuple[list[str | None], list[str | None]]:
    filtered = await services.inbox.list_messages(user, "", 20, "filtered")
    return await inbox_of(services, user), [message.content for message in filtered.messages]


async def test_a_form_that_is_sent_at_once_is_put_aside_and_nobody_is_told(
    site: Site, services: Services, ann: User, clock: FakeClock
) -> None:
    tab = await site.tab().connect("/u/ann")
    clock.advance(LEAST_TIME - timedelta(milliseconds=1))

    await submit(tab, "buy now")

    assert await folders_of(services, ann) == ([], ["buy now"])
    assert tab.see(SendState, "is_sent", "errors", "failure") == (True, {}, "")


async def test_another_message_has_to_be_written_too(tab: Tab, services: Services, ann: User, clock: FakeClock) -> None:
    await submit(tab, "first")
    await tab.call(SendState, "write_another")
    await submit(tab, "at once")

    assert await folders_of(services, ann) == (["first"], ["at once"])


async def test_who_fills_what_people_do_not_see_is_put_aside(tab: Tab, services: Services, ann: User) -> None:
    await tab.call(SendState, "submit", submitted={"content": "buy now", TRAP: "https://example.com"})

    assert await folders_of(services, ann) == ([], ["buy now"])
    assert tab.see(SendState, "is_sent", "failure") == (True, "")


@pytest.mark.parametrize("trap", ["", None])
async def test_the_empty_trap_is_no_sin(tab: Tab, services: Services, ann: User, trap: object) -> None:
    await tab.call(SendState, "submit", submitted={"content": "hello", TRAP: trap})

    assert await folders_of(services, ann) == (["hello"], [])


async def test_a_connection_that_comes_back_makes_nobody_hasty(tab: Tab, services: Services, ann: User) -> None:
    await tab.leave()
    await tab.connect("/u/ann")
    await submit(tab, "a long text")

    assert await folders_of(services, ann) == (["a long text"], [])


@pytest.mark.parametrize(
    ("age", "is_hasty"),
    [
        *((right, False) for right in ("1000", "86400000", "9" * 5000)),
        *((odd, True) for odd in ("999", "", "-1000", "1e9", "5000.0", None, ["5000"], {"$gt": 0})),
    ],
)
async def test_what_was_written_before_the_app_came_back_is_not_hasty(
    site: Site, services: Services, ann: User, age: object, is_hasty: bool
) -> None:
    tab = await site.tab().connect("/u/ann")
    await tab.call(SendState, "submit", submitted={"content": "a long text", AGE: age})

    inbox, filtered = await folders_of(services, ann)
    assert (inbox, filtered) == (([], ["a long text"]) if is_hasty else (["a long text"], []))


async def test_going_from_one_inbox_to_another_begins_anew(
    tab: Tab, services: Services, people: People, ann: User
) -> None:
    bob = await people.verified("Bob")
    await tab.navigate("/u/bob")
    await submit(tab, "at once")

    assert await folders_of(services, bob) == ([], ["at once"])


# A puzzle, and too much


@pytest.fixture
async def busy_tab(
    settings: Settings,
    database: Database,
    mailer: FakeMailer,
    clock: FakeClock,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Tab]:
    """A page of a site where four messages a minute are too many, and two make it careful."""
    await people.verified("Ann")
    chosen = settings.model_copy(update={"limits": {"send per client and recipient": "4/minute"}})
    busy = bootstrap.build_services(chosen, SECRETS, database, mailer, clock, password_cost=4)
    async with serve(busy, monkeypatch) as site:
        tab = await site.tab().connect("/u/ann")
        clock.advance(LEAST_TIME)
        for text in ("one", "two"):
            await submit(tab, text)
            await tab.call(SendState, "write_another")
            clock.advance(LEAST_TIME)
        yield tab


def solved(tab: Tab) -> str:
    challenge = altcha.Challenge.from_dict(json.loads(tab.see(SendState, "challenge")))
    solution = altcha.solve_challenge(challenge)
    assert solution
    return altcha.Payload(challenge, solution).to_base64()


async def stored(database: Database) -> int:
    return await database["messages"].count_documents({"folder": "inbox"})


async def test_near_the_limit_a_puzzle_comes_and_its_solution_sends(busy_tab: Tab, database: Database) -> None:
    await busy_tab.call(SendState, "submit", submitted={"content": "three", ATTEMPT: "b.1"})
    asked = busy_tab.see(SendState, "is_sent", "busy", "failure", "errors", "answered")
    before = await stored(database)
    proven = {"content": "three", "proof": solved(busy_tab), ATTEMPT: "b.2"}
    await busy_tab.call(SendState, "submit", submitted=proven)

    assert asked == (False, True, "", {}, "")
    assert (before, await stored(database)) == (2, 3)
    assert busy_tab.see(SendState, "is_sent", "busy", "challenge", "answered") == (True, False, "", "b.2")


async def test_a_wrong_solution_gets_a_sentence_and_no_puzzle_without_end(busy_tab: Tab, database: Database) -> None:
    await submit(busy_tab, "three")
    await busy_tab.call(SendState, "submit", submitted={"content": "three", "proof": "AAAA"})

    assert busy_tab.see(SendState, "failure", "challenge", "busy") == (
        "Many messages are coming in. Please wait 58 seconds and try again.",
        "",
        False,
    )
    assert await stored(database) == 2


async def test_who_can_not_solve_it_is_told_how_long_to_wait(
    busy_tab: Tab, database: Database, clock: FakeClock
) -> None:
    await busy_tab.call(SendState, "submit", submitted={"content": "three", ATTEMPT: "b.1"})
    await busy_tab.call(SendState, "give_up_puzzle")
    told = busy_tab.see(SendState, "failure", "challenge", "busy", "answered")
    clock.advance(timedelta(seconds=58))
    await submit(busy_tab, "three")

    assert told == ("Many messages are coming in. Please wait 58 seconds and try again.", "", False, "b.1")
    assert await stored(database) == 3


async def test_over_the_limit_the_page_says_how_long_to_wait_and_touches_nothing(
    busy_tab: Tab, database: Database, clock: FakeClock
) -> None:
    for text in ("three", "four"):
        await submit(busy_tab, text)
        await busy_tab.call(SendState, "submit", submitted={"content": text, "proof": solved(busy_tab)})
        await busy_tab.call(SendState, "write_another")
        clock.advance(LEAST_TIME)
    before = len(busy_tab.events)
    await submit(busy_tab, "five")

    assert busy_tab.see(SendState, "failure", "is_sent", "busy", "challenge", "inbox") == (
        "Please wait 56 seconds and try again.",
        False,
        False,
        "",
        "open",
    )
    assert busy_tab.events[before:] == []
    assert await stored(database) == 4


async def test_giving_up_without_a_puzzle_says_nothing(tab: Tab) -> None:
    await tab.call(SendState, "give_up_puzzle")

    assert tab.see(SendState, "failure", "busy") == ("", False)
