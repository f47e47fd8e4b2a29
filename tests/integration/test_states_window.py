"""A long list on the dashboard: a few rows at a time, up and down, while messages come, go and are sorted."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from anonmsg.bootstrap import Services
from anonmsg.live import audience
from anonmsg.models import User
from anonmsg.schemas import PAGE_SIZE
from anonmsg.services.sorting import UNDO_GRACE, UNDO_TTL
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.live_updates import deliver
from anonmsg.states.message_rows import WINDOW
from anonmsg.storage.changes import BulkActsChanged, MessageHidden, MessageShown
from tests.conftest import FakeClock
from tests.integration.conftest import People
from tests.integration.state_client import Site, Tab, serve

MANY = WINDOW + 2 * PAGE_SIZE + 5


@pytest.fixture
async def site(services: Services, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with serve(services, monkeypatch) as site:
        yield site
    for tab in audience.everyone():
        audience.discard(tab)


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
            await deliver(site.app, MessageHidden(message.id, ann.id))
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
        await deliver(site.app, MessageHidden(row["id"], ann.id))

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


async def test_counts_follow_what_is_done_to_all(site: Site, people: People, services: Services, ann: User) -> None:
    tab = await open_dashboard(site, people)
    await tab.call(DashboardState, "act_on_all", action="archive")

    await deliver(site.app, BulkActsChanged(ann.id))

    counts = tab.see(DashboardState, "counts")
    assert (counts["inbox"], counts["unread"], counts["archived"]) == (0, 0, MANY)
