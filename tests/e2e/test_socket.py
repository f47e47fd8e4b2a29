"""The websocket of the real app, as programs see it: what no page sends harms nobody and tells nothing."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from pymongo import MongoClient

from anonmsg.states.dashboard import DashboardState
from anonmsg.states.gate import FRAMEWORK, OURS
from anonmsg.storage.database import INDEXES
from anonmsg.storage.embedded import embedded_uri
from tests.e2e.conftest import App
from tests.e2e.people import PASSWORD
from tests.e2e.raw_socket import RawSocket
from tests.hostile import EVENTS, WHERE, handlers, payloads

SECRET = "only for Ann's eyes"
MEMORY_LEFT = 40 * 2**20
RAW_FRAMES: list[str | bytes] = [
    "", "hello", "\x00", "4", "9", b"", b"\x00\x01", "42", "42[]", "42/_event,{}", "42/_event,[]", "42/_event,5",
    '42/_event,["event"]', '42/_event,["event",5]', '42/_event,["connect",{"QUERY_STRING":"token=stolen"}]',
    '42/_event,["disconnect"]', '451-/_event,["event",{"_placeholder":true,"num":0}]', b"attachment",
    "43/_event,7[1]", '44/_event,"no"', "40/other,", "42/_event," + "[" * 20_000 + "]" * 20_000,
    '42/_event,["event",{"name":"nonsense"}]', '42/_event,["event",{"x":"\\ud800"}]',
]  # fmt: skip


class Someone(NamedTuple):
    """Somebody with an account, and the cookie of a browser that is signed in."""

    username: str
    cookie: str

    def opens(self, app: App, address: str = "/dashboard") -> RawSocket:
        return RawSocket(app.port, [("Origin", app.url), ("Cookie", f"anonmsg={self.cookie}")]).join(address=address)


def join(app: App, name: str) -> Someone:
    """Make a verified account the way programs do, and sign in."""
    username = f"{name}_{secrets.token_hex(4)}"
    with httpx.Client(base_url=f"{app.url}/api") as api:
        who = {"username": username, "email": f"{username}@example.com", "password": PASSWORD}
        assert api.post("/sign-up", json=who).status_code == 201
        code = app.code_for(who["email"])
        assert api.post("/verify-code", json={"username": username, "code": code}).status_code == 200
        signed_in = api.post("/sign-in", json={"identifier": username, "password": PASSWORD})
        return Someone(username, signed_in.cookies["anonmsg"])


@pytest.fixture
def ann(app: App) -> Someone:
    """Somebody with something to lose."""
    ann = join(app, "ann")
    sent = httpx.post(f"{app.url}/api/send-message", json={"username": ann.username, "content": SECRET})
    assert sent.status_code == 201
    return ann


@pytest.fixture
def stored(app: App) -> Iterator["Stored"]:
    with Stored(app) as stored:
        yield stored


class Stored:
    """Reads the database that the app runs on."""

    def __init__(self, app: App) -> None:
        self._client: MongoClient[dict[str, Any]] = MongoClient(embedded_uri(app.data_dir))

    def __enter__(self) -> "Stored":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        """Return all documents but for when sessions were last seen, which reading alone changes."""
        database = self._client.get_default_database()
        return {name: list(database[name].find({}, {"last_seen_at": 0}).sort("_id")) for name in INDEXES}


def memory(app: App) -> int:
    """Return how many bytes the app's workers hold."""
    processes = Path("/proc")
    children = (processes / f"{app.pid}/task/{app.pid}/children").read_text().split()
    workers = [pid for pid in children if "anonmsg" in (processes / pid / "cmdline").read_text()]
    return sum(int((processes / pid / "statm").read_text().split()[1]) * 4096 for pid in workers)


def every_frame(tab: RawSocket, name: str) -> list[str]:
    """Return frames that call one handler with whatever can be written in JSON."""
    frames = [tab.call(name, payload) for payload in payloads(name)]
    return [frame for frame in frames if len(frame) < 60_000]


# Every handler


@pytest.mark.parametrize("whose", ["nobody", "bob"])
def test_no_handler_gives_anything_of_others_or_changes_it_whatever_it_is_called_with(
    app: App, ann: Someone, stored: Stored, whose: str
) -> None:
    bob = join(app, "bob")
    before, start = stored.everything(), len(app.log)
    assert before["messages"]
    headers = [("Cookie", f"anonmsg={bob.cookie}")] if whose == "bob" else []

    with RawSocket(app.port, headers).join() as tab:
        for name in sorted(handlers()):
            frames = every_frame(tab, name)
            assert len(frames) >= 50, name
            tab.send(*frames)
            tab.settle()
        tab.settle()
        heard = tab.settle()  # by now also what handlers had left to do afterwards is done

    logged = app.log[start:]
    assert SECRET not in heard
    assert ann.username not in heard
    after = stored.everything()
    if whose == "bob":  # what is Bob's own to choose
        for found in (before, after):
            found["users"] = [user for user in found["users"] if user["username"] != bob.username]
    assert after == before
    assert "Traceback" not in logged
    assert "failed (" not in logged
    assert SECRET not in logged
    assert (bob.cookie in logged, ann.cookie in logged) == (False, False)
    with ann.opens(app) as owner:
        owner.wait(lambda: SECRET in "".join(owner.heard))


def test_what_is_enumerated_is_everything_ours_and_the_frameworks() -> None:
    ours = [name for name, handler in handlers().items() if handler.fn.__module__.startswith(OURS)]

    assert len(ours) > 15
    assert handlers().keys() >= FRAMEWORK.keys()
    assert f"{DashboardState.get_full_name()}.delete_message" in ours


