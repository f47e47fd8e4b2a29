"""The sign-in page as its events: tickets, refusals, and where it leads."""

import pytest

from anonmsg.bootstrap import Services
from anonmsg.states.notice import Notice
from anonmsg.states.sign_in import SignInState
from anonmsg.storage.database import Database
from tests.integration.conftest import PASSWORD, People
from tests.integration.state_client import Site, Tab


@pytest.fixture
async def tab(site: Site, people: People) -> Tab:
    await people.verified("Ann")
    return await site.tab().connect("/sign-in")


async def submit(tab: Tab, identifier: object = "ann", password: object = PASSWORD) -> Tab:
    return await tab.call(SignInState, "submit", submitted={"identifier": identifier, "password": password})


@pytest.mark.parametrize("identifier", ["Ann", "ANN", " ann ", "Ann@Example.com"])
async def test_the_right_password_gives_a_ticket_that_is_good_for_one_session(
    tab: Tab, services: Services, database: Database, identifier: str
) -> None:
    await submit(tab, identifier)

    ticket = tab.see(SignInState, "ticket")
    identity = await services.sessions.identify(await services.sessions.exchange(ticket))
    session = await database["sessions"].find_one({})
    assert session is not None
    assert (identity.username, session["device"]) == ("Ann", "Firefox on Linux")


async def test_the_page_stays_busy_until_it_has_exchanged_its_ticket(tab: Tab) -> None:
    await submit(tab)
    busy = tab.see(SignInState, "busy")
    await tab.call(SignInState, "exchange_failed")

    assert busy is True
    assert tab.see(SignInState, "busy", "ticket") == (False, "")
    assert tab.see(SignInState, "failure") == "Signing in didn't work. Check your connection and try again."


@pytest.mark.parametrize(
    ("identifier", "password", "errors"),
    [
        ("nobody", PASSWORD, {"identifier": "User not found"}),
        ("nobody@example.com", PASSWORD, {"identifier": "User not found"}),
        ("x" * 300, PASSWORD, {"identifier": "User not found"}),
        ("ann", "another password", {"password": "Incorrect password"}),
        ("ann", "x" * 129, {"password": "Incorrect password"}),
        ("ann", "", {"password": "Enter your password"}),
        ("", PASSWORD, {"identifier": "Enter your email or username"}),
        (" ", "", {"identifier": "Enter your email or username", "password": "Enter your password"}),
        ({"$ne": None}, PASSWORD, {"identifier": "Email or username must be text"}),
        ("ann", ["x"], {"password": "Password must be text"}),
    ],
)
async def test_each_refusal_is_said_by_its_field_and_gives_no_ticket(
    tab: Tab, database: Database, identifier: object, password: object, errors: dict[str, str]
) -> None:
    await submit(tab, identifier, password)

    assert tab.see(SignInState, "errors", "failure", "ticket", "busy") == (errors, "", "", False)
    assert tab.focused == [next(iter(errors))]
    assert await database["sessions"].count_documents({}) == 0


@pytest.mark.parametrize(("identifier", "page"), [("bob", "/verify/bob"), ("bob@example.com", "")])
async def test_who_has_not_verified_is_told_and_shown_the_way_if_the_name_was_typed(
    tab: Tab, people: People, identifier: str, page: str
) -> None:
    await people.sign_up("bob")

    await submit(tab, identifier)

    assert tab.see(SignInState, "errors") == {"identifier": "Please verify your account before login"}
    assert tab.see(SignInState, "verify_page") == page
    assert tab.focused == ["identifier"]


async def test_the_way_to_the_code_is_gone_after_the_next_try(tab: Tab, people: People) -> None:
    await people.sign_up("bob")

    await submit(tab, "bob")
    await submit(tab, "ann")

    assert tab.see(SignInState, "verify_page", "errors") == ("", {})


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/sign-in", "/dashboard"),
        ("/sign-in?next=%2Fsettings", "/settings"),
        ("/sign-in?next=/dashboard", "/dashboard"),
        ("/sign-in?next=https://evil.example", "/dashboard"),
        ("/sign-in?next=//evil.example", "/dashboard"),
        ("/sign-in?next=/%5Cevil.example", "/dashboard"),
        ("/sign-in?next=javascript:alert(1)", "/dashboard"),
        ("/sign-in?next=/settings%0d%0aX:1", "/dashboard"),
        ("/sign-in?next=/dashboard/../../evil", "/dashboard"),
        ("/sign-in?next=/settings?x=//evil.example", "/dashboard"),
        ("/sign-in?next=/u/bob", "/dashboard"),
        ("/sign-in?next=", "/dashboard"),
        ("/sign-in?next=/settings&next=//evil.example", "/dashboard"),
    ],
)
async def test_the_next_page_is_always_one_of_ours(site: Site, people: People, address: str, page: str) -> None:
    await people.verified("Ann")

    nobody = await site.tab().connect(address)
    somebody = await site.tab(await people.session("ann")).connect(address)

    assert (nobody.see(SignInState, "next_page"), nobody.redirects) == (page, [])
    assert somebody.redirects == [page]


async def test_a_bug_frees_the_button(
    tab: Tab, services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def break_down(form: object, device: str, client: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(services.sessions, "sign_in_with_ticket", break_down)
    await submit(tab)

    assert tab.see(SignInState, "busy") is False
    assert tab.see(Notice, "text")
    assert PASSWORD not in caplog.text


async def test_pressing_twice_gives_two_tickets_of_which_the_last_is_shown(
    tab: Tab, services: Services, database: Database
) -> None:
    await tab.post(SignInState, "submit", submitted={"identifier": "ann", "password": PASSWORD})
    await tab.post(SignInState, "submit", submitted={"identifier": "ann", "password": PASSWORD})
    await tab.settle()

    assert await services.sessions.exchange(tab.see(SignInState, "ticket"))


async def test_nothing_secret_of_the_session_is_ever_in_the_page(tab: Tab, people: People) -> None:
    await submit(tab)

    assert PASSWORD not in tab.wire
    assert "eyJ" not in tab.wire
