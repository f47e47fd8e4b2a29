"""Reading, deleting, undoing, opening and closing."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from bson import ObjectId

from anonmsg.bootstrap import Services
from anonmsg.errors import MessageNotFound, NotAuthenticated, UserNotFound
from anonmsg.models import Message, User
from anonmsg.schemas import MessageForm, parse
from anonmsg.storage.database import Database
from tests.conftest import CLIENT, FakeClock
from tests.integration.conftest import People

ODD_IDS = ["", "x", "0" * 24, "g" * 24, "a" * 12, "é" * 12, "\x00", "$ne", "0" * 10_000]


@pytest.fixture
async def bob(people: People) -> User:
    return await people.verified("bob")


async def send(services: Services, *contents: str, to: str = "bob") -> None:
    for content in contents:
        await services.sharing.send(parse(MessageForm, {"username": to, "content": content}), CLIENT)


async def read(services: Services, user: User, limit: int = 100) -> list[Message]:
    """All messages, page by page."""
    page = await services.inbox.list_messages(user, "", limit)
    found = list(page.messages)
    while page.next_cursor:
        assert len(found) < 1000, "the pages don't end"
        page = await services.inbox.list_messages(user, page.next_cursor, limit)
        found += page.messages
    return found


async def texts(services: Services, user: User, limit: int = 100) -> list[str | None]:
    return [message.content for message in await read(services, user, limit)]


# Reading


async def test_an_empty_inbox_is_an_empty_page(services: Services, bob: User) -> None:
    page = await services.inbox.list_messages(bob, "", 20)

    assert page.messages == ()
    assert page.next_cursor == ""


async def test_the_newest_message_comes_first(services: Services, bob: User, clock: FakeClock) -> None:
    for content in ("first", "second", "third"):
        await send(services, content)
        clock.advance(timedelta(milliseconds=1))

    assert await texts(services, bob) == ["third", "second", "first"]


async def test_a_message_knows_when_it_came_and_whose_it_is(services: Services, bob: User, clock: FakeClock) -> None:
    await send(services, "hi")

    (message,) = await read(services, bob)

    assert message == Message(message.id, bob.id, "hi", clock.now, None)
    assert message.created_at.tzinfo is not None


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 10, 100])
@pytest.mark.parametrize("step", [timedelta(0), timedelta(milliseconds=1)], ids=["same moment", "one after another"])
async def test_pages_hold_every_message_once_and_in_order(
    services: Services, bob: User, clock: FakeClock, limit: int, step: timedelta
) -> None:
    for number in range(10):
        await send(services, str(number))
        clock.advance(step)

    assert await texts(services, bob, limit) == [str(number) for number in reversed(range(10))]


async def test_the_last_page_has_no_cursor_even_if_it_is_full(services: Services, bob: User) -> None:
    await send(services, "1", "2", "3", "4")

    first = await services.inbox.list_messages(bob, "", 2)
    second = await services.inbox.list_messages(bob, first.next_cursor, 2)

    assert len(second.messages) == 2
    assert second.next_cursor == ""


@pytest.mark.parametrize("step", [timedelta(0), timedelta(milliseconds=1)], ids=["same moment", "one after another"])
async def test_turning_the_page_misses_and_repeats_nothing_while_messages_come_and_go(
    services: Services, bob: User, clock: FakeClock, step: timedelta
) -> None:
    for number in range(10):
        await send(services, str(number))
        clock.advance(step)
    first = await services.inbox.list_messages(bob, "", 4)

    await send(services, "new")
    await services.sorting.delete_message(bob.id, first.messages[-1].id)  # the one that the cursor marks
    await services.sorting.delete_message(bob.id, first.messages[0].id)
    second = await services.inbox.list_messages(bob, first.next_cursor, 4)
    await services.sorting.delete_message(bob.id, second.messages[1].id)
    third = await services.inbox.list_messages(bob, second.next_cursor, 4)

    assert [message.content for message in first.messages] == ["9", "8", "7", "6"]
    assert [message.content for message in second.messages] == ["5", "4", "3", "2"]
    assert [message.content for message in third.messages] == ["1", "0"]


@pytest.mark.parametrize("cursor", ["x", "a" * 27, "A" * 26, "a" * 64, "-_-_", "fwAAAAAAAAAAAAAAAAAAAAAAAAA", "_" * 27])
async def test_a_cursor_that_marks_no_place_is_the_end(services: Services, bob: User, cursor: str) -> None:
    await send(services, "hi")

    page = await services.inbox.list_messages(bob, cursor, 20)

    assert page.messages == ()
    assert page.next_cursor == ""


async def test_a_cursor_of_another_inbox_shows_nothing_of_it(services: Services, people: People, bob: User) -> None:
    eve = await people.verified("eve")
    await send(services, "1", "2", "3", to="eve")
    await send(services, "mine")
    page = await services.inbox.list_messages(eve, "", 1)

    stolen = await services.inbox.list_messages(bob, page.next_cursor, 20)

    assert {message.recipient_id for message in stolen.messages} <= {bob.id}


@pytest.mark.parametrize("user_id", ODD_IDS)
async def test_an_odd_id_has_no_messages_and_is_nobody(services: Services, bob: User, user_id: str) -> None:
    await send(services, "hi")

    assert (await services.inbox.list_messages(replace(bob, id=user_id), "", 20)).messages == ()
    with pytest.raises(NotAuthenticated):
        await services.inbox.owner(user_id)
    with pytest.raises(NotAuthenticated):
        await services.inbox.set_accepting(user_id, False)


async def test_many_messages_may_be_put_in_at_once(services: Services, bob: User, clock: FakeClock) -> None:
    many = [(str(number), clock.now + timedelta(seconds=number)) for number in range(50)]

    await services.messages.add_many(bob.id, many)

    assert await texts(services, bob, 20) == [str(number) for number in reversed(range(50))]


async def test_who_has_no_key_gets_no_messages(services: Services, database: Database, clock: FakeClock) -> None:
    with pytest.raises(UserNotFound):
        await services.messages.add_many("0" * 24, [("hi", clock.now)])
    with pytest.raises(UserNotFound):
        await services.messages.add("0" * 24, "hi", clock.now)

    assert await database["messages"].count_documents({}) == 0


# What can't be read


@pytest.mark.parametrize(
    "damaged", [b"", b"\x01", b"\x01" + b"x" * 300, b"\x02" + b"x" * 300, None, "text", 7, [b"x"], {"$ne": 1}], ids=repr
)
async def test_a_message_that_cannot_be_read_shows_as_such_beside_the_others(
    services: Services, bob: User, clock: FakeClock, database: Database, damaged: object
) -> None:
    for content in ("1", "2", "3"):
        await send(services, content)
        clock.advance(timedelta(milliseconds=1))
    middle = (await read(services, bob))[1]

    await database["messages"].update_one({"_id": ObjectId(middle.id)}, {"$set": {"content": damaged}})

    assert await texts(services, bob) == ["3", None, "1"]


async def test_a_message_without_content_shows_as_one_that_cannot_be_read(
    services: Services, bob: User, database: Database
) -> None:
    await send(services, "hi")
    await database["messages"].update_many({}, {"$unset": {"content": 1, "read_at": 1}})

    assert await texts(services, bob) == [None]


async def test_a_content_that_was_moved_to_another_message_or_inbox_cannot_be_read(
    services: Services, people: People, bob: User, clock: FakeClock, database: Database
) -> None:
    eve = await people.verified("eve")
    await send(services, "secret of eve", to="eve")
    await send(services, "1", "2")
    messages = database["messages"]
    stolen = await messages.find_one({"recipient_id": ObjectId(eve.id)})
    mine = await read(services, bob)
    other = await messages.find_one({"_id": ObjectId(mine[1].id)})
    assert stolen
    assert other

    await messages.update_one({"_id": ObjectId(mine[0].id)}, {"$set": {"content": other["content"]}})
    await messages.insert_one({**stolen, "_id": ObjectId(), "recipient_id": ObjectId(bob.id)})

    assert sorted(await texts(services, bob), key=str) == ["1", None, None]


async def test_the_log_of_a_message_that_cannot_be_read_holds_nothing_of_it(
    services: Services, bob: User, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await send(services, "hi")
    await database["messages"].update_many({}, {"$set": {"content": b"\x01broken-content"}})

    with caplog.at_level(logging.DEBUG):
        await read(services, bob)

    assert "can't be decrypted" in caplog.text
    assert "broken-content" not in caplog.text


# Deleting


async def test_a_deleted_message_is_gone_at_once_and_lies_there_for_an_undo(
    services: Services, bob: User, database: Database, clock: FakeClock
) -> None:
    await send(services, "1", "2", "3")
    middle = (await read(services, bob))[1]

    await services.sorting.delete_message(bob.id, middle.id)

    assert await texts(services, bob) == ["3", "1"]
    document = await database["messages"].find_one({"_id": ObjectId(middle.id)})
    assert document
    assert document["deleted_at"] == clock.now


async def test_a_message_can_be_deleted_once(services: Services, bob: User) -> None:
    await send(services, "hi")
    (message,) = await read(services, bob)
    await services.sorting.delete_message(bob.id, message.id)

    with pytest.raises(MessageNotFound):
        await services.sorting.delete_message(bob.id, message.id)


async def test_undo_brings_the_message_back_to_its_place(services: Services, bob: User, clock: FakeClock) -> None:
    for content in ("1", "2", "3"):
        await send(services, content)
        clock.advance(timedelta(milliseconds=1))
    before = await read(services, bob)
    act_id = await services.sorting.delete_message(bob.id, before[1].id)
    clock.advance(timedelta(seconds=10))

    restored = await services.sorting.undo(bob.id, act_id)

    assert restored == [before[1].id]
    assert await read(services, bob) == before


async def test_undo_is_refused_when_its_time_and_the_grace_for_slow_networks_are_over(
    services: Services, bob: User, clock: FakeClock
) -> None:
    await send(services, "hi")
    (message,) = await read(services, bob)
    act_id = await services.sorting.delete_message(bob.id, message.id)
    clock.advance(timedelta(seconds=15))

    with pytest.raises(MessageNotFound):
        await services.sorting.undo(bob.id, act_id)

    assert await texts(services, bob) == []


async def test_undo_of_what_was_not_deleted_is_refused(services: Services, bob: User) -> None:
    await send(services, "hi")
    (message,) = await read(services, bob)

    with pytest.raises(MessageNotFound):
        await services.sorting.undo(bob.id, message.id)

    assert await texts(services, bob) == ["hi"]


async def test_somebody_elses_message_is_not_found(services: Services, people: People, bob: User) -> None:
    eve = await people.verified("eve")
    await send(services, "1", "2")
    kept, deleted = await read(services, bob)
    act_id = await services.sorting.delete_message(bob.id, deleted.id)

    with pytest.raises(MessageNotFound):
        await services.sorting.delete_message(eve.id, kept.id)
    with pytest.raises(MessageNotFound):
        await services.sorting.undo(eve.id, act_id)

    assert await texts(services, bob) == [kept.content]


@pytest.mark.parametrize("message_id", ODD_IDS)
async def test_a_message_that_does_not_exist_is_not_found(services: Services, bob: User, message_id: str) -> None:
    await send(services, "hi")

    with pytest.raises(MessageNotFound):
        await services.sorting.delete_message(bob.id, message_id)
    with pytest.raises(MessageNotFound):
        await services.sorting.undo(bob.id, message_id)

    assert await texts(services, bob) == ["hi"]


# Opening and closing


async def test_the_switch_is_stored_and_may_be_pressed_twice(services: Services, people: People, bob: User) -> None:
    eve = await people.verified("eve")

    await services.inbox.set_accepting(bob.id, False)
    await services.inbox.set_accepting(bob.id, False)

    assert not (await services.inbox.owner(bob.id)).accepts_messages
    assert (await services.inbox.owner(eve.id)).accepts_messages


async def test_an_account_that_is_gone_is_nobody(services: Services, bob: User, database: Database) -> None:
    await database["users"].delete_one({"_id": ObjectId(bob.id)})

    with pytest.raises(NotAuthenticated):
        await services.inbox.owner(bob.id)
    with pytest.raises(NotAuthenticated):
        await services.inbox.set_accepting(bob.id, True)
