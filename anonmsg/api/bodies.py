"""Reads request bodies as strict JSON: UTF-8, each name once, no NaN (RFC 8259, RFC 7493)."""

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response


def read_json(body: bytes) -> Any:
    """Return what `body` says.

    Raises:
        ValueError: If it is not JSON, or two readers could understand it differently.
        RecursionError: If it is nested too deeply.
    """
    return json.loads(body.decode("utf-8-sig"), object_pairs_hook=_each_once, parse_constant=_refuse_constant)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a name comes twice")
    return values


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("not a number that JSON has")


class StrictRequest(Request):
    """A request whose JSON is read strictly; the framework turns what is raised into 400."""

    async def json(self) -> Any:
        """Return what the body says."""
        return read_json(await self.body())


class StrictRoute(APIRoute):
    """A route that reads its body as strict JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the framework's handler, given a stricter request."""
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return handle_strictly
