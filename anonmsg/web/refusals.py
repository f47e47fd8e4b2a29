"""How the walls of the site say no."""

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send


async def refuse(status: int, sentence: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request with one sentence; end a handshake of a websocket, which has no room for one."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    answer = JSONResponse({"success": False, "message": sentence}, status, {"Cache-Control": "no-store"})
    await answer(scope, receive, send)
