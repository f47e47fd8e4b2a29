"""The dashboard as its events: reading, deleting, undoing, switching, and who may do it."""

from datetime import timedelta
from typing import Any

import pytest

from anonmsg.bootstrap import Services
from anonmsg.models import User
from anonmsg.rules import PAGE_SIZE
from anonmsg.schemas import MessageForm, parse
from anonmsg.services.sorting import UNDO_GRACE, UNDO_TTL
from anonmsg.states.dashboard import DashboardState
from anonmsg.storage.database import Database
from anonmsg.tokens import SessionClaims, SessionTokens
from tests.conftest import FakeClock
from tests.integration.api_client import everything_in
from tests.integration.conftest import People
from tests.integration.state_client import Site, Tab

PRIVATE = ("messages", "username", "share_link", "accepts_messages", "next_cursor", "undo", "query", "counts")
NOTHING = ([], "", "", False, "", {"act_id": "", "text": "", "is_pending": False}, "", {})


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


@pytest.fixture
async def cookie(people: People, ann: User) -> str:
    return await people.session("ann")


@pytest.fixture
async def write(services: Services, clock: FakeClock) -> Any:
    """Sends messages to somebody, one second after the other."""

    async def write(username: str, *contents: str) -> None:
        for number, content in enumerate(contents):
            clock.advance(timedelta(seconds=1))
            network = f"network {number}"  # or the site would ask for proofs of work
            await services.sharing.send(parse(MessageForm, {"username": username, "content": content}), network)
        await services.tagging.finish()  # else their tags change the database later

    return write


def contents(tab: Tab) -> list[str]:
    return [row["content"] for row in tab.see(DashboardState, "messages")]


def id_of(tab: Tab, content: str) -> str:
    return next(row["id"] for row in tab.see(DashboardState, "messages") if row["content"] == content)


async def open_dashboard(site: Site, cookie: str) -> Tab:
    return await site.tab(cookie).connect("/dashboard")


async def delete(tab: Tab, content: str) -> str:
    message_id = id_of(tab, content)
    await tab.call(DashboardState, "delete_message", message_id=message_id)
    return message_id


# Reading


async def test_the_inbox_shows_the_newest_first_with_link_and_switch(site: Site, cookie: str, write: Any) -> None:
    await write("ann", "first", "second")

    tab = await open_dashboard(site, cookie)

    assert contents(tab) == ["second", "first"]
    assert tab.see(DashboardState, "status", "username", "share_link", "accepts_messages", "next_cursor") == (
        "ready",
        "Ann",
        "http://localhost:3000/u/Ann",
        True,
        "",
    )
    assert tab.see(DashboardState, "messages")[0]["created_at"].endswith("+00:00")
    assert tab.see(DashboardState, "failure", "is_waiting") == ("", False)


async def test_a_long_inbox_comes_in_pages_without_gaps_or_repeats(site: Site, cookie: str, write: Any) -> None:
    names = [f"message {number}" for number in range(2 * PAGE_SIZE + 5)]
    await write("ann", *names)
    tab = await open_dashboard(site, cookie)
    await write("ann", "late")

    first = contents(tab)
    while tab.see(DashboardState, "next_cursor"):
        await tab.call(DashboardState, "load_more")

    assert len(first) == PAGE_SIZE
    assert contents(tab) == names[::-1]


async def test_loading_more_at_the_end_repeats_nothing(site: Site, cookie: str, write: Any) -> None:
    await write("ann", "only one")
    tab = await open_dashboard(site, cookie)

    await tab.call(DashboardState, "load_more")

    assert contents(tab) == ["only one"]


async def test_refreshing_shows_what_is_new(site: Site, cookie: str, write: Any) -> None:
    tab = await open_dashboard(site, cookie)
    await write("ann", "new")

    await tab.call(DashboardState, "load")

    assert contents(tab) == ["new"]


async def test_a_message_that_cannot_be_read_is_marked_and_the_others_show(
    site: Site, cookie: str, write: Any, database: Database
) -> None:
    await write("ann", "broken", "whole")
    await database["messages"].update_one({}, {"$set": {"content": b"rubbish"}})

    tab = await open_dashboard(site, cookie)

    rows = tab.see(DashboardState, "messages")
    assert [(row["content"], row["is_readable"]) for row in rows] == [("whole", True), ("", False)]


# Deleting and undoing


async def test_a_deleted_message_is_gone_and_can_be_brought_back_to_its_place(
    site: Site, cookie: str, write: Any
) -> None:
    await write("ann", "one", "two", "three")
    tab = await open_dashboard(site, cookie)

    await delete(tab, "two")
    without = contents(tab), tab.see(DashboardState, "undo")["text"]
    await tab.call(DashboardState, "undo_last", act_id=tab.see(DashboardState, "undo")["act_id"])

    assert without == (["three", "one"], "Message deleted")
    assert contents(tab) == ["three", "two", "one"]
    said = {"act_id": "", "text": "Undone for 1 message", "is_pending": False}
    assert tab.see(DashboardState, "undo", "failure") == (said, "")


async def test_the_last_loaded_message_comes_back_too_while_older_ones_wait(
    site: Site, cookie: str, write: Any
) -> None:
    await write("ann", *(f"message {number}" for number in range(PAGE_SIZE + 5)))
    tab = await open_dashboard(site, cookie)
    before = contents(tab)

    await delete(tab, before[-1])
    await tab.call(DashboardState, "undo_last", act_id=tab.see(DashboardState, "undo")["act_id"])

    assert contents(tab) == before


