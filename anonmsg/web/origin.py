"""Refuses requests that another site's page makes a visitor's browser send (OWASP CSRF Cheat Sheet)."""

from collections.abc import Callable, Collection

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SENTENCE = "This request came from another site"


class RequireOrigin:
    """Lets a request that may change something through only from the site's own pages, or from programs.

    Browsers say in `Origin` whose page sends a request (RFC 6454); programs say nothing. WebSockets
    pass: whoever answers the handshake checks their origin.
    """

    def __init__(self, app: ASGIApp, allowed: Callable[[], Collection[str]]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS or self._is_ours(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        answer = JSONResponse({"success": False, "message": SENTENCE}, 403, {"Cache-Control": "no-store"})
        await answer(scope, receive, send)

    def _is_ours(self, headers: Headers) -> bool:
        origins = headers.getlist("origin")
        if not origins:
            return "cross-site" not in headers.getlist("sec-fetch-site")
        return len(origins) == 1 and origins[0] in self._allowed()
