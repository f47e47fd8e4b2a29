"""Acts on many found messages: the page says how far they are, and they can be taken back at any moment."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from anonmsg.bootstrap import Services
from anonmsg.cursors import encode_cursor
from anonmsg.errors import Unavailable
from anonmsg.live import audience
from anonmsg.models import INTERRUPTED_AFTER, User
from anonmsg.rules import PAGE_SIZE
from anonmsg.services.sorting import UNDO_GRACE, UNDO_TTL
from anonmsg.states import dashboard, long_acts
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.live_updates import deliver
from anonmsg.storage import message_updates
from anonmsg.storage.changes import BulkActsChanged, MessageShown
from anonmsg.storage.long_acts import LONG_TTL
from anonmsg.storage.message_updates import MessageUpdates
from tests.conftest import FakeClock
from tests.integration.conftest import People
from tests.integration.state_client import Site, Tab, serve

COUNT = 3 * PAGE_SIZE
SLICE = 15
ENOUGH = COUNT // SLICE


@pytest.fixture
async def site(services: Services, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    for module in (dashboard, long_acts):
        monkeypatch.setattr(module, "SLICE", SLICE)
    monkeypatch.setattr(long_acts, "REPORT_SECONDS", -1)
    async with serve(services, monkeypatch) as site:
        yield site
    for tab in audience.everyone():
        audience.discard(tab)


@pytest.fixture
async def ann(people: People, services: Services, clock: FakeClock) -> User:
    """Somebody with many messages that hold a word, and a few others among them."""
    user, start = await people.verified("ann"), clock.now - timedelta(hours=1)
    contents = [f"found {number}" for number in range(COUNT)]
    contents[5:5] = contents[30:30] = ["other"]
    await services.messages.add_many(
        user.id, ((content, start + timedelta(seconds=number)) for number, content in enumerate(contents))
    )
    return user


async def open_dashboard(site: Site, people: People) -> Tab:
    return await site.tab(await people.session("ann")).connect("/dashboard")


@pytest.fixture
async def tab(site: Site, people: People, ann: User) -> Tab:
    """A dashboard on which everything with the word was found."""
    tab = await open_dashboard(site, people)
    await tab.call(DashboardState, "search", query="found")
    assert tab.see(DashboardState, "found") == COUNT
    return tab


async def left(services: Services, user: User) -> int:
    owner = await services.inbox.owner(user.id)
    return (await services.inbox.count(owner))["inbox"]


def contents(tab: Tab) -> list[str]:
    return [row["content"] for row in tab.see(DashboardState, "messages")]


async def test_the_page_says_how_far_it_is_and_offers_to_take_it_back_from_the_beginning(
    tab: Tab, services: Services, ann: User
) -> None:
    await tab.call(DashboardState, "act_on_all", action="delete")

    offers = [undo for undo in tab.seen(DashboardState, "undo") if undo["text"]]
    assert (offers[0]["text"], offers[0]["is_pending"]) == (f"Deleting {COUNT} messages…", True)
    assert (offers[-1]["text"], offers[-1]["is_pending"]) == (f"{COUNT} messages deleted", False)
    assert len({undo["act_id"] for undo in offers}) == 1
    assert tab.seen(DashboardState, "progress")[-ENOUGH - 1 :] == [
        *(f"{done} of {COUNT} messages deleted" for done in range(SLICE, COUNT + 1, SLICE)),
        "",
    ]
    assert (contents(tab), tab.see(DashboardState, "query")) == (["other", "other"], "")
    assert await left(services, ann) == 2


async def test_an_act_that_took_longer_than_the_time_to_undo_is_taken_back(
    tab: Tab, services: Services, ann: User, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    update_many = MessageUpdates.update_many

    async def slow(*arguments: object, **named: object) -> int:
        clock.advance(UNDO_TTL + UNDO_GRACE)
        return await update_many(*arguments, **named)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(MessageUpdates, "update_many", slow)
    await tab.call(DashboardState, "act_on_all", action="delete")
    await tab.call(DashboardState, "undo_last", act_id=tab.see(DashboardState, "undo")["act_id"])

    assert await left(services, ann) == COUNT + 2
    assert len(contents(tab)) == PAGE_SIZE
    assert tab.see(DashboardState, "failure", "progress") == ("", "")
    assert "Bringing them back…" in tab.seen(DashboardState, "progress")[-3]


@pytest.fixture
async def stopped(tab: Tab, services: Services, ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody deletes everything, the server dies halfway, and nobody has a page open any more."""
    await tab.leave()
    await die_halfway(services, ann, monkeypatch)


