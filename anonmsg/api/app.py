"""The API as one ASGI app, to be mounted at `/api`."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anonmsg import routes
from anonmsg.api import accounts, inbox, sending, sessions
from anonmsg.api.failures import AnswerBugs, handle_failures
from anonmsg.bootstrap import Services

DESCRIPTION = """One link, anonymous messages: the same as the pages do, for programs.

Every answer is an object with `success` and `message`, and data where there is some. Times are
ISO 8601 in UTC. Bodies are JSON objects of at most 64 KB without unknown fields."""

FRAMEWORK_SCHEMAS = ("HTTPValidationError", "ValidationError")


class Api(FastAPI):
    """FastAPI whose document says what is really answered: bad input is 400 and an `ApiResponse`."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, without the answer 422 that the framework adds to each route."""
        document = super().openapi()
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        for name in FRAMEWORK_SCHEMAS:
            document["components"]["schemas"].pop(name, None)
        return document


class PlainHttp:
    """What HTTP asks of every route: HEAD answers as GET does (the server omits the body), nothing is kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        is_head = scope["type"] == "http" and scope["method"] == "HEAD"

        async def send_plainly(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Cache-Control"] = "no-store"
            await send(message)

        await self._app({**scope, "method": "GET"} if is_head else scope, receive, send_plainly)


def _operation_id(route: APIRoute) -> str:
    return route.name


def create_api(services: Callable[[], Services]) -> Api:
    """Return the API.

    Args:
        services: Asked at each request, because services exist only while the app runs.
    """
    api = Api(
        title="anonmsg",
        version="1",
        description=DESCRIPTION,
        servers=[{"url": routes.API}],
        root_path_in_servers=False,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    api.state.services = services
    for room in (accounts, sessions, inbox, sending):
        api.include_router(room.router)
    handle_failures(api)
    api.add_middleware(AnswerBugs)
    api.add_middleware(PlainHttp)
    return api
