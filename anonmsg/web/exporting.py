"""The request that downloads everything stored about somebody; an event of a page can't stream a file."""

from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

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
    return StreamingResponse(_closing(pieces), 200, headers, media_type=f"{TYPES[kind]}; charset=utf-8")


async def _closing(pieces: AsyncGenerator[str]) -> AsyncGenerator[str]:
    """Pass pieces on, and end what makes them when the browser hangs up, not when the garbage is collected."""
    try:
        async for piece in pieces:
            yield piece
    finally:
        await pieces.aclose()


EXPORT_ROUTES = [Route(routes.export_file(kind), _export, methods=["POST"]) for kind in TYPES]
