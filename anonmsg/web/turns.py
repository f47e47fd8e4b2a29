"""Lets the messages of one network take turns, so that a flood from there does not stand in front of everybody else."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anonmsg import routes
from anonmsg.errors import AnonmsgError, TooManyAttempts, TooSlow
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

READING = timedelta(seconds=10)
"""How long a request may take to arrive: the largest one then comes at 50 kbit/s."""


class _Queue:
    """One network's turns.

    Attributes:
        turns: One for each message that may be worked on now.
        count: How many are still arriving, have a turn, or wait for one.
        arriving: The time that is left to each that is still arriving, the oldest first.
    """

    def __init__(self) -> None:
        self.turns = asyncio.Semaphore(AT_ONCE)
        self.count = 0
        self.arriving: dict[asyncio.Timeout, None] = {}

    def has_room(self) -> bool:
        """Return whether one more may come; if all places are taken, whatever has been arriving longest gives way."""
        if self.count < AT_ONCE + MOST_WAITING:
            return True
        oldest = next(iter(self.arriving), None)
        if oldest is None:
            return False
        del self.arriving[oldest]
        if not oldest.expired():
            oldest.reschedule(asyncio.get_running_loop().time())
        return True

    async def read(self, receive: Receive) -> Receive:
        """Wait until a request has arrived as a whole, and return what hands it out.

        Raises:
            TooSlow: If that takes too long, or others need the place.
            ClientDisconnect: If whoever sends it hangs up.
        """
        try:
            async with asyncio.timeout(READING.total_seconds()) as left:
                self.arriving[left] = None
                try:
                    return _replayed(await _body(receive), receive)
                finally:
                    self.arriving.pop(left, None)
        except TimeoutError:
            raise TooSlow from None


async def _body(receive: Receive) -> bytes:
    """Return a whole body; how large it may be is decided outside."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return left.pop() if left else await receive()

    return replay


def _sends(path: str) -> bool:
    """Return whether something is sent there: by a program, or by the form of a send page without scripts."""
    return path == SENDING or path.startswith(FORMS)


class TakeTurns:
    """Works on few messages of one network at a time, and after a refusal lets the next one wait a moment.

    A refusal costs about as much as a message: it has to be read before it is known whether it brings
    a proof of work, and to whom it goes. Nothing is counted here; how much is too much others decide.
    Only what has arrived takes a turn, or two who send half a request would stop their whole network.

    Args:
        app: What is inside.
        client: Tells the network that a request comes from.
        is_on: Whether anything is limited.
        page: Says a refusal as a page, where a person sent a form; what it returns None for gets a sentence.
    """

    def __init__(
        self,
        app: ASGIApp,
        client: Callable[[Scope], str],
        is_on: Callable[[], bool],
        page: Callable[[Scope, AnonmsgError], Response | None] = lambda _scope, _error: None,
    ) -> None:
        self._app = app
        self._client = client
        self._is_on = is_on
        self._page = page
        self._queues: dict[str, _Queue] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["method"] != "POST" or not _sends(scope["path"]) or not self._is_on():
            await self._app(scope, receive, send)
            return
        client = self._client(scope)
        queue = self._queues.setdefault(client, _Queue())
        if not queue.has_room():
            await self._refuse(TooManyAttempts(SOON), scope, receive, send)
            return
        queue.count += 1
        try:
            await self._take_turn(queue, scope, await queue.read(receive), send)
        except TooSlow as error:
            await self._refuse(error, scope, receive, send)
        finally:
            queue.count -= 1
            if not queue.count:
                self._queues.pop(client, None)

    async def _refuse(self, error: TooManyAttempts | TooSlow, scope: Scope, receive: Receive, send: Send) -> None:
        page = self._page(scope, error)
        if page is not None:
            await page(scope, receive, send)
        elif isinstance(error, TooSlow):
            await refuse(408, str(error), scope, receive, send)
        else:
            await refuse(429, str(error), scope, receive, send, error.seconds)

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
