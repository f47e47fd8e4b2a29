"""Long work lets others have their turn."""

import asyncio

import pytest

from anonmsg import pacing
from anonmsg.pacing import Pace


async def turns_of_others(steps: int) -> int:
    """Return how often another task came to its turn while some steps were made."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    pace = Pace()
    for _ in range(steps):
        await pace.step()
    other.cancel()
    return turns


async def test_others_have_their_turn_whenever_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "TURN_SECONDS", -1)

    assert await turns_of_others(10) == 10


async def test_work_that_is_short_goes_on_without_a_break(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "TURN_SECONDS", 60)

    assert await turns_of_others(10) == 0