async def die_halfway(services: Services, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    update_many, calls = MessageUpdates.update_many, list[int]()

    async def dying(*arguments: object, **named: object) -> int:
        calls.append(1)
        if len(calls) > 2:
            raise KeyboardInterrupt
        return await update_many(*arguments, **named)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(MessageUpdates, "update_many", dying)
    owner = await services.inbox.owner(user.id)
    ids = [one.id for one in (await services.inbox.list_messages(owner, "", 100)).messages]
    with pytest.raises(KeyboardInterrupt):
        async for _ in services.sorting.act_on_many(user.id, [ids[:5], ids[5:10], ids[10:]], len(ids), "delete"):
            pass
    monkeypatch.setattr(MessageUpdates, "update_many", update_many)


@pytest.mark.usefixtures("stopped")
async def test_what_stopped_halfway_is_offered_when_the_page_is_opened_again(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    clock.advance(INTERRUPTED_AFTER)

    again = await open_dashboard(site, people)
    (offer,) = again.see(DashboardState, "interrupted")
    await again.call(DashboardState, "undo_last", act_id=offer["act_id"])

    assert offer["text"] == f"Interrupted: 10 of {COUNT + 2} messages deleted"
    assert await left(services, ann) == COUNT + 2
    assert again.see(DashboardState, "undo") == {"act_id": "", "text": "Undone for 10 messages", "is_pending": False}
    assert again.see(DashboardState, "interrupted", "is_unfinished") == ([], False)


@pytest.mark.usefixtures("stopped")
async def test_a_page_that_was_opened_too_early_to_know_looks_again(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    early = await open_dashboard(site, people)
    before = early.see(DashboardState, "undo", "interrupted", "is_unfinished")
    clock.advance(INTERRUPTED_AFTER)
    await early.call(DashboardState, "look_at_acts")

    assert (before[0]["text"], *before[1:]) == (f"Deleting {COUNT + 2} messages…", [], True)
    (offer,) = early.see(DashboardState, "interrupted")
    assert offer["text"].startswith("Interrupted: 10 of")
    assert early.see(DashboardState, "undo")["act_id"] == ""


@pytest.mark.usefixtures("stopped")
async def test_what_was_interrupted_is_offered_until_it_is_taken_back_elsewhere(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    clock.advance(LONG_TTL - timedelta(seconds=1))
    one, other = await open_dashboard(site, people), await open_dashboard(site, people)
    offered = other.see(DashboardState, "interrupted")
    await one.call(DashboardState, "undo_last", act_id=offered[0]["act_id"])
    await deliver(site.app, BulkActsChanged(ann.id))

    assert len(offered) == 1
    assert other.see(DashboardState, "interrupted", "is_unfinished") == ([], False)


async def test_taking_back_that_goes_on_for_long_is_not_taken_for_interrupted(
    tab: Tab, services: Services, ann: User, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    undo, stopped = MessageUpdates.undo, list[bool]()

    async def slow(*arguments: object, **named: object) -> list[str]:
        clock.advance(INTERRUPTED_AFTER / 2)
        owner = await services.inbox.owner(ann.id)
        stopped.extend(act.is_interrupted(clock.now) for act in owner.long_acts)
        return await undo(*arguments, **named)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(message_updates, "BATCH", SLICE)
    monkeypatch.setattr(MessageUpdates, "undo", slow)
    await tab.call(DashboardState, "act_on_all", action="delete")
    await tab.call(DashboardState, "undo_last", act_id=tab.see(DashboardState, "undo")["act_id"])

    assert stopped == [False] * (ENOUGH + 1)
    assert await left(services, ann) == COUNT + 2


@pytest.mark.usefixtures("stopped")
async def test_what_can_not_be_taken_back_any_more_is_not_offered(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    clock.advance(LONG_TTL - timedelta(seconds=1))
    tab = await open_dashboard(site, people)
    offered = tab.see(DashboardState, "interrupted")
    clock.advance(timedelta(seconds=1))
    await tab.call(DashboardState, "look_at_acts")

    assert len(offered) == 1
    assert tab.see(DashboardState, "interrupted", "is_unfinished") == ([], False)


@pytest.mark.usefixtures("stopped")
async def test_taking_back_that_stops_halfway_too_is_offered_again(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.advance(INTERRUPTED_AFTER)
    tab = await open_dashboard(site, people)
    (offer,) = tab.see(DashboardState, "interrupted")
    undo = MessageUpdates.undo

    async def away(*_arguments: object, **_named: object) -> list[str]:
        raise Unavailable

    monkeypatch.setattr(MessageUpdates, "undo", away)
    await tab.call(DashboardState, "undo_last", act_id=offer["act_id"])
    monkeypatch.setattr(MessageUpdates, "undo", undo)
    at_once = tab.see(DashboardState, "interrupted")
    clock.advance(INTERRUPTED_AFTER)
    await tab.call(DashboardState, "look_at_acts")
    (again,) = tab.see(DashboardState, "interrupted")
    await tab.call(DashboardState, "undo_last", act_id=again["act_id"])

    assert at_once == []
    assert again["text"] == "Interrupted: not all messages are back yet"
    assert await left(services, ann) == COUNT + 2


async def test_another_page_offers_to_take_it_back_too(
    site: Site, people: People, tab: Tab, services: Services, ann: User, clock: FakeClock
) -> None:
    await tab.call(DashboardState, "act_on_all", action="archive")
    own = tab.see(DashboardState, "undo")
    other = await open_dashboard(site, people)
    offer = other.see(DashboardState, "undo")
    clock.advance(UNDO_TTL)
    later = await open_dashboard(site, people)

    assert offer == own
    assert later.see(DashboardState, "undo")["act_id"] == ""


async def test_other_pages_show_it_when_it_is_done(
    site: Site, people: People, tab: Tab, services: Services, ann: User
) -> None:
    other = await open_dashboard(site, people)
    before = contents(other)

    await tab.call(DashboardState, "act_on_all", action="archive")
    await deliver(site.app, BulkActsChanged(ann.id))

    assert len(before) == PAGE_SIZE
    assert contents(other) == ["other", "other"]


async def test_what_comes_after_all_were_chosen_is_not_meant(
    site: Site, tab: Tab, services: Services, ann: User, clock: FakeClock
) -> None:
    await tab.call(DashboardState, "choose_all")
    late = await services.messages.add(ann.id, "found too late", clock.now)
    await deliver(site.app, MessageShown(late, is_new=True))
    counted = tab.see(DashboardState, "found")

    await tab.call(DashboardState, "act_on_all", action="delete")

    assert counted == COUNT + 1
    assert contents(tab) == ["found too late", "other", "other"]


async def test_what_comes_to_a_list_after_all_were_chosen_is_not_meant(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    tab = await open_dashboard(site, people)
    await tab.call(DashboardState, "choose_all")
    late = await services.messages.add(ann.id, "too late", clock.now)
    await deliver(site.app, MessageShown(late, is_new=True))
    shown = contents(tab)[0]

    await tab.call(DashboardState, "act_on_all", action="delete")

    assert shown == "too late"
    assert contents(tab) == ["too late"]


async def test_what_was_read_in_the_list_of_unread_ones_is_meant_too(
    site: Site, people: People, services: Services, ann: User
) -> None:
    tab = await open_dashboard(site, people)
    await tab.call(DashboardState, "open_view", view="unread")
    read = [row["id"] for row in tab.see(DashboardState, "messages")][:4]
    await tab.call(DashboardState, "mark_seen", message_ids=read)

    await tab.call(DashboardState, "choose_all")
    await tab.call(DashboardState, "act_on_all", action="delete")
    after = await left(services, ann)
    await tab.call(DashboardState, "undo_last", act_id=tab.see(DashboardState, "undo")["act_id"])

    assert after == 0
    assert await left(services, ann) == COUNT + 2


async def test_nothing_goes_on_that_nobody_asked_for(tab: Tab, services: Services, ann: User) -> None:
    before = contents(tab)
    for handler in ("go_on", "take_back"):
        await tab.call(DashboardState, handler)

    assert contents(tab) == before
    assert await left(services, ann) == COUNT + 2


async def test_a_page_that_can_not_go_on_says_why(tab: Tab, services: Services, ann: User) -> None:
    await services.sorting.act_on_all(ann.id, "inbox", "star", await newest(services, ann))

    await tab.call(DashboardState, "act_on_all", action="archive")

    assert "Please wait a moment" in tab.see(DashboardState, "failure")
    assert tab.see(DashboardState, "undo")["act_id"] == ""
    assert await left(services, ann) == COUNT + 2


async def newest(services: Services, user: User) -> str:
    owner = await services.inbox.owner(user.id)
    return encode_cursor((await services.inbox.list_messages(owner, "", 1)).messages[0].place)
