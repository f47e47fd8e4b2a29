"""Sorting: what is done to some messages or to all of a view, what it shows meanwhile, and taking it back."""

import asyncio
from datetime import timedelta

import pytest
from bson import ObjectId

from anonmsg.bootstrap import Services
from anonmsg.cursors import encode_cursor
from anonmsg.errors import MessageNotFound, TooManyChanges, UndoIsOver
from anonmsg.models import Action, User, View
from anonmsg.schemas import DeleteAccountForm, parse
from anonmsg.services import sorting as sorting_module
from anonmsg.services.sorting import SLICE, UNDO_GRACE, UNDO_TTL, Progress, is_long
from anonmsg.storage import message_updates
from anonmsg.storage.bulk_acts import MOST_PENDING
from anonmsg.storage.database import Database
from anonmsg.storage.long_acts import LONG_TTL, MOST_AT_ONCE
from anonmsg.storage.message_updates import MOST_REMEMBERED, REMEMBERED_FOR
from tests.conftest import FakeClock
from tests.integration.conftest import PASSWORD, People

OVER = UNDO_TTL + UNDO_GRACE
COUNT = 12
SORTS: list[tuple[View, Action]] = [
    ("inbox", "delete"),
    ("inbox", "archive"),
    ("inbox", "star"),
    ("unread", "mark_read"),
    ("unread", "delete"),
    ("starred", "unstar"),
    ("starred", "archive"),
    ("archived", "restore"),
    ("archived", "mark_unread"),
    ("filtered", "restore"),
]


@pytest.fixture
async def bob(people: People) -> User:
    return await people.verified("bob")


@pytest.fixture
async def filled(services: Services, bob: User, clock: FakeClock) -> User:
    """Bob with messages in every folder, some starred and some read."""
    start = clock.now - timedelta(hours=1)
    await services.messages.add_many(
        bob.id, ((f"message {number}", start + timedelta(seconds=number)) for number in range(COUNT))
    )
    ids = await ids_in(services, bob, "inbox")
    await services.sorting.act_on(bob.id, ids[0:3], "archive")
    await services.sorting.act_on(bob.id, ids[2:6], "star")
    await services.sorting.mark_seen(bob.id, [ids[0], *ids[4:9]])
    folder = {"$set": {"folder": "filtered"}}
    await services.database["messages"].update_many({"created_at": {"$lt": start + timedelta(seconds=2)}}, folder)
    return bob


async def ids_in(services: Services, user: User, view: View) -> list[str]:
    owner = await services.inbox.owner(user.id)
    return [message.id for message in (await services.inbox.list_messages(owner, "", 100, view)).messages]


async def shown(services: Services, user: User) -> dict[str, list[tuple[str | None, str, bool, bool]]]:
    """Return everything that all lists show."""
    owner = await services.inbox.owner(user.id)
    views: tuple[View, ...] = ("inbox", "unread", "starred", "archived", "filtered")
    return {
        view: [
            (one.content, one.folder, one.is_starred, one.read_at is not None)
            for one in (await services.inbox.list_messages(owner, "", 100, view)).messages
        ]
        for view in views
    }


def batches(ids: list[str]) -> list[list[str]]:
    return [ids[start : start + 3] for start in range(0, len(ids), 3)]


async def top(services: Services, user: User, view: View) -> str:
    """Return the cursor of the newest message of a view."""
    owner = await services.inbox.owner(user.id)
    return encode_cursor((await services.inbox.list_messages(owner, "", 1, view)).messages[0].place)


@pytest.mark.parametrize(("view", "action"), SORTS)
async def test_what_is_done_to_all_shows_at_once_and_is_the_same_when_it_is_settled(
    services: Services, filled: User, clock: FakeClock, view: View, action: Action
) -> None:
    before = await shown(services, filled)
    await services.sorting.act_on_all(filled.id, view, action, await top(services, filled, view))

    at_once = await shown(services, filled)
    counts = await services.inbox.count(await services.inbox.owner(filled.id))
    clock.advance(OVER)
    await services.sorting.settle_due()
    owner = await services.inbox.owner(filled.id)

    assert at_once != before
    assert owner.acts == ()
    assert await shown(services, filled) == at_once
    assert counts == await services.inbox.count(owner) == {name: len(rows) for name, rows in at_once.items()}


