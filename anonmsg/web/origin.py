"""Refuses requests that another site's page makes a visitor's browser send (OWASP CSRF Cheat Sheet)."""

from collections.abc import Callable, Collection

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from anonmsg.web.refusals import refuse

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SENTENCE = "This request came from another site"


class RequireOrigin:
    """Lets a request that may change something through only from the site's own pages, or from programs.

    Browsers say in `Origin` whose page sends a request (RFC 6454); programs say nothing. The same
    holds for the handshake of a WebSocket (RFC 6455 section 10.2), through which pages do most.

    Where a person sent a form, `page` says so as a page; what it returns None for gets a sentence.
    """

    def __init__(
        self,
        app: ASGIApp,
        allowed: Callable[[], Collection[str]],
        page: Callable[[Scope], Response | None] = lambda _: None,
    ) -> None:
        self._app = app
        self._allowed = allowed
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        is_harmless = scope["type"] == "lifespan" or (scope["type"] == "http" and scope["method"] in SAFE_METHODS)
        if is_harmless or self._is_ours(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and (page := self._page(scope)) is not None:
            await page(scope, receive, send)
        else:
            await refuse(403, SENTENCE, scope, receive, send)

    def _is_ours(self, headers: Headers) -> bool:
        origins = headers.getlist("origin")
        if not origins:
            return "cross-site" not in headers.getlist("sec-fetch-site")
        return len(origins) == 1 and origins[0] in self._allowed()
