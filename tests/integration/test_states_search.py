"""Searching on the dashboard: what is found shows while the rest is looked through, and stays true to the database."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from anonmsg.bootstrap import Services
from anonmsg.models import User, View
from anonmsg.rules import PAGE_SIZE
from anonmsg.services.searching import SLICE, Searching, Step
from anonmsg.states import dashboard
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.live_updates import deliver
from anonmsg.states.message_rows import WINDOW
from anonmsg.storage.changes import BulkActsChanged, HistoryLost, MessageHidden, MessageShown, SessionEnded
from tests.conftest import FakeClock
from tests.integration.conftest import People
from tests.integration.state_client import Site, Tab

MANY = WINDOW + 3 * PAGE_SIZE + 5


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("ann")


class Held:
    """Lets a search go on slice by slice."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(dashboard, "REPORT_SECONDS", -1)
        self._gate = asyncio.Event()
        self.begun = 0
        search = Searching.search

        async def held(searching: Searching, owner: User, view: View, query: str) -> AsyncGenerator[Step]:
            self.begun += 1
            async for step in search(searching, owner, view, query):
                yield step
                await self._gate.wait()

        monkeypatch.setattr(Searching, "search", held)

    def let_go(self) -> None:
        self._gate.set()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    return Held(monkeypatch)


async def fill(services: Services, user: User, clock: FakeClock, *contents: str) -> None:
    """Store messages, the first the oldest, each at its own time."""
    start = clock.now - timedelta(hours=1)
    await services.messages.add_many(
        user.id, ((content, start + timedelta(seconds=number)) for number, content in enumerate(contents))
    )


def numbered(count: int, word: str = "found") -> list[str]:
    return [f"{word} {number}" for number in range(count)]


def contents(tab: Tab) -> list[str]:
    return [row["content"] for row in tab.see(DashboardState, "messages")]


async def open_dashboard(site: Site, people: People, username: str = "ann") -> Tab:
    return await site.tab(await people.session(username)).connect("/dashboard")


async def search(tab: Tab, query: str) -> list[str]:
    await tab.call(DashboardState, "search", query=query)
    return contents(tab)


async def until(tab: Tab, name: str, value: object) -> None:
    async with asyncio.timeout(10):
        while tab.see(DashboardState, name) != value:  # noqa: ASYNC110  # what a page shows is no event
            await asyncio.sleep(0.005)


