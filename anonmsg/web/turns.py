"""Lets the messages of one network take turns, so that a flood from there does not stand in front of everybody else."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anonmsg import routes
from anonmsg.errors import TooManyAttempts
from anonmsg.web.refusals import refuse

SENDING = f"{routes.API}/send-message"
FORMS = "/u/"

AT_ONCE = 2
"""Messages of one network that are worked on together."""

PAUSE = timedelta(milliseconds=20)
"""How long a refusal keeps its turn: one network gets at most a hundred a second, however fast it asks."""

MOST_WAITING = 200
"""More than one network may send in a minute, so whoever comes then would be refused anyway."""

SOON = timedelta(seconds=1)


class _Queue:
    """One network's turns.

    Attributes:
        turns: One for each message that may be worked on now.
        count: How many have a turn or wait for one.
    """

    def __init__(self) -> None:
        self.turns = asyncio.Semaphore(AT_ONCE)
        self.count = 0


def _sends(path: str) -> bool:
    """Return whether something is sent there: by a program, or by the form of a send page without scripts."""
    return path == SENDING or path.startswith(FORMS)


class TakeTurns:
    """Works on few messages of one network at a time, and after a refusal lets the next one wait a moment.

    A refusal costs about as much as a message: it has to be read before it is known whether it brings
    a proof of work, and to whom it goes. Nothing is counted here; how much is too much others decide.

    Args:
        app: What is inside.
        client: Tells the network that a request comes from.
        is_on: Whether anything is limited.
    """

    def __init__(self, app: ASGIApp, client: Callable[[Scope], str], is_on: Callable[[], bool]) -> None:
        self._app = app
        self._client = client
        self._is_on = is_on
        self._queues: dict[str, _Queue] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["method"] != "POST" or not _sends(scope["path"]) or not self._is_on():
            await self._app(scope, receive, send)
            return
        client = self._client(scope)
        queue = self._queues.setdefault(client, _Queue())
        if queue.count >= AT_ONCE + MOST_WAITING:
            wait = TooManyAttempts(SOON)
            await refuse(429, str(wait), scope, receive, send, wait.seconds)
            return
        queue.count += 1
        try:
            await self._take_turn(queue, scope, receive, send)
        finally:
            queue.count -= 1
            if not queue.count:
                self._queues.pop(client, None)

    async def _take_turn(self, queue: _Queue, scope: Scope, receive: Receive, send: Send) -> None:
        async with queue.turns:
            if await self._answer(scope, receive, send) == 429:
                await asyncio.sleep(PAUSE.total_seconds())  # the answer is out; only the turn is kept

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Answer, and return with which status."""
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        await self._app(scope, receive, noting)
        return status
