"""Takes the requests of another app out of the stream that goes to the framework."""

from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Receive, Scope, Send


class Branch:
    """Hands what is under a path to an app of its own, past the layers that the framework puts around pages."""

    def __init__(self, app: ASGIApp, path: str, branch: ASGIApp) -> None:
        self._app = app
        self._mount = Mount(path, branch)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            match, inside = self._mount.matches(scope)
            if match is not Match.NONE:
                await self._mount.handle({**scope, **inside}, receive, send)
                return
        await self._app(scope, receive, send)
