"""Data keys: loaded once for many, kept for a minute, and gone when deleted."""

import asyncio
import gc
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
from bson import ObjectId

from anonmsg.bootstrap import Services
from anonmsg.errors import UserNotFound
from anonmsg.models import User
from anonmsg.schemas import MessageForm, parse
from anonmsg.settings import Settings
from anonmsg.storage import data_keys
from anonmsg.storage.data_keys import DataKeys
from anonmsg.storage.database import Database
from anonmsg.storage.encryption import CannotOpen
from tests.conftest import CLIENT
from tests.integration.command_log import CommandLog, open_logged_database
from tests.integration.conftest import SECRETS, People

WRAPPING_KEY = SECRETS.master_key.derive("data key wrapping")


class FakeMonotonic:
    """A stopwatch that moves only when a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def stopwatch(monkeypatch: pytest.MonkeyPatch) -> FakeMonotonic:
    stopwatch = FakeMonotonic()
    monkeypatch.setattr(data_keys, "time", SimpleNamespace(monotonic=stopwatch))
    return stopwatch


@pytest.fixture
def log() -> CommandLog:
    return CommandLog()


@pytest.fixture
async def keys(
    settings: Settings, database: Database, log: CommandLog, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[DataKeys]:
    logged = open_logged_database(settings, log, monkeypatch)
    await logged.ping()
    log.clear()
    yield DataKeys(logged, WRAPPING_KEY)
    await logged.close()


async def test_a_key_seals_and_opens_for_its_user_only(keys: DataKeys) -> None:
    bob, eve = ObjectId(), ObjectId()
    await keys.add(bob)
    await keys.add(eve)

    sealed = (await keys.get(bob)).seal(b"hi", b"here")

    assert (await keys.get(bob)).open(sealed, b"here") == b"hi"
    with pytest.raises(CannotOpen):
        (await keys.get(eve)).open(sealed, b"here")


async def test_many_who_need_a_key_at_once_cause_one_read(keys: DataKeys, log: CommandLog) -> None:
    bob = ObjectId()
    await keys.add(bob)
    log.clear()

    sealers = await asyncio.gather(*(keys.get(bob) for _ in range(100)))

    assert log.trips == ["find keys"]
    assert len(set(map(id, sealers))) == 1


async def test_one_who_gives_up_waiting_does_not_take_the_key_from_the_others(keys: DataKeys, log: CommandLog) -> None:
    bob = ObjectId()
    await keys.add(bob)
    log.clear()
    first, second = asyncio.ensure_future(keys.get(bob)), asyncio.ensure_future(keys.get(bob))
    await asyncio.sleep(0)

    first.cancel()

    assert await second
    assert first.cancelled()
    assert log.trips == ["find keys"]


async def test_a_key_is_forgotten_after_a_minute(
    keys: DataKeys, log: CommandLog, stopwatch: FakeMonotonic, database: Database
) -> None:
    bob = ObjectId()
    await keys.add(bob)
    await keys.get(bob)
    log.clear()
    await database["keys"].delete_one({"_id": bob})  # as another process would

    stopwatch.now += 59.9
    await keys.get(bob)
    assert log.trips == []

    stopwatch.now += 0.1
    with pytest.raises(CannotOpen):
        await keys.get(bob)
    assert log.trips == ["find keys"]


async def test_the_minute_counts_from_before_the_read(
    keys: DataKeys, stopwatch: FakeMonotonic, log: CommandLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read may be slow: what it brings is as old as the question."""
    bob = ObjectId()
    await keys.add(bob)
    opening = keys._wrapper.open  # the moment between reading and keeping

    def slow(*args: bytes) -> bytes:
        stopwatch.now += 5
        return opening(*args)

    monkeypatch.setattr(keys._wrapper, "open", slow)
    await keys.get(bob)
    log.clear()
    stopwatch.now += 55
    await keys.get(bob)

    assert log.trips == ["find keys"]


async def test_a_key_that_is_deleted_here_is_gone_here_at_once(keys: DataKeys, database: Database) -> None:
    bob = ObjectId()
    await keys.add(bob)
    await keys.get(bob)

    await keys.delete(bob)

    with pytest.raises(CannotOpen):
        await keys.get(bob)
    assert await database["keys"].count_documents({}) == 0


async def test_a_key_that_another_master_key_wrapped_does_not_open(keys: DataKeys, database: Database) -> None:
    bob = ObjectId()
    await keys.add(bob)

    with pytest.raises(CannotOpen):
        await DataKeys(database, b"x" * 32).get(bob)


async def test_a_key_that_was_moved_to_another_user_does_not_open(keys: DataKeys, database: Database) -> None:
    bob, eve = ObjectId(), ObjectId()
    await keys.add(bob)
    stolen = await database["keys"].find_one({"_id": bob})
    assert stolen

    await database["keys"].insert_one({**stolen, "_id": eve})

    with pytest.raises(CannotOpen):
        await keys.get(eve)


async def test_only_so_many_keys_are_kept_and_those_used_last(
    keys: DataKeys, log: CommandLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_keys, "CACHE_SIZE", 2)
    first, second, third = users = [ObjectId() for _ in range(3)]
    await asyncio.gather(*map(keys.add, users))
    await keys.get(first)
    await keys.get(second)
    await keys.get(first)
    await keys.get(third)
    log.clear()

    await keys.get(first)
    await keys.get(third)
    assert log.trips == []

    await keys.get(second)
    assert log.trips == ["find keys"]


async def test_a_failure_that_nobody_waits_for_any_more_is_not_reported_as_forgotten(
    keys: DataKeys, caplog: pytest.LogCaptureFixture
) -> None:
    gc.collect()
    caplog.clear()  # of what other tests left behind
    waiting = asyncio.ensure_future(keys.get(ObjectId()))
    await asyncio.sleep(0)
    (loading,) = keys._loading.values()  # nobody else holds it
    waiting.cancel()
    await asyncio.wait({loading, waiting})
    del loading
    gc.collect()

    assert "never retrieved" not in caplog.text


# What becomes of messages


@pytest.fixture
async def bob(people: People) -> User:
    return await people.verified("bob")


async def send(services: Services) -> None:
    await services.sharing.send(parse(MessageForm, {"username": "bob", "content": "hi"}), CLIENT)


async def test_without_the_key_nothing_can_be_sent_nor_read(
    services: Services, bob: User, database: Database, stopwatch: FakeMonotonic
) -> None:
    await send(services)
    await database["keys"].delete_many({})
    stopwatch.now += 60

    with pytest.raises(UserNotFound):
        await send(services)
    page = await services.inbox.list_messages(bob, "", 20)

    assert [message.content for message in page.messages] == [None]
    assert await database["messages"].count_documents({}) == 1


async def test_every_account_has_a_key_of_its_own(people: People, bob: User, database: Database) -> None:
    eve = await people.verified("eve")
    keys = {str(key["_id"]): key["wrapped"] for key in await database["keys"].find().to_list()}

    assert set(keys) == {bob.id, eve.id}
    assert len(set(keys.values())) == 2
