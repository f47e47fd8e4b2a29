"""Refuses request bodies that are larger than anything the site takes."""

from collections.abc import Callable, Sequence

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anonmsg.web.refusals import refuse

MOST_BYTES = 64 * 1024
MOST_DIGITS = 15
"""Of a length; a number with more is too large whatever it says."""


class _TooLarge(Exception):
    """More came than was allowed; stops whoever reads the body."""


class LimitBody:
    """Answers 413 to a body of more than `most` bytes, whether its length is declared or not.

    Where a person sent it from a page, `page` says so as a page; what it returns None for gets a sentence.
    """

    def __init__(
        self, app: ASGIApp, page: Callable[[Scope], Response | None] = lambda _: None, most: int = MOST_BYTES
    ) -> None:
        self._app = app
        self._page = page
        self._most = most

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
        received, started = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most:
                raise _TooLarge
            return message

        async def unless_too_large(message: Message) -> None:
            # Frameworks answer a failed read in their own way, which would not say what is wrong.
            nonlocal started
            if started or received <= self._most:
                started = True
                await send(message)

        try:
            await self._app(scope, counted, unless_too_large)
        except _TooLarge:
            if started:
                raise
        if received > self._most and not started:
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
