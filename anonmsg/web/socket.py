"""Lets up a page's websocket only what a page's script could send.

The framework's protocol (Engine.IO 4 and Socket.IO 5) takes more than pages use, answers what is
malformed with tracebacks, and lets a client call even its `connect`, with whatever address it likes.
"""

import json
import logging
import re
from typing import Any, cast
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anonmsg.sparing import SparingLog
from anonmsg.web.limits import MOST_BYTES
from anonmsg.web.refusals import refuse

EVENTS = "/_event"
"""Where pages connect to, and the name of their room there."""

CONNECT, EVENT = f"40{EVENTS},", f"42{EVENTS},"
PLAIN_FRAMES = frozenset({"1", "3", CONNECT, f"40{EVENTS}", f"41{EVENTS},", f"41{EVENTS}"})
"""The end of a connection, the answer to a ping, and entering and leaving the room."""

CALLS = frozenset({"event", "client_error"})
"""What a page calls in the room: a handler, or for help because it does not understand an answer."""

MOST_DEPTH = 16
TAB = re.compile(r"[\w-]{1,64}", re.ASCII)
TOO_LARGE = 1009
"""Why a connection ends (RFC 6455 section 7.4.1)."""

log = logging.getLogger(__name__)


class GuardSocket:
    """Drops malformed frames, ends a connection that sends a huge one, and refuses any other use of the address."""

    def __init__(self, app: ASGIApp, most: int = MOST_BYTES) -> None:
        self._app = app
        self._most = most
        self._log = SparingLog(log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path = scope.get("path", "")  # what starts and ends the server has none
        is_socket, is_here = scope["type"] == "websocket", path.rstrip("/") == EVENTS
        if is_socket and is_here and _is_page(scope):
            await self._app(scope, self._guarded(receive), send)
        elif is_socket or is_here or path.startswith(f"{EVENTS}/"):
            await refuse(404, "There is nothing at this address", scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _guarded(self, receive: Receive) -> Receive:
        async def next_good() -> Message:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return message
                fault = self._fault(message.get("text"))
                if not fault:
                    return message
                self._log.warn(f"Dropped a frame that {fault}.")
                if fault == "is too large":
                    return {"type": "websocket.disconnect", "code": TOO_LARGE}

        return next_good

    def _fault(self, frame: str | None) -> str:
        """Return what is wrong with a frame, "" if nothing is."""
        if frame is None:
            return "is not text"
        if len(frame) > self._most or len(frame.encode("utf-8", "replace")) > self._most:
            return "is too large"
        if frame in PLAIN_FRAMES or _is_connect(frame) or _is_call(frame):
            return ""
        return "no page sends"


def _is_page(scope: Scope) -> bool:
    """Return whether a handshake is that of a page: a new connection of one tab."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    tabs = query.get("token", [])
    is_new = query.get("EIO") == ["4"] and query.get("transport") == ["websocket"] and not query.keys() & {"sid", "j"}
    return is_new and len(tabs) == 1 and TAB.fullmatch(tabs[0]) is not None


def _is_connect(frame: str) -> bool:
    return frame.startswith(CONNECT) and isinstance(_read(frame.removeprefix(CONNECT)), dict)


def _is_call(frame: str) -> bool:
    called = _read(frame.removeprefix(EVENT)) if frame.startswith(EVENT) else None
    match called:
        case [str(name), dict()]:
            return name in CALLS
        case _:
            return False


def _read(text: str) -> Any:
    """Return what a frame holds, None if that is malformed or nested deeper than any event."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if _is_flat(value, MOST_DEPTH) else None


def _is_flat(value: Any, depth: int) -> bool:
    if isinstance(value, dict):
        inner = list(cast(dict[str, Any], value).values())
    elif isinstance(value, list):
        inner = cast(list[Any], value)
    else:
        return True
    return depth > 0 and all(_is_flat(each, depth - 1) for each in inner)
