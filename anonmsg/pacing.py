"""Pacing: long work on the event loop stops again and again, so that nobody else waits for it."""

import asyncio
import time

TURN_SECONDS = 0.002
"""After so long others get their turn. Two such stretches may follow each other, of reading and of looking."""


class Pace:
    """Keeps the time of some work that is done in small steps."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    async def step(self) -> None:
        """Let others have their turn if the last one was long enough ago; call it after each small step."""
        if time.monotonic() - self._began > TURN_SECONDS:
            await asyncio.sleep(0)
            self._began = time.monotonic()