@pytest.mark.parametrize(("view", "action"), SORTS)
async def test_what_was_done_to_all_is_undone_without_a_trace(
    services: Services, filled: User, clock: FakeClock, view: View, action: Action
) -> None:
    before = await shown(services, filled)
    act_id = await services.sorting.act_on_all(filled.id, view, action, await top(services, filled, view))
    clock.advance(OVER - timedelta(seconds=1))
    await services.sorting.settle_due()

    undone = await services.sorting.undo(filled.id, act_id)
    clock.advance(OVER)
    await services.sorting.settle_due()

    assert undone == []
    assert await shown(services, filled) == before


async def test_later_messages_are_not_meant(services: Services, filled: User, clock: FakeClock) -> None:
    newest = await top(services, filled, "inbox")
    await services.messages.add_many(filled.id, [("later", clock.now)])
    await services.sorting.act_on_all(filled.id, "inbox", "delete", newest)
    at_once = await shown(services, filled)
    clock.advance(OVER)
    await services.sorting.settle_due()

    assert [row[0] for row in at_once["inbox"]] == ["later"]
    assert await shown(services, filled) == at_once


async def test_one_message_can_be_treated_apart_while_all_wait(
    services: Services, filled: User, clock: FakeClock
) -> None:
    await services.sorting.act_on_all(filled.id, "inbox", "archive", await top(services, filled, "inbox"))
    archived = await ids_in(services, filled, "archived")
    await services.sorting.act_on(filled.id, [archived[4]], "restore")
    await services.sorting.act_on(filled.id, [archived[5]], "delete")
    at_once = await shown(services, filled)
    clock.advance(OVER)
    await services.sorting.settle_due()

    assert len(at_once["inbox"]) == 1
    assert len(at_once["archived"]) == len(archived) - 2
    assert await shown(services, filled) == at_once


async def test_several_acts_are_done_in_their_order_and_each_can_be_undone(
    services: Services, filled: User, clock: FakeClock
) -> None:
    newest = await top(services, filled, "archived")
    await services.sorting.act_on_all(filled.id, "inbox", "archive", newest)
    alone = await shown(services, filled)
    second = await services.sorting.act_on_all(filled.id, "archived", "restore", newest)
    third = await services.sorting.act_on_all(filled.id, "inbox", "delete", newest)
    nothing = await shown(services, filled)

    await services.sorting.undo(filled.id, third)
    await services.sorting.undo(filled.id, second)
    again = await shown(services, filled)
    clock.advance(OVER)
    await services.sorting.settle_due()

    assert nothing["inbox"] == nothing["archived"] == []
    assert again == alone == await shown(services, filled)


async def test_an_act_that_is_being_settled_goes_on_where_it_was_and_cannot_be_undone(
    services: Services, filled: User, clock: FakeClock, database: Database
) -> None:
    act_id = await services.sorting.act_on_all(filled.id, "inbox", "delete", await top(services, filled, "inbox"))
    at_once = await shown(services, filled)
    await database["users"].update_one({"acts.id": act_id}, {"$set": {"acts.0.settling": True}})
    await database["messages"].update_one(
        {"folder": "inbox"}, {"$set": {"deleted_at": clock.now, "settled_by": act_id}}
    )

    with pytest.raises(MessageNotFound):
        await services.sorting.undo(filled.id, act_id)
    interrupted = await shown(services, filled)
    clock.advance(OVER)
    await services.sorting.settle_due()

    assert interrupted == at_once == await shown(services, filled)


async def test_too_many_acts_at_once_are_refused_in_a_sentence(services: Services, filled: User) -> None:
    newest = await top(services, filled, "inbox")
    for _ in range(MOST_PENDING):
        await services.sorting.act_on_all(filled.id, "inbox", "star", newest)

    with pytest.raises(TooManyChanges, match="Please wait a moment"):
        await services.sorting.act_on_all(filled.id, "inbox", "star", newest)


async def test_somebody_elses_act_cannot_be_undone_and_their_messages_not_be_sorted(
    services: Services, filled: User, people: People
) -> None:
    eve = await people.verified("eve")
    ids = await ids_in(services, filled, "inbox")
    some = await services.sorting.act_on(filled.id, ids[:2], "archive")
    everything = await services.sorting.act_on_all(filled.id, "inbox", "star", await top(services, filled, "inbox"))
    before = await shown(services, filled)

    for act_id in (some, everything):
        with pytest.raises(MessageNotFound):
            await services.sorting.undo(eve.id, act_id)
    with pytest.raises(MessageNotFound):
        await services.sorting.act_on(eve.id, ids, "delete")
    await services.sorting.mark_seen(eve.id, ids)

    assert await shown(services, filled) == before


