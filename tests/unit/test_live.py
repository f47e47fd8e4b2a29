"""Who is listening, and that the live updates go on whatever happens."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from anonmsg import live, stopping
from anonmsg.errors import Unavailable
from anonmsg.live import Audience, follow
from anonmsg.stopping import stop
from anonmsg.storage.changes import Change, HistoryLost, SessionEnded

SECRET = "what somebody wrote"
FIRST, SECOND = SessionEnded("first"), SessionEnded("second")


class FakeChanges:
    """Streams that each begin as one does, give some changes, then fail or fall silent."""

    def __init__(self, *streams: list[Any]) -> None:
        self._streams = iter(streams)

    async def follow(self) -> AsyncIterator[Change]:
        yield HistoryLost()
        for change in next(self._streams, []):
            if isinstance(change, Exception):
                raise change
            yield change
        await asyncio.Event().wait()


class FakeDatabase:
    """A server that is a replica set or not, or away for a while."""

    def __init__(self, *answers: bool | Exception) -> None:
        self._answers = iter(answers)

    async def is_replica_set(self) -> bool:
        answer = next(self._answers, True)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Delivered(list[Change]):
    """What was delivered; ends the waiting when all that is expected has come."""

    def __init__(self, expected: int, refuse: Callable[[Change], bool] = lambda _: False) -> None:
        super().__init__()
        self._expected = expected
        self._refuse = refuse
        self.complete = asyncio.Event()

    async def __call__(self, change: Change) -> None:
        self.append(change)
        if len(self) == self._expected:
            self.complete.set()
        if self._refuse(change):
            raise RuntimeError(SECRET)


async def run(changes: FakeChanges, delivered: Delivered, database: FakeDatabase | None = None) -> asyncio.Task[None]:
    """Follow until everything expected was delivered, then cancel; return the ended task."""
    task = asyncio.create_task(follow(changes, database or FakeDatabase(), delivered))  # pyright: ignore[reportArgumentType]
    await asyncio.wait_for(delivered.complete.wait(), 5)
    await asyncio.wait_for(stop(task), 5)
    return task


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "RETRY_SECONDS", 0)


async def test_changes_are_delivered_in_order_until_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    delivered = Delivered(3)

    task = await run(FakeChanges([FIRST, SECOND]), delivered)

    assert delivered == [HistoryLost(), FIRST, SECOND]
    assert task.cancelled()
    assert caplog.records == []


async def test_a_change_that_cannot_be_delivered_does_not_stop_the_next(caplog: pytest.LogCaptureFixture) -> None:
    delivered = Delivered(3, refuse=lambda change: change == FIRST)

    await run(FakeChanges([FIRST, SECOND]), delivered)

    assert delivered == [HistoryLost(), FIRST, SECOND]
    assert "Delivering a SessionEnded failed" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("fault", [Unavailable(), KeyError(SECRET)])
async def test_a_stream_that_breaks_is_opened_again_and_pages_are_told_that_they_missed_something(
    fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    delivered = Delivered(4)

    await run(FakeChanges([FIRST, fault], [SECOND]), delivered)

    assert delivered == [HistoryLost(), FIRST, HistoryLost(), SECOND]
    assert SECRET not in caplog.text


async def test_a_stream_that_ends_is_opened_again() -> None:
    class Ends(FakeChanges):
        async def follow(self) -> AsyncIterator[Change]:
            yield HistoryLost()
            for change in next(self._streams):
                yield change

    delivered = Delivered(4)

    await run(Ends([FIRST], [SECOND], []), delivered)

    assert delivered[:4] == [HistoryLost(), FIRST, HistoryLost(), SECOND]


async def test_a_database_that_is_away_at_first_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    delivered = Delivered(2)

    await run(FakeChanges([FIRST]), delivered, FakeDatabase(Unavailable()))

    assert delivered == [HistoryLost(), FIRST]
    assert [record.levelname for record in caplog.records] == ["WARNING"]


async def test_a_server_without_change_streams_is_said_once_and_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    delivered = Delivered(1)

    await follow(FakeChanges([FIRST]), FakeDatabase(False), delivered)  # pyright: ignore[reportArgumentType]

    assert delivered == []
    assert [record.getMessage() for record in caplog.records] == [
        "The database is not a replica set, so dashboards don't update by themselves."
    ]


async def test_a_cancellation_that_got_lost_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "ASK_AGAIN_SECONDS", 0)
    started = asyncio.Event()

    async def deaf() -> None:
        started.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    task = asyncio.create_task(deaf())
    await started.wait()
    await asyncio.wait_for(stop(task), 5)
    await stop(task)

    assert task.cancelled()


def test_a_tab_listens_to_the_last_inbox_that_it_showed() -> None:
    audience = Audience()
    audience.add("tab", "a connection", "ann", "session of ann")
    audience.add("tab", "a connection", "bob", "session of bob")

    assert audience.of_user("ann") == audience.of_session("session of ann") == ()
    assert audience.of_user("bob") == audience.of_session("session of bob") == audience.everyone() == ("tab",)


def test_one_tab_that_goes_leaves_the_others() -> None:
    audience = Audience()
    audience.add("first", "a connection", "ann", "a session")
    audience.add("second", "a connection", "ann", "a session")
    audience.discard("first")
    audience.discard("first")
    audience.discard("unknown")

    assert audience.of_user("ann") == audience.of_session("a session") == ("second",)
