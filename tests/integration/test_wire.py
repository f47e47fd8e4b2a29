"""Whatever a page's websocket brings is an event that a page could send, or is dropped without a trace."""

import logging
from typing import Any

import pytest
import reflex as rx

from anonmsg.sparing import SparingLog
from anonmsg.states import faults, gate, wire
from anonmsg.states.faults import note_page_fault
from anonmsg.states.send import SendState
from tests.hostile import EVENTS, WHERE
from tests.integration.conftest import People
from tests.integration.state_client import BOOT, Site, Tab

SECRET = "what somebody wrote"
LOAD = f"{SendState.get_full_name()}.load"


@pytest.fixture
async def tab(site: Site, people: People, caplog: pytest.LogCaptureFixture) -> Tab:
    await people.verified("Ann")
    tab = await site.tab().connect("/u/ann")
    caplog.clear()
    return tab


async def begin(site: Site, auth: Any, **headers: str) -> Tab:
    """Open a connection in a way that no page does."""
    tab = site.tab()
    tab.sid, tab.address = f"sid-{tab.token}", "/u/ann"
    site.tabs[tab.sid] = tab
    environ = tab._environ()
    environ["asgi.scope"]["headers"] += [(name.encode(), value.encode()) for name, value in headers.items()]
    environ["HTTP_SEC_WEBSOCKET_PROTOCOL"] = headers.get("protocol", "")
    await site.namespace.on_connect(tab.sid, environ, auth)
    return await tab.settle()


def kept(site: Site) -> int:
    """How much the framework holds for events that it has not finished."""
    return len(site.app.event_processor._futures)


async def works(tab: Tab) -> bool:
    """Return whether a tab can still be used."""
    await tab.call(SendState, "submit", submitted={"content": ""})
    return tab.see(SendState, "errors") == {"content": "Write a message first"}


@pytest.mark.parametrize("event", EVENTS, ids=range(len(EVENTS)))
async def test_what_is_no_event_is_dropped_and_nothing_is_kept_of_it(
    site: Site, tab: Tab, caplog: pytest.LogCaptureFixture, event: Any
) -> None:
    before = kept(site)

    await site.namespace.on_event(tab.sid, event)
    await tab.settle()

    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert not any(record.exc_info for record in caplog.records)
    assert len(caplog.text) < 200
    assert kept(site) == before
    assert await works(tab)


@pytest.mark.parametrize("where", WHERE, ids=range(len(WHERE)))
async def test_a_page_that_is_nowhere_is_not_listened_to(
    site: Site, tab: Tab, caplog: pytest.LogCaptureFixture, where: Any
) -> None:
    await site.namespace.on_event(tab.sid, {"name": LOAD, "payload": {}, "router_data": where})
    await tab.settle()

    assert caplog.messages == ["Dropped an event that no page sends."]
    assert await works(tab)


@pytest.mark.parametrize("payload", [None, 5, "x", [], [["content", "x"]]])
async def test_arguments_are_a_dictionary(site: Site, tab: Tab, caplog: pytest.LogCaptureFixture, payload: Any) -> None:
    await site.namespace.on_event(tab.sid, {"name": LOAD, "payload": payload})
    await tab.settle()

    assert caplog.messages == ["Dropped an event that no page sends."]


@pytest.mark.parametrize("event", [None, 5, "x", [], [1], {"name": "nonsense"}, {"name": []}, {"name": LOAD}])
async def test_what_a_connection_begins_with_may_be_anything_too(
    site: Site, people: People, caplog: pytest.LogCaptureFixture, event: Any
) -> None:
    await people.verified("Ann")

    tabs = [await begin(site, auth) for auth in ({"event": event}, {"event": event, "state_schema": event}, event)]

    assert not any(record.exc_info or record.levelno >= logging.ERROR for record in caplog.records)
    assert [await works(tab) for tab in tabs] == [True] * 3


async def test_thousands_of_bad_events_do_not_fill_the_log(
    site: Site, tab: Tab, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "log", SparingLog(logging.getLogger(wire.__name__), lambda: 1.0))
    monkeypatch.setattr(gate, "log", SparingLog(logging.getLogger(gate.__name__), lambda: 1.0))

    for _ in range(1000):
        await site.namespace.on_event(tab.sid, {"name": 5})
        await site.namespace.on_event(tab.sid, {"name": LOAD, "payload": {"extra": 1}})
    await tab.settle()

    assert sorted(caplog.messages) == [
        "Dropped an event that no page sends.",
        "Dropped an event whose arguments do not fit load.",
    ]


