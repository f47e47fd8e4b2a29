"""Live updates: what happens in the database shows on open dashboards by itself, and on no others."""

import asyncio
import dataclasses
from datetime import timedelta
from typing import Any

import pytest
import reflex as rx

from anonmsg import live
from anonmsg.bootstrap import Services
from anonmsg.errors import Unavailable
from anonmsg.live import audience
from anonmsg.models import Message, Opening, User, View
from anonmsg.rules import PAGE_SIZE
from anonmsg.schemas import ConfirmForm, MessageForm, NewPasswordForm, parse
from anonmsg.services.sessions import IDLE_TTL, TICKET_TTL
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.live_updates import MOST_WAITING, announce, deliver, deliveries
from anonmsg.stopping import stop
from anonmsg.storage.changes import (
    AcceptingChanged,
    BulkActsChanged,
    HistoryLost,
    MessageHidden,
    MessageShown,
    SessionEnded,
)
from anonmsg.tokens import hash_token
from tests.conftest import CLIENT, FakeClock
from tests.integration.conftest import PASSWORD, People
from tests.integration.state_client import Site, Tab

STEP = timedelta(seconds=1)


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


async def open_dashboard(site: Site, people: People, username: str = "ann") -> Tab:
    return await site.tab(await people.session(username)).connect("/dashboard")


async def send(services: Services, username: str, content: str) -> None:
    await services.sharing.send(parse(MessageForm, {"username": username, "content": content}), CLIENT)


async def newest(services: Services, user: User) -> Message:
    return (await services.inbox.list_messages(user, "", 1)).messages[0]


def contents(tab: Tab) -> list[str]:
    return [row["content"] for row in tab.see(DashboardState, "messages")]


async def test_a_new_message_shows_once_on_every_dashboard_of_its_recipient_and_on_no_other(
    site: Site, people: People, services: Services, ann: User
) -> None:
    await people.verified("Bob")
    first, second = await open_dashboard(site, people), await open_dashboard(site, people)
    other, nobody = await open_dashboard(site, people, "bob"), await site.tab().connect("/dashboard")
    await send(services, "ann", "hello")
    arrived = MessageShown(await newest(services, ann))

    await deliver(site.app, arrived)
    await deliver(site.app, arrived)

    assert contents(first) == contents(second) == ["hello"]
    assert contents(other) == []
    assert "hello" not in other.wire + nobody.wire


async def test_a_message_that_the_page_has_loaded_already_is_not_shown_twice(
    site: Site, people: People, services: Services, ann: User
) -> None:
    await send(services, "ann", "hello")
    arrived = MessageShown(await newest(services, ann))
    tab = site.tab(await people.session("ann"))

    await asyncio.gather(tab.connect("/dashboard"), deliver(site.app, arrived))
    await deliver(site.app, arrived)

    assert contents(tab) == ["hello"]


