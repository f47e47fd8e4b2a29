"""Searching finds what is there and lets others have their turn, whatever the texts."""

import asyncio
import itertools
from collections.abc import Callable
from datetime import timedelta
from types import ModuleType

import pytest

from anonmsg import pacing
from anonmsg.bootstrap import Services
from anonmsg.models import User
from anonmsg.services import searching
from anonmsg.storage import messages
from tests.conftest import FakeClock
from tests.integration.command_log import CommandLog
from tests.integration.conftest import People

COUNT = 30


@pytest.fixture
async def ann(people: People, services: Services, clock: FakeClock) -> User:
    ann = await people.verified("ann")
    texts = ((f"Ёлка {number}", clock.now + timedelta(seconds=number)) for number in range(COUNT))
    await services.messages.add_many(ann.id, texts)
    return ann


async def find(services: Services, ann: User, query: str) -> list[str | None]:
    """Return what a search finds."""
    return [one.content async for step in services.searching.search(ann, "inbox", query) for one in step.found]


@pytest.mark.parametrize(("room", "name"), [(messages, "_content"), (searching, "holds")])
async def test_others_are_served_between_any_two_messages_if_each_takes_long(
    services: Services, ann: User, monkeypatch: pytest.MonkeyPatch, room: ModuleType, name: str
) -> None:
    monkeypatch.setattr(pacing, "TURN_SECONDS", -1)
    served, seen = 0, list[int]()
    work: Callable[..., object] = getattr(room, name)

    async def serve_others() -> None:
        nonlocal served
        while True:
            served += 1
            await asyncio.sleep(0)

    def noted(*given: object) -> object:
        seen.append(served)
        return work(*given)

    monkeypatch.setattr(room, name, noted)
    others = asyncio.create_task(serve_others())
    found = await find(services, ann, "елка")
    others.cancel()

    assert len(found) == COUNT
    assert len(seen) == COUNT
    assert all(earlier < later for earlier, later in itertools.pairwise(seen))


async def test_each_slice_is_one_round_trip(
    logged: Services, log: CommandLog, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "SLICE", 10)
    await find(logged, ann, "7")
    log.clear()

    found = await find(logged, ann, "7")

    assert found == ["Ёлка 27", "Ёлка 17", "Ёлка 7"]
    assert log.trips == ["find messages"] * (COUNT // 10)


async def test_a_whole_slice_comes_in_one_answer(
    logged: Services, log: CommandLog, ann: User, clock: FakeClock
) -> None:
    texts = ((f"{number}", clock.now - timedelta(seconds=number)) for number in range(searching.SLICE))
    await logged.messages.add_many(ann.id, texts)
    log.clear()

    await find(logged, ann, "7")

    assert log.trips == ["find messages"] * 2
