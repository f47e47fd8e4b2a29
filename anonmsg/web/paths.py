"""Refuses addresses that no page and no route can have."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from anonmsg.web.refusals import refuse

SENTENCE = "There is nothing at this address"
ODD = re.compile(r"[\x00-\x1f\x7f]|//|/\.\.?(?:/|$)")


class RequirePlainPath:
    """Answers 404 to an address with a control character in it, or with a part that is empty or dots.

    The framework's patterns stop at a line end, so that such an address would slip past the API and
    every page, and get an answer that is none of ours. And what serves files would put the others in
    order, with a redirect to wherever the `Host` header says.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if ODD.search(scope.get("path", "")):
            await refuse(404, SENTENCE, scope, receive, send)
        else:
            await self._app(scope, receive, send)
