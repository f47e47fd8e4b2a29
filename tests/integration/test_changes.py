"""What happens in the database arrives, typed, once, and whatever breaks in between."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect, OperationFailure

from anonmsg.bootstrap import Services
from anonmsg.cursors import encode_cursor
from anonmsg.errors import Unavailable
from anonmsg.models import Message, Opening
from anonmsg.schemas import ForgotForm, MessageForm, ResetForm, parse
from anonmsg.settings import Settings
from anonmsg.storage import changes as changes_module
from anonmsg.storage.changes import (
    AcceptingChanged,
    BulkActsChanged,
    Change,
    Changes,
    HistoryLost,
    MessageHidden,
    MessageShown,
    SessionEnded,
)
from anonmsg.storage.database import Database
from anonmsg.storage.embedded import EmbeddedMongo, embedded_uri
from tests.conftest import CLIENT, FakeClock, FakeMailer
from tests.integration.conftest import People

PATIENCE = 20.0


class Follower:
    """Follows the changes as the app does, and hands them out one by one."""

    def __init__(self, changes: Changes, database: Database) -> None:
        self._changes = changes
        self._database = database
        self._queue: asyncio.Queue[Change] = asyncio.Queue()
        self._task = asyncio.create_task(self._follow())
        self._marks = 0

    async def _follow(self) -> None:
        async for change in self._changes.follow():
            self._queue.put_nowait(change)

    async def next(self) -> Change:
        """The next change; fails if following has ended."""
        getting = asyncio.create_task(self._queue.get())
        done, _ = await asyncio.wait({getting, self._task}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if getting in done:
            return getting.result()
        getting.cancel()
        if self._task in done:
            self._task.result()
        raise AssertionError("nothing came")

    async def mark(self) -> SessionEnded:
        """Cause a change that can be recognised."""
        self._marks += 1
        name = f"mark {self._marks}"
        await self._database["sessions"].insert_one({"_id": name})
        await self._database["sessions"].delete_one({"_id": name})
        return SessionEnded(name)

    async def until_open(self) -> None:
        """Wait until the stream is open: until it brings a mark, then the last one."""
        mark, seen = await self.mark(), list[Change]()
        while not any(isinstance(change, SessionEnded) for change in seen):
            mark = await self.mark()
            await asyncio.wait({self._task}, timeout=0.01)
            seen += [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        if mark not in seen:
            await self.all_until(mark)

    async def all_until(self, mark: Change) -> list[Change]:
        """Everything that comes before a mark."""
        found: list[Change] = []
        while (change := await self.next()) != mark:
            found.append(change)
        return found

    async def close(self) -> None:
        """Stop following; fails if that takes long."""
        self._task.cancel()
        done, _ = await asyncio.wait({self._task}, timeout=PATIENCE)
        assert done


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes_module, "RETRY_SECONDS", 0.01)


@pytest.fixture
async def follower(services: Services, database: Database) -> AsyncIterator[Follower]:
    follower = Follower(services.changes, database)
    await follower.until_open()
    yield follower
    await follower.close()


async def send(services: Services, *contents: str, to: str = "bob") -> None:
    for content in contents:
        await services.sharing.send(parse(MessageForm, {"username": to, "content": content}), CLIENT)


def shown(changes: list[Change]) -> list[str | None]:
    return [change.message.content for change in changes if isinstance(change, MessageShown)]


async def test_a_new_message_arrives_readable(services: Services, people: People, follower: Follower) -> None:
    bob = await people.verified("bob")

    await send(services, "hi")
    change = await follower.next()

    (message,) = (await services.inbox.list_messages(bob, "", 1)).messages
    assert change == MessageShown(message, is_new=True)
    assert message.content == "hi"


async def test_deleting_and_undoing_arrive(services: Services, people: People, follower: Follower) -> None:
    bob = await people.verified("bob")
    await send(services, "hi")
    (message,) = (await services.inbox.list_messages(bob, "", 1)).messages
    assert await follower.next() == MessageShown(message, is_new=True)

    act_id = await services.sorting.delete_message(bob.id, message.id)
    assert await follower.next() == MessageHidden(message.id, bob.id, message.created_at)

    await services.sorting.undo(bob.id, act_id)
    assert await follower.next() == MessageShown(message)


async def test_opening_and_closing_arrives_when_it_changes_anything(
    services: Services, people: People, follower: Follower
) -> None:
    bob = await people.verified("bob")

    for accepts in (False, False, True):
        await services.inbox.set_accepting(bob.id, accepts)
    mark = await follower.mark()

    assert await follower.all_until(mark) == [
        AcceptingChanged(bob.id, Opening(False)),
        AcceptingChanged(bob.id, Opening(True)),
    ]


async def test_the_end_of_a_session_arrives(services: Services, people: People, follower: Follower) -> None:
    await people.verified("bob")
    token = await people.session("bob")
    identity = await services.sessions.identify(token)

    await services.sessions.sign_out(token)

    assert await follower.next() == SessionEnded(identity.session_id)


async def test_bulk_acts_arrive_and_what_they_do_to_each_message_does_not(
    services: Services, people: People, follower: Follower, clock: FakeClock
) -> None:
    bob = await people.verified("bob")
    await send(services, "one", "two")
    newest = encode_cursor((await services.inbox.list_messages(bob, "", 1)).messages[0].place)
    await follower.all_until(await follower.mark())

    taken_back = await services.sorting.act_on_all(bob.id, "inbox", "delete", newest)
    await services.sorting.undo(bob.id, taken_back)
    await services.sorting.act_on_all(bob.id, "inbox", "archive", newest)
    clock.advance(timedelta(minutes=1))
    await services.sorting.settle_due()
    changes = await follower.all_until(await follower.mark())

    assert changes == [BulkActsChanged(bob.id)] * 3 + [BulkActsChanged(bob.id, changes_lists=False)]
    assert await services.database["messages"].count_documents({"folder": "archived"}) == 2


async def test_nothing_else_arrives(services: Services, people: People, follower: Follower) -> None:
    await people.verified("bob")
    await people.sign_up("eve")
    await people.session("bob")
    await services.database["messages"].delete_many({})

    assert await follower.all_until(await follower.mark()) == []


async def test_a_message_that_cannot_be_read_arrives_as_such(
    services: Services, people: People, follower: Follower
) -> None:
    bob = await people.verified("bob")
    await send(services, "hi")
    await follower.next()

    await services.database["messages"].update_many({}, {"$set": {"content": b"broken", "deleted_at": None}})
    (message,) = (await services.inbox.list_messages(bob, "", 1)).messages
    act_id = await services.sorting.delete_message(bob.id, message.id)
    await services.sorting.undo(bob.id, act_id)

    assert await follower.next() == MessageHidden(message.id, bob.id, message.created_at)
    change = await follower.next()
    assert isinstance(change, MessageShown)
    assert change.message.content is None


async def test_a_message_that_was_removed_before_it_could_be_looked_up_is_passed_over(
    services: Services, people: People, follower: Follower, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = await people.verified("bob")
    await send(services, "hi")
    await follower.next()
    (message,) = (await services.inbox.list_messages(bob, "", 1)).messages
    reading = Changes._read  # the lookup can't be slowed down from outside

    async def read_too_late(changes: Changes, event: Any) -> Change | None:
        return await reading(changes, event | {"fullDocument": None})

    monkeypatch.setattr(Changes, "_read", read_too_late)
    await services.sorting.delete_message(bob.id, message.id)

    assert await follower.all_until(await follower.mark()) == []


# Faults


async def cursors(database: Database) -> list[tuple[str, int]]:
    """The open change streams of this database: their namespace and cursor."""
    admin = database.raw.client.admin
    found = await (await admin.aggregate([{"$currentOp": {"idleCursors": True, "allUsers": True}}])).to_list()
    return [
        (operation["ns"], operation["cursor"]["cursorId"])
        for operation in found
        if operation.get("cursor", {}).get("tailable") and operation["ns"].startswith(database.raw.name + ".")
    ]


async def open_cursors(database: Database) -> list[tuple[str, int]]:
    """Return the cursors once there are some: a busy server does not list one that it is just answering."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if found := await cursors(database):
                return found


