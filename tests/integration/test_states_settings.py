"""The settings page as a browser sees it: what it shows to whom, asks for, and lets go of."""

import asyncio
from typing import Any

import pytest

from anonmsg.bootstrap import Services
from anonmsg.errors import Unavailable
from anonmsg.live import audience
from anonmsg.models import User
from anonmsg.schemas import MessageForm, parse
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.live_updates import deliver
from anonmsg.states.notice import Notice
from anonmsg.states.settings import NOT_EXPORTED, SettingsState
from anonmsg.states.settings_account import ExportState, LeavingState, SessionsState
from anonmsg.states.settings_confirm import ConfirmState
from anonmsg.states.settings_credentials import EmailState, PasswordState
from anonmsg.stopping import stop
from anonmsg.storage.changes import SessionEnded
from anonmsg.storage.database import Database
from tests.conftest import CLIENT, FakeMailer
from tests.integration.conftest import PASSWORD, People
from tests.integration.state_client import Site, Tab

NEW_PASSWORD = "another good password"
NEW_EMAIL = "brand.new@example.org"


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


@pytest.fixture
async def tab(site: Site, people: People, ann: User) -> Tab:
    return await site.tab(await people.session("ann")).connect("/settings")


async def confirm(tab: Tab, password: str = PASSWORD) -> Tab:
    return await tab.call(ConfirmState, "submit", submitted={"current_password": password})


async def session_id(services: Services, cookie: str) -> str:
    return (await services.sessions.identify(cookie)).session_id


# What is shown


async def test_the_owner_sees_address_and_sessions_and_which_one_is_this(site: Site, people: People, ann: User) -> None:
    await people.session("ann")
    tab = await site.tab(await people.session("ann")).connect("/settings")

    assert tab.see(SettingsState, "status", "email", "username") == ("ready", "Ann@example.com", "Ann")
    rows = tab.see(SettingsState, "sessions")
    assert len(rows) == 2
    assert sum(row["is_this"] for row in rows) == 1


async def test_nobody_is_sent_to_sign_in_and_sees_nothing(site: Site, ann: User) -> None:
    for cookie in ("", "nonsense", "a.b.c"):
        tab = await site.tab(cookie).connect("/settings")

        assert tab.see(SettingsState, "status") == "left"
        assert "example.com" not in tab.wire


async def test_the_address_and_the_sessions_of_others_are_not_there(site: Site, people: People, tab: Tab) -> None:
    await people.verified("Bob")
    bob = await site.tab(await people.session("bob")).connect("/settings")

    assert "Ann" not in bob.wire
    assert len(bob.see(SettingsState, "sessions")) == 1


@pytest.mark.parametrize("address", ["/settings", "/", "/dashboard"])
@pytest.mark.parametrize("whose", ["nobody", "bob", "ended"])
async def test_a_tab_that_comes_back_under_somebody_else_gets_nothing_private(
    site: Site, people: People, services: Services, tab: Tab, address: str, whose: str
) -> None:
    await confirm(tab)
    await tab.call(EmailState, "submit", submitted={"email": NEW_EMAIL})
    await tab.leave()
    assert NEW_EMAIL in tab.wire
    await people.verified("Bob")
    if whose == "ended":
        await services.sessions.sign_out(tab.cookie)
    cookie = {"nobody": "", "bob": await people.session("bob"), "ended": tab.cookie}[whose]

    stranger = await site.tab(cookie, tab.token).connect(address)

    assert "nn@example.com" not in stranger.wire
    assert NEW_EMAIL not in stranger.wire


async def test_a_tab_that_comes_back_to_its_owner_has_what_it_had(site: Site, tab: Tab) -> None:
    await tab.leave()

    again = await site.tab(tab.cookie, tab.token).connect("/privacy")

    assert "Ann@example.com" in again.wire