async def test_six_hundred_are_sorted_at_once_and_brought_back(services: Services, bob: User, clock: FakeClock) -> None:
    await services.messages.add_many(bob.id, ((f"{number}", clock.now) for number in range(600)))
    ids = []
    owner, cursor = await services.inbox.owner(bob.id), ""
    while len(ids) < 600:
        page = await services.inbox.list_messages(owner, cursor, 100)
        ids += [message.id for message in page.messages]
        cursor = page.next_cursor

    act_id = await services.sorting.act_on(bob.id, ids, "delete")
    gone = await ids_in(services, bob, "inbox")
    undone = await services.sorting.undo(bob.id, act_id)

    assert gone == []
    assert sorted(undone) == sorted(ids)
    assert len(await ids_in(services, bob, "inbox")) == 100


async def test_what_takes_long_can_be_taken_back_as_long_after_its_end(
    services: Services, filled: User, clock: FakeClock
) -> None:
    before, ids = await shown(services, filled), await ids_in(services, filled, "inbox")
    steps = list[Progress]()
    async for step in services.sorting.act_on_many(filled.id, batches(ids), len(ids), "delete"):
        steps.append(step)
        clock.advance(OVER)
    act_id = steps[0].act_id
    gone = await ids_in(services, filled, "inbox")

    counts = [count async for count in services.sorting.undo_many(filled.id, act_id)]

    assert is_long(act_id)
    assert [step.done for step in steps] == [0, 3, 6, 7]
    assert (gone, counts) == ([], [7])
    assert await shown(services, filled) == before
    assert (await services.inbox.owner(filled.id)).long_acts == ()


async def test_what_takes_long_can_be_taken_back_while_it_goes_on(services: Services, filled: User) -> None:
    before, ids = await shown(services, filled), await ids_in(services, filled, "inbox")
    steps = list[Progress]()
    async for step in services.sorting.act_on_many(filled.id, batches(ids), len(ids), "archive"):
        steps.append(step)
        if step.done:
            async for _ in services.sorting.undo_many(filled.id, step.act_id):
                pass

    assert [(step.done, step.is_taken_back) for step in steps] == [(0, False), (3, False), (0, True)]
    assert await shown(services, filled) == before


async def test_what_was_interrupted_halfway_can_be_taken_back_for_an_hour(
    services: Services, filled: User, clock: FakeClock
) -> None:
    before, ids = await shown(services, filled), await ids_in(services, filled, "inbox")
    acting = services.sorting.act_on_many(filled.id, batches(ids), len(ids), "delete")
    act_id = (await anext(acting)).act_id
    await anext(acting)
    await acting.aclose()  # as a server does that is killed

    assert not (await services.inbox.owner(filled.id)).long_acts[0].is_interrupted(clock.now)
    clock.advance(LONG_TTL - timedelta(seconds=1))
    found = (await services.inbox.owner(filled.id)).long_acts[0]
    async for _ in services.sorting.undo_many(filled.id, act_id):
        pass

    assert found.is_interrupted(clock.now)
    assert (found.id, found.done, found.count) == (act_id, 3, len(ids))
    assert await shown(services, filled) == before


async def test_what_takes_long_is_taken_back_neither_too_late_nor_by_others(
    services: Services, filled: User, people: People, clock: FakeClock
) -> None:
    eve = await people.verified("eve")
    ids = await ids_in(services, filled, "inbox")
    acting = services.sorting.act_on_many(filled.id, batches(ids), len(ids), "delete")
    act_id = (await anext(acting)).act_id
    async for _ in acting:
        pass

    with pytest.raises(UndoIsOver):
        _ = [count async for count in services.sorting.undo_many(eve.id, act_id)]
    clock.advance(OVER)
    with pytest.raises(UndoIsOver):
        _ = [count async for count in services.sorting.undo_many(filled.id, act_id)]
    assert await ids_in(services, filled, "inbox") == []


async def test_few_long_acts_go_on_at_once(services: Services, filled: User, clock: FakeClock) -> None:
    ids = await ids_in(services, filled, "inbox")
    going = [services.sorting.act_on_many(filled.id, [ids], len(ids), "star") for _ in range(MOST_AT_ONCE + 1)]
    for one in going[:-1]:
        await anext(one)

    with pytest.raises(TooManyChanges):
        await anext(going[-1])
    clock.advance(LONG_TTL)
    assert await anext(services.sorting.act_on_many(filled.id, [ids], len(ids), "star"))


