"""The open door: every handler is called with whatever anybody can send, by nobody and by somebody else."""

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple, get_args

import pytest
import reflex as rx
from bson import ObjectId
from reflex_base.registry import RegistrationContext

from anonmsg.bootstrap import Services
from anonmsg.models import Action, User
from anonmsg.schemas import ConfirmForm, MessageForm, parse
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.defence import DefenceState
from anonmsg.states.faults import HideHeaders
from anonmsg.states.gate import FRAMEWORK, OURS
from anonmsg.states.registration import BrowserRegistration
from anonmsg.states.send import SendState
from anonmsg.states.verify import VerifyState
from anonmsg.storage.database import Database
from tests.conftest import CLIENT
from tests.hostile import handlers, payloads
from tests.integration.api_client import everything_in
from tests.integration.conftest import PASSWORD, People
from tests.integration.state_client import BOOT, MARK, Site, Tab

ROOT = rx.State.get_full_name()
SECRET = "only for Ann's eyes"
LATER_SECRET = "a second thing for Ann"
ACTIONS = get_args(Action)

PUBLIC = {
    "dashboard.DashboardState": {
        "act_on",
        "act_on_all",
        "arrive",
        "choose_all",
        "close_after",
        "delete_message",
        "go_through",
        "load",
        "load_again",
        "load_more",
        "load_newer",
        "look_again",
        "look_at_acts",
        "mark_seen",
        "open_view",
        "pause",
        "search",
        "set_accepting",
        "show_newest",
        "go_on",
        "take_back",
        "stop_search",
        "undo_last",
    },
    "defence.DefenceState": {"ask_about", "block_sender", "close", "delete_burst"},
    "forgot_password.ForgotPasswordState": {"load", "submit"},
    "notice.Notice": {"turn_page", "show_fault"},
    "reset_password.ResetPasswordState": {"load", "submit", "rate_password"},
    "send.SendState": {"give_up_puzzle", "load", "submit", "write_another"},
    "settings.SettingsState": {"load", "say_farewell", "cancel_confirm"},
    "settings_blocks.BlocksState": {"unblock", "block_again"},
    "settings_account.ExportState": {"start"},
    "settings_account.LeavingState": {"submit"},
    "settings_account.SessionsState": {"end_session", "end_others"},
    "settings_confirm.ConfirmState": {"submit"},
    "settings_page.SendPageState": {"submit"},
    "settings_credentials.EmailState": {"submit", "submit_code", "resend_code", "use_another"},
    "settings_credentials.PasswordState": {"submit", "exchange_failed", "rate_password"},
    "settings_inbox.DatesState": {"set_coarse"},
    "settings_inbox.MutedState": {"look", "submit"},
    "sign_in.SignInState": {"load", "submit", "exchange_failed"},
    "sign_up.SignUpState": {"load", "submit", "check_username", "rate_password"},
    "verify.VerifyState": {"load", "submit", "resend_code", "check_username"},
}
"""Everything that the whole world can call. A new entry needs a thought, and tests of its own."""


@pytest.fixture
async def ann(people: People, services: Services) -> User:
    ann = await people.verified("Ann")
    await send(services, "ann", LATER_SECRET)
    await send(services, "ann", SECRET)
    return ann


async def send(services: Services, username: str, content: str) -> None:
    await services.sharing.send(parse(MessageForm, {"username": username, "content": content}), CLIENT)
    await services.tagging.finish()  # else its tags change the database later


def our_handlers() -> list[str]:
    return sorted(name for name, handler in handlers().items() if handler.fn.__module__.startswith(OURS))


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What a log watcher would see as a bug."""
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR or r.exc_info]


async def attack(tab: Tab, name: str) -> int:
    shapes = payloads(name)
    for payload in shapes:
        await tab.emit(name, payload)
        await tab.settle()
    return len(shapes)


# What can be called


def test_what_the_world_can_call_is_exactly_what_is_listed() -> None:
    found: dict[str, set[str]] = {}
    for registered in RegistrationContext.get().event_handlers.values():
        for state in registered.states:
            if state.__module__.startswith(OURS) and registered.handler.fn.__module__.startswith(OURS):
                name = f"{state.__module__.rpartition('.')[2]}.{state.__name__}"
                found.setdefault(name, set()).add(registered.handler.fn.__name__)

    assert found == PUBLIC


def test_every_handler_of_the_framework_that_is_let_in_exists() -> None:
    assert FRAMEWORK.keys() <= handlers().keys()


@pytest.mark.parametrize("name", our_handlers())
async def test_nobody_breaks_or_changes_anything_whatever_is_sent(
    site: Site, ann: User, people: People, database: Database, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    await people.sign_up("Waiting")
    before = await everything_in(database)
    tab = await site.tab().connect("/")
    caplog.clear()

    tried = await attack(tab, name)

    assert tried >= 50
    assert complaints(caplog) == []
    assert await everything_in(database) == before
    assert SECRET not in tab.wire
    assert SECRET not in caplog.text


@pytest.mark.parametrize("name", [n for n in our_handlers() if f"{DashboardState.get_full_name()}." in n])
async def test_somebody_signed_in_breaks_or_changes_nothing_of_anybody_else(
    site: Site, ann: User, people: People, database: Database, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    await people.verified("Bob")
    tab = await site.tab(await people.session("bob")).connect("/dashboard")
    before = await everything_in(database)
    caplog.clear()

    await attack(tab, name)
    for document in before["messages"]:
        await tab.emit(name, {"message_id": str(document["_id"])})
    await tab.settle()

    after = await everything_in(database)
    assert complaints(caplog) == []
    assert SECRET not in tab.wire
    bob = {user["_id"] for user in after["users"] if user["username"] == "Bob"}
    assert [u for u in after["users"] if u["_id"] not in bob] == [u for u in before["users"] if u["_id"] not in bob]
    assert {**after, "users": []} == {**before, "users": []}


class Belongings(NamedTuple):
    """Ids of what is Ann's, each of a kind that some handler takes."""

    message: str
    act: str
    block: str
    session: str