async def test_a_killed_cursor_costs_nothing_and_repeats_nothing(
    services: Services, people: People, database: Database, follower: Follower
) -> None:
    await people.verified("bob")
    await send(services, "before")

    killed = await open_cursors(database)
    for namespace, cursor in killed:
        await database.raw.command("killCursors", namespace.partition(".")[2], cursors=[cursor])
    await send(services, "after", "later")

    assert shown(await follower.all_until(await follower.mark())) == ["before", "after", "later"]


async def test_a_killed_server_costs_nothing_and_repeats_nothing(
    services: Services, people: People, follower: Follower, mongod: EmbeddedMongo
) -> None:
    await people.verified("bob")
    await send(services, "1", "2")

    os.kill(mongod.pid, signal.SIGKILL)
    await until_back(services.database)
    await send(services, "3", "4")

    assert shown(await follower.all_until(await follower.mark())) == ["1", "2", "3", "4"]


async def until_back(database: Database) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(Unavailable):
                return await database.ping()


class BrokenDatabase:
    """A database whose `watch` fails when told to, and counts how often it was asked."""

    def __init__(self, database: Database, *failures: Exception) -> None:
        self._database = database
        self.failures = list(failures)
        self.opened = 0

    @property
    def raw(self) -> "BrokenDatabase":
        return self

    async def watch(self, *args: Any, **kwargs: Any) -> Any:
        self.opened += 1
        if self.failures:
            raise self.failures.pop(0)
        return await self._database.raw.watch(*args, **kwargs)


