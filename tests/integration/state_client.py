"""Browser tabs without a browser: they talk to the real event pipeline as the page's script does."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest
import reflex as rx
from reflex.app import EventNamespace, _sio_dumps
from reflex.istate.manager.memory import StateManagerMemory

from anonmsg import bootstrap
from anonmsg.anonmsg import app as anonmsg_app
from anonmsg.bootstrap import Services
from anonmsg.cookies import cookie_name
from anonmsg.live import audience
from anonmsg.sparing import SparingLog
from anonmsg.states import faults, gate, wire
from anonmsg.states.live_updates import deliveries
from anonmsg.states.registration import BrowserRegistration

MARK = "_rx_state_"
"""What the framework puts behind a variable's name on the wire."""

BOOT = f"{rx.State.get_full_name()}.hydrate_and_load"

HASHES = ["of another build"]
"""What a new document says it was built with, so that it is only sent what differs; here everything differs."""


class Tab:
    """One tab of a browser: what it is sent, and what it sends.

    Attributes:
        headers: More that the browser, or a proxy, sends.
        screen: The newest value of every variable, by state and name.
        wire: All that came down to this tab since it was opened, as text.
        changes: Every change of a variable in order, as state, name and value.
        events: Names and payloads of what the page was told to do, such as `_redirect`.
    """

    def __init__(self, site: "Site", token: str, cookie: str) -> None:
        self._site = site
        self.token, self.cookie, self.sid = token, cookie, ""
        self.address = "/"
        self.headers: list[tuple[bytes, bytes]] = []
        self.screen: dict[str, dict[str, Any]] = {}
        self.wire = ""
        self.changes: list[tuple[str, str, Any]] = []
        self.events: list[tuple[str, dict[str, Any]]] = []

    async def connect(self, address: str = "/", boot: str = BOOT, **stored: str) -> "Tab":
        """Open the page at an address in a new document, and load it unless `boot` is "".

        `stored` is what the browser's local storage holds.
        """
        values = {f"{BrowserRegistration.get_full_name()}.{name}{MARK}": value for name, value in stored.items()}
        return await self._begin(address, boot, {"vars": values, "hashes": HASHES} if boot == BOOT else {})

    async def reconnect(self) -> "Tab":
        """Lose the connection, and connect the page that is open again."""
        await self.leave()
        return await self._begin(self.address, BOOT, {"vars": {}})

    async def _begin(self, address: str, boot: str, payload: dict[str, Any]) -> "Tab":
        self.address, self.sid = address, f"sid-{next(self._site.numbers)}"
        self._site.tabs[self.sid] = self
        auth = {"event": self._event(boot, payload)} if boot else None
        await self._site.namespace.on_connect(self.sid, self._environ(), auth)
        return await self.settle()

    async def leave(self) -> None:
        """Close the tab, or lose the connection."""
        closing = self._site.namespace.on_disconnect(self.sid)
        if closing is not None:
            await closing

    async def navigate(self, address: str) -> "Tab":
        """Go to another page without a new document."""
        self.address = address
        return await self.send("reflex___state____on_load_internal_state.on_load_internal")

    async def call(self, state: type[rx.State], handler: str, **payload: object) -> "Tab":
        """Call a handler and wait until everything that follows from it is done."""
        await self.post(state, handler, **payload)
        return await self.settle()

    async def post(self, state: type[rx.State], handler: str, **payload: object) -> None:
        """Call a handler without waiting."""
        await self.emit(f"{state.get_full_name()}.{handler}", payload)

    async def send(self, name: str, payload: object = None) -> "Tab":
        """Send any event at all; `name` begins below the root state."""
        await self.emit(f"{rx.State.get_full_name()}.{name}", {} if payload is None else payload)
        return await self.settle()

    async def emit(self, name: str, payload: object) -> None:
        """Send an event under its full name without waiting."""
        await self._site.namespace.on_event(self.sid, self._event(name, payload))

    async def settle(self) -> "Tab":
        """Wait until the app is idle."""
        await self._site.idle()
        return self

    def see(self, state: type[rx.State], *names: str) -> Any:
        """Return what the page shows of one variable, or of several as a tuple."""
        shown = self.screen[state.get_full_name()]
        values = tuple(shown[name + MARK] for name in names)
        return values[0] if len(values) == 1 else values

    def seen(self, state: type[rx.State], name: str) -> list[Any]:
        """Return all values that one variable has had on the page."""
        return [value for of, changed, value in self.changes if (of, changed) == (state.get_full_name(), name)]

    def told(self, name: str) -> list[Any]:
        """Return the payloads of an instruction such as `_redirect`, the oldest first."""
        return [payload for told, payload in self.events if told == name]

    @property
    def redirects(self) -> list[str]:
        """Where the page was sent."""
        return [payload["path"] for payload in self.told("_redirect")]

    @property
    def focused(self) -> list[str]:
        """Which fields got the focus."""
        return [payload["ref"].removeprefix("ref_") for payload in self.told("_set_focus")]

    def receive(self, event: str, update: object) -> None:
        """Take what the app emits, in the form that it has on the wire."""
        text = _sio_dumps(update)
        self.wire += text
        read = json.loads(text)
        if event == "new_token":
            self.token = read
        if event != "event":
            return
        for state, changes in (read.get("delta") or {}).items():
            self.screen.setdefault(state, {}).update(changes)
            self.changes += [(state, name.removesuffix(MARK), value) for name, value in changes.items()]
        self.events += [(event["name"], event["payload"]) for event in read.get("events") or []]

    def _event(self, name: str, payload: object) -> dict[str, Any]:
        where = {"pathname": self.address.partition("?")[0], "asPath": self.address, "query": {}}
        return {"name": name, "payload": payload, "router_data": where}

    def _environ(self) -> dict[str, Any]:
        headers = [(b"origin", b"http://localhost:3000"), (b"user-agent", b"Mozilla/5.0 (X11; Linux) Firefox/140.0")]
        if self.cookie:
            name = cookie_name(bootstrap.services().settings)
            headers.append((b"cookie", f"{name}={self.cookie}".encode()))
        headers += self.headers
        return {
            "QUERY_STRING": f"token={self.token}",
            "asgi.scope": {"headers": headers, "client": ("127.0.0.1", 1)},
        }