@pytest.fixture
async def belongings(services: Services, people: People, ann: User) -> Belongings:
    for content in ("to be blocked", "to be deleted"):
        form = parse(MessageForm, {"username": "ann", "content": f"{SECRET}, {content}"})
        await services.sharing.send(form, CLIENT, sender_mark="p" * 22)
    await services.tagging.finish()
    await people.session("ann")
    deleted, blocked, kept = (await services.inbox.list_messages(ann, "", 3)).messages
    block = await services.blocking.block_sender(ann.id, blocked.id)
    act = await services.sorting.act_on(ann.id, [deleted.id], "delete")
    (session,) = await services.sessions.list_sessions(ann.id)
    return Belongings(kept.id, act, block, session.id)


def with_ids(name: str, ids: Sequence[str]) -> Sequence[dict[str, Any]]:
    """Payloads that fit a handler and hold each id wherever it takes one."""
    hints = {argument: hint for argument, hint in handlers()[name]._type_hints.items() if argument != "return"}
    filled = [{argument: [one] if hint == list[str] else one for argument, hint in hints.items()} for one in ids]
    return [{**payload, "action": action} for payload in filled for action in ACTIONS] if "action" in hints else filled


async def test_what_is_somebody_elses_is_nobodys_even_with_its_true_id(
    site: Site,
    services: Services,
    people: People,
    belongings: Belongings,
    ann: User,
    database: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bob = await people.verified("Bob")
    cookie = await people.session("bob")
    confirmation = parse(ConfirmForm, {"current_password": PASSWORD})  # so that nothing but the owner stands in the way
    await services.confirmation.confirm(await services.sessions.identify(cookie), confirmation)
    tabs = [await site.tab(cookie).connect(address) for address in ("/dashboard", "/settings")]
    before = await everything_in(database)
    caplog.clear()

    for name in our_handlers():
        for payload in with_ids(name, belongings):
            for tab in tabs:
                await tab.emit(name, payload)
                await tab.settle()
                await tab.call(DefenceState, "block_sender")
                await tab.call(DefenceState, "delete_burst")

    after = await everything_in(database)
    owner = ObjectId(bob.id)
    for found in (before, after):  # what is Bob's own to choose
        found["users"] = [user for user in found["users"] if user["_id"] != owner]
        found["sessions"] = [session for session in found["sessions"] if session["user_id"] != owner]
    assert complaints(caplog) == []
    assert after == before
    for tab in tabs:
        assert "Message not found" in tab.wire or "This session has ended already" in tab.wire
        assert SECRET not in tab.wire
        assert LATER_SECRET not in tab.wire
    assert await services.blocking.unblock(ann.id, belongings.block)
    assert await services.sorting.undo(ann.id, belongings.act)
    await services.sessions.end(ann.id, belongings.session)


@pytest.mark.parametrize("name", sorted(set(handlers()) - set(our_handlers())))
async def test_the_frameworks_own_handlers_are_no_way_round(
    site: Site, ann: User, database: Database, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    tab = await site.tab().connect("/")
    before = await everything_in(database)
    caplog.clear()

    for payload in [
        *payloads(name),
        {"var_name": "accepting", "value": True},
        {"vars": {f"{DashboardState.get_full_name()}._user_id{MARK}": ann.id}},
        {"vars": {f"{BrowserRegistration.get_full_name()}.token{MARK}": {"$ne": None}}},
        {"vars": {"nonsense": "x"}, "hashes": ["x"]},
    ]:
        await tab.emit(name, payload)
        await tab.settle()

    assert complaints(caplog) == [] or name.endswith(".handle_frontend_exception")  # what it is for is to complain
    assert await everything_in(database) == before


@pytest.mark.parametrize("value", [5, None, {"$ne": None}, ["x"]])
async def test_what_a_browser_claims_to_have_kept_must_be_text(
    site: Site, value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    tab = await site.tab().connect("/verify/ann", boot="")

    await tab.emit(BOOT, {"vars": {f"{BrowserRegistration.get_full_name()}.token{MARK}": value}})
    await tab.settle()
    await tab.call(VerifyState, "submit", submitted={"code": "123456"})

    assert complaints(caplog) == []


async def test_what_does_not_fit_is_logged_without_its_values(
    site: Site, ann: User, caplog: pytest.LogCaptureFixture
) -> None:
    tab = await site.tab().connect("/u/ann")

    await tab.call(SendState, "submit", submitted=[SECRET])

    assert "Dropped an event whose arguments do not fit submit." in caplog.messages
    assert SECRET not in caplog.text


async def test_an_unknown_event_logs_nothing_secret(
    site: Site, ann: User, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    cookie = await people.session("ann")
    tab = await site.tab(cookie).connect("/dashboard")
    caplog.set_level(logging.DEBUG, "anonmsg")

    for name in ("nonsense", f"{ROOT}.nonsense", f"{DashboardState.get_full_name()}._leave"):
        await tab.emit(name, {"code": SECRET})
        await tab.settle()

    assert caplog.messages.count("Dropped an event that no handler is registered for.") == 3
    logged = "\n".join(caplog.handler.format(record) for record in caplog.records)
    assert cookie not in logged
    assert SECRET not in logged


def test_other_lines_of_the_framework_stay_as_they_are() -> None:
    record = logging.LogRecord("framework", logging.ERROR, "", 0, "the %s broke", ("socket",), None)

    assert HideHeaders().filter(record)
    assert record.getMessage() == "the socket broke"


# A tab that comes back


def rows(tab: Tab) -> list[Any]:
    return tab.screen.get(DashboardState.get_full_name(), {}).get(f"messages{MARK}", [])


@pytest.fixture
async def left(site: Site, ann: User, people: People) -> Tab:
    """A tab that Ann has left, with her inbox in it."""
    tab = await site.tab(await people.session("ann")).connect("/dashboard")
    assert SECRET in tab.wire
    await tab.leave()
    return tab


async def come_back(site: Site, left: Tab, cookie: str, boot: str = BOOT, address: str = "/dashboard") -> Tab:
    return await site.tab(cookie, left.token).connect(address, boot=boot)


@pytest.mark.parametrize("address", ["/dashboard", "/", "/privacy", "/u/ann"])
async def test_a_tab_that_comes_back_after_its_session_ended_gets_nothing_private(
    site: Site, left: Tab, services: Services, address: str
) -> None:
    await services.sessions.sign_out(left.cookie)

    tab = await come_back(site, left, left.cookie, address=address)

    assert rows(tab) == []
    assert SECRET not in tab.wire
    assert LATER_SECRET not in tab.wire


@pytest.mark.parametrize("address", ["/dashboard", "/", "/privacy", "/u/ann"])
async def test_a_tab_that_comes_back_under_somebody_else_gets_nothing_private(
    site: Site, left: Tab, people: People, address: str
) -> None:
    await people.verified("Bob")

    tab = await come_back(site, left, await people.session("bob"), address=address)

    assert rows(tab) == []
    assert SECRET not in tab.wire


@pytest.mark.parametrize("cookie", ["", "forged", "a.b.c"])
async def test_a_tab_that_comes_back_without_a_true_cookie_gets_nothing_private(
    site: Site, left: Tab, cookie: str
) -> None:
    tab = await come_back(site, left, cookie)

    assert rows(tab) == []
    assert SECRET not in tab.wire


async def test_a_tab_that_comes_back_to_its_owner_shows_the_inbox_at_once(site: Site, left: Tab) -> None:
    tab = await come_back(site, left, left.cookie, address="/privacy")

    assert SECRET in tab.wire


@pytest.mark.parametrize("whose", ["nobody", "bob"])
async def test_no_event_at_all_brings_out_what_a_tab_held_for_somebody_else(
    site: Site, left: Tab, people: People, services: Services, whose: str
) -> None:
    await people.verified("Bob")
    await send(services, "bob", "to bob")
    bob = await site.tab(await people.session("bob")).connect("/dashboard")
    payloads = (
        {},
        {"message_id": rows(bob)[0]["id"]},
        {"accepts_messages": False},
        {"submitted": {}},
        {"value": True},
        {"vars": {}},
        {"var_name": "is_hydrated", "value": True},
        {"vars": None, "hashes": []},
        {"info": "x", "component_stack": "x"},
    )

    for name in sorted(handlers()):
        await left.connect("/dashboard")
        assert SECRET in str(rows(left))
        await left.leave()
        tab = await come_back(site, left, bob.cookie if whose == "bob" else "", boot="")
        for payload in payloads:
            await tab.emit(name, payload)
            await tab.settle()
        await tab.leave()

        assert SECRET not in tab.wire, name
        assert LATER_SECRET not in tab.wire, name


async def test_what_is_sent_down_is_only_what_the_page_shows(left: Tab, ann: User) -> None:
    assert not any(name in left.wire for name in ("_user_id", "_last_loaded", "_is_done", "_is_new"))
    assert left.cookie not in left.wire
    assert ann.id not in left.wire