async def test_a_message_that_comes_while_the_page_loads_is_not_lost(
    site: Site, people: People, services: Services, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries, list_messages = [], services.inbox.list_messages

    async def list_then_receive(owner: User, cursor: str, limit: int, view: View) -> Any:
        page = await list_messages(owner, cursor, limit, view)
        await send(services, "ann", "in between")
        message = (await list_messages(ann, "", 1)).messages[0]
        deliveries.append(asyncio.create_task(deliver(site.app, MessageShown(message))))
        return page

    monkeypatch.setattr(services.inbox, "list_messages", list_then_receive)
    tab = await open_dashboard(site, people)
    await asyncio.gather(*deliveries)

    assert contents(tab) == ["in between"]


async def test_a_deleted_message_goes_from_the_other_dashboards_and_comes_back_in_its_place(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    messages = []
    for content in ("one", "two", "three"):
        clock.advance(STEP)
        await send(services, "ann", content)
        messages.append(await newest(services, ann))
    tab = await open_dashboard(site, people)

    await deliver(site.app, MessageHidden(messages[1].id, ann.id, messages[1].created_at))
    without = contents(tab)
    await deliver(site.app, MessageShown(messages[1]))

    assert without == ["three", "one"]
    assert contents(tab) == ["three", "two", "one"]


async def test_a_message_below_what_has_been_loaded_waits_for_its_page(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    await send(services, "ann", "oldest")
    oldest = await newest(services, ann)
    for number in range(PAGE_SIZE):
        clock.advance(STEP)
        await send(services, "ann", f"message {number}")
    tab = await open_dashboard(site, people)

    await deliver(site.app, MessageShown(oldest))
    first_page = contents(tab)
    await tab.call(DashboardState, "load_more")

    assert "oldest" not in first_page
    assert contents(tab).count("oldest") == 1
    assert contents(tab)[-1] == "oldest"


async def test_a_new_message_shows_although_all_loaded_ones_were_deleted_and_older_ones_wait(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    for number in range(PAGE_SIZE + 1):
        clock.advance(STEP)
        await send(services, "ann", f"message {number}")
    tab = await open_dashboard(site, people)
    for row in tab.see(DashboardState, "messages"):
        await tab.call(DashboardState, "delete_message", message_id=row["id"])
    clock.advance(STEP)
    await send(services, "ann", "new")

    await deliver(site.app, MessageShown(await newest(services, ann)))

    assert contents(tab) == ["new", "message 0"]


async def test_the_switch_turns_on_every_dashboard_of_its_owner_only(site: Site, people: People, ann: User) -> None:
    await people.verified("Bob")
    tab, other = await open_dashboard(site, people), await open_dashboard(site, people, "bob")

    await deliver(site.app, AcceptingChanged(ann.id, Opening(accepts_messages=False)))

    assert tab.see(DashboardState, "accepts_messages") is False
    assert other.see(DashboardState, "accepts_messages") is True


async def test_the_end_of_a_session_empties_its_pages_and_no_others(
    site: Site, people: People, services: Services, ann: User
) -> None:
    await send(services, "ann", "private words")
    ended, stays = await open_dashboard(site, people), await open_dashboard(site, people)
    session = await services.sessions.identify(ended.cookie)
    await services.sessions.sign_out(ended.cookie)

    await deliver(site.app, SessionEnded(session.session_id))
    await send(services, "ann", "later words")
    await deliver(site.app, MessageShown(await newest(services, ann)))

    assert ended.see(DashboardState, "status", "messages", "username", "share_link") == ("left", [], "", "")
    assert "later words" not in ended.wire
    assert contents(stays) == ["later words", "private words"]


async def test_a_page_whose_session_was_idle_for_too_long_receives_nothing_and_shows_sign_in(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    """Nobody deletes such a session before its thirty days are over, so nothing says that it is one."""
    tab = await open_dashboard(site, people)
    clock.advance(IDLE_TTL)
    await send(services, "ann", "private words")

    await deliver(site.app, MessageShown(await newest(services, ann), is_new=True))

    assert "private words" not in tab.wire
    assert tab.see(DashboardState, "status") == "left"
    assert audience.of_user(ann.id) == ()


async def test_a_page_that_is_used_goes_on_receiving(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    tab = await open_dashboard(site, people)
    for _ in range(2):
        clock.advance(IDLE_TTL - STEP)
        await tab.call(DashboardState, "load")
    clock.advance(STEP)
    await send(services, "ann", "hello")

    await deliver(site.app, MessageShown(await newest(services, ann)))

    assert contents(tab) == ["hello"]


async def test_a_page_whose_session_another_one_was_to_replace_receives_nothing_after_its_minute(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    tab = await open_dashboard(site, people)
    password = parse(ConfirmForm, {"current_password": PASSWORD})
    await services.confirmation.confirm(await services.sessions.identify(tab.cookie), password)
    identity = await services.sessions.identify(tab.cookie)
    await services.passwords.change(identity, parse(NewPasswordForm, {"new_password": "another good one"}), "")

    clock.advance(TICKET_TTL - STEP)
    await send(services, "ann", "within the minute")
    await deliver(site.app, MessageShown(await newest(services, ann)))
    clock.advance(STEP)
    await send(services, "ann", "private words")
    await deliver(site.app, MessageShown(await newest(services, ann)))

    assert "within the minute" in tab.wire
    assert "private words" not in tab.wire
    assert tab.see(DashboardState, "status") == "left"


async def test_while_nobody_can_tell_whether_a_session_lives_its_page_waits_to_load_anew(
    site: Site, people: People, services: Services, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await open_dashboard(site, people)
    await send(services, "ann", "hello")
    message = await newest(services, ann)

    async def go_away(*_: object) -> bool:
        raise Unavailable

    with monkeypatch.context() as patch:
        patch.setattr(services.sessions, "is_alive", go_away)
        await deliver(site.app, MessageShown(message))
    shown, waits = contents(tab), tab.see(DashboardState, "is_waiting")
    await tab.call(DashboardState, "load")

    assert (shown, waits) == ([], True)
    assert contents(tab) == ["hello"]


async def test_the_end_of_an_unknown_session_ends_nothing(site: Site, people: People, ann: User) -> None:
    tab = await open_dashboard(site, people)

    await deliver(site.app, SessionEnded(hash_token("unknown")))

    assert tab.see(DashboardState, "status") == "ready"


async def test_lost_history_makes_every_dashboard_load_anew(
    site: Site, people: People, services: Services, ann: User
) -> None:
    tab = await open_dashboard(site, people)
    await send(services, "ann", "missed")

    await deliver(site.app, HistoryLost())
    waits = tab.see(DashboardState, "is_waiting")
    await tab.call(DashboardState, "load")

    assert waits is True
    assert (contents(tab), tab.see(DashboardState, "is_waiting")) == (["missed"], False)


async def test_a_tab_that_is_gone_is_forgotten(site: Site, people: People, services: Services, ann: User) -> None:
    tab = await open_dashboard(site, people)
    await tab.leave()
    await send(services, "ann", "hello")

    await deliver(site.app, MessageShown(await newest(services, ann)))

    assert audience.of_user(ann.id) == ()
    assert "hello" not in tab.wire


async def test_a_tab_that_changed_hands_gets_nothing_of_its_former_owner(
    site: Site, people: People, services: Services, ann: User
) -> None:
    await people.verified("Bob")
    tab = await open_dashboard(site, people)
    await tab.leave()
    stranger = await site.tab(await people.session("bob"), tab.token).connect("/")
    await send(services, "ann", "private words")

    await deliver(site.app, MessageShown(await newest(services, ann)))
    await deliver(site.app, AcceptingChanged(ann.id, Opening(accepts_messages=False)))

    assert "private words" not in stranger.wire


async def test_a_tab_whose_state_the_framework_forgot_loads_anew(
    site: Site, people: People, services: Services, ann: User
) -> None:
    tab = await open_dashboard(site, people)
    site.app.state_manager.states.clear()  # type: ignore[attr-defined]
    await send(services, "ann", "after a long silence")

    await deliver(site.app, MessageShown(await newest(services, ann)))
    waits = tab.see(DashboardState, "is_waiting")
    await tab.call(DashboardState, "load")

    assert waits is True
    assert contents(tab) == ["after a long silence"]


async def test_before_the_app_serves_nobody_is_listening(
    site: Site, monkeypatch: pytest.MonkeyPatch, people: People, services: Services, ann: User
) -> None:
    await open_dashboard(site, people)
    monkeypatch.setattr(site.app, "_event_namespace", None)

    await deliver(site.app, HistoryLost())

    assert audience.everyone() == ()


async def test_from_the_database_to_the_page_and_quietly_ended(
    site: Site, people: People, services: Services, ann: User, caplog: pytest.LogCaptureFixture
) -> None:
    tab, arrived, opened = await open_dashboard(site, people), asyncio.Event(), asyncio.Event()

    async def show(change: live.Change) -> None:
        await deliver(site.app, change)
        (arrived if contents(tab) else opened).set()

    updates = asyncio.create_task(live.follow(services.changes, services.database, show))
    async with asyncio.timeout(10):
        accepts = False
        while not opened.is_set():  # nobody says when the stream is open, so something changes until it is seen
            await services.inbox.set_accepting(ann.id, accepts)
            accepts = not accepts
        await services.inbox.set_accepting(ann.id, True)
        await send(services, "ann", "hello")
        await arrived.wait()
    await asyncio.wait_for(stop(updates), 10)

    assert contents(tab) == ["hello"]
    assert updates.cancelled()
    assert [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}] == []


async def test_whoever_takes_over_a_tabs_name_receives_nothing_of_its_owner(
    site: Site, people: People, services: Services, ann: User
) -> None:
    """The name stands in the websocket's address, and so perhaps in a proxy's log."""
    tab = await open_dashboard(site, people)
    await tab.leave()
    stranger = await site.tab("", tab.token).connect("/", boot="")
    await send(services, "ann", "private words")
    await deliver(site.app, MessageShown(await newest(services, ann)))
    await stranger.settle()

    assert "private words" not in stranger.wire
    assert audience.of_user(ann.id) == ()


async def test_what_is_done_to_all_shows_at_once_on_every_dashboard_and_so_does_its_undoing(
    site: Site, people: People, services: Services, ann: User
) -> None:
    await send(services, "ann", "one")
    await send(services, "ann", "two")
    tab, other = await open_dashboard(site, people), await open_dashboard(site, people)

    await tab.call(DashboardState, "act_on_all", action="archive")
    await deliver(site.app, BulkActsChanged(ann.id))
    gone = contents(tab), contents(other)
    await tab.call(DashboardState, "undo_last", act_id=tab.see(DashboardState, "undo")["act_id"])
    await deliver(site.app, BulkActsChanged(ann.id))

    assert gone == ([], [])
    assert contents(tab) == contents(other) == ["two", "one"]


async def test_a_slow_tab_delays_no_other(site: Site, people: People, services: Services, ann: User) -> None:
    slow, quick = await open_dashboard(site, people), await open_dashboard(site, people)
    await send(services, "ann", "hello")
    message = await newest(services, ann)

    async with site.app.modify_state(rx.BaseStateToken(ident=slow.token, cls=DashboardState)):
        await announce(site.app, MessageShown(message, is_new=True))
        async with asyncio.timeout(5):
            while contents(quick) != ["hello"]:  # noqa: ASYNC110  # what a page shows is no event
                await asyncio.sleep(0.01)
        meanwhile = contents(slow)
    await deliveries.finish()

    assert meanwhile == []
    assert contents(slow) == ["hello"]


async def test_a_page_with_very_many_updates_loads_anew_instead(
    site: Site, people: People, services: Services, ann: User
) -> None:
    tab = await open_dashboard(site, people)
    await send(services, "ann", "hello")
    message = await newest(services, ann)

    async with site.app.modify_state(rx.BaseStateToken(ident=tab.token, cls=DashboardState)):
        await announce(site.app, MessageShown(message))  # is under way, and waits
        await asyncio.sleep(0)
        for _ in range(MOST_WAITING + 1):
            await announce(site.app, MessageShown(message))
    await deliveries.finish()

    assert tab.see(DashboardState, "is_waiting") is True


async def test_counts_follow_what_happens(site: Site, people: People, services: Services, ann: User) -> None:
    tab = await open_dashboard(site, people)
    await send(services, "ann", "hello")
    message = await newest(services, ann)
    await announce(site.app, MessageShown(message, is_new=True))
    await deliveries.finish()
    after_one = tab.see(DashboardState, "counts")
    await services.sorting.act_on(ann.id, [message.id], "archive")
    await deliver(site.app, MessageShown(dataclasses.replace(message, folder="archived")))

    assert after_one == {"inbox": 1, "unread": 1, "starred": 0, "archived": 0, "filtered": 0}
    assert tab.see(DashboardState, "counts") == {"inbox": 0, "unread": 0, "starred": 0, "archived": 1, "filtered": 0}


async def test_a_tab_that_closes_is_forgotten_at_once(site: Site, people: People, ann: User) -> None:
    tab = await open_dashboard(site, people)

    await tab.leave()

    assert audience.of_user(ann.id) == ()
