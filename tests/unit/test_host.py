"""Requests under a name that is not the site's are refused."""

import json
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from anonmsg.web.host import RequireHost, names_site

PUBLIC, LOCAL = "https://anonmsg.example", "http://localhost:3000"


async def ask(
    *hosts: str, path: str = "/", method: str = "GET", kind: str = "http", site: str = PUBLIC
) -> list[Message]:
    """Return what is sent back; the app behind the wall answers 204."""
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", host.encode("latin-1")) for host in hosts]
    scope: dict[str, Any] = {"type": kind, "method": method, "path": path, "headers": headers}
    await RequireHost(app, lambda: site)(scope, receive, send)
    return sent


@pytest.mark.parametrize("host", ["anonmsg.example", "ANONMSG.example", "anonmsg.example:443"])
def test_a_public_site_knows_its_name(host: str) -> None:
    assert names_site(host, PUBLIC)


@pytest.mark.parametrize("host", ["localhost:3000", "127.0.0.1:3000", "[::1]:3000", "localhost", "LOCALHOST:8000"])
def test_a_site_on_this_machine_has_three_names_and_any_port(host: str) -> None:
    assert names_site(host, LOCAL)


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        "evil.example",
        "anonmsg.example.evil.example",
        "anonmsg.example.",
        "evil.anonmsg.example",
        "anonmsg.example:80",
        "anonmsg.example:8443",
        "anonmsg.example:",
        "anonmsg.example:443x",
        "anonmsg.example:999999",
        "anonmsg.example, evil.example",
        "anonmsg.example@evil.example",
        "anonmsg.example/",
        "anonmsg.exämple",
        "anonmsg.example\n",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "*",
    ],
)
def test_a_public_site_has_no_other_name(host: str) -> None:
    assert not names_site(host, PUBLIC)


@pytest.mark.parametrize(
    "host", ["evil.example:3000", "localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0:3000", "[::]", "127.1"]
)
def test_a_site_on_this_machine_has_no_other_name(host: str) -> None:
    assert not names_site(host, LOCAL)


def test_a_port_that_people_type_belongs_to_the_name() -> None:
    assert names_site("anonmsg.example:8443", "https://anonmsg.example:8443")
    assert not names_site("anonmsg.example", "https://anonmsg.example:8443")


async def test_the_site_answers_under_its_name() -> None:
    assert (await ask("anonmsg.example"))[0]["status"] == 204


@pytest.mark.parametrize(
    "hosts", [(), ("evil.example",), ("anonmsg.example", "evil.example"), ("anonmsg.example",) * 2]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE"])
async def test_any_other_name_is_refused_with_one_sentence(hosts: tuple[str, ...], method: str) -> None:
    start, body = await ask(*hosts, method=method)

    assert start["status"] == 400
    assert json.loads(body["body"]) == {"success": False, "message": "This site is not reached under this name"}


@pytest.mark.parametrize("path", ["/ping", "/_health"])
async def test_health_can_be_asked_under_any_name(path: str) -> None:
    assert (await ask("10.0.0.7:3000", path=path))[0]["status"] == 204
    assert (await ask("10.0.0.7:3000", path=path, method="POST"))[0]["status"] == 400


async def test_a_websocket_under_another_name_is_not_opened() -> None:
    assert await ask("evil.example", kind="websocket") == [{"type": "websocket.close", "code": 1008, "reason": ""}]
    assert (await ask("anonmsg.example", kind="websocket"))[0]["status"] == 204


async def test_the_server_itself_has_no_name() -> None:
    assert (await ask(kind="lifespan"))[0]["status"] == 204
