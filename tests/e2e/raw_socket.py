"""A program that speaks the page's protocol by hand, and so can also say what no page would ever say."""

import base64
import json
import secrets
import socket
from collections.abc import Callable, Sequence
from typing import Any, Self

from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, TextMessage

from anonmsg.states.gate import HYDRATE
from anonmsg.states.notice import Notice

SECONDS = 10
EVENTS = "/_event"
MARK = f"{Notice.get_full_name()}.show_fault"
"""An event that any page may send, and whose answer repeats what it was given."""

Header = tuple[str, str]


class RawSocket:
    """One connection to a running app.

    Attributes:
        status: What the server answered to the handshake; 101 means connected.
        headers: That answer's headers, as one text.
        heard: Every text frame that came since, in order.
        is_closed: Whether the server has ended the connection.
    """

    def __init__(
        self,
        port: int,
        headers: Sequence[Header] = (),
        *,
        host: str = "",
        path: str = f"{EVENTS}/",
        query: str = "EIO=4&transport=websocket",
        token: str | None = None,
    ) -> None:
        self.token = token or secrets.token_hex(16)
        self.heard: list[str] = []
        self.is_closed = False
        self._marks = 0
        self._frames = Connection(ConnectionType.CLIENT)
        self._socket = socket.create_connection(("127.0.0.1", port), SECONDS)
        self._shake_hands(f"{path}?{query}&token={self.token}", host or f"localhost:{port}", headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _shake_hands(self, target: str, host: str, headers: Sequence[Header]) -> None:
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        asked = [
            *(() if any(name.lower() == "host" for name, _ in headers) else [("Host", host)]),
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", key),
            *headers,
        ]
        lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in asked)]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        received = b""
        while b"\r\n\r\n" not in received and (part := self._socket.recv(65536)):
            received += part
        head, _, rest = received.partition(b"\r\n\r\n")
        self.headers = head.decode("latin-1").lower()
        self.status = int(head.split()[1]) if head else 0
        if self.status == 101 and rest:
            self._frames.receive_data(rest)

    def join(self, boot: str = HYDRATE, address: str = "/") -> Self:
        """Do what a page does first: open the namespace, and load."""
        auth = {"event": self._event(boot, {}, address)} if boot else {}
        self.send(f"40{EVENTS},{json.dumps(auth)}")
        self.wait(lambda: any(frame.startswith(f"40{EVENTS},") for frame in self.heard))
        return self

    def send(self, *frames: str | bytes) -> None:
        """Send frames in one go, without waiting for anything."""
        messages = [TextMessage(frame) if isinstance(frame, str) else BytesMessage(frame) for frame in frames]
        self._socket.sendall(b"".join(self._frames.send(message) for message in messages))

    def call(self, name: str, payload: object, address: str = "/") -> str:
        """Return the frame that calls a handler."""
        return self.frame(self._event(name, payload, address))

    def frame(self, *arguments: Any, event: Any = "event") -> str:
        """Return the frame of an event of the protocol underneath."""
        return f"42{EVENTS},{json.dumps([event, *arguments])}"

    @staticmethod
    def _event(name: str, payload: object, address: str) -> dict[str, Any]:
        where = {"pathname": address, "asPath": address, "query": {}}
        return {"name": name, "payload": payload, "router_data": where}

    def settle(self) -> str:
        """Wait until all that was sent so far is worked off; return everything heard."""
        self._marks += 1
        mark = f"{secrets.randbits(24):06x}{self._marks % 256:02x}"
        self.send(self.call(MARK, {"number": mark}))
        self.wait(lambda: mark in self.heard[-1] if self.heard else False)
        return "\n".join(self.heard)

    def wait(self, condition: Callable[[], bool]) -> None:
        """Listen until a condition holds.

        Raises:
            ConnectionError: If the server ends the connection before.
            TimeoutError: If nothing more comes.
        """
        while not condition():
            if self.is_closed:
                raise ConnectionError(self.heard[-3:])
            self._listen()

    def wait_for_end(self) -> None:
        """Listen until the server ends the connection."""
        while not self.is_closed:
            self._listen()

    def _listen(self) -> None:
        # Frames may lie here already: they came together with the answer to the handshake.
        if self._take() or self.is_closed:
            return
        try:
            data = self._socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self._frames.receive_data(data or None)
        self.is_closed = not data
        self._take()

    def _take(self) -> bool:
        taken, text = False, ""
        for event in self._frames.events():
            taken = True
            if isinstance(event, CloseConnection):
                self.is_closed = True
            elif isinstance(event, TextMessage):
                text += event.data
                if event.message_finished:
                    self.heard.append(text)
                    if text == "2":
                        self.send("3")
                    text = ""
        return taken
