"""Only what a page's script could send gets through the websocket."""

import json
import logging
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from anonmsg.web.limits import MOST_BYTES
from anonmsg.web.socket import GuardSocket

SECRET = "what somebody wrote"
PAGE = "EIO=4&transport=websocket&token=tab-1"
GOOD = [
    "3",
    "1",
    "40/_event",
    "40/_event,",
    '40/_event,{"event":{"name":"x"}}',
    '42/_event,["event",{}]',
    '42/_event,["event",{"name":"x","payload":{"submitted":{"content":"a\\n😀[[[[[[[[[[[[[[[[[[[[[["}}}]',
    '42/_event,["client_error",{"message":"x"}]',
    "41/_event",
    "41/_event,",
]
BAD: list[str | bytes] = [
    "", "0", "2", "4", "5", "6", "9", "x", " 3", "3 ", "3x", "hello", "\x00", "\ud800", "😀", "{}", "[]", "null", b"",
    b"3", b"\x00\x01", "40", "40/", "40/other,", "40/_event,[]", "40/_event,5", "40/_event,{", "40/_eventx", "41",
    "41/other", "42", "42[]", '42["event",{}]', '42/other,["event",{}]', "42/_event", "42/_event,", "42/_event,{}",
    "42/_event,[]", "42/_event,null", '42/_event,"event"', '42/_event,["event"]', '42/_event,["event",5]',
    '42/_event,["event",[]]', '42/_event,["event",null]', '42/_event,["event",{},{}]', '42/_event,[{},{}]',
    '42/_event,[["event"],{}]',
    '42/_event,["connect",{"QUERY_STRING":"token=x","asgi.scope":{"client":["6.6.6.6",1],"headers":[]}}]',
    '42/_event,["disconnect",{}]', '42/_event,["ping",{}]', '42/_event,["__init__",{}]', '42/_event,["",{}]',
    '42/_event,7["event",{}]', '43/_event,7[1]', '44/_event,{}', '451-/_event,["event",{"_placeholder":true,"num":0}]',
    '461-/_event,7[{"_placeholder":true,"num":0}]', "42/_event," + "[" * 20_000 + "]" * 20_000,
    '42/_event,["event",' + '{"a":' * 17 + "1" + "}" * 17 + "]", "42/_event,[" + "9" * 5000 + "]", "4" * 1000,
    '42/_event,["event",{}]\n42/_event,["event",{}]', '42/_event,["event",{}]]', '42/_event?x,["event",{}]',
]  # fmt: skip


def frame(value: str | bytes) -> Message:
    kind = "text" if isinstance(value, str) else "bytes"
    return {"type": "websocket.receive", kind: value}


async def get_through(
    *frames: Message, query: str = PAGE, path: str = "/_event/", kind: str = "websocket"
) -> list[Any]:
    """Return what the app is given of some frames, and what is answered if it is not asked at all."""
    coming = [*frames, {"type": "websocket.disconnect", "code": 1000}]
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            seen.append("asked")
            return
        while not seen or seen[-1]["type"] != "websocket.disconnect":
            seen.append(await receive())

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        seen.append(message["type"])
        if "status" in message:
            seen.append(message["status"])

    scope = {"type": kind, "method": "GET", "path": path, "query_string": query.encode(), "headers": []}
    await GuardSocket(app)(scope, receive, send)
    return seen


@pytest.mark.parametrize("good", GOOD)
async def test_what_a_page_sends_gets_through_as_it_is(good: str) -> None:
    assert (await get_through(frame(good)))[:-1] == [frame(good)]


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
async def test_what_no_page_sends_is_dropped_and_the_next_frame_still_gets_through(
    bad: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await get_through(frame(bad), frame("3")))[:-1] == [frame("3")]
    assert len(caplog.messages) == 1


async def test_the_log_says_that_a_frame_was_dropped_and_nothing_of_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    await get_through(frame(SECRET), frame(SECRET.encode()), frame(f'42/_event,["event","{SECRET}"]'))

    assert caplog.messages == ["Dropped a frame that no page sends.", "Dropped a frame that is not text."]
    assert not any(record.exc_info for record in caplog.records)


def sized(size: int, letter: str) -> str:
    start, end = '42/_event,["event",{"x":"', '"}]'
    return start + letter * ((size - len(start) - len(end)) // len(letter.encode())) + end


@pytest.mark.parametrize("letter", ["a", "😀"])
async def test_a_frame_of_64_kb_is_taken_and_a_larger_one_ends_the_connection(
    letter: str, caplog: pytest.LogCaptureFixture
) -> None:
    most, more = sized(MOST_BYTES, letter), sized(MOST_BYTES + 4, letter)

    seen = await get_through(frame(most), frame(more), frame("3"))

    assert seen == [frame(most), {"type": "websocket.disconnect", "code": 1009}]
    assert caplog.messages == ["Dropped a frame that is too large."]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "EIO=4&transport=websocket",
        "EIO=3&transport=websocket&token=x",
        "EIO=4&transport=polling&token=x",
        f"{PAGE}&sid={SECRET}",
        f"{PAGE}&j=1",
        f"{PAGE}&token=second",
        "EIO=4&transport=websocket&token=",
        "EIO=4&transport=websocket&token=a%20b",
        "EIO=4&transport=websocket&token=" + "x" * 65,
        "EIO=4&transport=websocket&token=%ff",
    ],
)
async def test_a_handshake_that_no_page_makes_is_refused(query: str, caplog: pytest.LogCaptureFixture) -> None:
    assert await get_through(query=query) == ["websocket.close"]
    assert caplog.messages == []


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/_event/x", "/_eventx", "/api/session", "/assets/app.js", "//_event"]
)
async def test_there_is_no_other_websocket(path: str) -> None:
    assert await get_through(path=path) == ["websocket.close"]


@pytest.mark.parametrize("path", ["/_event", "/_event/", "/_event/x"])
async def test_there_is_nothing_else_at_the_address_of_the_websocket(path: str) -> None:
    assert await get_through(path=path, kind="http") == ["http.response.start", 404, "http.response.body"]


async def test_other_requests_pass() -> None:
    assert await get_through(path="/sign-in", kind="http") == ["asked"]


def test_the_frames_that_are_called_good_are_json_where_they_should_be() -> None:
    assert all(json.loads(good.partition(",")[2]) is not None for good in GOOD if "," in good and good[-1] != ",")