async def test_following_begins_as_soon_as_the_database_is_there(services: Services, database: Database) -> None:
    broken = BrokenDatabase(database, AutoReconnect("away"), AutoReconnect("away"), AutoReconnect("away"))
    follower = Follower(Changes(broken, services.messages), database)  # type: ignore[arg-type]  # a stand-in

    await follower.until_open()

    assert broken.opened == 4
    await follower.close()


@pytest.mark.parametrize("failures", [[], [AutoReconnect("away")], [OperationFailure("stepping down")]])
async def test_what_came_before_the_stream_was_open_is_told_as_lost_once_it_is(
    services: Services, people: People, database: Database, failures: list[Exception]
) -> None:
    """Whoever opened a dashboard before, and heard nothing since, loads it again."""
    await people.verified("bob")
    following = Changes(BrokenDatabase(database, *failures), services.messages).follow()  # type: ignore[arg-type]  # a stand-in
    first = asyncio.ensure_future(anext(following))
    await send(services, "before or after")

    async with asyncio.timeout(PATIENCE):
        told = await first
        await send(services, "after the word")
        later = [await anext(following)]
        while shown(later)[-1] != "after the word":
            later.append(await anext(following))

    assert told == HistoryLost()
    assert HistoryLost() not in later
    await following.aclose()


