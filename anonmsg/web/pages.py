"""Which file answers which address, and with what status."""

import html
import re
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from anonmsg import routes
from anonmsg.bootstrap import services
from anonmsg.cookies import read_cookie
from anonmsg.errors import AnonmsgError, Unavailable, UserNotFound
from anonmsg.web import robots
from anonmsg.web.build import Build

SEND_PAGE = re.compile(r"/u/([^/]+)/?")


class Pages:
    """Serves pages under their own addresses, in front of the framework's file server."""

    def __init__(self, app: ASGIApp, build: Build) -> None:
        self._app = app
        self._build = build

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        response = await self._own_answer(scope)
        if response is not None:
            await response(scope, receive, send)
            return
        path = self._build.page_file(scope["path"])
        await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, send)

    async def _own_answer(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        if path.rstrip("/") in routes.PRIVATE and not self._may_be_signed_in(scope):
            return RedirectResponse(routes.sign_in_then(path.rstrip("/")), 303)
        if path.rstrip("/") == routes.SIGN_IN and await self._is_signed_in(scope):
            wanted = parse_qs(scope["query_string"].decode("ascii", "replace")).get("next", [""])[0]
            return RedirectResponse(routes.inside(wanted), 303)
        match = SEND_PAGE.fullmatch(path)
        return await self._send_page(match[1]) if match else None

    def _may_be_signed_in(self, scope: Scope) -> bool:
        """Return whether the page is worth sending; what is on it is asked for again when it opens."""
        running = services()
        return running.sessions.reads(read_cookie(Headers(scope=scope).get("cookie", ""), running.settings))

    async def _is_signed_in(self, scope: Scope) -> bool:
        """Return whether sign-in is of no use: a tab that lost its session may have got another one meanwhile."""
        running, cookie = services(), Headers(scope=scope).get("cookie", "")
        try:
            return bool(await running.sessions.identify(read_cookie(cookie, running.settings)))
        except AnonmsgError:
            return False

    async def _send_page(self, username: str) -> Response:
        status, title, is_indexed = 200, "User not found", False
        try:
            recipient = await services().sharing.recipient(username)
            title = f"Send an anonymous message to @{recipient.username}"
            is_indexed = recipient.page.is_indexed
        except UserNotFound:
            status = 404
        except Unavailable:
            status, title = 503, "Send an anonymous message"
        head = f"<title>{html.escape(title)}</title>{'' if is_indexed else robots.META}</head>"
        tag = {robots.TAG: robots.LISTED if is_indexed else robots.UNLISTED}
        return HTMLResponse(self._build.fallback().replace("</head>", head, 1), status, tag)
