"""How the walls of the site say no."""

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send


async def refuse(status: int, sentence: str, scope: Scope, receive: Receive, send: Send, retry_after: int = 0) -> None:
    """Answer a request with one sentence; end a handshake of a websocket, which has no room for one."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    headers = {"Cache-Control": "no-store", **({"Retry-After": str(retry_after)} if retry_after else {})}
    answer = JSONResponse({"success": False, "message": sentence}, status, headers)
    await answer(scope, receive, send)
