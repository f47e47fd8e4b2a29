"""Security and caching headers on every answer (OWASP HTTP Headers Cheat Sheet)."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anonmsg import routes
from anonmsg.web import robots

PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), clipboard-write=(self), web-share=(self)"

ASSETS = "/assets/"

NEVER_KEPT = routes.PRIVATE | {routes.API, routes.SESSION, routes.SIGN_OUT}
"""Addresses whose answers no cache may keep."""


def content_security_policy(script_hashes: Sequence[str], style_hash: str) -> str:
    """Return the policy: everything from here, scripts and styles from files or with a known hash, nothing framed."""
    return "; ".join(
        [
            "default-src 'self'",
            " ".join(["script-src 'self'", *script_hashes]),
            f"style-src 'self' {style_hash}",
            "img-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


FILE_POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
"""For scripts and styles: as strict, without the hashes that only documents need. A page loads ten of them."""

PREVIEW_PICTURE = re.compile(r"/u/[^/]+/preview\.png")
"""What other sites may show: the pictures that their chats preview links with."""


HANDSHAKE = "websocket.http.response"
"""The extension of ASGI with which a refused handshake of a websocket can be answered in full."""


class SecurityHeaders:
    """Adds the headers to whatever is answered inside it, refused handshakes of websockets too."""

    def __init__(self, app: ASGIApp, policy: str, is_https: Callable[[], bool]) -> None:
        self._app = app
        self._is_https = is_https
        self._fixed = {
            "content-security-policy": policy,
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": PERMISSIONS,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            await self._app(scope, receive, self._with_headers(scope["path"], send))
        elif scope["type"] == "websocket" and HANDSHAKE in scope.get("extensions", {}):
            await self._app(scope, receive, _answering(self._with_headers(scope["path"], send)))
        else:
            await self._app(scope, receive, send)

    def _with_headers(self, path: str, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] in {"http.response.start", f"{HANDSHAKE}.start"}:
                self._add(MutableHeaders(scope=message), path, message["status"])
            await send(message)

        return send_with_headers

    def _add(self, headers: MutableHeaders, path: str, status: int) -> None:
        for name, value in self._fixed.items():
            headers[name] = value
        if PREVIEW_PICTURE.fullmatch(path) and status in {200, 304}:
            headers["cross-origin-resource-policy"] = "cross-origin"
        if path.startswith(ASSETS) and status in {200, 304}:
            headers["content-security-policy"] = FILE_POLICY
        if self._is_https():
            headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"
        if not path.startswith(ASSETS):  # pages load many of them, and no engine lists a script
            headers.setdefault(robots.TAG, robots.robots_tag(path))
        headers["cache-control"] = self._caching(path, status, headers.get("cache-control"))

    @staticmethod
    def _caching(path: str, status: int, chosen: str | None) -> str:
        if path.startswith(ASSETS) and status in {200, 304}:
            return "public, max-age=31536000, immutable"  # the name holds a hash of the content
        if path.startswith(routes.API + "/") or path.rstrip("/") in NEVER_KEPT:
            return "no-store"
        return chosen or "no-cache"


def _answering(send: Send) -> Send:
    """Return a way to send that answers 403 to a handshake that is not accepted, which servers do without headers."""
    is_open = False

    async def answer(message: Message) -> None:
        nonlocal is_open
        is_open = is_open or message["type"] == "websocket.accept"
        if message["type"] != "websocket.close" or is_open:
            await send(message)
            return
        with suppress(RuntimeError):  # what the server raises where the other end has hung up meanwhile
            await send({"type": f"{HANDSHAKE}.start", "status": 403, "headers": []})
            await send({"type": f"{HANDSHAKE}.body", "body": b""})

    return answer
