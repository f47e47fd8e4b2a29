"""A long list on the dashboard: a few rows at a time, up and down, while messages come, go and are sorted."""

from datetime import datetime, timedelta

import pytest

from anonmsg.bootstrap import Services
from anonmsg.errors import Unavailable
from anonmsg.models import User, View
from anonmsg.rules import PAGE_SIZE
from anonmsg.services.sorting import UNDO_GRACE, UNDO_TTL
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.live_updates import MOST_WAITING, deliver, deliveries
from anonmsg.states.message_rows import WINDOW
from anonmsg.storage.changes import BulkActsChanged, HistoryLost, MessageHidden, MessageShown
from tests.conftest import FakeClock
from tests.integration.conftest import People
from tests.integration.state_client import Site, Tab

MANY = WINDOW + 2 * PAGE_SIZE + 5


@pytest.fixture
async def ann(people: People, services: Services, clock: FakeClock) -> User:
    """Somebody with many messages."""
    ann = await people.verified("ann")
    start = clock.now - timedelta(hours=1)
    await services.messages.add_many(ann.id, ((f"{n}", start + timedelta(seconds=n)) for n in range(MANY)))
    return ann


async def open_dashboard(site: Site, people: People) -> Tab:
    return await site.tab(await people.session("ann")).connect("/dashboard")


def contents(tab: Tab) -> list[str]:
    return [row["content"] for row in tab.see(DashboardState, "messages")]


async def to_the_end(tab: Tab) -> None:
    while tab.see(DashboardState, "next_cursor"):
        await tab.call(DashboardState, "load_more")


async def to_the_top(tab: Tab) -> None:
    while tab.see(DashboardState, "has_newer"):
        await tab.call(DashboardState, "load_newer")


def numbers(first: int, count: int) -> list[str]:
    return [str(number) for number in range(first, first - count, -1)]


async def test_at_the_end_the_last_rows_are_there_and_at_the_top_the_first(
    site: Site, people: People, ann: User
) -> None:
    tab = await open_dashboard(site, people)

    await to_the_end(tab)
    end = contents(tab)
    await to_the_top(tab)

    assert end == numbers(WINDOW - 1, WINDOW)
    assert contents(tab) == numbers(MANY - 1, WINDOW)
    assert tab.see(DashboardState, "next_cursor") != ""


async def test_asking_for_more_at_the_very_end_begins_nothing_anew(site: Site, people: People, ann: User) -> None:
    tab = await open_dashboard(site, people)
    await to_the_end(tab)
    end = contents(tab)

    await tab.call(DashboardState, "load_more")

    assert contents(tab) == end


