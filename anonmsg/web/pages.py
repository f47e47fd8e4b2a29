"""Which file answers which address, and with what status."""

import re
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from anonmsg import routes
from anonmsg.bootstrap import services
from anonmsg.cookies import read_cookie
from anonmsg.errors import AnonmsgError
from anonmsg.rules import is_username
from anonmsg.web.build import Build
from anonmsg.web.send_page import SendPages

METHODS = ("GET", "HEAD", "POST")
SEND_PAGE = re.compile(r"/u/([^/]+)/?")


class Pages:
    """Serves pages under their own addresses, in front of the framework's file server."""

    def __init__(self, app: ASGIApp, build: Build) -> None:
        self._app = app
        self._build = build
        self._send_pages = SendPages(build)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["method"] not in METHODS and SEND_PAGE.fullmatch(scope["path"]):
            allow = {"allow": ", ".join(METHODS)}
            await PlainTextResponse("Method Not Allowed", 405, allow)(scope, receive, send)
            return
        if scope["type"] != "http" or scope["method"] not in METHODS:
            await self._app(scope, receive, send)
            return
        response = await self._own_answer(scope, receive)
        if response is not None:
            await response(scope, receive, send)
            return
        path = self._build.page_file(scope["path"]) if scope["method"] != "POST" else scope["path"]
        await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, send)

    def too_large(self, scope: Scope) -> Response | None:
        """Return the page that says that a form was too large, if it was sent from a page of ours."""
        name = _form_of(scope)
        return self._send_pages.too_large(Request(scope), name) if name else None

    def from_elsewhere(self, scope: Scope) -> Response | None:
        """Return the page that says that a form came from another site, if it would send a message."""
        name = _form_of(scope)
        return self._send_pages.from_elsewhere(Request(scope), name) if is_username(name) else None

    def refused(self, scope: Scope, error: AnonmsgError) -> Response | None:
        """Return the page that says why a form is not taken now, if it would send a message."""
        name = _form_of(scope)
        return self._send_pages.unread(Request(scope), name, error) if name else None

    async def _own_answer(self, scope: Scope, receive: Receive) -> Response | None:
        path: str = scope["path"]
        if match := SEND_PAGE.fullmatch(path):
            answer = self._send_pages.take if scope["method"] == "POST" else self._send_pages.show
            return await answer(Request(scope, receive), match[1])
        if scope["method"] == "POST":
            return None
        if path.rstrip("/") in routes.PRIVATE and not self._may_be_signed_in(scope):
            return RedirectResponse(routes.sign_in_then(path.rstrip("/")), 303)
        if path.rstrip("/") == routes.SIGN_IN and await self._is_signed_in(scope):
            wanted = parse_qs(scope["query_string"].decode("ascii", "replace")).get("next", [""])[0]
            return RedirectResponse(routes.inside(wanted), 303)
        return None

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


def _form_of(scope: Scope) -> str:
    """Return whose send page a form is sent to, "" if it is another address."""
    match = SEND_PAGE.fullmatch(scope["path"]) if scope["method"] == "POST" else None
    return match[1] if match else ""
