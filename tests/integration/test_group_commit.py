"""Documents of several callers in one write: each hears what became of its own."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from pymongo import WriteConcern
from pymongo.errors import ConnectionFailure, DuplicateKeyError, WTimeoutError

from anonmsg.bootstrap import Services
from anonmsg.storage.batches import AT_ONCE, GroupRead
from anonmsg.storage.database import Collection, Database
from anonmsg.storage.group_commit import GroupCommit
from tests.integration.command_log import CommandLog, impatient_client


@pytest.fixture
async def collection(logged: Services, log: CommandLog) -> Collection:
    database = logged.database
    await database["meta"].find_one({})
    log.clear()
    return database["meta"]


def documents(count: int) -> list[dict[str, Any]]:
    return [{"_id": ObjectId(), "number": number} for number in range(count)]


async def test_one_document_is_written_at_once(collection: Collection, log: CommandLog) -> None:
    document = {"_id": ObjectId(), "number": 1}

    await GroupCommit(collection).insert(document)

    assert log.trips == ["insert meta"]
    assert await collection.find_one({"_id": document["_id"]}) == document


async def test_what_comes_during_a_write_shares_the_next(collection: Collection, log: CommandLog) -> None:
    commit, some = GroupCommit(collection), documents(50)

    await asyncio.gather(*map(commit.insert, some))

    assert len(log.trips) <= 2
    assert await collection.count_documents({"_id": {"$in": [one["_id"] for one in some]}}) == 50


async def test_a_write_holds_no_more_than_it_may(collection: Collection, log: CommandLog) -> None:
    some = documents(AT_ONCE * 2 + 1)

    await asyncio.gather(*map(GroupCommit(collection).insert, some))

    sizes = [len(command["documents"]) for command in log.commands]
    assert max(sizes) <= AT_ONCE
    assert sum(sizes) == len(some)


async def test_everybody_waits_for_a_majority_and_the_disk(collection: Collection, log: CommandLog) -> None:
    await asyncio.gather(*map(GroupCommit(collection).insert, documents(3)))

    assert {(command["writeConcern"]["w"], command["writeConcern"]["j"]) for command in log.commands} == {
        ("majority", True)
    }


async def test_only_who_repeats_an_id_hears_of_it(collection: Collection) -> None:
    commit, some = GroupCommit(collection), documents(6)
    await commit.insert(some[2])

    heard = await asyncio.gather(*map(commit.insert, [*some, some[4]]), return_exceptions=True)

    refused = [place for place, answer in enumerate(heard) if isinstance(answer, DuplicateKeyError)]
    assert refused == [2, 6]
    assert all(answer is None for place, answer in enumerate(heard) if place not in refused)
    assert await collection.count_documents({"_id": {"$in": [one["_id"] for one in some]}}) == 6


async def test_an_error_does_not_show_what_was_written(collection: Collection) -> None:
    commit, document = GroupCommit(collection), {"_id": ObjectId(), "content": "ciphertext"}
    await commit.insert(document)

    with pytest.raises(DuplicateKeyError) as caught:
        await commit.insert(document)

    assert "ciphertext" not in f"{caught.value} {caught.value.details} {caught.value.__context__}"


async def test_who_leaves_while_it_is_written_leaves_the_others_alone(collection: Collection) -> None:
    commit, some = GroupCommit(collection), documents(5)
    callers = [asyncio.create_task(commit.insert(one)) for one in some]
    await asyncio.sleep(0)

    callers[1].cancel()
    heard = await asyncio.gather(*callers, return_exceptions=True)

    assert [type(answer) for answer in heard] == [type(None), asyncio.CancelledError, *[type(None)] * 3]
    await commit.insert({"_id": ObjectId()})
    assert await collection.count_documents({"_id": {"$in": [one["_id"] for one in some]}}) == 5


async def test_what_no_majority_has_is_acknowledged_to_nobody(collection: Collection) -> None:
    two_of_one = collection.with_options(write_concern=WriteConcern(w=2, wtimeout=50))

    heard = await asyncio.gather(*map(GroupCommit(two_of_one).insert, documents(3)), return_exceptions=True)

    assert [type(answer) for answer in heard] == [WTimeoutError] * 3


async def test_everybody_hears_that_the_database_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient_client(monkeypatch)
    database = Database(f"mongodb://{str(tmp_path / 'nobody.sock').replace('/', '%2F')}")
    commit = GroupCommit(database["meta"])

    for _ in range(2):  # nobody waits for ever, and the next ones are written anew
        heard = await asyncio.gather(*map(commit.insert, documents(3)), return_exceptions=True)
        assert all(isinstance(answer, ConnectionFailure) for answer in heard)
    await database.close()


async def find_numbers(collection: Collection, keys: Sequence[ObjectId]) -> dict[ObjectId, int]:
    return {one["_id"]: one["number"] async for one in collection.find({"_id": {"$in": list(keys)}})}


async def test_what_is_looked_for_at_the_same_time_is_found_with_one_question(
    collection: Collection, log: CommandLog
) -> None:
    some = documents(20)
    await collection.insert_many(some)
    log.clear()
    read = GroupRead(partial(find_numbers, collection))

    found = await asyncio.gather(*(read.get(one["_id"]) for one in [*some, some[3], {"_id": ObjectId()}]))

    assert found == [*range(20), 3, None]
    assert len(log.trips) <= 2


async def test_what_was_stored_before_somebody_looks_is_found_whoever_looks_meanwhile(collection: Collection) -> None:
    (document,), asked = documents(1), asyncio.Event()
    go_on = asyncio.Event()

    async def find(keys: Sequence[ObjectId]) -> dict[ObjectId, int]:
        found = await find_numbers(collection, keys)
        asked.set()
        await go_on.wait()
        return found

    read = GroupRead(find)
    early = asyncio.create_task(read.get(document["_id"]))
    await asked.wait()
    await collection.insert_one(document)
    late = asyncio.create_task(read.get(document["_id"]))
    await asyncio.sleep(0)
    go_on.set()

    assert (await early, await late) == (None, 0)