async def test_what_comes_and_goes_meanwhile_leaves_no_gap_and_repeats_nothing(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    tab = await open_dashboard(site, people)
    shown = contents(tab)
    page = await services.inbox.list_messages(ann, "", 200)
    gone = {"3", "50", "60", str(MANY - 2)}
    number = MANY
    while tab.see(DashboardState, "next_cursor"):
        await tab.call(DashboardState, "load_more")
        clock.advance(timedelta(seconds=1))
        new = await services.messages.add(ann.id, str(number), clock.now)
        await deliver(site.app, MessageShown(new, is_new=True))
        number += 1
        shown += [one for one in contents(tab) if one not in shown]
    for message in page.messages:
        if message.content in gone:
            await services.sorting.delete_message(ann.id, message.id)
            await deliver(site.app, MessageHidden(message.id, ann.id, message.created_at))
    up = contents(tab)
    while tab.see(DashboardState, "has_newer"):
        await tab.call(DashboardState, "load_newer")
        up = [one for one in contents(tab) if one not in up] + up

    expected = [one for one in numbers(number - 1, number) if one not in gone]
    assert [int(one) for one in up] == sorted((int(one) for one in up), reverse=True)
    assert up == expected
    assert len(contents(tab)) <= WINDOW


async def test_rows_above_what_is_loaded_are_meant_too_when_all_are(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    tab = await open_dashboard(site, people)
    await to_the_end(tab)
    clock.advance(timedelta(seconds=1))
    await services.messages.add(ann.id, "came later and was never on the screen", clock.now)

    await tab.call(DashboardState, "act_on_all", action="archive")

    assert contents(tab) == ["came later and was never on the screen"]


async def test_when_all_rows_that_are_loaded_go_the_page_shows_others(
    site: Site, people: People, services: Services, ann: User
) -> None:
    tab = await open_dashboard(site, people)
    await to_the_end(tab)

    ids = [row["id"] for row in tab.see(DashboardState, "messages")]
    await tab.call(DashboardState, "act_on", action="delete", message_ids=ids)

    assert contents(tab) == numbers(MANY - 1, PAGE_SIZE)


async def test_when_another_page_takes_all_rows_away_this_one_shows_others(
    site: Site, people: People, services: Services, ann: User
) -> None:
    tab = await open_dashboard(site, people)
    for row in list(tab.see(DashboardState, "messages")):
        await services.sorting.delete_message(ann.id, row["id"])
        await deliver(site.app, MessageHidden(row["id"], ann.id, datetime.fromisoformat(row["created_at"])))

    assert contents(tab)[:PAGE_SIZE] == numbers(MANY - 1 - PAGE_SIZE, PAGE_SIZE)


@pytest.mark.parametrize("is_settled", [False, True])
async def test_a_page_that_did_nothing_itself_shows_what_was_treated_apart_where_it_is(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock, is_settled: bool
) -> None:
    tab, other = await open_dashboard(site, people), await open_dashboard(site, people)
    await tab.call(DashboardState, "act_on_all", action="archive")
    await deliver(site.app, BulkActsChanged(ann.id))
    await other.call(DashboardState, "open_view", view="archived")
    await tab.call(DashboardState, "open_view", view="archived")
    if is_settled:
        clock.advance(UNDO_TTL + UNDO_GRACE)
        await services.sorting.settle_due()
        await deliver(site.app, BulkActsChanged(ann.id, changes_lists=False))
    (first, *_) = tab.see(DashboardState, "messages")

    await tab.call(DashboardState, "act_on", action="restore", message_ids=[first["id"]])
    if not is_settled:
        await deliver(site.app, BulkActsChanged(ann.id, changes_lists=False))
    owner = await services.inbox.owner(ann.id)
    (stored,) = await services.searching.list_stored(owner, [first["id"]])
    await deliver(site.app, MessageShown(stored))

    assert first["content"] not in contents(tab) + contents(other)
    await other.call(DashboardState, "open_view", view="inbox")
    assert contents(other) == [first["content"]]


async def test_a_bulk_act_that_is_done_for_good_moves_no_reader(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    tab = await open_dashboard(site, people)
    await tab.call(DashboardState, "act_on_all", action="star")
    await to_the_end(tab)
    before = contents(tab)
    await deliver(site.app, BulkActsChanged(ann.id))  # of what this page did itself and shows already
    clock.advance(UNDO_TTL + UNDO_GRACE)
    await services.sorting.settle_due()
    await deliver(site.app, BulkActsChanged(ann.id, changes_lists=False))

    assert contents(tab) == before


async def down(tab: Tab, pages: int) -> list[str]:
    """Read on for some pages."""
    for _ in range(pages):
        await tab.call(DashboardState, "load_more")
    return contents(tab)


def stars(tab: Tab) -> set[bool]:
    return {row["is_starred"] for row in tab.see(DashboardState, "messages")}


DEEP = pytest.mark.parametrize("pages", [2, WINDOW // PAGE_SIZE + 1], ids=["from the top", "rows above let go"])


@DEEP
async def test_what_is_done_to_all_elsewhere_shows_where_the_reader_is(
    site: Site, people: People, ann: User, pages: int
) -> None:
    tab, other = await open_dashboard(site, people), await open_dashboard(site, people)
    before = await down(tab, pages)
    has_newer = tab.see(DashboardState, "has_newer")
    await other.call(DashboardState, "act_on_all", action="star")
    await deliver(site.app, BulkActsChanged(ann.id))

    assert contents(tab) == before
    assert stars(tab) == {True}
    assert tab.see(DashboardState, "has_newer") == has_newer
    await to_the_end(tab)
    await to_the_top(tab)
    assert contents(tab) == numbers(MANY - 1, WINDOW)


async def test_what_is_done_to_all_elsewhere_shows_on_a_page_that_has_read_of_it_but_not_shown_it(
    site: Site, people: People, ann: User
) -> None:
    tab, other = await open_dashboard(site, people), await open_dashboard(site, people)
    await other.call(DashboardState, "act_on_all", action="star")
    await down(tab, 1)
    await deliver(site.app, BulkActsChanged(ann.id))

    assert (len(contents(tab)), stars(tab)) == (2 * PAGE_SIZE, {True})


async def test_when_the_rows_of_a_reader_go_the_list_goes_on_below_them(
    site: Site, people: People, services: Services, ann: User
) -> None:
    tab, other = await open_dashboard(site, people), await open_dashboard(site, people)
    before = await down(tab, 6)
    rows = tab.see(DashboardState, "messages")
    await services.sorting.act_on(ann.id, [row["id"] for row in rows[:30]], "delete")
    await other.call(DashboardState, "act_on_all", action="star")
    await deliver(site.app, BulkActsChanged(ann.id))

    assert contents(tab) == [*before[30:], *numbers(int(before[-1]) - 1, int(before[-1]))]


async def test_when_nothing_is_left_where_the_reader_is_the_list_begins_anew(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    tab, other = await open_dashboard(site, people), await open_dashboard(site, people)
    await down(tab, 6)
    await other.call(DashboardState, "act_on_all", action="archive")
    late = await services.messages.add(ann.id, "late", clock.now)
    await deliver(site.app, MessageShown(late, is_new=True))
    await deliver(site.app, BulkActsChanged(ann.id))

    assert contents(tab) == ["late"]
    assert tab.see(DashboardState, "has_newer", "next_cursor") == (False, "")


@DEEP
async def test_a_change_of_how_dates_are_told_moves_no_reader(
    site: Site, people: People, services: Services, ann: User, pages: int
) -> None:
    tab = await open_dashboard(site, people)
    before = await down(tab, pages)
    await services.inbox.set_coarse_dates(ann.id, has_coarse_dates=True)
    await deliver(site.app, BulkActsChanged(ann.id))

    assert {row["is_coarse"] for row in tab.see(DashboardState, "messages")} == {True}
    assert contents(tab) == before


@DEEP
async def test_a_page_that_has_missed_something_loads_it_where_the_reader_is(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock, pages: int
) -> None:
    tab = await open_dashboard(site, people)
    before = await down(tab, pages)
    gone = tab.see(DashboardState, "messages")[7]
    await services.sorting.delete_message(ann.id, gone["id"])
    late = await services.messages.add(ann.id, "late", clock.now)
    if pages == 2:
        await deliver(site.app, HistoryLost())
    else:
        deliveries.post(site.app, (tab.token,), lambda _: None)
        for _ in range(MOST_WAITING + 1):
            deliveries.post(site.app, (tab.token,), lambda page: page._show(late, is_new=True))
        await deliveries.finish()
    waited = tab.see(DashboardState, "is_waiting")
    await tab.call(DashboardState, "load_again")

    left = [one for one in before if one != gone["content"]]
    assert waited
    assert not tab.see(DashboardState, "is_waiting")
    assert [one for one in contents(tab) if one in before] == left
    assert ("late" in contents(tab)) == (pages == 2)
    await to_the_top(tab)
    assert contents(tab)[0] == "late"


async def test_a_page_that_can_not_load_what_it_missed_goes_on_waiting(
    site: Site, people: People, services: Services, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await open_dashboard(site, people)

    async def away(*_arguments: object) -> None:
        raise Unavailable

    await deliver(site.app, HistoryLost())
    monkeypatch.setattr(services.inbox, "list_messages", away)
    await tab.call(DashboardState, "load_again")

    assert tab.see(DashboardState, "is_waiting")


@DEEP
async def test_a_long_act_elsewhere_moves_no_reader(
    site: Site, people: People, services: Services, ann: User, pages: int
) -> None:
    tab = await open_dashboard(site, people)
    before = await down(tab, pages)
    newest = await services.inbox.list_messages(ann, "", 3)
    ids = [message.id for message in newest.messages]
    seen = []
    async for _ in services.sorting.act_on_many(ann.id, [ids], len(ids), "star"):
        await deliver(site.app, BulkActsChanged(ann.id))
        seen.append(contents(tab))
    await deliver(site.app, BulkActsChanged(ann.id))

    assert [*seen, contents(tab)] == [before] * (len(seen) + 1)


async def test_what_is_being_read_among_the_unread_ones_stays_whatever_is_done_elsewhere(
    site: Site, people: People, services: Services, ann: User
) -> None:
    tab, other = await open_dashboard(site, people), await open_dashboard(site, people)
    await tab.call(DashboardState, "open_view", view="unread")
    before = await down(tab, 1)
    await tab.call(DashboardState, "mark_seen", message_ids=[tab.see(DashboardState, "messages")[25]["id"]])
    await other.call(DashboardState, "act_on_all", action="star")
    await deliver(site.app, BulkActsChanged(ann.id))
    starred = contents(tab)
    await other.call(DashboardState, "act_on_all", action="mark_read")
    await deliver(site.app, BulkActsChanged(ann.id))

    assert starred[:40] == before
    assert stars(tab) == {True}
    assert contents(tab)[:40] == before
    await other.call(DashboardState, "act_on_all", action="delete")
    await deliver(site.app, BulkActsChanged(ann.id))
    assert contents(tab) == []


@DEEP
async def test_a_page_that_is_connected_again_leaves_its_reader_where_they_are(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock, pages: int
) -> None:
    tab = await open_dashboard(site, people)
    read = await down(tab, pages)
    await services.messages.add(ann.id, "came meanwhile", clock.now)

    await tab.reconnect()

    # From the top the new one is above; further down it stays out of sight with the others above.
    is_from_top = pages * PAGE_SIZE < WINDOW
    assert contents(tab) == (["came meanwhile", *read[:-1]] if is_from_top else read)
    assert tab.see(DashboardState, "has_newer") is not is_from_top
    await tab.connect("/dashboard")
    assert len(contents(tab)) == PAGE_SIZE


async def test_a_page_that_was_connected_again_elsewhere_opens_the_list_from_its_beginning(
    site: Site, people: People, ann: User
) -> None:
    tab = await open_dashboard(site, people)
    await down(tab, WINDOW // PAGE_SIZE + 1)
    await tab.navigate("/settings")

    await tab.reconnect()
    await tab.navigate("/dashboard")

    assert (len(contents(tab)), tab.see(DashboardState, "has_newer")) == (PAGE_SIZE, False)


@pytest.mark.parametrize("reason", ["act elsewhere", "refresh", "history lost"])
async def test_what_comes_after_all_were_chosen_is_not_meant_however_often_the_list_is_loaded(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock, reason: str
) -> None:
    tab, other = await open_dashboard(site, people), await open_dashboard(site, people)
    await tab.call(DashboardState, "choose_all")
    await services.messages.add(ann.id, "late", clock.now)
    if reason == "act elsewhere":
        await other.call(DashboardState, "act_on_all", action="star")
        await deliver(site.app, BulkActsChanged(ann.id))
    else:
        await tab.call(DashboardState, "load" if reason == "refresh" else "load_again")
    (late, *others) = tab.see(DashboardState, "messages")
    await tab.call(DashboardState, "act_on_all", action="delete")

    assert (late["content"], late["is_new"]) == ("late", True)
    assert {row["is_new"] for row in others} == {False}
    assert contents(tab) == ["late"]


@pytest.mark.parametrize(("view", "left"), [("archived", []), ("inbox", ["late"])])
async def test_all_that_were_chosen_in_one_list_are_not_all_of_another(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock, view: View, left: list[str]
) -> None:
    tab = await open_dashboard(site, people)
    await tab.call(DashboardState, "choose_all")
    late = await services.messages.add(ann.id, "late", clock.now)
    if view == "archived":
        await services.sorting.act_on(ann.id, [late.id], "archive")
    await tab.call(DashboardState, "open_view", view=view)
    await tab.call(DashboardState, "act_on_all", action="delete")

    assert contents(tab) == left


async def test_counts_follow_what_is_done_to_all(site: Site, people: People, services: Services, ann: User) -> None:
    tab = await open_dashboard(site, people)
    await tab.call(DashboardState, "act_on_all", action="archive")

    await deliver(site.app, BulkActsChanged(ann.id))

    counts = tab.see(DashboardState, "counts")
    assert (counts["inbox"], counts["unread"], counts["archived"]) == (0, 0, MANY)