async def test_while_the_database_is_away_the_page_says_so_and_comes_by_itself(
    site: Site, people: People, services: Services, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> Any:
        raise Unavailable

    cookie = await people.session("ann")
    with monkeypatch.context() as broken:
        broken.setattr(services.sessions, "list_sessions", away)
        tab = await site.tab(cookie).connect("/settings")
        assert tab.see(SettingsState, "status", "failure", "is_waiting") == ("", Unavailable.sentence, True)

    await tab.call(SettingsState, "load")

    assert tab.see(SettingsState, "status", "failure", "is_waiting") == ("ready", "", False)


async def test_a_refused_download_is_explained(site: Site, people: People, ann: User) -> None:
    tab = await site.tab(await people.session("ann")).connect("/settings?export=refused")

    assert tab.see(SettingsState, "failure") == NOT_EXPORTED


# Confirming


ACTIONS: list[tuple[Any, str, dict[str, Any], str]] = [
    (PasswordState, "submit", {"submitted": {"new_password": NEW_PASSWORD}}, "change-password"),
    (EmailState, "submit", {"submitted": {"email": NEW_EMAIL}}, "change-email"),
    (EmailState, "resend_code", {}, "resend-email-code"),
    (SessionsState, "end_others", {}, "end-others"),
    (SessionsState, "end_session", {"session_id": "f" * 40}, "end-" + "f" * 40),
    (ExportState, "start", {"kind": "json"}, "export-json"),
]


@pytest.mark.parametrize(("state", "handler", "payload", "button"), ACTIONS, ids=[a[3] for a in ACTIONS])
async def test_what_needs_the_password_asks_for_it_and_goes_on_with_the_same_button(
    tab: Tab, mailer: FakeMailer, state: Any, handler: str, payload: dict[str, Any], button: str
) -> None:
    sent = len(mailer.mails)
    await tab.call(state, handler, **payload)
    assert tab.see(SettingsState, "asks") == button
    assert len(mailer.mails) == sent

    await confirm(tab, "not the one")
    assert tab.see(ConfirmState, "errors") == {"current_password": "Incorrect password"}
    assert tab.see(SettingsState, "asks", "press") == (button, "")
    await confirm(tab)

    assert tab.see(SettingsState, "asks", "press") == ("", "")
    assert tab.seen(SettingsState, "press").count(button) == 1


async def test_what_the_form_itself_lacks_is_said_before_the_password_is_asked_for(tab: Tab) -> None:
    await tab.call(PasswordState, "submit", submitted={"new_password": "short"})
    await tab.call(EmailState, "submit", submitted={"email": "nope"})

    assert tab.see(PasswordState, "errors") == {"new_password": "Password must be at least 8 characters"}
    assert tab.see(EmailState, "errors") == {"email": "Invalid email address"}
    assert tab.see(SettingsState, "asks") == ""


async def test_no_password_stays_in_what_the_server_keeps(site: Site, tab: Tab) -> None:
    await tab.call(PasswordState, "submit", submitted={"new_password": NEW_PASSWORD})
    await confirm(tab)
    await tab.call(PasswordState, "submit", submitted={"new_password": NEW_PASSWORD})

    kept = repr(site.app.state_manager.states) + str(  # type: ignore[attr-defined]
        [vars(state) for root in site.app.state_manager.states.values() for state in _all(root)]  # type: ignore[attr-defined]
    )

    assert NEW_PASSWORD not in kept
    assert PASSWORD not in kept
    assert NEW_PASSWORD not in tab.wire


def _all(state: Any) -> list[Any]:
    return [state, *(inner for each in state.substates.values() for inner in _all(each))]


# The actions


async def test_a_changed_password_hands_out_a_ticket_that_gives_another_cookie(
    tab: Tab, services: Services, ann: User
) -> None:
    await confirm(tab)

    await tab.call(PasswordState, "submit", submitted={"new_password": NEW_PASSWORD})
    ticket = tab.see(PasswordState, "ticket")
    token = await services.sessions.exchange(ticket, tab.cookie)

    assert token != tab.cookie
    assert (await services.sessions.identify(token)).user_id == ann.id


async def test_the_tab_that_comes_back_with_the_new_cookie_stays_when_the_old_session_ends(
    site: Site, tab: Tab, services: Services, people: People
) -> None:
    await confirm(tab)
    await tab.call(PasswordState, "submit", submitted={"new_password": NEW_PASSWORD})
    old = await session_id(services, tab.cookie)
    token = await services.sessions.exchange(tab.see(PasswordState, "ticket"), tab.cookie)
    await tab.leave()

    again = await site.tab(token, tab.token).connect("/settings")
    await deliver(site.app, SessionEnded(old))

    assert again.see(SettingsState, "status") == "ready"
    assert again.see(Notice, "text") == "Your password was changed"
    assert again.see(PasswordState, "ticket", "busy") == ("", False)


async def test_a_new_address_goes_through_its_code(tab: Tab, mailer: FakeMailer) -> None:
    await confirm(tab)
    await tab.call(EmailState, "submit", submitted={"email": NEW_EMAIL})
    assert tab.see(SettingsState, "new_email", "email") == (NEW_EMAIL, "Ann@example.com")
    assert tab.see(SettingsState, "code_seconds") == 60

    wrong = f"{(int(mailer.code) + 1) % 10**6:06d}"
    await tab.call(EmailState, "submit_code", submitted={"code": wrong})
    assert tab.see(EmailState, "errors") == {"code": "Incorrect verification code"}
    await tab.call(EmailState, "submit_code", submitted={"code": mailer.code})

    assert tab.see(SettingsState, "new_email", "email") == ("", NEW_EMAIL)
    assert tab.see(EmailState, "sent", "errors") == ("Your email address was changed", {})


async def test_the_code_step_is_there_again_after_a_reload_and_can_be_left(site: Site, tab: Tab) -> None:
    await confirm(tab)
    await tab.call(EmailState, "submit", submitted={"email": NEW_EMAIL})

    again = await site.tab(tab.cookie).connect("/settings")
    assert again.see(SettingsState, "new_email") == NEW_EMAIL
    await again.call(EmailState, "use_another")

    assert again.see(SettingsState, "new_email") == ""


async def test_ending_sessions_ends_those_and_only_ones_own(
    site: Site, tab: Tab, people: People, services: Services
) -> None:
    await people.verified("Bob")
    bob, phone, laptop = [await people.session(name) for name in ("bob", "ann", "ann")]
    await confirm(tab)

    await tab.call(SessionsState, "end_session", session_id=await session_id(services, bob))
    assert tab.see(SessionsState, "failure") == "This session has ended already"
    assert await session_id(services, bob)
    ended = await session_id(services, phone)
    await tab.call(SessionsState, "end_session", session_id=ended)
    assert ended not in [row["id"] for row in tab.see(SettingsState, "sessions")]
    assert len(tab.see(SettingsState, "sessions")) == 2
    await tab.call(SessionsState, "end_others")

    assert [row["is_this"] for row in tab.see(SettingsState, "sessions")] == [True]
    for token in (phone, laptop):
        again = await site.tab(token).connect("/settings")
        assert again.see(SettingsState, "status") == "left"
    assert await session_id(services, bob)


async def test_an_export_starts_once_when_the_password_is_fresh(tab: Tab) -> None:
    await confirm(tab)

    await tab.call(ExportState, "start", kind="csv")
    await tab.call(ExportState, "start", kind="../../etc/passwd")

    assert [press for press in tab.seen(ExportState, "press") if press] == ["export-csv-file"]
    assert tab.see(ExportState, "press") == ""


async def test_deleting_takes_the_password_each_time_and_the_word(
    tab: Tab, database: Database, services: Services
) -> None:
    await confirm(tab)

    await tab.call(LeavingState, "submit", submitted={"password": "", "word": ""})
    assert tab.see(LeavingState, "errors") == {"password": "Enter your password", "word": "Type the word delete"}
    await tab.call(LeavingState, "submit", submitted={"password": "not the one", "word": "delete"})
    assert tab.see(LeavingState, "errors") == {"password": "Incorrect password"}

    assert await database["users"].count_documents({"leaving_at": {"$exists": False}}) == 1
    assert audience.of_session(await session_id(services, tab.cookie)) == (tab.token,)


async def test_after_deleting_the_page_says_goodbye_and_nothing_private_stays_in_the_tab(
    site: Site, tab: Tab, people: People, services: Services, ann: User
) -> None:
    await services.sharing.send(parse(MessageForm, {"username": "ann", "content": "only for your eyes"}), CLIENT)
    tab.address = "/dashboard"
    await tab.call(DashboardState, "load")
    other = await site.tab(await people.session("ann")).connect("/settings")
    tab.address = "/settings"
    ids = [await session_id(services, each.cookie) for each in (tab, other)]

    await tab.call(LeavingState, "submit", submitted={"password": PASSWORD, "word": "delete"})
    for ended in ids:
        await deliver(site.app, SessionEnded(ended))
    assert tab.see(SettingsState, "status", "email", "sessions") == ("deleted", "", [])
    assert tab.see(DashboardState, "messages", "username", "share_link") == ([], "", "")
    assert other.see(SettingsState, "status", "email", "sessions") == ("left", "", [])
    await tab.call(SettingsState, "say_farewell")

    assert tab.redirects[-1] == "/"
    await tab.navigate("/")
    assert tab.see(Notice, "text") == "Your account and everything in it was deleted."
    await services.leaving.finished()


async def test_nobody_can_be_told_goodbye_who_did_not_leave(tab: Tab) -> None:
    await tab.call(SettingsState, "say_farewell")

    assert tab.redirects == []
    assert tab.see(Notice, "text") == ""


# A session that ends


async def test_the_end_of_a_session_empties_its_settings_at_once(
    site: Site, tab: Tab, people: People, services: Services
) -> None:
    stays = await site.tab(await people.session("ann")).connect("/settings")
    ended = await session_id(services, tab.cookie)
    await services.sessions.sign_out(tab.cookie)

    await deliver(site.app, SessionEnded(ended))

    assert tab.see(SettingsState, "status", "email", "sessions") == ("left", "", [])
    assert stays.see(SettingsState, "status") == "ready"


async def test_every_action_of_an_ended_session_lets_the_page_go_and_changes_nothing(
    tab: Tab, services: Services, database: Database
) -> None:
    await confirm(tab)
    await services.sessions.sign_out(tab.cookie)
    users = await database["users"].find().to_list()

    for state, handler, payload, _ in [
        *ACTIONS,
        (EmailState, "submit_code", {"submitted": {"code": "123456"}}, ""),
        (LeavingState, "submit", {"submitted": {"password": PASSWORD, "word": "delete"}}, ""),
        (ConfirmState, "submit", {"submitted": {"current_password": PASSWORD}}, ""),
    ]:
        await tab.call(state, handler, **payload)
        assert tab.see(SettingsState, "status", "email") == ("left", "")

    assert await database["users"].find().to_list() == users


async def test_a_page_made_for_somebody_else_does_nothing_for_the_one_who_is_signed_in_now(
    site: Site, tab: Tab, people: People, services: Services
) -> None:
    """Two people at one browser: the page shows Ann, the cookie is Bob's by now."""
    await people.verified("Bob")
    bob = await people.session("bob")
    await tab.leave()
    stranger = await site.tab(bob, tab.token).connect("/privacy", boot="")

    await stranger.call(SettingsState, "load")

    assert stranger.see(SettingsState, "email") == "Bob@example.com"
    assert "Ann" not in stranger.wire


async def test_a_page_that_was_left_opens_again_for_its_owner(site: Site, tab: Tab, services: Services) -> None:
    await deliver(site.app, SessionEnded(await session_id(services, tab.cookie)))
    await tab.leave()
    assert tab.see(SettingsState, "status") == "left"

    again = await site.tab(tab.cookie, tab.token).connect("/settings")

    assert "left" not in again.seen(SettingsState, "status")
    assert again.see(SettingsState, "status") == "ready"


async def test_ending_everywhere_else_reaches_every_open_page_through_the_database(
    site: Site, tab: Tab, people: People, services: Services
) -> None:
    """`delete_many` tells of each session that it deletes."""
    from anonmsg import live

    others = [await site.tab(await people.session("ann")).connect("/settings") for _ in range(3)]
    await confirm(tab)
    opened, all_left = asyncio.Event(), asyncio.Event()

    async def show(change: live.Change) -> None:
        opened.set()
        await deliver(site.app, change)
        if all(other.see(SettingsState, "status") == "left" for other in others):
            all_left.set()

    updates = asyncio.create_task(live.follow(services.changes, services.database, show))
    async with asyncio.timeout(10):
        accepts = False
        while not opened.is_set():
            await services.inbox.set_accepting((await services.sessions.identify(tab.cookie)).user_id, accepts)
            accepts = not accepts
        await tab.call(SessionsState, "end_others")
        await all_left.wait()
    await asyncio.wait_for(stop(updates), 10)

    assert tab.see(SettingsState, "status") == "ready"


async def test_an_address_that_cannot_be_read_leaves_the_rest_of_the_page(
    site: Site, people: People, ann: User, database: Database
) -> None:
    await database["users"].update_one({}, {"$set": {"email": b"\x01nonsense"}})

    tab = await site.tab(await people.session("ann")).connect("/settings")

    assert tab.see(SettingsState, "status", "email") == ("ready", "")
    assert len(tab.see(SettingsState, "sessions")) == 1


async def test_what_is_no_session_is_not_even_asked_about(tab: Tab) -> None:
    for session_id in ("", "x" * 60_000, "end-others", "../x", "\u200b"):
        await tab.call(SessionsState, "end_session", session_id=session_id)

        assert tab.see(SettingsState, "asks") == ""
        assert tab.see(SessionsState, "failure") == "This session has ended already"


async def test_the_old_session_may_end_while_the_page_opens_under_the_new_one(
    site: Site, tab: Tab, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await confirm(tab)
    await tab.call(PasswordState, "submit", submitted={"new_password": NEW_PASSWORD})
    old = await session_id(services, tab.cookie)
    token = await services.sessions.exchange(tab.see(PasswordState, "ticket"), tab.cookie)
    await tab.leave()
    identify, calls, deliveries = services.sessions.identify, [], []

    async def identify_as_the_old_one_ends(token: str) -> Any:
        calls.append(token)
        identity = await identify(token)
        if len(calls) == 2:  # the first asks whether the tab's state is still its owner's, the second is the page
            deliveries.append(asyncio.create_task(deliver(site.app, SessionEnded(old))))
            for _ in range(10):
                await asyncio.sleep(0)
        return identity

    monkeypatch.setattr(services.sessions, "identify", identify_as_the_old_one_ends)
    again = await site.tab(token, tab.token).connect("/settings")
    await asyncio.gather(*deliveries)

    assert len(deliveries) == 1
    assert again.see(SettingsState, "status") == "ready"
    assert "left" not in again.seen(SettingsState, "status")
