"""Counters in a real Redis: shared by processes, and replaced by memory while it is away."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from anonmsg.clock import utc_now
from anonmsg.commands import examining
from anonmsg.errors import TooManyAttempts, Unavailable
from anonmsg.networks import AddressBuckets
from anonmsg.services.throttling import Throttle
from anonmsg.settings import Settings
from anonmsg.storage.counters import RateCounters, redis_keeps_data
from tests.conftest import FakeClock
from tests.redis_server import RedisServer

ADDRESS = "203.0.113.77"


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture
async def processes(redis: RedisServer) -> AsyncIterator[list[Throttle]]:
    """What two processes of a site have."""
    both = [Throttle(RateCounters(utc_now, redis.url), {"send per client": "3/hour"}) for _ in range(2)]
    yield both
    for process in both:
        await process.close()


async def allowed(throttle: Throttle, key: str, tries: int) -> int:
    count = 0
    for _ in range(tries):
        try:
            await throttle.count({"send per client": key})
        except TooManyAttempts:
            continue
        count += 1
    return count


async def test_processes_share_their_counters(processes: list[Throttle]) -> None:
    one, other = processes

    assert await allowed(one, "a", 2) == 2
    assert await allowed(other, "a", 2) == 1
    assert await one.is_near({"send per client": "a"})
    with pytest.raises(TooManyAttempts) as refused:
        await one.count({"send per client": "a"})
    assert 3500 < refused.value.seconds <= 3600


async def test_while_redis_is_away_each_process_counts_by_itself(
    processes: list[Throttle], redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    process = processes[0]
    await allowed(process, "a", 1)
    redis.stop()
    away = await allowed(process, "a", 5)
    redis.start()
    back = await allowed(process, "a", 5)

    assert (away, back) == (3, 3), "it was not persistent, so it begins at nothing"
    assert "Redis is away; this process counts by itself until it is back." in caplog.messages
    assert redis.url not in caplog.text


async def test_a_dump_of_redis_holds_no_address(
    processes: list[Throttle], redis: RedisServer, clock: FakeClock
) -> None:
    bucket = AddressBuckets(b"k" * 32, clock).of(ADDRESS)
    await allowed(processes[0], bucket, 2)
    dump = redis.dump()

    assert bucket.encode() in dump, "or the search would find nothing whatever is there"
    assert b"203.0.113" not in dump


async def test_a_redis_that_writes_to_disk_is_found_out(redis: RedisServer) -> None:
    assert not await redis_keeps_data(redis.url)
    with RedisServer("--save", "60 1") as keeping:
        assert await redis_keeps_data(keeping.url)
    redis.stop()
    with pytest.raises(Unavailable):
        await redis_keeps_data(redis.url)


def test_the_doctor_looks_at_redis(redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    settings = Settings(_env_file=None, redis_url=redis.url)  # pyright: ignore[reportCallIssue, reportArgumentType]
    fine = list(examining._redis(settings))
    redis.stop()
    wrong = list(examining._redis(settings))

    assert [finding.mark for finding in fine] == [examining.FINE]
    assert [finding.mark for finding in wrong] == [examining.WRONG]
    assert "/" not in wrong[0].text, "an address may hold a password"
