"""One network can't hold all of the memory with open pages, and a classroom does not notice."""

import asyncio

from starlette.types import Message, Receive, Scope, Send

from anonmsg.errors import TooManyAttempts
from anonmsg.services.throttling import NO_WAIT
from anonmsg.web.connections import MOST_OPEN, LimitConnections


class Hall:
    """People who keep a page open until they leave."""

    def __init__(self, *, is_on: bool = True) -> None:
        self.leaving = asyncio.Event()
        self.inside = 0
        self.full: set[str] = set()
        self._wall = LimitConnections(self._page, self._network, self._count, lambda: is_on)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside += 1
        await self.leaving.wait()
        self.inside -= 1

    @staticmethod
    def _network(scope: Scope) -> str:
        return scope["network"]

    async def _count(self, network: str) -> None:
        if network in self.full:
            raise TooManyAttempts(NO_WAIT)

    async def open(self, network: str, kind: str = "websocket") -> list[str]:
        """Open a page, and return how it was refused, if it was."""
        said: list[str] = []

        async def receive() -> Message:
            return {}

        async def send(message: Message) -> None:
            said.append(message["type"])

        await self._wall({"type": kind, "network": network}, receive, send)
        return said


async def entered(hall: Hall, count: int, network: str, kind: str = "websocket") -> list[asyncio.Task[list[str]]]:
    """Let some come in at once, and wait until each is inside or refused."""
    tasks = [asyncio.create_task(hall.open(network, kind)) for _ in range(count)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_so_many_are_open_at_once_and_one_more_is_refused_while_others_come_in() -> None:
    hall = Hall()
    tasks = await entered(hall, MOST_OPEN, "school")

    refused = await hall.open("school")
    tasks += await entered(hall, 1, "elsewhere")
    tasks += await entered(hall, 3, "school", "http")
    inside = hall.inside
    hall.leaving.set()
    await asyncio.gather(*tasks)

    assert MOST_OPEN >= 200
    assert refused == ["websocket.close"]
    assert inside == MOST_OPEN + 4
    assert await hall.open("school") == []


async def test_what_comes_too_often_is_refused_and_holds_no_place() -> None:
    hall = Hall()
    hall.full = {"school"}

    refused = [await hall.open("school") for _ in range(MOST_OPEN + 1)]
    hall.full = set()
    hall.leaving.set()

    assert refused == [["websocket.close"]] * (MOST_OPEN + 1)
    assert await hall.open("school") == []


async def test_nothing_is_refused_where_limits_are_off() -> None:
    hall = Hall(is_on=False)
    tasks = await entered(hall, MOST_OPEN + 5, "school")
    inside = hall.inside
    hall.leaving.set()
    await asyncio.gather(*tasks)

    assert inside == MOST_OPEN + 5
