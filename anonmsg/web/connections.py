"""Bounds how many pages of one network are connected, because each costs memory for as long as its tab is known."""

from collections import Counter
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from anonmsg.errors import TooManyAttempts
from anonmsg.web.refusals import refuse

MOST_OPEN = 300
"""At once from one network: a large lecture hall with an open page each."""

SENTENCE = "Too many pages are open in your network"


class LimitConnections:
    """Refuses the handshake of one websocket too many.

    Args:
        app: What is inside.
        client: Tells the network that a connection comes from.
        count: Counts a new connection of a network; raises `TooManyAttempts` if there were too many lately.
        is_on: Whether anything is limited.
    """

    def __init__(
        self,
        app: ASGIApp,
        client: Callable[[Scope], str],
        count: Callable[[str], Awaitable[None]],
        is_on: Callable[[], bool],
    ) -> None:
        self._app = app
        self._client = client
        self._count = count
        self._is_on = is_on
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "websocket" or not self._is_on():
            await self._app(scope, receive, send)
            return
        client = self._client(scope)
        if not await self._may_open(client):
            await refuse(429, SENTENCE, scope, receive, send)
            return
        self._open[client] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]

    async def _may_open(self, client: str) -> bool:
        if self._open[client] >= MOST_OPEN:
            return False
        try:
            await self._count(client)
        except TooManyAttempts:
            return False
        return True
