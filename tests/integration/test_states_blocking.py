"""Blocking and bursts as their events: on the dashboard, in the settings, and who may do it."""

from datetime import timedelta
from typing import Any

import pytest

from anonmsg.bootstrap import Services
from anonmsg.errors import CannotBlock
from anonmsg.models import User
from anonmsg.schemas import MessageForm, parse
from anonmsg.services.blocking import BURST_SIZE
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.defence import BURST_DELETED, SENDER_BLOCKED, DefenceState
from anonmsg.states.send import SendState
from anonmsg.states.settings import SettingsState
from anonmsg.states.settings_blocks import BlocksState
from anonmsg.storage.database import Database
from tests.conftest import CLIENT, FakeClock
from tests.integration.conftest import People
from tests.integration.state_client import Site, Tab

PEST = "p" * 22


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


@pytest.fixture
async def cookie(people: People, ann: User) -> str:
    return await people.session("ann")


async def write(services: Services, content: str, mark: str = PEST, client: str = CLIENT) -> None:
    form = parse(MessageForm, {"username": "ann", "content": content})
    await services.sharing.send(form, client, sender_mark=mark)
    await services.tagging.finish()


async def flood(services: Services, ann: User, clock: FakeClock) -> None:
    """Store a burst without the limits that slow senders down."""
    for number in range(BURST_SIZE + 5):
        clock.advance(timedelta(seconds=1))
        message = await services.messages.add(ann.id, f"flood {number}", clock.now)
        services.tagging.note(ann.id, message.id, b"", "a flooder")
    await services.tagging.finish()


def contents(tab: Tab) -> list[str]:
    return [row["content"] for row in tab.see(DashboardState, "messages")]


def first_id(tab: Tab) -> str:
    return tab.see(DashboardState, "messages")[0]["id"]


def excerpts(tab: Tab) -> list[str]:
    return [row["excerpt"] for row in tab.see(SettingsState, "blocks")]


async def block_first(tab: Tab) -> None:
    await tab.call(DefenceState, "ask_about", message_id=first_id(tab))
    await tab.call(DefenceState, "block_sender")


async def test_a_sender_is_blocked_behind_a_question_and_it_can_be_undone(
    site: Site, services: Services, cookie: str, ann: User
) -> None:
    await write(services, "nasty")
    tab = await site.tab(cookie).connect("/dashboard")

    await tab.call(DefenceState, "ask_about", message_id=first_id(tab))
    assert tab.see(DefenceState, "is_open", "can_block", "is_burst") == (True, True, False)
    assert contents(tab) == ["nasty"]

    await tab.call(DefenceState, "block_sender")
    assert contents(tab) == []
    assert not tab.see(DefenceState, "is_open")
    undo = tab.see(DashboardState, "undo")
    assert undo["text"] == SENDER_BLOCKED

    await tab.call(DashboardState, "undo_last", act_id=undo["act_id"])
    assert contents(tab) == ["nasty"]
    assert await services.blocking.list_blocks(ann.id) == []


async def test_a_message_without_a_mark_offers_no_block_and_says_why(
    site: Site, services: Services, cookie: str
) -> None:
    await write(services, "without scripts", mark="")
    tab = await site.tab(cookie).connect("/dashboard")

    await block_first(tab)

    assert tab.see(DefenceState, "is_open", "can_block", "failure") == (True, False, CannotBlock.sentence)
    assert contents(tab) == ["without scripts"]


async def test_what_a_blocked_sender_writes_is_marked_under_filtered_until_it_is_wanted(
    site: Site, services: Services, cookie: str
) -> None:
    await write(services, "nasty")
    tab = await site.tab(cookie).connect("/dashboard")
    await block_first(tab)
    await write(services, "nasty again")

    await tab.call(DashboardState, "open_view", view="filtered")
    assert [row["is_passing"] for row in tab.see(DashboardState, "messages")] == [True]

    await tab.call(DashboardState, "act_on", action="star", message_ids=[first_id(tab)])
    assert [row["is_passing"] for row in tab.see(DashboardState, "messages")] == [False]


async def test_a_burst_is_deleted_and_comes_back(
    site: Site, services: Services, cookie: str, ann: User, clock: FakeClock
) -> None:
    clock.now = clock.now.replace(hour=1)
    await write(services, "from elsewhere")
    await flood(services, ann, clock)
    tab = await site.tab(cookie).connect("/dashboard")
    before = contents(tab)

    await tab.call(DefenceState, "ask_about", message_id=first_id(tab))
    assert tab.see(DefenceState, "is_burst")
    await tab.call(DefenceState, "delete_burst")
    assert contents(tab) == ["from elsewhere"]
    undo = tab.see(DashboardState, "undo")
    assert undo["text"] == BURST_DELETED

    await tab.call(DashboardState, "undo_last", act_id=undo["act_id"])
    assert contents(tab) == before


async def test_a_burst_that_is_none_is_refused_in_the_dialog(site: Site, services: Services, cookie: str) -> None:
    await write(services, "alone")
    tab = await site.tab(cookie).connect("/dashboard")
    await tab.call(DefenceState, "ask_about", message_id=first_id(tab))

    await tab.call(DefenceState, "delete_burst")

    assert not tab.see(DefenceState, "is_burst")
    assert tab.see(DefenceState, "failure") == "This message is not part of a burst."
    assert contents(tab) == ["alone"]


