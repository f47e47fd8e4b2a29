"""Messages of one network take turns, and those of others don't wait for them."""

import asyncio
from collections.abc import Callable

import pytest
from starlette.types import Message, Receive, Scope, Send

from anonmsg.web import turns
from anonmsg.web.turns import AT_ONCE, MOST_WAITING, SENDING, TakeTurns


class Counter:
    """Where messages are worked on, each until it is told its status."""

    def __init__(self, *, is_on: bool = True) -> None:
        self.working: list[tuple[str, asyncio.Future[int]]] = []
        self.wall = TakeTurns(self._work, lambda scope: scope["network"], lambda: is_on)

    async def _work(self, scope: Scope, receive: Receive, send: Send) -> None:
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        entry = (scope["network"], done)
        self.working.append(entry)
        try:
            status = await done
        finally:
            self.working.remove(entry)
        await send({"type": "http.response.start", "status": status})
        await send({"type": "http.response.body"})

    async def ask(self, network: str, method: str = "POST", path: str = SENDING) -> tuple[int, dict[bytes, bytes]]:
        """Send a request, and return the status and the headers of its answer."""
        said: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            said.append(message)

        await self.wall({"type": "http", "method": method, "path": path, "network": network}, receive, send)
        return said[0]["status"], dict(said[0].get("headers", []))

    def come(self, count: int, network: str, **asked: str) -> list[asyncio.Task[tuple[int, dict[bytes, bytes]]]]:
        return [asyncio.create_task(self.ask(network, **asked)) for _ in range(count)]

    def networks(self) -> list[str]:
        return [network for network, _ in self.working]

    async def finish(self, *tasks: "asyncio.Task[tuple[int, dict[bytes, bytes]]]", status: int = 201) -> list[int]:
        """Answer whoever is worked on until all have their answers."""
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