async def test_words_are_found_whatever_their_case_and_accents_the_newest_first(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    await fill(services, ann, clock, "ein Apfel", "Die KÜCHE", "nothing", "la küche")
    tab = await open_dashboard(site, people)

    found = await search(tab, "kuche")
    state = tab.see(DashboardState, "query", "is_searching", "searched", "found", "next_cursor", "has_newer")
    everything = await search(tab, "")

    assert found == ["la küche", "Die KÜCHE"]
    assert state == ("kuche", False, 4, 2, "", False)
    assert len(everything) == 4


async def test_only_the_open_list_is_looked_through_and_nobody_elses(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    eve = await people.verified("eve")
    await fill(services, eve, clock, "a secret of eve")
    await fill(services, ann, clock, "a secret", "another secret")
    tab = await open_dashboard(site, people)
    archived = tab.see(DashboardState, "messages")[0]["id"]
    await tab.call(DashboardState, "act_on", action="archive", message_ids=[archived])

    in_inbox = await search(tab, "secret")
    await tab.call(DashboardState, "open_view", view="archived")

    assert in_inbox == ["a secret"]
    assert await search(tab, "secret") == ["another secret"]
    assert "of eve" not in tab.wire


async def test_all_that_was_found_comes_in_pages_downwards_and_back_up_with_few_at_a_time(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    names = numbered(MANY)
    await fill(services, ann, clock, *names)
    tab = await open_dashboard(site, people)
    down = await search(tab, "found")
    most, stamps = len(down), list[str]()

    while cursor := tab.see(DashboardState, "next_cursor"):
        stamps.append(cursor)
        await tab.call(DashboardState, "load_more")
        down += [one for one in contents(tab) if one not in down]
        most = max(most, len(contents(tab)))
    up = contents(tab)
    while tab.see(DashboardState, "has_newer"):
        await tab.call(DashboardState, "load_newer")
        up = [one for one in contents(tab) if one not in up] + up
        most = max(most, len(contents(tab)))

    assert down == up == names[::-1]
    assert most == WINDOW
    assert len(set(stamps)) == len(stamps)  # by which the page knows that there may be more
    assert contents(tab) == names[::-1][:WINDOW]


async def test_what_is_found_shows_before_the_end_and_stop_leaves_it_at_that(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock, held: Held
) -> None:
    await fill(services, ann, clock, "needle", *numbered(300), "needle one", "needle two")
    tab = await open_dashboard(site, people)

    await tab.post(DashboardState, "search", query="needle")
    await until(tab, "searched", SLICE)
    early = contents(tab), tab.see(DashboardState, "is_searching")
    await tab.post(DashboardState, "stop_search")
    await until(tab, "is_searching", False)
    held.let_go()
    await tab.settle()

    assert early == (["needle two", "needle one"], True)
    assert tab.see(DashboardState, "searched") == SLICE
    assert contents(tab) == early[0]


async def test_a_newer_search_or_another_list_puts_an_end_to_the_one_before(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock, held: Held
) -> None:
    await fill(services, ann, clock, *numbered(150, "apple"), *numbered(150, "pear"))
    tab = await open_dashboard(site, people)
    await tab.post(DashboardState, "search", query="apple")
    await until(tab, "searched", SLICE)

    await tab.post(DashboardState, "search", query="pear 149")
    await until(tab, "query", "pear 149")
    held.let_go()
    await tab.settle()
    second = contents(tab), tab.see(DashboardState, "found")
    await tab.call(DashboardState, "open_view", view="starred")

    assert second == (["pear 149"], 1)
    assert (contents(tab), tab.see(DashboardState, "query")) == ([], "")


@pytest.mark.parametrize("end", ["closed", "signed out"])
async def test_a_search_for_nobody_ends(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock, held: Held, end: str
) -> None:
    await fill(services, ann, clock, "private needle", *numbered(300))
    tab = await open_dashboard(site, people)
    await tab.post(DashboardState, "search", query="needle")
    await until(tab, "searched", SLICE)

    if end == "closed":
        await tab.leave()
    else:
        session = await services.sessions.identify(tab.cookie)
        await services.sessions.sign_out(tab.cookie)
        await deliver(site.app, SessionEnded(session.session_id))
    held.let_go()
    await tab.settle()

    assert tab.see(DashboardState, "searched") in {0, SLICE}
    assert tab.see(DashboardState, "found") == 0


async def test_going_through_again_while_a_search_goes_on_does_nothing(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock, held: Held
) -> None:
    await fill(services, ann, clock, *numbered(300))
    tab = await open_dashboard(site, people)
    await tab.post(DashboardState, "search", query="found")
    await until(tab, "searched", SLICE)

    for _ in range(5):
        await tab.post(DashboardState, "go_through")
    await asyncio.sleep(0)
    held.let_go()
    await tab.settle()

    assert held.begun == 1
    assert tab.see(DashboardState, "found") == 300


async def test_what_happens_to_found_messages_shows_once_and_in_its_place(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    names = numbered(2 * PAGE_SIZE)
    await fill(services, ann, clock, *names, "something else")
    tab = await open_dashboard(site, people)
    await search(tab, "found")
    page = await services.inbox.list_messages(ann, "", 100)
    by_content = {message.content: message for message in page.messages}
    below = by_content["found 3"]

    await deliver(site.app, MessageShown(below))  # starred elsewhere, say: it was found, and is not shown yet
    await deliver(site.app, MessageShown(by_content["something else"]))
    await deliver(site.app, MessageHidden(by_content["found 5"].id, ann.id, by_content["found 5"].created_at))
    clock.advance(timedelta(seconds=1))
    new = await services.messages.add(ann.id, "newly found", clock.now)
    await deliver(site.app, MessageShown(new, is_new=True))
    while tab.see(DashboardState, "next_cursor"):
        await tab.call(DashboardState, "load_more")

    assert contents(tab) == ["newly found", *[name for name in names[::-1] if name != "found 5"]]
    assert tab.see(DashboardState, "found") == 2 * PAGE_SIZE


async def test_found_messages_that_went_elsewhere_are_not_shown_further_down(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    names = numbered(3 * PAGE_SIZE)
    await fill(services, ann, clock, *names)
    tab = await open_dashboard(site, people)
    await search(tab, "found")
    page = await services.inbox.list_messages(ann, "", 100)
    ids = [message.id for message in page.messages]

    await services.sorting.act_on(ann.id, ids[PAGE_SIZE : 2 * PAGE_SIZE], "archive")
    await tab.call(DashboardState, "load_more")

    assert contents(tab) == names[::-1][:PAGE_SIZE] + names[::-1][2 * PAGE_SIZE :]
    assert tab.see(DashboardState, "found", "next_cursor") == (2 * PAGE_SIZE, "")


async def test_an_act_on_all_that_was_found_leaves_the_rest_and_can_be_undone(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    await fill(services, ann, clock, *numbered(2 * PAGE_SIZE), "other")
    tab = await open_dashboard(site, people)
    await search(tab, "found")

    await tab.call(DashboardState, "act_on_all", action="delete")
    left = contents(tab), tab.see(DashboardState, "undo")["text"]
    await tab.call(DashboardState, "undo_last", act_id=tab.see(DashboardState, "undo")["act_id"])

    assert left == (["other"], f"{2 * PAGE_SIZE} messages deleted")
    assert len(contents(tab)) == PAGE_SIZE
    assert len((await services.inbox.list_messages(ann, "", 100)).messages) == 2 * PAGE_SIZE + 1


async def test_what_is_done_to_all_elsewhere_shows_in_what_was_found(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    await fill(services, ann, clock, *numbered(PAGE_SIZE + 3))
    tab, other = await open_dashboard(site, people), await open_dashboard(site, people)
    await search(tab, "found")
    await other.call(DashboardState, "act_on_all", action="archive")

    await deliver(site.app, BulkActsChanged(ann.id))

    assert (contents(tab), tab.see(DashboardState, "query", "found")) == ([], ("found", 0))


@pytest.mark.parametrize("count", [3, WINDOW + 2 * PAGE_SIZE])
async def test_a_page_that_has_missed_something_finds_it_and_moves_no_reader(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock, count: int
) -> None:
    await fill(services, ann, clock, *numbered(count))
    tab = await open_dashboard(site, people)
    await search(tab, "found")
    while tab.see(DashboardState, "next_cursor"):
        await tab.call(DashboardState, "load_more")
    before = contents(tab)
    await services.messages.add(ann.id, "found while nobody told", clock.now)
    await deliver(site.app, HistoryLost())
    await tab.call(DashboardState, "load_again")

    shown = contents(tab)
    assert [one for one in shown if one in before] == before
    assert tab.see(DashboardState, "query", "found", "is_searching") == ("found", count + 1, False)
    while tab.see(DashboardState, "has_newer"):
        await tab.call(DashboardState, "load_newer")
    assert contents(tab)[0] == "found while nobody told"


async def test_a_search_that_was_stopped_does_not_begin_again_when_the_list_is_loaded_anew(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock, held: Held
) -> None:
    await fill(services, ann, clock, *numbered(300))
    tab = await open_dashboard(site, people)
    await tab.post(DashboardState, "search", query="found")
    await until(tab, "searched", SLICE)
    await tab.post(DashboardState, "stop_search")
    held.let_go()
    await tab.settle()
    await tab.call(DashboardState, "load_again")

    assert held.begun == 1
    assert tab.see(DashboardState, "query", "is_stopped") == ("found", True)


async def test_deleting_all_found_ones_that_show_brings_the_next(
    site: Site, people: People, services: Services, ann: User, clock: FakeClock
) -> None:
    names = numbered(PAGE_SIZE + 3)
    await fill(services, ann, clock, *names)
    tab = await open_dashboard(site, people)
    await search(tab, "found")
    ids = [row["id"] for row in tab.see(DashboardState, "messages")]

    await tab.call(DashboardState, "act_on", action="delete", message_ids=ids)

    assert contents(tab) == names[:3][::-1]