async def test_what_was_on_the_screen_of_a_list_is_meant_although_it_left_it(services: Services, filled: User) -> None:
    before = await shown(services, filled)
    newest, unread = await top(services, filled, "unread"), await ids_in(services, filled, "unread")
    await services.sorting.mark_seen(filled.id, unread[:1])
    seen = await shown(services, filled)

    act_id = await services.sorting.act_on_all(filled.id, "unread", "delete", newest, unread[:1])
    left = await ids_in(services, filled, "inbox")
    await services.sorting.undo(filled.id, act_id)

    assert not set(unread) & set(left)
    assert await shown(services, filled) == seen != before


async def test_undoing_brings_back_what_else_was_known_of_a_message(services: Services, filled: User) -> None:
    before = await shown(services, filled)
    folders: tuple[View, ...] = ("inbox", "archived", "filtered")
    ids = [message_id for view in folders for message_id in await ids_in(services, filled, view)]
    actions: tuple[Action, ...] = ("delete", "archive", "star", "mark_read", "mark_unread", "unstar", "restore")
    for action in actions:
        act_id = await services.sorting.act_on(filled.id, ids, action)
        await services.sorting.undo(filled.id, act_id)

        assert await shown(services, filled) == before


async def test_an_act_is_taken_back_although_something_else_was_done_since(services: Services, filled: User) -> None:
    *others, last = await ids_in(services, filled, "inbox")
    archived = await services.sorting.act_on(filled.id, [last], "archive")
    starred = await services.sorting.act_on(filled.id, [last], "star")
    deleted = await services.sorting.act_on(filled.id, [last], "delete")

    await services.sorting.undo(filled.id, archived)
    still_gone = await ids_in(services, filled, "inbox")
    await services.sorting.undo(filled.id, deleted)

    assert still_gone == others
    assert await ids_in(services, filled, "inbox") == [*others, last]
    assert last in await ids_in(services, filled, "starred")
    await services.sorting.undo(filled.id, starred)
    assert last not in await ids_in(services, filled, "starred")
    with pytest.raises(MessageNotFound):
        await services.sorting.undo(filled.id, archived)


async def test_a_message_remembers_only_the_last_acts(services: Services, filled: User, clock: FakeClock) -> None:
    (first, *_) = await ids_in(services, filled, "inbox")
    for _ in range(MOST_REMEMBERED + 1):
        await services.sorting.act_on(filled.id, [first], "star")
    stored = await services.database["messages"].find_one({"_id": ObjectId(first)}) or {}
    clock.advance(REMEMBERED_FOR)
    await services.sorting.act_on(filled.id, [first], "star")
    later = await services.database["messages"].find_one({"_id": ObjectId(first)}) or {}

    assert (len(stored["before"]), len(later["before"])) == (MOST_REMEMBERED, 1)


async def test_a_message_that_was_deleted_while_all_were_sorted_comes_back_where_it_was_shown(
    services: Services, filled: User, clock: FakeClock
) -> None:
    await services.sorting.act_on_all(filled.id, "inbox", "archive", await top(services, filled, "inbox"))
    at_once = await shown(services, filled)
    clock.advance(UNDO_TTL)
    act_id = await services.sorting.act_on(filled.id, [(await ids_in(services, filled, "archived"))[-1]], "delete")
    clock.advance(UNDO_TTL)
    await services.sorting.settle_due()

    await services.sorting.undo(filled.id, act_id)

    assert await shown(services, filled) == at_once


async def test_what_was_wanted_of_a_blocked_sender_stays_although_it_was_treated_apart(
    services: Services, bob: User, clock: FakeClock
) -> None:
    expires_at = clock.now + timedelta(days=30)
    message = await services.messages.add(bob.id, "from a blocked sender", clock.now, "filtered", expires_at)
    await services.sorting.act_on_all(bob.id, "filtered", "restore", encode_cursor(message.place))

    await services.sorting.act_on(bob.id, [message.id], "star")

    stored = await services.database["messages"].find_one({})
    assert stored
    assert (stored["folder"], stored["is_starred"], stored["expires_at"]) == ("inbox", True, None)


async def test_nothing_is_done_to_more_messages_than_can_be_treated_apart(
    services: Services, filled: User, clock: FakeClock
) -> None:
    await services.messages.add_many(filled.id, ((f"{number}", clock.now) for number in range(SLICE)))
    found = services.database["messages"].find({"recipient_id": ObjectId(filled.id)}, {"_id": 1})
    ids = [str(one["_id"]) async for one in found]
    await services.sorting.act_on_all(filled.id, "inbox", "archive", await top(services, filled, "inbox"))
    before = await shown(services, filled)

    with pytest.raises(TooManyChanges):
        await services.sorting.act_on(filled.id, ids, "star")
    await services.sorting.act_on(filled.id, ids[:10], "star")
    apart = await shown(services, filled)
    with pytest.raises(TooManyChanges):
        await services.sorting.act_on(filled.id, ids[10 : SLICE + 10], "star")

    assert apart != before
    assert await shown(services, filled) == apart