def test_somebody_elses_message_is_nobodys_to_delete(app: App, ann: Someone, stored: Stored) -> None:
    bob, before = join(app, "bob"), stored.everything()["messages"]
    state = DashboardState.get_full_name()

    with bob.opens(app) as tab:
        for message in before:
            for handler, arguments in (
                ("delete_message", {"message_id": str(message["_id"])}),
                ("act_on", {"action": "archive", "message_ids": [str(message["_id"])]}),
                ("mark_seen", {"message_ids": [str(message["_id"])]}),
            ):
                tab.send(tab.call(f"{state}.{handler}", arguments, "/dashboard"))
        heard = tab.settle()

    assert "Message not found" in heard
    assert SECRET not in heard
    assert stored.everything()["messages"] == before


# Frames


def test_frames_of_any_shape_are_dropped_and_the_connection_goes_on(app: App) -> None:
    start = len(app.log)

    with RawSocket(app.port).join() as tab:
        tab.send(*RAW_FRAMES)
        tab.send(*(tab.frame(event) for event in EVENTS if not _is_huge(event)))
        for name in sorted(handlers()):
            tab.send(*(_at(tab, name, where) for where in WHERE))
        heard = tab.settle()

    lines = app.log[start:].splitlines()
    assert all(line.startswith("Dropped ") for line in lines), lines
    assert 0 < len(lines) < len(RAW_FRAMES)  # so many that all is said, so few that they don't fill the log
    assert all(len(line) < 100 for line in lines)
    assert "Something went wrong" not in heard.replace(heard.splitlines()[-1], "")


def _is_huge(event: Any) -> bool:
    return event == 10**400 or (isinstance(event, float) and event != event)


def _at(tab: RawSocket, name: str, where: Any) -> str:
    return tab.frame({"name": name, "payload": {}, "router_data": where})


def test_a_connection_may_begin_with_anything(app: App) -> None:
    start = len(app.log)
    beginnings = [None, 5, [], {}, {"event": 5}, {"event": {"name": "nonsense"}}, {"event": {"name": []}}]

    for begin in beginnings:
        with RawSocket(app.port) as tab:
            tab.send(*RAW_FRAMES, f"40/_event,{json.dumps(begin)}", "40/_event,", "40/_event,")
            tab.wait(lambda tab=tab: any(frame.startswith("40/_event,{") for frame in tab.heard))
            assert tab.settle()

    assert "Traceback" not in app.log[start:]


def test_a_huge_frame_ends_one_connection_and_harms_nobody_else(app: App, ann: Someone) -> None:
    start = len(app.log)

    with ann.opens(app) as other, RawSocket(app.port).join() as tab:
        tab.send(tab.frame({"name": "x", "payload": {"x": "y" * 2**20}}))
        tab.wait_for_end()
        other.wait(lambda: SECRET in "".join(other.heard))
        other.settle()

    assert app.log[start:] == "Dropped a frame that is too large.\n"


def test_a_flood_of_what_no_page_sends_is_not_kept(app: App) -> None:
    with RawSocket(app.port).join() as tab:
        unknown = tab.call("nonsense", {"x": "y" * 2000})
        tab.send(*[unknown] * 500)
        tab.settle()
        before = memory(app)
        for _ in range(10):
            tab.send(*[unknown, tab.frame(["y" * 2000]), "x" * 2000] * 500)
            tab.settle()

    assert before > 0
    assert memory(app) - before < MEMORY_LEFT  # kept, it would be 60 MB of text alone


# Who may open one


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_our_pages_may_open_one(app: App, name: str) -> None:
    with RawSocket(app.port, [("Origin", f"http://{name}:{app.port}")]) as tab:
        assert tab.status == 101


def test_programs_may_open_one(app: App) -> None:
    with RawSocket(app.port) as tab:
        assert tab.status == 101


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "*",
        "http://localhost",
        "http://localhost:1",
        "https://localhost:{port}",
        "http://localhost:{port}/",
        "http://localhost:{port}.evil.example",
        "http://localhost.evil.example:{port}",
        "http://evil.example:{port}",
        "http://localhost:{port}@evil.example",
        "http://localhost:{port}, http://localhost:{port}",
        "HTTP://LOCALHOST:{port}",
        "http://0.0.0.0:{port}",
        "http://127.0.0.2:{port}",
        "file://",
    ],
)
def test_pages_of_other_sites_may_not_open_one(app: App, origin: str) -> None:
    start = len(app.log)

    with RawSocket(app.port, [("Origin", origin.format(port=app.port))]) as tab:
        assert tab.status == 403
    assert app.log[start:] == ""


def test_two_origins_are_none(app: App) -> None:
    for second in (app.url, "https://evil.example"):
        with RawSocket(app.port, [("Origin", app.url), ("Origin", second)]) as tab:
            assert tab.status == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "localhost.evil.example", "10.0.0.7", ""])
def test_none_is_opened_under_another_name(app: App, host: str) -> None:
    with RawSocket(app.port, [("Host", host.format(port=app.port))]) as tab:
        assert tab.status == 403


def test_no_other_handshake_is_answered_or_logged(app: App) -> None:
    start = len(app.log)
    queries = [
        "",
        "EIO=3&transport=websocket",
        "EIO=4&transport=polling",
        "EIO=4&transport=websocket&sid=" + SECRET[:4],
    ]

    paths = ["/", "/sign-in", "/api/session", "/_event/x"]
    tries: list[dict[str, Any]] = [*({"query": query} for query in queries), *({"path": path} for path in paths)]

    for odd in tries:
        with RawSocket(app.port, **odd) as tab:
            assert tab.status == 403
    assert app.log[start:] == ""
