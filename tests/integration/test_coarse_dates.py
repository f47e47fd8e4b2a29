"""Coarse dates: nothing that a browser or a program is sent tells when exactly a message came."""

import re
from datetime import timedelta

import pytest
from httpx import AsyncClient

from anonmsg.bootstrap import Services
from anonmsg.models import Message, User
from anonmsg.rules import PAGE_SIZE
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.live_updates import deliver
from anonmsg.states.settings import SettingsState
from anonmsg.states.settings_inbox import DatesState
from anonmsg.storage.changes import MessageShown
from tests.conftest import FakeClock
from tests.integration.conftest import People
from tests.integration.state_client import Site, Tab

COUNT = PAGE_SIZE + 5


@pytest.fixture
async def ann(people: People, services: Services, clock: FakeClock) -> User:
    ann = await people.verified("Ann")
    for number in range(COUNT):
        clock.advance(timedelta(seconds=1))
        await services.messages.add(ann.id, f"message {number}", clock())
    await services.inbox.set_coarse_dates(ann.id, True)
    return ann


@pytest.fixture
async def tab(site: Site, people: People, ann: User) -> Tab:
    return await site.tab(await people.session("ann")).connect("/dashboard")


async def stored(services: Services, ann: User) -> list[Message]:
    return list((await services.inbox.list_messages(ann, "", 100)).messages)


def traces_of_time(messages: list[Message], text: str) -> list[str]:
    """What in a text tells more than the day: exact times, and ids, which begin with the second."""
    told = [message.created_at.strftime("%H:%M:%S") for message in messages] + [message.id for message in messages]
    return [one for one in told if one in text]


async def test_the_page_is_told_the_day_alone(services: Services, tab: Tab, ann: User) -> None:
    await tab.call(DashboardState, "load_more")
    messages = await stored(services, ann)
    rows = tab.see(DashboardState, "messages")

    assert [row["content"] for row in rows] == [message.content for message in messages]
    assert {row["created_at"] for row in rows} <= {message.created_at.date().isoformat() for message in messages}
    assert traces_of_time(messages, tab.wire) == []


async def test_what_is_done_with_a_message_still_is_done_to_it(services: Services, tab: Tab, ann: User) -> None:
    first, second, third, *_ = tab.see(DashboardState, "messages")
    await tab.call(DashboardState, "delete_message", message_id=first["id"])
    await tab.call(DashboardState, "undo_last", act_id=tab.see(DashboardState, "undo")["act_id"])
    await tab.call(DashboardState, "act_on", action="star", message_ids=[second["id"]])
    await tab.call(DashboardState, "mark_seen", message_ids=[third["id"]])
    messages = await stored(services, ann)

    rows = tab.see(DashboardState, "messages")
    assert [row["content"] for row in rows] == [message.content for message in messages[:PAGE_SIZE]]
    assert [(row["is_starred"], row["is_read"]) for row in rows[:3]] == [(False, False), (True, False), (False, True)]
    assert [(one.is_starred, one.read_at is not None) for one in messages[:3]] == [
        (False, False),
        (True, False),
        (False, True),
    ]
    assert traces_of_time(messages, tab.wire) == []


async def test_searching_and_what_arrives_tell_no_more(
    site: Site, services: Services, tab: Tab, ann: User, clock: FakeClock
) -> None:
    await tab.call(DashboardState, "search", query="message 1")
    await tab.call(DashboardState, "search", query="")
    clock.advance(timedelta(seconds=1))
    new = await services.messages.add(ann.id, "brand new", clock())
    await deliver(site.app, MessageShown(new, is_new=True))

    assert tab.see(DashboardState, "messages")[0]["content"] == "brand new"
    assert traces_of_time(await stored(services, ann), tab.wire) == []


async def test_programs_are_told_the_day_alone_and_can_go_on_and_delete(
    api: AsyncClient, services: Services, people: People, ann: User
) -> None:
    api.cookies.set("anonmsg", await people.session("ann"))
    messages = await stored(services, ann)

    first = await api.get("/api/get-messages", params={"limit": 20})
    second = await api.get("/api/get-messages", params={"limit": 20, "cursor": first.json()["nextCursor"]})
    rows = first.json()["messages"] + second.json()["messages"]
    deleted = await api.delete(f"/api/delete-message/{rows[0]['id']}")

    assert [row["content"] for row in rows] == [message.content for message in messages]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", row["createdAt"]) for row in rows)
    assert traces_of_time(messages, first.text + second.text) == []
    assert deleted.status_code == 200
    assert [one.content for one in await stored(services, ann)] == [one.content for one in messages[1:]]


@pytest.mark.parametrize("message_id", ["x" * 32, "0" * 32, "é" * 32])
async def test_an_id_that_hides_nothing_is_not_found(
    api: AsyncClient, people: People, ann: User, message_id: str
) -> None:
    api.cookies.set("anonmsg", await people.session("ann"))

    assert (await api.delete(f"/api/delete-message/{message_id}")).status_code == 404


async def test_the_settings_switch_it_and_open_dashboards_are_told(
    site: Site, services: Services, people: People, ann: User
) -> None:
    tab = await site.tab(await people.session("ann")).connect("/settings")
    assert tab.see(SettingsState, "has_coarse_dates") is True

    await tab.call(DatesState, "set_coarse", coarse_dates=False)

    assert tab.see(SettingsState, "has_coarse_dates") is False
    assert tab.see(DatesState, "done") == "Saved."
    assert not (await services.inbox.owner(ann.id)).has_coarse_dates
    dashboard = await site.tab(await people.session("ann")).connect("/dashboard")
    assert dashboard.see(DashboardState, "messages")[0]["id"] == (await stored(services, ann))[0].id