async def test_an_event_of_nobody_is_dropped(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    await site.namespace.on_event("no such connection", {"name": BOOT, "payload": {"vars": SECRET}})

    assert caplog.messages == ["Dropped an event of nobody's tab."]


async def test_a_thousand_unknown_events_are_not_kept(site: Site, tab: Tab) -> None:
    before = kept(site)

    for number in range(1000):
        await site.namespace.on_event(tab.sid, {"name": f"nonsense.{number}", "payload": {}})
    await tab.settle()

    assert kept(site) == before


async def test_versions_that_a_page_claims_are_logged_only_if_they_look_like_some(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    await begin(site, {"state_schema": SECRET}, protocol=SECRET)
    await begin(site, None, protocol="0.9.0")

    assert SECRET not in caplog.text
    assert "0.9.0" in caplog.text


@pytest.mark.parametrize("name", ["raw-headers", "raw_headers", "self", "cls", "cookie-", "asgi-scope-client"])
async def test_no_name_of_a_header_breaks_anything(
    site: Site, people: People, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    await people.verified("Ann")
    where = {"pathname": "/u/ann", "asPath": "/u/ann"}

    tab = await begin(site, {"event": {"name": BOOT, "payload": {}, "router_data": where}}, **{name: "x"})

    assert not any(record.exc_info or record.levelno >= logging.ERROR for record in caplog.records)
    assert tab.see(SendState, "inbox") == "open"


async def test_where_a_page_is_reaches_its_handlers(site: Site, tab: Tab, people: People) -> None:
    await people.verified("Bob")

    await tab.navigate("/u/bob?next=1#code=2")

    assert tab.see(SendState, "username") == "Bob"


@pytest.mark.parametrize(
    "where",
    [
        {"asPath": "/u/%00%ff"},
        {"asPath": "/u/[//"},
        {"asPath": "/u/x?self=1&cls=2&=3"},
        {"asPath": "/" + "?" * 8000},
        {"pathname": "//["},
        {"pathname": "/../../etc/passwd"},
        {"query": {"\ud800": "x", "": "", "self": "x", "username": "\u202e"}},
    ],
    ids=range(7),
)
async def test_an_odd_address_is_the_page_of_nobody(
    site: Site, tab: Tab, caplog: pytest.LogCaptureFixture, where: dict[str, Any]
) -> None:
    await site.namespace.on_event(tab.sid, {"name": LOAD, "payload": {}, "router_data": where})
    await tab.settle()

    assert caplog.messages == []
    assert tab.see(SendState, "inbox") == "unknown"


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        (SECRET, "A page reported a fault (of no kind) at no known place."),
        ("", "A page reported a fault (of no kind) at no known place."),
        (
            f"[SID: x] TypeError: {SECRET} is not a function\n at go (http://localhost:3000/assets/u.$name-B2x.js:1:234)",
            "A page reported a fault (TypeError) at u.$name-B2x.js:1:234.",
        ),
        (f"SecretError {SECRET} /assets/{SECRET}.js:1:2", "A page reported a fault (of no kind) at no known place."),
    ],
)
def test_a_fault_in_a_browser_is_logged_without_its_text(
    said: str, logged: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "log", SparingLog(logging.getLogger(faults.__name__)))
    note_page_fault(Exception(said))

    note_page_fault(Exception(said))

    assert caplog.messages == [logged]  # the second is counted, and said with the next one after a while


async def test_a_page_that_reports_a_fault_cannot_write_into_the_log(
    site: Site, tab: Tab, caplog: pytest.LogCaptureFixture
) -> None:
    await site.namespace.on_client_error(tab.sid, {"error_type": SECRET, "message": SECRET, "substate": SECRET})
    fault = rx.State.get_full_name() + ".reflex___state____frontend_event_exception_state.handle_frontend_exception"
    await tab.emit(fault, {"info": SECRET, "component_stack": SECRET})
    await tab.settle()

    assert caplog.messages == ["A page reported a fault (of no kind) at no known place."] * 2
