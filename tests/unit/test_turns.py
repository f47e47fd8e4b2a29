"""Messages of one network take turns, and those of others don't wait for them."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from anonmsg.errors import AnonmsgError, TooSlow
from anonmsg.web import turns
from anonmsg.web.turns import AT_ONCE, MOST_WAITING, SENDING, TakeTurns

MOST = AT_ONCE + MOST_WAITING


class Body:
    """What a request brings, piece by piece; without an end it stalls after the last."""

    def __init__(self, *pieces: bytes, ends: bool = True, leaves: bool = False) -> None:
        self._messages: Sequence[Message] = [
            {"type": "http.request", "body": piece, "more_body": not (ends and number == len(pieces))}
            for number, piece in enumerate(pieces, 1)
        ] + ([{"type": "http.disconnect"}] if leaves else [])
        self._read = 0

    async def receive(self) -> Message:
        if self._read == len(self._messages):
            await asyncio.Event().wait()
        self._read += 1
        return self._messages[self._read - 1]

    @property
    def is_read(self) -> bool:
        return self._read == len(self._messages)


class Counter:
    """Where messages are worked on, each until it is told its status."""

    def __init__(self, *, is_on: bool = True) -> None:
        self.working: list[tuple[str, asyncio.Future[int]]] = []
        self.wall = TakeTurns(self._work, lambda scope: scope["network"], lambda: is_on, self._page)
        self.bodies: list[bytes] = []

    @staticmethod
    def _page(scope: Scope, error: AnonmsgError) -> Response | None:
        return PlainTextResponse(f"a page: {error}", 409) if scope["path"].startswith("/u/") else None

    async def _work(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.bodies.append((await receive()).get("body", b""))
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        entry = (scope["network"], done)
        self.working.append(entry)
        try:
            status = await done
        finally:
            self.working.remove(entry)
        await send({"type": "http.response.start", "status": status})
        await send({"type": "http.response.body"})

    async def ask(
        self, network: str, method: str = "POST", path: str = SENDING, body: "Body | None" = None
    ) -> tuple[int, dict[bytes, bytes]]:
        """Send a request, and return the status and the headers of its answer."""
        return (await self.hear(network, method, path, body))[:2]

    async def hear(
        self, network: str, method: str = "POST", path: str = SENDING, body: "Body | None" = None
    ) -> tuple[int, dict[bytes, bytes], bytes]:
        """Send a request, and return the status, the headers and the body of its answer."""
        said: list[Message] = []

        async def send(message: Message) -> None:
            said.append(message)

        receive = (body or Body(b"")).receive
        scope = {"type": "http", "method": method, "path": path, "network": network, "headers": []}
        await self.wall(scope, receive, send)
        return said[0]["status"], dict(said[0].get("headers", [])), said[1].get("body", b"")

    def stall(self, count: int, network: str) -> list[asyncio.Task[tuple[int, dict[bytes, bytes]]]]:
        """Let requests come that send one byte of their bodies and no more."""
        return [asyncio.create_task(self.ask(network, body=Body(b"x", ends=False))) for _ in range(count)]

    def come(self, count: int, network: str, path: str = SENDING) -> list[asyncio.Task[tuple[int, dict[bytes, bytes]]]]:
        return [asyncio.create_task(self.ask(network, path=path)) for _ in range(count)]

    def networks(self) -> list[str]:
        return [network for network, _ in self.working]

    async def finish(self, *tasks: "asyncio.Task[tuple[int, dict[bytes, bytes]]]", status: int = 201) -> list[int]:
        """Answer whoever is worked on until all have their answers."""
        async with asyncio.timeout(5):
            while not all(task.done() for task in tasks):
                for _, done in list(self.working):
                    if not done.done():
                        done.set_result(status)
                await asyncio.sleep(0)
        return [task.result()[0] for task in tasks]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  # nothing announces it
            await asyncio.sleep(0)


async def test_few_of_one_network_are_worked_on_and_others_do_not_wait_for_them() -> None:
    counter = Counter()
    flood = counter.come(50, "flood")
    others = [*counter.come(1, "one"), *counter.come(1, "two"), *counter.come(1, "flood", path="/api/sign-in")]
    await until(lambda: len(counter.working) == AT_ONCE + 3)

    assert sorted(counter.networks()) == sorted([*["flood"] * (AT_ONCE + 1), "one", "two"])
    assert await counter.finish(*flood, *others) == [201] * 53


async def test_everybody_of_a_full_classroom_gets_through_at_once() -> None:
    counter = Counter()

    assert await counter.finish(*counter.come(AT_ONCE + MOST_WAITING, "school")) == [201] * (AT_ONCE + MOST_WAITING)


async def test_a_refusal_keeps_its_turn_for_a_moment_and_a_message_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        if seconds:
            pauses.append(seconds)
        await sleep(0)

    monkeypatch.setattr(turns.asyncio, "sleep", note)
    counter = Counter()

    await counter.finish(*counter.come(3, "calm"))
    after_messages = list(pauses)
    await counter.finish(*counter.come(3, "flood"), status=429)

    assert after_messages == []
    assert pauses == [turns.PAUSE.total_seconds()] * 3


async def test_whoever_comes_when_too_many_wait_reads_when_to_come_again() -> None:
    counter = Counter()
    waiting = counter.come(AT_ONCE + MOST_WAITING, "flood")
    await until(lambda: len(counter.working) == AT_ONCE)

    status, headers = await counter.ask("flood")
    other = counter.come(1, "other")
    await until(lambda: "other" in counter.networks())

    assert (status, headers[b"retry-after"], headers[b"cache-control"]) == (429, b"1", b"no-store")
    assert set(await counter.finish(*waiting, *other)) == {201}


async def test_who_gives_up_while_waiting_leaves_the_place_to_others() -> None:
    counter = Counter()
    waiting = counter.come(AT_ONCE + 20, "flood")
    await until(lambda: len(counter.working) == AT_ONCE)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

    assert await counter.finish(*counter.come(AT_ONCE + MOST_WAITING, "flood")) == [201] * (AT_ONCE + MOST_WAITING)


async def test_nobody_waits_where_limits_are_off() -> None:
    counter = Counter(is_on=False)
    tasks = counter.come(MOST_WAITING + 50, "benchmark")
    await until(lambda: len(counter.working) == MOST_WAITING + 50)

    assert set(await counter.finish(*tasks)) == {201}


# Bodies that come slowly, or never


async def test_who_sends_half_a_request_keeps_nobody_of_the_network_waiting() -> None:
    counter = Counter()
    stalled = counter.stall(AT_ONCE + 10, "cafe")
    await asyncio.sleep(0)

    assert await counter.finish(*counter.come(20, "cafe")) == [201] * 20
    assert not any(task.done() for task in stalled)

    for task in stalled:
        task.cancel()
    await asyncio.gather(*stalled, return_exceptions=True)


async def test_a_message_in_pieces_is_worked_on_whole_and_then_its_sender_may_hang_up() -> None:
    body, heard = Body(b"one ", b"", b"two", leaves=True), list[Message]()

    async def read(scope: Scope, receive: Receive, send: Send) -> None:
        heard.extend([await receive(), await receive()])

    await TakeTurns(read, lambda _: "cafe", lambda: True)(
        {"type": "http", "method": "POST", "path": SENDING}, body.receive, lambda _: asyncio.sleep(0)
    )

    assert heard == [
        {"type": "http.request", "body": b"one two", "more_body": False},
        {"type": "http.disconnect"},
    ]


async def test_what_does_not_arrive_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "READING", timedelta(0))
    counter = Counter()

    status, headers, body = await counter.hear("cafe", body=Body(b"x", ends=False))

    assert (status, headers[b"cache-control"]) == (408, b"no-store")
    assert json.loads(body) == {"success": False, "message": TooSlow.sentence}
    assert counter.bodies == []


async def test_the_time_is_for_a_whole_body_not_for_each_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    counter, reads = Counter(), 0

    class Trickle(Body):
        async def receive(self) -> Message:
            nonlocal reads
            reads += 1
            await asyncio.sleep(0)
            return {"type": "http.request", "body": b"x", "more_body": True}

    monkeypatch.setattr(turns, "READING", timedelta(milliseconds=20))

    assert (await counter.ask("cafe", body=Trickle()))[0] == 408
    assert reads > 1


async def test_who_hangs_up_while_sending_takes_no_turn() -> None:
    counter = Counter()

    with pytest.raises(ClientDisconnect):
        await counter.ask("cafe", body=Body(b"x", ends=False, leaves=True))

    assert counter.bodies == []


async def test_when_too_many_are_there_the_one_that_has_been_sending_longest_gives_way() -> None:
    counter = Counter()
    first, *stalled = counter.stall(MOST, "cafe")
    await asyncio.sleep(0)
    (message,) = counter.come(1, "cafe")
    await until(lambda: bool(counter.working) and first.done())

    assert first.result()[0] == 408
    assert await counter.finish(message) == [201]
    assert not any(task.done() for task in stalled)

    for task in stalled:
        task.cancel()
    await asyncio.gather(*stalled, return_exceptions=True)


async def test_where_all_are_still_sending_each_newcomer_displaces_one(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Counter()
    stalled = counter.stall(MOST + 100, "cafe")
    await until(lambda: sum(task.done() for task in stalled) == 100)

    assert [task.result()[0] for task in stalled[:100]] == [408] * 100
    assert not any(task.done() for task in stalled[100:])

    for task in stalled:
        task.cancel()
    await asyncio.gather(*stalled, return_exceptions=True)
    assert await counter.finish(*counter.come(MOST, "cafe")) == [201] * MOST


async def test_who_sent_a_form_reads_every_refusal_on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Counter()
    waiting = counter.come(MOST, "cafe")
    await until(lambda: len(counter.working) == AT_ONCE)

    crowded = await counter.hear("cafe", path="/u/ann")
    monkeypatch.setattr(turns, "READING", timedelta(0))
    slow = await counter.hear("elsewhere", path="/u/ann", body=Body(b"x", ends=False))

    assert crowded[::2] == (409, b"a page: Please wait 1 second and try again.")
    assert slow[::2] == (409, f"a page: {TooSlow.sentence}".encode())
    await counter.finish(*waiting)
