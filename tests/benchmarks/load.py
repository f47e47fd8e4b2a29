"""A load generator: some kept connections, each with one request at a time, as `wrk` does."""

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.figures import p95


@dataclass
class Load:
    """What came of it.

    Attributes:
        times: Seconds that each answer took.
        failed: How many answers were no success.
    """

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    failed: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds

    @property
    def p95(self) -> float:
        """In seconds."""
        return p95(self.times)


def get(port: int, path: str, cookie: str = "", network: str = "") -> bytes:
    """Return the bytes of a question, from a network behind a proxy if one is named."""
    more = f"Cookie: {cookie}\r\n" if cookie else ""
    more += _passed_on(network)
    return f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{more}\r\n".encode()


def _passed_on(network: str) -> str:
    return f"X-Forwarded-For: {network}\r\n" if network else ""


def post(port: int, path: str, body: dict[str, Any], network: str = "") -> bytes:
    """Return the bytes of a request with JSON, likewise."""
    text = json.dumps(body)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n"
    head += _passed_on(network)
    return f"{head}Content-Length: {len(text)}\r\n\r\n{text}".encode()


def message(port: int, username: str, network: str = "") -> bytes:
    """Return the bytes of a request that sends a message, likewise."""
    form = {"username": username, "content": "An honest word about something."}
    return post(port, "/api/send-message", form, network)


class Connection:
    """One kept connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Connect to the app."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> int:
        """Return the status of the answer, which is read to its end."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
        await self._reader.readexactly(int(length or 0))
        return int(head[9:12])

    def close(self) -> None:
        """End it."""
        self._writer.close()


async def ask_once(port: int, request: bytes) -> None:
    """Ask for something that must succeed."""
    connection = await Connection.open(port)
    status = await connection.ask(request)
    connection.close()
    assert status < 300, status


async def load(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> Load:
    """Ask again and again, each client one request after the other, for some seconds."""
    done, turns, began = Load(), itertools.cycle(requests), time.perf_counter()

    async def ask() -> None:
        connection = await Connection.open(port)
        while time.perf_counter() - began < seconds:
            asked = time.perf_counter()
            status = await connection.ask(next(turns))
            done.times.append(time.perf_counter() - asked)
            done.failed += status >= 300
        connection.close()

    await asyncio.gather(*(ask() for _ in range(clients)))
    done.seconds = time.perf_counter() - began
    return done


async def beside(work: Callable[[], Awaitable[Any]], measured: Callable[[], Awaitable[Load]]) -> Load:
    """Measure something while other work goes on, which is ended then."""
    task = asyncio.ensure_future(work())
    await asyncio.sleep(0.3)
    found = await measured()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return found