class Site:
    """The app's event pipeline, with nothing but the socket replaced."""

    def __init__(self, app: rx.App, namespace: EventNamespace) -> None:
        self.app = app
        self.namespace = namespace
        self.tabs: dict[str, Tab] = {}
        self.numbers = count(1)

    def tab(self, cookie: str = "", token: str = "") -> Tab:
        """Return a new tab, not connected yet, of a browser that holds a session cookie or none."""
        return Tab(self, token or f"tab-{next(self.numbers)}", cookie)

    async def idle(self) -> None:
        """Wait until no event is queued or worked on."""
        processor = self.app.event_processor
        while True:
            await processor.join()
            if not processor._tasks:
                return
            await asyncio.wait(list(processor._tasks.values()))
            await asyncio.sleep(0)  # a task may be done before the processor has noticed


@asynccontextmanager
async def serve(services: Services, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """Run the app's event pipeline over `services`, without a socket and without a front end."""
    namespace = anonmsg_app.event_namespace
    assert namespace is not None
    site = Site(anonmsg_app, namespace)

    async def emit(event: str, update: object = None, to: str = "") -> None:
        if to in site.tabs:
            site.tabs[to].receive(event, update)

    for room in (faults, gate, wire):  # with a clock that runs so fast that no line is held back
        monkeypatch.setattr(room, "log", SparingLog(logging.getLogger(room.__name__), count(0, 60).__next__))
    monkeypatch.setattr(bootstrap, "_running", services)
    monkeypatch.setattr(namespace, "emit", emit)
    monkeypatch.setattr(anonmsg_app, "_state_manager", StateManagerMemory())
    with anonmsg_app.set_contexts():
        async with anonmsg_app._setup_event_processor():
            yield site
            await deliveries.close()
            for tab in site.tabs.values():
                await tab.leave()
    await anonmsg_app.state_manager.close()
    for tab in audience.everyone():
        audience.discard(tab)
