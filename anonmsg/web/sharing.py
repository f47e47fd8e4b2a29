"""What goes with a share link: pictures, QR codes and a poster. As public as the link, and nothing more is in them."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from anonmsg.bootstrap import Services, services
from anonmsg.errors import AnonmsgError, TooManyAttempts, UserNotFound
from anonmsg.models import User
from anonmsg.pictures.cards import POSTER, QR_PNG, QR_SVG, SHAPES, Shape
from anonmsg.web.clients import client_bucket
from anonmsg.web.poster import poster_page

KEPT = "public, max-age=604800, immutable"
"""For an address that names what it shows. A week, because who deletes an account must not be shown for a year."""

CHECKED = "public, no-cache"
HEADERS = {"x-robots-tag": "noindex"}
VERSION = "v"
"""The parameter that names what an address shows."""

Make = Callable[[Services, User, Request], Awaitable[Response]]


async def _answer(request: Request, make: Make) -> Response:
    """Count the request, look up whose link it is, and answer."""
    running = services()
    try:
        await running.throttle.count({"picture per client": client_bucket(request, running)})
        recipient = await running.sharing.recipient(request.path_params["username"])
        return await make(running, recipient, request)
    except AnonmsgError as error:
        return _refusal(error)


def _refusal(error: AnonmsgError) -> Response:
    status = 404 if isinstance(error, UserNotFound) else 429 if isinstance(error, TooManyAttempts) else 503
    headers = {"cache-control": "no-store"}
    if isinstance(error, TooManyAttempts):
        headers["retry-after"] = str(error.seconds)
    return JSONResponse({"success": False, "message": str(error)}, status, headers)


async def _picture(running: Services, recipient: User, request: Request, shape: Shape) -> Response:
    card = running.pictures.card(recipient)
    is_named = request.query_params.get(VERSION) == card.digest()
    headers = {**HEADERS, "cache-control": KEPT if is_named else CHECKED, "etag": f'"{shape}-{card.digest()}"'}
    if _has(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    return Response(await running.pictures.get(card, shape), 200, headers, "image/png")


async def _code(running: Services, recipient: User, _request: Request, kind: str) -> Response:
    from anonmsg.pictures.codes import qr_png, qr_svg  # loads its library at the first code

    make, media_type = (qr_svg, "image/svg+xml") if kind == QR_SVG else (qr_png, "image/png")
    code = await asyncio.to_thread(make, running.pictures.card(recipient).link)
    return Response(code, 200, {**HEADERS, "cache-control": CHECKED}, media_type)


async def _poster(running: Services, recipient: User, _request: Request) -> Response:
    return HTMLResponse(poster_page(running.pictures.card(recipient)), 200, {**HEADERS, "cache-control": CHECKED})


def _has(request: Request, tag: str) -> bool:
    """Return whether the browser has what it asks for (RFC 9110 section 13.1.2)."""
    return tag in [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]


def _route(name: str, make: Make) -> Route:
    async def answer(request: Request) -> Response:
        return await _answer(request, make)

    return Route(f"/u/{{username}}/{name}", answer, methods=["GET"])


SHARING_ROUTES = [
    *(_route(f"{shape}.png", partial(_picture, shape=shape)) for shape in SHAPES),
    *(_route(kind, partial(_code, kind=kind)) for kind in (QR_SVG, QR_PNG)),
    _route(POSTER, _poster),
]