async def test_a_key_that_cannot_be_loaded_for_a_moment_costs_no_message(
    services: Services, people: People, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.verified("bob")
    opening, failures = services.messages.open, [Unavailable(), Unavailable()]

    async def open_later(document: Any) -> Message:
        if failures:
            raise failures.pop()
        return await opening(document)

    monkeypatch.setattr(services.messages, "open", open_later)
    await send(services, "1", "2")

    assert shown(await follower.all_until(await follower.mark())) == ["1", "2"]
    assert not failures


async def test_lost_history_is_told_once_and_only_after_the_new_stream_is_open(
    services: Services, people: People, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever loads everything again on that word must miss nothing that comes after."""
    broken = BrokenDatabase(database)
    following = Changes(broken, services.messages).follow()  # type: ignore[arg-type]  # a stand-in
    await people.verified("bob")
    async with asyncio.timeout(PATIENCE):
        opened = await anext(following)
    lost = OperationFailure("the resume point is no longer in the oplog", code=286)
    broken.failures = [lost, lost, AutoReconnect("away")]
    monkeypatch.setattr(Changes, "_read", fail_once(Changes._read))  # breaks the stream
    await send(services, "never seen")

    async with asyncio.timeout(PATIENCE):
        told = await anext(following)
        await send(services, "after the word")
        after = await anext(following)

    assert opened == told == HistoryLost()
    assert broken.opened == 5
    assert isinstance(after, MessageShown)
    assert after.message.content == "after the word"
    await following.aclose()


def fail_once(read: Any) -> Any:
    """Break the stream at the next event."""
    failures: list[Exception] = [AutoReconnect("broken")]

    async def reading(self: Changes, event: Any) -> Any:
        if failures:
            raise failures.pop()
        return await read(self, event)

    return reading


async def test_a_stream_that_the_server_ended_begins_anew(services: Services, settings: Settings) -> None:
    """Such as when the database was dropped and put back from a backup."""
    database = Database(embedded_uri(settings.data_dir).replace("/anonmsg?", "/anonmsg_dropped?"))
    follower = Follower(Changes(database, services.messages), database)
    await follower.until_open()

    await database.raw.client.drop_database(database.raw.name)
    await follower.until_open()

    assert await follower.all_until(await follower.mark()) == []
    await follower.close()
    await database.raw.client.drop_database(database.raw.name)
    await database.close()


async def test_what_happens_right_after_the_stream_opened_is_not_missed_when_it_breaks_at_once(
    services: Services, people: People, database: Database
) -> None:
    await people.verified("bob")
    streams: list[Any] = []

    class BreaksAtOnce(BrokenDatabase):
        async def watch(self, *args: Any, **kwargs: Any) -> Any:
            stream = await super().watch(*args, **kwargs)
            if not streams:
                streams.append(stream)
                await send(services, "in the gap")

                async def fail() -> Any:
                    raise AutoReconnect("broken")

                stream.try_next = fail
            return stream

    changes = Changes(BreaksAtOnce(database), services.messages)  # type: ignore[arg-type]  # a stand-in
    following = changes.follow()

    async with asyncio.timeout(PATIENCE):
        opened, change = await anext(following), await anext(following)

    assert opened == HistoryLost()
    assert isinstance(change, MessageShown)
    assert change.message.content == "in the gap"
    await following.aclose()


async def test_following_ends_when_it_is_told_to_even_if_the_driver_swallows_that(
    services: Services, database: Database
) -> None:
    opening = asyncio.Event()

    class Swallows(BrokenDatabase):
        async def watch(self, *args: Any, **kwargs: Any) -> Any:
            opening.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            return await super().watch(*args, **kwargs)

    follower = Follower(Changes(Swallows(database), services.messages), database)  # type: ignore[arg-type]  # a stand-in
    await opening.wait()

    await follower.close()  # asserts that it ends


async def test_every_session_that_a_password_reset_ends_is_told(
    follower: Follower, services: Services, people: People, mailer: FakeMailer
) -> None:
    await people.verified("Ann")
    sessions = [await services.sessions.identify(await people.session("ann")) for _ in range(3)]
    await services.recovery.request(parse(ForgotForm, {"email": "ann@example.com"}), "a bucket")
    await services.recovery.finish()
    token = mailer.mails[-1].link.rpartition("/")[2]

    await services.recovery.reset(parse(ResetForm, {"token": token, "password": "quite another one"}), "a bucket")
    await services.recovery.finish()

    ended = set(await follower.all_until(await follower.mark()))
    assert ended == {SessionEnded(session.session_id) for session in sessions}