async def test_seeing_a_message_while_all_wait_is_remembered(
    services: Services, filled: User, clock: FakeClock
) -> None:
    await services.sorting.act_on_all(filled.id, "inbox", "archive", await top(services, filled, "inbox"))
    ids = await ids_in(services, filled, "archived")
    await services.sorting.mark_seen(filled.id, ids)
    at_once = await shown(services, filled)
    clock.advance(OVER)
    await services.sorting.settle_due()

    assert at_once["unread"] == []
    assert all(is_read for *_, is_read in at_once["archived"])
    assert await shown(services, filled) == at_once


@pytest.mark.parametrize(
    ("view", "action", "then"),
    [("inbox", "mark_unread", "inbox"), ("archived", "mark_unread", "archived"), ("unread", "archive", "archived")],
)
async def test_a_message_that_is_seen_after_an_act_on_what_is_unread_stays_where_it_is_and_read(
    services: Services, filled: User, clock: FakeClock, view: View, action: Action, then: View
) -> None:
    await services.sorting.act_on_all(filled.id, view, action, await top(services, filled, view))
    before = await shown(services, filled)
    ids = await ids_in(services, filled, then)
    await services.sorting.mark_seen(filled.id, ids)
    at_once = await shown(services, filled)
    clock.advance(OVER)
    await services.sorting.settle_due()

    assert [one[:3] for one in at_once[then]] == [one[:3] for one in before[then]]
    assert all(is_read for *_, is_read in at_once[then])
    assert await shown(services, filled) == at_once


async def test_a_million_would_settle_in_batches_and_others_can_act_meanwhile(
    services: Services, bob: User, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_updates, "BATCH", 5)
    await services.messages.add_many(bob.id, ((f"{number:02}", clock.now) for number in range(23)))
    await services.sorting.act_on_all(bob.id, "inbox", "archive", await top(services, bob, "inbox"))
    clock.advance(OVER)
    settling = asyncio.create_task(services.sorting.settle_due())
    query = {"folder": "archived"}
    while not await services.database["messages"].count_documents(query):
        pass
    at_half = await shown(services, bob)
    apart = (await ids_in(services, bob, "archived"))[::4]
    await services.sorting.act_on(bob.id, apart, "restore")
    at_once = await shown(services, bob)
    await settling

    assert len(at_half["archived"]) == 23
    assert len(at_once["inbox"]) == len(apart)
    assert await shown(services, bob) == at_once


async def test_nobody_waits_until_somebody_elses_million_is_settled(
    services: Services, people: People, bob: User, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_updates, "BATCH", 1)
    monkeypatch.setattr(sorting_module, "SLICES_A_TURN", 2)
    eve = await people.verified("eve")
    for user, count in ((bob, 12), (eve, 2)):
        await services.messages.add_many(user.id, ((f"{number}", clock.now) for number in range(count)))
        await services.sorting.act_on_all(user.id, "inbox", "archive", await top(services, user, "inbox"))
        clock.advance(timedelta(seconds=1))
    clock.advance(OVER)
    settled, delete = list[str](), services.sorting._acts.delete

    async def noted(user_id: str, act_id: str) -> None:
        settled.append(user_id)
        await delete(user_id, act_id)

    monkeypatch.setattr(services.sorting._acts, "delete", noted)
    await services.sorting.settle_due()

    assert settled == [eve.id, bob.id]
    assert await services.database["messages"].count_documents({"folder": "archived"}) == 14


async def test_somebody_who_leaves_while_acts_wait_takes_them_along(
    services: Services, people: People, filled: User, clock: FakeClock
) -> None:
    await services.sorting.act_on_all(filled.id, "inbox", "archive", await top(services, filled, "inbox"))
    identity = await services.sessions.identify(await people.session("bob"))
    form = parse(DeleteAccountForm, {"password": PASSWORD, "word": "delete"})
    await services.leaving.leave(identity, form)
    clock.advance(OVER)

    await asyncio.gather(services.sorting.settle_due(), services.leaving.finished())
    await services.sorting.settle_due()

    assert await services.database["messages"].count_documents({}) == 0
    assert await services.database["users"].count_documents({}) == 0
