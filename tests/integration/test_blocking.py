"""Blocking a sender and clearing a burst: it works, it tells nothing, and it forgets."""

from datetime import datetime, timedelta

import pytest
from bson import ObjectId

from anonmsg.bootstrap import Services
from anonmsg.cursors import encode_cursor
from anonmsg.errors import CannotBlock, MessageNotFound, NoBurst, TooManyBlocks, Unavailable
from anonmsg.models import BLOCK_TTL, Action, Message, User, View
from anonmsg.schemas import MessageForm, parse
from anonmsg.services.blocking import BURST_SIZE, BURST_TIME, EXCERPT
from anonmsg.services.sorting import UNDO_GRACE, UNDO_TTL
from anonmsg.services.tagging import BLOCKED_TTL
from anonmsg.storage import blocks, tags
from anonmsg.storage.blocks import MOST_BLOCKS
from anonmsg.storage.database import Database
from anonmsg.storage.tags import BURST_TTL, PSEUDONYM_TTL
from tests.conftest import CLIENT, FakeClock
from tests.integration.command_log import CommandLog
from tests.integration.conftest import People

PEST, FRIEND = "p" * 22, "f" * 22


@pytest.fixture
async def bob(people: People) -> User:
    return await people.verified("bob")


async def send(services: Services, content: str, mark: str = "", client: str = CLIENT, to: str = "bob") -> None:
    form = parse(MessageForm, {"username": to, "content": content})
    await services.sharing.send(form, client, sender_mark=mark)
    await services.tagging.finish()


async def fill_blocks(database: Database, blocked_at: datetime) -> None:
    """Have as many blocked as can be."""
    full = [
        {"id": f"{number}", "pseudonym": b"%d" % number, "excerpt": b"", "blocked_at": blocked_at}
        for number in range(MOST_BLOCKS)
    ]
    await database["users"].update_one({}, {"$set": {"blocks": full}})


async def messages(services: Services, user: User, view: View = "inbox") -> list[Message]:
    owner = await services.inbox.owner(user.id)
    return list((await services.inbox.list_messages(owner, "", 100, view)).messages)


async def texts(services: Services, user: User, view: View = "inbox") -> list[str | None]:
    return [message.content for message in await messages(services, user, view)]


async def test_a_blocked_senders_messages_wait_under_filtered_and_others_come_through(
    services: Services, bob: User, clock: FakeClock, database: Database
) -> None:
    await send(services, "friendly", FRIEND)
    await send(services, "nasty", PEST)
    await services.blocking.block_sender(bob.id, (await messages(services, bob))[0].id)
    await send(services, "nasty again", PEST)
    await send(services, "friendly again", FRIEND)
    await send(services, "without a mark")

    assert sorted(filter(None, await texts(services, bob))) == ["friendly", "friendly again", "without a mark"]
    assert await texts(services, bob, "filtered") == ["nasty again"]
    waiting = await database["messages"].find_one({"folder": "filtered"})
    assert waiting is not None
    assert waiting["expires_at"] == clock.now + BLOCKED_TTL


async def test_blocking_deletes_that_message_only_and_is_undone_with_it(services: Services, bob: User) -> None:
    await send(services, "first", PEST)
    await send(services, "second", PEST)
    act_id = await services.blocking.block_sender(bob.id, (await messages(services, bob))[0].id)
    left = await texts(services, bob)
    await services.blocking.undo(bob.id, act_id)
    await send(services, "third", PEST)

    assert left == ["first"]
    assert await texts(services, bob) == ["third", "second", "first"]


async def test_blocking_twice_does_not_tell_that_it_was_the_same_sender(services: Services, bob: User) -> None:
    await send(services, "first", PEST)
    await send(services, "second", PEST)
    for message in await messages(services, bob):
        await services.blocking.block_sender(bob.id, message.id)
    made = await services.blocking.list_blocks(bob.id)

    await services.blocking.unblock(bob.id, made[0].id)

    assert sorted(block.excerpt for block in made) == ["first", "second"]
    assert len(await services.blocking.list_blocks(bob.id)) == 1


async def test_the_block_stays_when_the_time_to_undo_is_over(services: Services, bob: User, clock: FakeClock) -> None:
    await send(services, "nasty", PEST)
    act_id = await services.blocking.block_sender(bob.id, (await messages(services, bob))[0].id)
    clock.advance(UNDO_TTL + UNDO_GRACE)

    with pytest.raises(MessageNotFound):
        await services.blocking.undo(bob.id, act_id)

    assert len(await services.blocking.list_blocks(bob.id)) == 1


