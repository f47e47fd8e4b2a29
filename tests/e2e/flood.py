"""A flooder: sends one message again and again over some connections, as cheaply as Python can.

It runs as a process of its own (`python -m tests.e2e.flood`), so that it does not slow down whoever measures.
"""

import json
import re
import socket
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
WAIT = re.compile(rb"\r\nretry-after: [1-9]\d*\r\n", re.IGNORECASE)
SECONDS = 120


class Line:
    """One kept connection, over which one request goes at a time."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Return the status and the head of the answer."""
        self._socket.sendall(request)
        came = b""
        while HEAD_END not in came:
            came += self._more()
        head, _, body = came.partition(HEAD_END)
        length = LENGTH.search(head)
        left = int(length[1]) - len(body) if length else 0
        while left > 0:
            left -= len(self._more())
        return int(head.split(b" ", 2)[1]), head + b"\r\n"

    def _more(self) -> bytes:
        more = self._socket.recv(65536)
        if not more:
            raise ConnectionError("The server closed the connection.")
        return more

    def close(self) -> None:
        self._socket.close()


def message_request(port: int, username: str, content: str, address: str) -> bytes:
    """Return the bytes of a request that sends a message from an address behind a trusted proxy."""
    body = json.dumps({"username": username, "content": content}).encode()
    head = (
        f"POST /api/send-message HTTP/1.1\r\nHost: localhost:{port}\r\nX-Forwarded-For: {address}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def flood(port: int, request: bytes, count: int) -> Counter[str]:
    """Send a request many times over one connection, and count the answers by status."""
    line, seen = Line(port), Counter[str]()
    for _ in range(count):
        status, head = line.ask(request)
        seen[str(status)] += 1
        seen["refused without a time to wait"] += status != 201 and not WAIT.search(head)
    line.close()
    return seen


def main(port: int, username: str, address: str, count: int, lines: int) -> None:
    """Flood, and print what was answered."""
    request = message_request(port, username, "flood", address)
    print("begun", flush=True)  # noqa: T201  # whoever started it waits for this
    with ThreadPoolExecutor(lines) as pool:
        parts = pool.map(lambda _: flood(port, request, count // lines), range(lines))
        print(json.dumps(sum(parts, Counter[str]())), flush=True)  # noqa: T201  # and then for this


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