async def test_undoing_is_too_late_after_its_time(site: Site, cookie: str, write: Any, clock: FakeClock) -> None:
    await write("ann", "one")
    tab = await open_dashboard(site, cookie)
    await delete(tab, "one")
    clock.advance(UNDO_TTL + UNDO_GRACE)

    await tab.call(DashboardState, "undo_last", act_id=tab.see(DashboardState, "undo")["act_id"])

    assert tab.see(DashboardState, "failure") == "This can't be undone any more."
    assert contents(tab) == []


async def test_deleting_and_undoing_twice_says_that_there_is_nothing(site: Site, cookie: str, write: Any) -> None:
    await write("ann", "one")
    tab = await open_dashboard(site, cookie)

    message_id = await delete(tab, "one")
    await tab.call(DashboardState, "delete_message", message_id=message_id)
    deleted_twice = tab.see(DashboardState, "failure")
    await tab.call(DashboardState, "undo_last", act_id=tab.see(DashboardState, "undo")["act_id"])
    await tab.call(DashboardState, "undo_last", act_id=tab.see(DashboardState, "undo")["act_id"])

    assert deleted_twice == "Message not found"
    assert tab.see(DashboardState, "failure") == "Message not found"
    assert contents(tab) == ["one"]
    assert tab.see(DashboardState, "status", "is_waiting") == ("ready", False)


# The switch


async def test_the_switch_is_saved_at_once(site: Site, cookie: str, services: Services, ann: User) -> None:
    tab = await open_dashboard(site, cookie)

    await tab.call(DashboardState, "set_accepting", accepts_messages=False)
    closed = (await services.inbox.owner(ann.id)).accepts_messages, tab.see(DashboardState, "accepts_messages")
    await tab.call(DashboardState, "set_accepting", accepts_messages=True)

    assert closed == (False, False)
    assert (await services.inbox.owner(ann.id)).accepts_messages is True
    assert tab.see(DashboardState, "accepts_messages") is True


# Who may


def forged(user: User) -> dict[str, str]:
    claims = SessionClaims(user.id, user.username, "made up")
    in_a_year = user.created_at + timedelta(days=365)
    return {
        "another key": SessionTokens(b"x" * 32).sign(claims, user.created_at, in_a_year),
        "no signature": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.",
        "rubbish": "rubbish",
        "nothing": "",
    }


@pytest.mark.parametrize("kind", ["another key", "no signature", "rubbish", "nothing"])
async def test_a_browser_without_a_true_cookie_is_shown_nothing_and_sent_away(
    site: Site, ann: User, write: Any, kind: str
) -> None:
    await write("ann", "private words")

    tab = await open_dashboard(site, forged(ann)[kind])

    assert tab.see(DashboardState, "status") == "left"
    assert tab.see(DashboardState, *PRIVATE) == NOTHING
    assert "private words" not in tab.wire


@pytest.mark.parametrize(
    ("handler", "arguments"),
    [
        ("load", {}),
        ("load_more", {}),
        ("delete_message", {"message_id": "0" * 24}),
        ("undo_last", {"act_id": "0" * 24}),
        ("set_accepting", {"accepts_messages": False}),
    ],
)
async def test_after_the_session_ended_every_handler_empties_the_page_and_changes_nothing(
    site: Site, cookie: str, write: Any, services: Services, database: Database, handler: str, arguments: Any
) -> None:
    await write("ann", "private words")
    tab = await open_dashboard(site, cookie)
    await services.sessions.sign_out(cookie)
    before = await everything_in(database)

    await tab.call(DashboardState, handler, **arguments)

    assert tab.see(DashboardState, "status") == "left"
    assert tab.see(DashboardState, *PRIVATE) == NOTHING
    assert await everything_in(database) == before


async def test_a_session_of_an_account_that_is_gone_is_nobodys(site: Site, cookie: str, database: Database) -> None:
    tab = await open_dashboard(site, cookie)
    await database["users"].delete_many({})

    await tab.call(DashboardState, "set_accepting", accepts_messages=False)

    assert tab.see(DashboardState, "status") == "left"


async def test_somebody_elses_message_is_not_found_and_stays_as_it_is(
    site: Site, cookie: str, people: People, write: Any, database: Database
) -> None:
    await people.verified("Bob")
    await write("bob", "shown", "deleted")
    bob = await open_dashboard(site, await people.session("bob"))
    shown, deleted = id_of(bob, "shown"), await delete(bob, "deleted")
    act_id = bob.see(DashboardState, "undo")["act_id"]
    ann = await open_dashboard(site, cookie)
    before = await everything_in(database)

    answers = []
    for handler, arguments in (
        ("delete_message", {"message_id": shown}),
        ("delete_message", {"message_id": deleted}),
        ("act_on", {"action": "archive", "message_ids": [shown, deleted]}),
        ("undo_last", {"act_id": act_id}),
    ):
        await ann.call(DashboardState, handler, **arguments)
        answers.append(ann.see(DashboardState, "failure", "messages", "undo"))

    nothing = ([], {"act_id": "", "text": "", "is_pending": False})
    assert answers == [*[("Message not found", *nothing)] * 3, ("This can't be undone any more.", *nothing)]
    assert await everything_in(database) == before


async def test_nothing_private_is_logged(site: Site, cookie: str, write: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "anonmsg")
    await write("ann", "private words")

    tab = await open_dashboard(site, cookie)
    await delete(tab, "private words")

    assert "private words" not in caplog.text
    assert cookie not in caplog.text
    assert cookie not in tab.wire
