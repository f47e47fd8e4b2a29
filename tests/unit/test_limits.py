"""Bodies that are larger than anything the site takes are refused, declared or not."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anonmsg.web.limits import LimitBody, _Refused

Headers = list[tuple[bytes, bytes]]


async def read_all(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that reads the whole body and answers 200."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"fine"})


async def read_all_and_hide_failures(scope: Scope, receive: Receive, send: Send) -> None:
    """An app such as FastAPI, which answers a failed read in its own way."""
    try:
        await read_all(scope, receive, send)
    except Exception:
        await send({"type": "http.response.start", "status": 400, "headers": []})
        await send({"type": "http.response.body", "body": b"no idea"})


async def ask(app: ASGIApp, headers: Headers, chunks: Sequence[bytes] = (), kind: str = "http") -> list[Message]:
    sent: list[Message] = []
    waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": kind, "headers": headers}
    await LimitBody(app, most=2048)(scope, receive, send)
    return sent


async def never() -> Message:
    """Wait for more of a request, of which nothing comes."""
    await asyncio.Event().wait()
    raise AssertionError


def length(*values: bytes) -> Headers:
    return [(b"content-length", value) for value in values]


@pytest.mark.parametrize("app", [read_all, read_all_and_hide_failures])
@pytest.mark.parametrize("headers", [[], length(b"2048"), length(b"0")])
async def test_what_fits_passes(app: ASGIApp, headers: Headers) -> None:
    sent = await ask(app, headers, [b"x" * 1024, b"", b"x" * 1024])

    assert [sent[0]["status"], sent[1]["body"]] == [200, b"fine"]


@pytest.mark.parametrize("app", [read_all, read_all_and_hide_failures])
@pytest.mark.parametrize(
    ("headers", "chunks"),
    [
        (length(b"2049"), []),
        (length(b"9" * 5000), []),
        ([], [b"x" * 2049]),
        ([], [b"x" * 1024, b"x" * 1024, b"x"]),
        (length(b"10"), [b"x" * 2049]),
    ],
)
async def test_what_does_not_fit_is_too_large(app: ASGIApp, headers: Headers, chunks: list[bytes]) -> None:
    start, body = await ask(app, headers, chunks)

    assert start["status"] == 413
    assert json.loads(body["body"]) == {"success": False, "message": "This is too large: at most 2 KB can be sent"}


@pytest.mark.parametrize(
    "headers", [length(b""), length(b"-1"), length(b"+1"), length(b"1.0"), length(b"\xb2"), length(b"1", b"2")]
)
async def test_a_length_that_is_none_is_refused(headers: Headers) -> None:
    start, body = await ask(read_all, headers)

    assert start["status"] == 400
    assert json.loads(body["body"])["message"] == "The content length of this request is wrong"


async def test_nobody_waits_for_the_end_of_what_is_too_large() -> None:
    reads = 0

    async def endless() -> Message:
        nonlocal reads
        reads += 1
        return {"type": "http.request", "body": b"x" * 1024, "more_body": reads < 100}

    async def ignore(message: Message) -> None: ...

    await LimitBody(read_all, most=2048)({"type": "http", "headers": []}, endless, ignore)

    assert reads == 3


@pytest.mark.parametrize("app", [read_all, read_all_and_hide_failures])
async def test_what_takes_too_long_to_arrive_is_given_up(app: ASGIApp) -> None:
    sent: list[Message] = []
    first = [{"type": "http.request", "body": b"x", "more_body": True}]

    async def stalled() -> Message:
        return first.pop() if first else await never()

    async def send(message: Message) -> None:
        sent.append(message)

    limited = LimitBody(app, arriving=timedelta(milliseconds=20))
    await asyncio.wait_for(limited({"type": "http", "headers": []}, stalled, send), 10)

    assert sent[0]["status"] == 408
    assert json.loads(sent[1]["body"])["message"] == "This took too long to arrive. Please try again."


async def test_whoever_has_sent_all_may_wait_for_the_answer_as_long_as_it_takes() -> None:
    async def answer_late(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.05)  # as an app that listens whether somebody hangs up
        await read_all(scope, receive_nothing, send)

    async def receive_nothing() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    whole, sent = [await receive_nothing()], list[Message]()

    async def receive() -> Message:
        return whole.pop() if whole else await never()

    async def send(message: Message) -> None:
        sent.append(message)

    await LimitBody(answer_late, arriving=timedelta(milliseconds=1))({"type": "http", "headers": []}, receive, send)

    assert sent[0]["status"] == 200


async def test_an_answer_that_has_begun_is_broken_off() -> None:
    async def answer_first(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await read_all(scope, receive, send)

    with pytest.raises(_Refused):
        await ask(answer_first, [], [b"x" * 2049])


async def test_websockets_pass() -> None:
    assert (await ask(read_all, length(b"rubbish"), kind="websocket"))[0]["status"] == 200
