"""Ends tasks for good."""

import asyncio

ASK_AGAIN_SECONDS = 0.2


async def stop(*tasks: asyncio.Task[None]) -> None:
    """End tasks that would go on for ever.

    They are asked again until they have ended: before Python 3.12 a cancellation is lost if it comes just as a wait of
    the driver's ends (bpo-42130).
    """
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=ASK_AGAIN_SECONDS)
