"""The two requests that set and remove the session cookie; an event of a page can't do either."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from anonmsg import routes
from anonmsg.bootstrap import services
from anonmsg.cookies import cookie_flags, read_cookie
from anonmsg.errors import AnonmsgError, Unavailable
from anonmsg.services.sessions import SESSION_TTL

TICKET_BYTES = 100


async def _exchange(request: Request) -> Response:
    """Exchange a ticket for the cookie; the session that the browser had before ends."""
    running = services()
    ticket = (await request.body())[:TICKET_BYTES].decode("ascii", "replace")
    try:
        token = await running.sessions.exchange(
            ticket, read_cookie(request.headers.get("cookie", ""), running.settings)
        )
    except AnonmsgError as error:
        status = 503 if isinstance(error, Unavailable) else 403
        return JSONResponse({"success": False, "message": str(error)}, status)
    response = JSONResponse({"success": True, "message": "Signed in successfully"})
    response.set_cookie(value=token, max_age=SESSION_TTL // timedelta(seconds=1), **cookie_flags(running.settings))
    return response


async def _sign_out(request: Request) -> Response:
    """End the session and go home. If the database is away nothing ends: then the inbox shows again, and says so."""
    running = services()
    response = RedirectResponse(routes.HOME, 303)
    response.delete_cookie(**cookie_flags(running.settings))
    try:
        await running.sessions.sign_out(read_cookie(request.headers.get("cookie", ""), running.settings))
    except Unavailable:
        return RedirectResponse(routes.DASHBOARD, 303)
    return response


SESSION_ROUTES = [
    Route(routes.SESSION, _exchange, methods=["POST"]),
    Route(routes.SIGN_OUT, _sign_out, methods=["POST"]),
]