async def test_a_message_whose_block_could_not_be_stored_is_still_there(
    services: Services, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> bool:
        raise Unavailable

    await send(services, "nasty", PEST)
    monkeypatch.setattr(services.blocking._blocks, "add", away)

    with pytest.raises(Unavailable):
        await services.blocking.block_sender(bob.id, (await messages(services, bob))[0].id)

    assert await texts(services, bob) == ["nasty"]


async def test_an_unblocked_sender_comes_through_and_can_be_blocked_again(services: Services, bob: User) -> None:
    await send(services, "nasty", PEST)
    act_id = await services.blocking.block_sender(bob.id, (await messages(services, bob))[0].id)
    removed = await services.blocking.unblock(bob.id, act_id)
    assert removed is not None
    await send(services, "through", PEST)
    await services.blocking.block_again(bob.id, removed)
    await send(services, "aside", PEST)

    assert await texts(services, bob) == ["through"]
    assert await texts(services, bob, "filtered") == ["aside"]


async def test_tags_go_when_their_message_is_gone_and_not_before(
    services: Services, bob: User, database: Database
) -> None:
    for content in ("kept", "deleted softly", "gone"):
        await send(services, content, PEST)
    gone, deleted, kept = await messages(services, bob)
    await services.sorting.delete_message(bob.id, deleted.id)
    await database["messages"].delete_one({"_id": ObjectId(gone.id)})

    await services.tagging.forget_orphans()

    for name in ("sender_tags", "burst_tags"):
        assert {str(tag["_id"]) for tag in await database[name].find().to_list()} == {deleted.id, kept.id}


async def test_tags_of_any_number_are_gone_through(
    services: Services, bob: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "BATCH", 2)
    for number in range(7):
        await send(services, str(number), PEST if number % 3 else "")
    (newest, *_) = await messages(services, bob)
    await database["messages"].delete_many({"_id": {"$ne": ObjectId(newest.id)}})

    await services.tagging.forget_orphans()

    assert [str(tag["_id"]) for tag in await database["burst_tags"].find().to_list()] == [newest.id]
    assert await database["sender_tags"].count_documents({}) == 0


@pytest.mark.parametrize("action", ["restore", "archive", "star"])
async def test_what_waits_stays_once_somebody_wants_it(
    services: Services, bob: User, database: Database, action: Action
) -> None:
    await send(services, "nasty", PEST)
    await services.blocking.block_sender(bob.id, (await messages(services, bob))[0].id)
    await send(services, "sorry", PEST)
    (waiting,) = await messages(services, bob, "filtered")

    act_id = await services.sorting.act_on(bob.id, [waiting.id], action)

    assert waiting.is_passing
    query = {"_id": ObjectId(waiting.id)}
    kept = await database["messages"].find_one(query)
    assert kept is not None
    assert kept["expires_at"] is None
    await services.sorting.undo(bob.id, act_id)
    back = await database["messages"].find_one(query)
    assert back is not None
    assert back["expires_at"] is not None


async def test_what_waits_stays_once_all_are_moved_to_the_inbox(
    services: Services, bob: User, database: Database, clock: FakeClock
) -> None:
    await send(services, "nasty", PEST)
    await services.blocking.block_sender(bob.id, (await messages(services, bob))[0].id)
    await send(services, "sorry", PEST)
    (waiting,) = await messages(services, bob, "filtered")
    place = encode_cursor(waiting.place)

    await services.sorting.act_on_all(bob.id, "filtered", "restore", place)
    clock.advance(UNDO_TTL + UNDO_GRACE)
    await services.sorting.settle_due()

    (kept,) = await messages(services, bob)
    assert not kept.is_passing


async def test_the_same_browser_is_somebody_else_in_every_inbox(
    services: Services, people: People, bob: User, database: Database
) -> None:
    await people.verified("eve")
    await send(services, "to bob", PEST)
    await send(services, "to eve", PEST, to="eve")

    senders = await database["sender_tags"].find({}).to_list()
    bursts = await database["burst_tags"].find({}).to_list()

    assert len({tag["pseudonym"] for tag in senders}) == len(senders) == 2
    assert len({one for tag in bursts for one in tag["tag"]}) == len(bursts) == 2
    assert all(PEST.encode() not in tag["pseudonym"] for tag in senders)


async def test_a_sender_without_a_mark_or_of_long_ago_cannot_be_blocked(
    services: Services, bob: User, clock: FakeClock
) -> None:
    await send(services, "without a mark")
    with pytest.raises(CannotBlock):
        await services.blocking.block_sender(bob.id, (await messages(services, bob))[0].id)
    await send(services, "with a mark", PEST)
    clock.advance(PSEUDONYM_TTL)

    with pytest.raises(CannotBlock, match="older than 30 days"):
        await services.blocking.block_sender(bob.id, (await messages(services, bob))[0].id)

    assert len(await texts(services, bob)) == 2
    assert await services.blocking.list_blocks(bob.id) == []


async def test_a_sender_waits_for_the_same_whether_blocked_or_not(
    services: Services,
    bob: User,
    logged: Services,
    log: CommandLog,
) -> None:
    await send(services, "nasty", PEST)
    await services.blocking.block_sender(bob.id, (await messages(services, bob))[0].id)
    await send(logged, "warm up", FRIEND)
    trips = []
    for mark in (FRIEND, PEST):
        log.clear()
        await send(logged, "a message", mark)
        trips.append(sorted(log.trips))

    assert trips[0] == trips[1]


async def test_the_list_shows_the_beginning_of_the_message_and_nothing_readable_is_stored(
    services: Services, bob: User, clock: FakeClock, database: Database
) -> None:
    await send(services, "very nasty words " * 20, PEST)
    act_id = await services.blocking.block_sender(bob.id, (await messages(services, bob))[0].id)
    (block,) = await services.blocking.list_blocks(bob.id)
    stored = await database["users"].find_one({})

    assert (block.id, block.blocked_at) == (act_id, clock.now)
    assert block.excerpt == ("very nasty words " * 20)[: EXCERPT - 1].rstrip() + "…"
    assert b"nasty" not in repr(stored).encode()
    assert "nasty" not in repr(block)


async def test_only_so_many_can_be_blocked_and_the_message_stays_when_it_is_one_too_many(
    services: Services, bob: User, database: Database
) -> None:
    await send(services, "nasty", PEST)
    await fill_blocks(database, services.clock())

    with pytest.raises(TooManyBlocks):
        await services.blocking.block_sender(bob.id, (await messages(services, bob))[0].id)

    assert await texts(services, bob) == ["nasty"]


async def test_a_block_ends_after_30_days_on_the_screen_and_for_the_sender(
    services: Services, bob: User, clock: FakeClock
) -> None:
    await send(services, "nasty", PEST)
    await services.blocking.block_sender(bob.id, (await messages(services, bob))[0].id)
    clock.advance(BLOCK_TTL - timedelta(seconds=1))
    await send(services, "in time", PEST)
    listed = len(await services.blocking.list_blocks(bob.id))
    clock.advance(timedelta(seconds=1))
    await send(services, "later", PEST)

    assert listed == 1
    assert await services.blocking.list_blocks(bob.id) == []
    assert await texts(services, bob, "filtered") == ["in time"]
    assert await texts(services, bob) == ["later"]


async def test_who_is_blocked_again_stays_so_for_as_long_as_the_last_block(
    services: Services, bob: User, clock: FakeClock
) -> None:
    await send(services, "nasty", PEST)
    await services.blocking.block_sender(bob.id, (await messages(services, bob))[0].id)
    clock.advance(BLOCK_TTL - timedelta(seconds=1))
    await send(services, "and again", PEST)
    await services.blocking.block_sender(bob.id, (await messages(services, bob, "filtered"))[0].id)
    clock.advance(timedelta(days=1))

    await send(services, "and again", PEST)

    assert await texts(services, bob) == []
    assert len(await services.blocking.list_blocks(bob.id)) == 1


async def test_blocks_that_are_over_make_room(
    services: Services, bob: User, clock: FakeClock, database: Database
) -> None:
    await fill_blocks(database, clock.now - BLOCK_TTL)
    await send(services, "nasty", PEST)

    act_id = await services.blocking.block_sender(bob.id, (await messages(services, bob))[0].id)

    stored = await database["users"].find_one({})
    assert stored is not None
    assert [block["id"] for block in stored["blocks"]] == [act_id]


async def test_blocks_that_are_over_are_forgotten_every_hour_however_many_people_have_some(
    services: Services,
    people: People,
    bob: User,
    clock: FakeClock,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blocks, "BATCH", 1)
    for name in ("eve", "kim"):
        await people.verified(name)
    over = {"id": "over", "pseudonym": b"1", "excerpt": b"", "blocked_at": clock.now - BLOCK_TTL}
    holds = {**over, "id": "holds", "blocked_at": clock.now - BLOCK_TTL + timedelta(seconds=1)}
    await database["users"].update_many({}, {"$set": {"blocks": [over, holds, over]}})

    await services.blocking.forget_over()

    stored = await database["users"].find({}).to_list()
    assert [[block["id"] for block in user["blocks"]] for user in stored] == [["holds"]] * 3


async def test_somebody_elses_messages_and_blocks_are_not_there(services: Services, people: People, bob: User) -> None:
    eve = await people.verified("eve")
    await send(services, "nasty", PEST)
    (message,) = await messages(services, bob)
    with pytest.raises(MessageNotFound):
        await services.blocking.block_sender(eve.id, message.id)
    with pytest.raises(NoBurst):
        await services.blocking.delete_burst(eve.id, message.id)
    act_id = await services.blocking.block_sender(bob.id, message.id)

    assert await services.blocking.unblock(eve.id, act_id) is None
    assert await services.blocking.list_blocks(eve.id) == []
    assert len(await services.blocking.list_blocks(bob.id)) == 1


# Bursts


async def fill(services: Services, clock: FakeClock, count: int, apart: timedelta, client: str = "a flooder") -> None:
    for number in range(count):
        await services.tagging.finish()
        message = await services.messages.add(
            (await services.sharing.recipient("bob")).id, f"flood {number}", clock.now
        )
        services.tagging.note(message.recipient_id, message.id, b"", client)
        clock.advance(apart)
    await services.tagging.finish()


async def test_a_burst_is_cleared_with_the_others_from_there_within_a_day_and_comes_back(
    services: Services, bob: User, clock: FakeClock
) -> None:
    clock.now = clock.now.replace(hour=1)
    await send(services, "from elsewhere")
    await fill(services, clock, BURST_SIZE, timedelta(seconds=30))
    clock.advance(timedelta(hours=5))
    await fill(services, clock, BURST_SIZE + 5, timedelta(seconds=30))
    before = await texts(services, bob)

    one = next(message for message in await messages(services, bob) if message.content != "from elsewhere")
    act_id = await services.blocking.delete_burst(bob.id, one.id)
    left = await texts(services, bob)
    await services.sorting.undo(bob.id, act_id)

    assert left == ["from elsewhere"]
    assert await texts(services, bob) == before


async def test_a_single_message_from_where_a_burst_came_later_tells_nothing(
    services: Services, bob: User, clock: FakeClock
) -> None:
    clock.now = clock.now.replace(hour=1)
    await fill(services, clock, 1, timedelta(hours=3))
    (alone,) = await messages(services, bob)
    await fill(services, clock, BURST_SIZE, timedelta(seconds=1))

    look = services.blocking.look

    assert not (await look(bob.id, alone.id)).is_burst
    assert (await look(bob.id, (await messages(services, bob))[0].id)).is_burst
    with pytest.raises(NoBurst):
        await services.blocking.delete_burst(bob.id, alone.id)


async def test_what_came_singly_stays_when_a_burst_from_there_is_cleared(
    services: Services, bob: User, clock: FakeClock
) -> None:
    """Else a recipient who sends a burst, say from a school, sees what else came from there by what vanishes."""
    clock.now = clock.now.replace(hour=1)
    await fill(services, clock, 1, BURST_TIME + timedelta(seconds=1))
    await fill(services, clock, BURST_SIZE, timedelta(0))
    clock.advance(BURST_TIME + timedelta(seconds=1))
    await fill(services, clock, 1, timedelta(0))
    after, *burst, before = await messages(services, bob)

    await services.blocking.delete_burst(bob.id, burst[0].id)

    assert await messages(services, bob) == [after, before]


async def test_of_more_than_are_looked_at_the_newest_are_cleared(
    services: Services, bob: User, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "MOST_OF_A_BURST", BURST_SIZE)
    clock.now = clock.now.replace(hour=1)
    await fill(services, clock, BURST_SIZE + 5, timedelta(seconds=1))
    found = await messages(services, bob)

    await services.blocking.delete_burst(bob.id, found[0].id)

    assert await messages(services, bob) == found[BURST_SIZE:]


async def test_a_large_burst_is_read_in_parts_between_which_others_are_served(
    services: Services, logged: Services, log: CommandLog, bob: User, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "BATCH", 10)
    clock.now = clock.now.replace(hour=1)
    await fill(services, clock, BURST_SIZE + 5, timedelta(seconds=1))
    (newest, *_) = await messages(services, bob)
    log.clear()

    found = await logged.blocking.burst_of(bob.id, newest.id)

    assert len(found) == BURST_SIZE + 5
    assert log.trips == ["find burst_tags"] * 2 + ["getMore burst_tags"] * 2


async def test_the_key_of_burst_tags_is_another_one_every_day_and_in_every_process(
    services: Services, logged: Services, bob: User, clock: FakeClock, database: Database
) -> None:
    await send(services, "today")
    await send(logged, "from another process")
    clock.advance(timedelta(days=1))
    await send(services, "tomorrow")

    assert len(await database["burst_tags"].distinct("tag")) == 3


async def test_a_burst_across_midnight_is_one_from_either_side(services: Services, bob: User, clock: FakeClock) -> None:
    clock.now = clock.now.replace(hour=23, minute=45)
    await fill(services, clock, 15, timedelta(minutes=1))
    await fill(services, clock, 15, timedelta(minutes=1))
    ids = {message.id for message in await messages(services, bob)}

    assert len(ids) == 30
    assert {frozenset(await services.blocking.burst_of(bob.id, one)) for one in ids} == {frozenset(ids)}


async def test_an_hour_after_midnight_nothing_is_tied_to_the_day_before(
    services: Services, bob: User, clock: FakeClock, database: Database
) -> None:
    clock.now = clock.now.replace(hour=23, minute=59)
    await fill(services, clock, 1, timedelta(minutes=2))
    await fill(services, clock, 1, BURST_TIME)
    await fill(services, clock, 1, timedelta(0))
    found = database["burst_tags"].find().sort("created_at", 1)
    yesterday, between, later = [set(tag["tag"]) for tag in await found.to_list()]

    assert (len(yesterday), len(between), len(later)) == (1, 2, 1)
    assert between == yesterday | later
    assert not yesterday & later


async def test_a_key_is_forgotten_without_a_message_too(services: Services, bob: User, clock: FakeClock) -> None:
    clock.now = clock.now.replace(hour=12)
    await fill(services, clock, 1, timedelta(days=1))
    held = len(services.tagging._keys)

    await services.tagging.forget_orphans()

    assert (held, len(services.tagging._keys)) == (1, 0)


@pytest.mark.parametrize(
    ("count", "apart"),
    [(BURST_SIZE - 1, timedelta(seconds=1)), (BURST_SIZE + 5, BURST_TIME / (BURST_SIZE - 2))],
    ids=["too few", "too slow"],
)
async def test_fewer_or_slower_messages_tell_nothing(
    services: Services, bob: User, clock: FakeClock, count: int, apart: timedelta
) -> None:
    clock.now = clock.now.replace(hour=1)
    await fill(services, clock, count, apart)
    one = (await messages(services, bob))[0]

    assert await services.blocking.burst_of(bob.id, one.id) == []
    with pytest.raises(NoBurst):
        await services.blocking.delete_burst(bob.id, one.id)


async def test_a_burst_is_forgotten_after_a_day(services: Services, bob: User, clock: FakeClock) -> None:
    await fill(services, clock, BURST_SIZE, timedelta(0))
    one = (await messages(services, bob))[0]
    found = await services.blocking.burst_of(bob.id, one.id)
    clock.advance(BURST_TTL)

    assert len(found) == BURST_SIZE
    assert await services.blocking.burst_of(bob.id, one.id) == []


async def test_tags_have_no_part_in_whether_a_message_is_acknowledged(
    services: Services, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_tags: object) -> None:
        raise Unavailable

    monkeypatch.setattr(services.tagging._tags, "add_many", away)

    await send(services, "stored all the same", PEST)

    assert await texts(services, bob) == ["stored all the same"]
