"""The request that downloads everything stored about somebody; an event of a page can't stream a file."""

from collections.abc import AsyncGenerator
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from anonmsg import routes
from anonmsg.bootstrap import services
from anonmsg.cookies import read_cookie
from anonmsg.errors import AnonmsgError, NotAuthenticated
from anonmsg.services.exporting import Kind

TYPES: dict[Kind, str] = {"json": "application/json", "csv": "text/csv"}


async def _export(request: Request) -> Response:
    """Answer with a file that is written while it is sent, or go back to the settings, which say why there is none."""
    kind: Kind = "csv" if request.url.path.endswith("csv") else "json"
    running = services()
    token = read_cookie(request.headers.get("cookie", ""), running.settings)
    try:
        pieces = await running.exporting.export(token, kind)
    except NotAuthenticated:
        return RedirectResponse(routes.sign_in_then(routes.SETTINGS), 303)
    except AnonmsgError:
        return RedirectResponse(routes.export_refused(), 303)
    headers = {"content-disposition": f'attachment; filename="anonmsg.{kind}"', "cache-control": "no-store"}
    return _Download(pieces, 200, headers, media_type=f"{TYPES[kind]}; charset=utf-8")


class _Download(StreamingResponse):
    """Ends what makes the pieces when the browser hangs up, also before the first, not when garbage is collected."""

    def __init__(self, pieces: AsyncGenerator[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(pieces, *args, **kwargs)
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._pieces.aclose()


EXPORT_ROUTES = [Route(routes.export_file(kind), _export, methods=["POST"]) for kind in TYPES]
