"""Turns whatever goes wrong into an answer: our own failures, the framework's, and bugs."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anonmsg.api.answers import refuse, status_of
from anonmsg.errors import AnonmsgError, ProofNeeded, TooManyAttempts
from anonmsg.faults import report, sentence_for_fault
from anonmsg.schemas import sentence_for

NOT_JSON = "This is not valid JSON"
NOT_AN_OBJECT = "Send a JSON object, with the content type application/json"
SENTENCES = {
    400: NOT_JSON,
    404: "There is nothing at this address",
    405: "This method is not possible here",
    413: "This is too large",
}
"""For what the framework refuses by itself."""

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")

log = logging.getLogger(__name__)


def handle_failures(api: FastAPI) -> None:
    """Make every refusal of `api` an answer of ours."""
    api.add_exception_handler(AnonmsgError, _answer_failure)
    api.add_exception_handler(RequestValidationError, _answer_bad_input)
    api.add_exception_handler(HTTPException, _answer_framework)


async def _answer_failure(request: Request, error: Exception) -> Response:
    failure = cast(AnonmsgError, error)
    headers = {"Retry-After": str(failure.seconds)} if isinstance(failure, TooManyAttempts) else None
    more = {"challenge": failure.challenge} if isinstance(failure, ProofNeeded) else {}
    return refuse(status_of(failure, _route_name(request)), str(failure), headers, **more)


def _route_name(request: Request) -> str:
    return getattr(request.scope.get("route"), "name", "")


async def _answer_bad_input(_request: Request, error: Exception) -> Response:
    return refuse(400, _bad_input(cast(RequestValidationError, error).errors()))


def _bad_input(errors: Sequence[Mapping[str, Any]]) -> str:
    """Return the sentence for the first error; neither input nor the framework's words are repeated."""
    first = errors[0]
    if first["type"] == "json_invalid":
        return NOT_JSON
    if tuple(first["loc"]) == ("body",):
        return NOT_AN_OBJECT
    return sentence_for(cast(ErrorDetails, first))[1]


async def _answer_framework(request: Request, error: Exception) -> Response:
    status = cast(HTTPException, error).status_code
    headers = {"Allow": ", ".join(_allowed(request))} if status == 405 else None
    return refuse(status, SENTENCES.get(status, "This request can't be answered"), headers)


def _allowed(request: Request) -> list[str]:
    """Return all methods of an address; the framework knows only those of the first route that fits."""
    place = {name: request.scope[name] for name in ("type", "path", "root_path")}
    routes = request.app.routes
    found = [m for m in METHODS if any(route.matches({**place, "method": m})[0] is Match.FULL for route in routes)]
    return sorted({*found, "HEAD"}) if "GET" in found else found


class AnswerBugs:
    """Logs an unexpected exception under a number and answers with that number and nothing else.

    It stands where the framework's own handler would pass the exception on to the server, whose
    log would then hold the exception's text, and with it perhaps what somebody wrote.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        started = False

        async def noticing_send(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, noticing_send)
        except Exception as error:
            number = report("A request", error)
            if not started:
                await refuse(500, sentence_for_fault(number))(scope, receive, send)
