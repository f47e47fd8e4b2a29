"""Requests that another site's page makes a browser send are refused."""

import json
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from anonmsg.web.origin import RequireOrigin

OURS = "https://anonmsg.example"
Headers = list[tuple[bytes, bytes]]


async def ask(method: str, headers: Headers, kind: str = "http") -> list[Message]:
    """Return what is sent back; the app behind the wall answers 204."""
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": kind, "method": method, "path": "/", "headers": headers}
    await RequireOrigin(app, lambda: [OURS])(scope, receive, send)
    return sent


def origin(*values: str) -> Headers:
    return [(b"origin", value.encode("latin-1")) for value in values]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "post"])
@pytest.mark.parametrize("headers", [[], origin(OURS), [(b"sec-fetch-site", b"same-origin")]])
async def test_our_pages_and_programs_pass(method: str, headers: Headers) -> None:
    assert (await ask(method, headers))[0]["status"] == 204


async def test_our_page_passes_although_the_browser_calls_its_other_name_cross_site() -> None:
    headers = [*origin(OURS), (b"sec-fetch-site", b"cross-site")]

    assert (await ask("POST", headers))[0]["status"] == 204


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get", ""])
@pytest.mark.parametrize(
    "headers",
    [
        origin("null"),
        origin(""),
        origin("*"),
        origin("https://evil.example"),
        origin(f"{OURS}.evil.example"),
        origin(f"{OURS}:8443"),
        origin(f"{OURS}/"),
        origin(f"{OURS}, {OURS}"),
        origin("http://anonmsg.example"),
        origin("https://sub.anonmsg.example"),
        origin("https://anonmsg.example@evil.example"),
        origin("https://anonmsg.exämple"),
        origin(OURS, OURS),
        origin(OURS, "https://evil.example"),
        [(b"sec-fetch-site", b"cross-site")],
    ],
)
async def test_others_are_refused(method: str, headers: Headers) -> None:
    start, body = await ask(method, headers)

    assert start["status"] == 403
    assert json.loads(body["body"]) == {"success": False, "message": "This request came from another site"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_what_changes_nothing_needs_no_origin(method: str) -> None:
    assert (await ask(method, origin("https://evil.example")))[0]["status"] == 204


@pytest.mark.parametrize("headers", [[], origin(OURS)])
async def test_websockets_of_our_pages_and_of_programs_pass(headers: Headers) -> None:
    assert (await ask("", headers, "websocket"))[0]["status"] == 204


@pytest.mark.parametrize("value", ["https://evil.example", "null", "", f"{OURS}.evil.example"])
async def test_websockets_of_others_are_not_opened(value: str) -> None:
    assert await ask("", origin(value), "websocket") == [{"type": "websocket.close", "code": 1008, "reason": ""}]


async def test_the_server_itself_needs_no_origin() -> None:
    assert (await ask("", [], "lifespan"))[0]["status"] == 204
