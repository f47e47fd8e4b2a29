"""A bug is answered with a number that is also in the log, and with nothing else."""

import logging
import re
from collections.abc import AsyncIterator

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket

from anonmsg.web.faults import AnswerFaults

SECRET = "what somebody wrote"


async def fail(request: Request) -> PlainTextResponse:
    raise RuntimeError(SECRET)


async def leave(request: Request) -> PlainTextResponse:
    raise ClientDisconnect


async def mean(request: Request) -> PlainTextResponse:
    return PlainTextResponse("meant", 500)


async def fail_socket(socket: WebSocket) -> None:
    raise RuntimeError(SECRET)


SITE = AnswerFaults(
    Starlette(
        routes=[
            Route("/fail", fail),
            Route("/leave", leave),
            Route("/mean", mean),
            WebSocketRoute("/fail", fail_socket),
        ]
    )
)


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(SITE), base_url="http://localhost") as client:
        yield client


async def test_the_person_reads_the_number_that_the_log_knows(
    client: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await client.get("/fail")

    number = re.findall("[0-9a-f]{8}", answer.json()["message"])
    assert answer.status_code == 500
    assert answer.json()["message"].startswith("Something went wrong.")
    assert len(number) == 1
    assert f"A request failed ({number[0]})." in caplog.text
    assert "RuntimeError" in caplog.text
    assert SECRET not in caplog.text + answer.text


async def test_an_answer_of_500_that_is_meant_stays(client: AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = await client.get("/mean")

    assert (answer.status_code, answer.text) == (500, "meant")
    assert caplog.messages == []


async def test_who_leaves_too_early_is_no_bug(caplog: pytest.LogCaptureFixture) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/leave", "headers": [], "query_string": b"", "root_path": ""}
    await SITE(scope, receive, send)

    assert sent[0]["status"] == 400  # where it was the body that could not be read, somebody still listens
    assert caplog.messages == []


async def test_who_has_hung_up_can_not_be_answered_and_that_is_no_bug(caplog: pytest.LogCaptureFixture) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        raise RuntimeError("hung up")

    scope = {"type": "http", "method": "GET", "path": "/leave", "headers": [], "query_string": b"", "root_path": ""}
    await SITE(scope, receive, send)

    assert caplog.messages == []


async def test_a_bug_behind_a_websocket_ends_it_and_leaves_no_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "anonmsg")
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/fail", "headers": [], "query_string": b"", "root_path": ""}
    await SITE(scope, receive, send)

    assert [message["type"] for message in sent] == ["websocket.close"]
    assert "A request failed" in caplog.text
    assert SECRET not in caplog.text
