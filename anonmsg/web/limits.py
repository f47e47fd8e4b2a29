"""Refuses request bodies that are larger, or take longer to arrive, than anything the site takes."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anonmsg.errors import TooSlow
from anonmsg.web.refusals import refuse

MOST_BYTES = 64 * 1024
MOST_DIGITS = 15
"""Of a length; a number with more is too large whatever it says."""


ARRIVING = timedelta(seconds=30)
"""How long a body may take to arrive; the largest one then comes at 17 kbit/s."""


class _Refused(Exception):
    """More came than was allowed, or too slowly; stops whoever reads the body."""


class LimitBody:
    """Answers 413 to a body of more than `most` bytes, whether its length is declared or not, and 408 to a slow one.

    Where a person sent it from a page, `page` says so as a page; what it returns None for gets a sentence.
    """

    def __init__(
        self,
        app: ASGIApp,
        page: Callable[[Scope], Response | None] = lambda _: None,
        most: int = MOST_BYTES,
        arriving: timedelta = ARRIVING,
    ) -> None:
        self._app = app
        self._page = page
        self._most = most
        self._arriving = arriving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        lengths = Headers(scope=scope).getlist("content-length")
        if not _is_well_formed(lengths):
            await refuse(400, "The content length of this request is wrong", scope, receive, send)
        elif lengths and (len(lengths[0]) > MOST_DIGITS or int(lengths[0]) > self._most):
            await self._too_large(scope, receive, send)
        else:
            await self._count(scope, receive, send)

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        received, is_whole, is_late, started = 0, False, False, False
        until = asyncio.get_running_loop().time() + self._arriving.total_seconds()

        async def counted() -> Message:
            nonlocal received, is_whole, is_late
            try:
                async with asyncio.timeout_at(None if is_whole else until):
                    message = await receive()
            except TimeoutError:
                is_late = True
                raise _Refused from None
            received += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            if received > self._most:
                raise _Refused
            return message

        async def unless_refused(message: Message) -> None:
            # Frameworks answer a failed read in their own way, which would not say what is wrong.
            nonlocal started
            if started or not (is_late or received > self._most):
                started = True
                await send(message)

        try:
            await self._app(scope, counted, unless_refused)
        except _Refused:
            if started:
                raise
        if not started and is_late:
            await refuse(408, str(TooSlow()), scope, receive, send)
        elif not started and received > self._most:
            await self._too_large(scope, receive, send)

    async def _too_large(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = self._page(scope)
        if page is not None:
            await page(scope, receive, send)
            return
        sentence = f"This is too large: at most {self._most // 1024} KB can be sent"
        await refuse(413, sentence, scope, receive, send)


def _is_well_formed(lengths: Sequence[str]) -> bool:
    """Return whether there is no length or exactly one of decimal digits (RFC 9110 section 8.6)."""
    return not lengths or (len(lengths) == 1 and lengths[0].isascii() and lengths[0].isdigit())
