"""Answers a request that fails because of a bug with the number under which the log knows it."""

from contextlib import suppress

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anonmsg.faults import report, sentence_for_fault
from anonmsg.web.refusals import refuse


class BrokenOff(Exception):
    """An answer that had begun can't be completed; all that is said of it is the number in the log."""


class AnswerFaults:
    """Stands where an exception would reach the server, whose log would then hold the exception's text.

    The framework answers a bug itself and raises it again, so an answer of 500 is held back until it
    is known whether that happens.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        held: list[Message] = []
        started = False

        async def hold_failures(message: Message) -> None:
            nonlocal started
            if held or message.get("status", 0) == 500:
                held.append(message)
            else:
                started = True
                await send(message)

        try:
            await self._app(scope, receive, hold_failures)
        except ClientDisconnect:  # most often nobody is there to be answered, and nothing is wrong
            if not started:
                with suppress(RuntimeError):  # what the server raises where the other end has hung up
                    await refuse(400, "This request broke off", scope, receive, send)
        except Exception as error:
            number = report("A request", error)
            if started:  # the server has to break the connection off, or half an answer would look whole
                raise BrokenOff(number) from None
            await refuse(500, sentence_for_fault(number), scope, receive, send)
        else:
            for message in held:
                await send(message)