async def test_coarse_dates_do_not_stand_in_the_way(site: Site, services: Services, cookie: str, ann: User) -> None:
    await services.inbox.set_coarse_dates(ann.id, True)
    await write(services, "nasty")
    tab = await site.tab(cookie).connect("/dashboard")

    await block_first(tab)

    assert contents(tab) == []
    assert len(await services.blocking.list_blocks(ann.id)) == 1


async def test_whoever_is_signed_out_is_left_with_nothing(
    site: Site, services: Services, cookie: str, ann: User
) -> None:
    await write(services, "nasty")
    tab = await site.tab(cookie).connect("/dashboard")
    await tab.call(DefenceState, "ask_about", message_id=first_id(tab))
    await services.sessions.sign_out(cookie)

    await tab.call(DefenceState, "block_sender")

    assert tab.see(DashboardState, "status") == "left"
    assert not tab.see(DefenceState, "is_open")
    assert await services.blocking.list_blocks(ann.id) == []


async def test_a_dialog_of_somebody_else_in_the_same_tab_does_nothing(
    site: Site, services: Services, cookie: str, ann: User, people: People
) -> None:
    bob = await people.verified("Bob")
    await write(services, "nasty")
    tab = await site.tab(cookie).connect("/dashboard")
    await tab.call(DefenceState, "ask_about", message_id=first_id(tab))
    await tab.leave()
    tab.cookie = await people.session("bob")
    await tab.connect("/dashboard", boot="")

    await tab.call(DefenceState, "block_sender")

    assert await services.blocking.list_blocks(ann.id) == await services.blocking.list_blocks(bob.id) == []


async def test_the_settings_list_whom_a_person_blocked_and_unblock_with_an_undo(
    site: Site, services: Services, cookie: str, ann: User
) -> None:
    await write(services, "nasty\nwords")
    tab = await site.tab(cookie).connect("/dashboard")
    await block_first(tab)
    await tab.navigate("/settings")
    assert excerpts(tab) == ["nasty words"]

    await tab.call(BlocksState, "unblock", block_id=tab.see(SettingsState, "blocks")[0]["id"])
    assert (excerpts(tab), tab.see(BlocksState, "can_undo")) == ([], True)
    await tab.call(BlocksState, "block_again")

    assert (excerpts(tab), tab.see(BlocksState, "can_undo", "done")) == (["nasty words"], (False, "Blocked again."))
    await tab.call(BlocksState, "block_again")
    assert len(await services.blocking.list_blocks(ann.id)) == 1


async def test_a_block_that_is_not_there_can_not_be_removed(
    site: Site, services: Services, cookie: str, ann: User
) -> None:
    tab = await site.tab(cookie).connect("/settings")

    await tab.call(BlocksState, "unblock", block_id="block-nothing")

    assert tab.see(BlocksState, "can_undo", "done") == (False, "")


async def test_nothing_of_a_pseudonym_goes_to_a_page(
    site: Site, services: Services, cookie: str, database: Database
) -> None:
    await write(services, "nasty")
    tag = await database["sender_tags"].find_one({})
    assert tag is not None
    tab = await site.tab(cookie).connect("/dashboard")
    await block_first(tab)
    await tab.navigate("/settings")
    await tab.call(BlocksState, "unblock", block_id=tab.see(SettingsState, "blocks")[0]["id"])

    assert "nasty" in tab.wire
    assert "pseudonym" not in tab.wire
    assert tag["pseudonym"].hex() not in tab.wire
    assert repr(tag["pseudonym"])[2:-1] not in tab.wire


@pytest.mark.parametrize("mark", ["", "p" * 21, "p" * 23, "é" * 22, "p" * 21 + " ", {"$ne": ""}, ["p" * 22], 7, None])
async def test_a_mark_that_is_none_is_not_taken_and_the_message_is(
    site: Site, ann: User, services: Services, database: Database, mark: Any
) -> None:
    tab = await site.tab().connect("/u/ann")

    await tab.call(SendState, "submit", submitted={"content": "hello", "mark": mark, "age": "5000"})
    await services.tagging.finish()

    assert tab.see(SendState, "is_sent")
    assert await database["sender_tags"].count_documents({}) == 0
    assert await database["burst_tags"].count_documents({}) == 1


async def test_a_blocked_sender_sees_what_everybody_sees(
    site: Site, ann: User, services: Services, cookie: str, database: Database
) -> None:
    await write(services, "nasty")
    dashboard = await site.tab(cookie).connect("/dashboard")
    await block_first(dashboard)
    seen = []
    for mark in (PEST, "f" * 22):
        tab = await site.tab().connect("/u/ann")
        await tab.call(SendState, "submit", submitted={"content": "hello", "mark": mark, "age": "5000"})
        seen.append([change for change in tab.changes if "submit" in change or change[0] == SendState.get_full_name()])

    assert [tab for tab in seen[0] if tab[1] not in {"ideas"}] == [tab for tab in seen[1] if tab[1] not in {"ideas"}]
    assert await database["messages"].count_documents({"folder": "filtered"}) == 1
