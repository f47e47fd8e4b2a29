"""Pauses: an inbox that is closed until a time, or closes after some messages, exactly."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from anonmsg.bootstrap import Services
from anonmsg.choice_forms import CloseAfterForm, PauseForm
from anonmsg.errors import InboxClosed, InvalidInput, NotAuthenticated
from anonmsg.models import Opening, User
from anonmsg.schemas import MessageForm, parse
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.live_updates import deliver
from anonmsg.states.send import SendState
from anonmsg.storage.changes import AcceptingChanged
from anonmsg.storage.database import Database
from tests.conftest import FakeClock
from tests.integration.conftest import People
from tests.integration.state_client import serve

HOUR = timedelta(hours=1)


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


async def send(services: Services, network: str = "a network") -> None:
    await services.sharing.send(parse(MessageForm, {"username": "ann", "content": "hi"}), network)


async def pause(services: Services, ann: User, until: datetime) -> datetime:
    form = parse(PauseForm, {"until": until.isoformat()})
    await services.pausing.pause(ann.id, form)
    return form.opens_at()


async def close_after(services: Services, ann: User, messages: int) -> None:
    await services.pausing.close_after(ann.id, parse(CloseAfterForm, {"messages": messages}))


async def test_a_paused_inbox_takes_nothing_and_opens_by_the_clock(
    services: Services, clock: FakeClock, ann: User
) -> None:
    opens_at = await pause(services, ann, clock() + HOUR)

    with pytest.raises(InboxClosed) as refused:
        await send(services)
    clock.advance(HOUR)
    await send(services)

    assert refused.value.opens_at == opens_at
    assert str(refused.value) == "User is not accepting messages"


async def test_pausing_a_closed_inbox_lets_it_open_then(services: Services, clock: FakeClock, ann: User) -> None:
    await services.inbox.set_accepting(ann.id, False)
    await pause(services, ann, clock() + HOUR)
    clock.advance(HOUR)

    await send(services)


@pytest.mark.parametrize("accepts", [True, False])
async def test_the_switch_ends_a_pause(services: Services, clock: FakeClock, ann: User, accepts: bool) -> None:
    await pause(services, ann, clock() + HOUR)
    await services.inbox.set_accepting(ann.id, accepts)

    assert (await services.inbox.owner(ann.id)).opening == Opening(accepts)


@pytest.mark.parametrize(
    ("away", "sentence"),
    [(-HOUR, "Choose a time that is still to come"), (timedelta(days=400), "Choose a time within a year")],
)
async def test_a_time_that_is_over_or_far_away_is_refused(
    services: Services, clock: FakeClock, ann: User, away: timedelta, sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        await pause(services, ann, clock() + away)

    assert (await services.inbox.owner(ann.id)).opening == Opening(True)


async def test_of_fifty_senders_at_once_exactly_as_many_are_let_in_as_were_asked_for(
    services: Services, ann: User, database: Database
) -> None:
    await close_after(services, ann, 7)

    answers = await asyncio.gather(*(send(services, f"network {n}") for n in range(50)), return_exceptions=True)

    assert await database["messages"].count_documents({}) == 7
    assert answers.count(None) == 7
    assert {type(one) for one in answers} == {type(None), InboxClosed}
    assert (await services.inbox.owner(ann.id)).opening == Opening(True, None, 0)


async def test_an_inbox_that_was_full_opens_with_the_switch(services: Services, ann: User) -> None:
    await close_after(services, ann, 1)
    await send(services)
    with pytest.raises(InboxClosed):
        await send(services)

    await services.inbox.set_accepting(ann.id, True)
    await send(services)

    assert (await services.inbox.owner(ann.id)).opening == Opening(True)


async def test_who_is_gone_pauses_nothing(services: Services, clock: FakeClock) -> None:
    nobody = User("0" * 24, "x", accepts_messages=True, created_at=clock())
    for act in (pause(services, nobody, clock() + HOUR), close_after(services, nobody, 3)):
        with pytest.raises(NotAuthenticated):
            await act


async def test_programs_read_what_holds_now_and_when_it_changes(
    api: AsyncClient, services: Services, clock: FakeClock, people: People, ann: User
) -> None:
    api.cookies.set("anonmsg", await people.session("ann"))
    opens_at = await pause(services, ann, clock() + HOUR)
    told = opens_at.isoformat().replace("+00:00", "Z")

    paused = [(await api.get(f"/api/{route}")).json() for route in ("accept-messages", "session")]
    clock.advance(HOUR)
    over = [(await api.get(f"/api/{route}")).json() for route in ("accept-messages", "session")]
    await close_after(services, ann, 1)
    await send(services)
    full = (await api.get("/api/accept-messages")).json()
    opened = (await api.post("/api/accept-messages", json={"acceptMessages": True})).json()

    assert [(one["isAcceptingMessages"], one["opensAt"]) for one in paused] == [(False, told)] * 2
    assert [(one["isAcceptingMessages"], one["opensAt"]) for one in over] == [(True, None)] * 2
    assert (full["isAcceptingMessages"], full["opensAt"]) == (False, None)
    assert (opened["isAcceptingMessages"], opened["opensAt"]) == (True, None)


async def test_a_program_that_writes_to_a_paused_inbox_hears_what_it_always_did(
    api: AsyncClient, services: Services, clock: FakeClock, ann: User
) -> None:
    await pause(services, ann, clock() + HOUR)

    refused = await api.post("/api/send-message", json={"username": "ann", "content": "hi"})

    assert (refused.status_code, refused.json()) == (
        403,
        {"success": False, "message": "User is not accepting messages"},
    )


# On the pages


async def test_the_dashboard_pauses_counts_and_follows(
    services: Services, clock: FakeClock, people: People, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve(services, monkeypatch) as site:
        tab = await site.tab(await people.session("ann")).connect("/dashboard")
        other = await site.tab(await people.session("ann")).connect("/dashboard")

        def shown(of: Any) -> Any:
            return of.see(DashboardState, "accepts_messages", "opens_at", "remaining")

        assert shown(tab) == (True, "", -1)
        await tab.call(DashboardState, "pause", until=(clock() - HOUR).isoformat())
        assert tab.see(DashboardState, "pause_error") == "Choose a time that is still to come"
        await tab.call(DashboardState, "pause", until=(clock() + HOUR).isoformat())
        closed, opens_at, _ = shown(tab)
        assert (closed, tab.see(DashboardState, "pause_error")) == (False, "")
        assert datetime.fromisoformat(opens_at) <= clock() + HOUR

        clock.advance(HOUR)
        await tab.call(DashboardState, "look_again")
        assert shown(tab) == (True, "", -1)
        await tab.call(DashboardState, "close_after", messages=2)
        assert shown(tab) == (True, "", 2)
        await deliver(site.app, AcceptingChanged(ann.id, (await services.inbox.owner(ann.id)).opening))
        assert shown(other) == (True, "", 2)
        await tab.call(DashboardState, "close_after", messages=0)
        assert tab.see(DashboardState, "pause_error") == "Choose a number from 1 to 10,000"
        await tab.call(DashboardState, "set_accepting", accepts_messages=True)
        assert shown(tab) == (True, "", -1)


async def test_the_send_page_says_when_the_inbox_opens(
    services: Services, clock: FakeClock, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve(services, monkeypatch) as site:
        tab = await site.tab().connect("/u/ann")
        opens_at = await pause(services, ann, clock() + HOUR)
        told = opens_at.isoformat(timespec="milliseconds")

        await tab.call(SendState, "submit", submitted={"content": "hi"})
        refused = tab.see(SendState, "inbox", "opens_at")
        later = await site.tab().connect("/u/ann")
        clock.advance(HOUR)
        await tab.call(SendState, "load")

        assert refused == later.see(SendState, "inbox", "opens_at") == ("closed", told)
        assert tab.see(SendState, "inbox", "opens_at") == ("open", "")
