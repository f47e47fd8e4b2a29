"""The sign-up page as its events: what each answer shows, and where it leads."""

import asyncio

import pytest

from anonmsg.bootstrap import Services
from anonmsg.errors import MailNotSent
from anonmsg.states.notice import Notice
from anonmsg.states.registration import BrowserRegistration
from anonmsg.states.sign_up import SignUpState
from anonmsg.storage.database import Database
from anonmsg.tokens import hash_token
from tests.conftest import FakeMailer
from tests.integration.conftest import PASSWORD, People
from tests.integration.state_client import Site, Tab

FORM = {"username": "Ann", "email": "ann@example.com", "password": PASSWORD}


@pytest.fixture
async def tab(site: Site) -> Tab:
    return await site.tab().connect("/sign-up")


async def submit(tab: Tab, **changed: object) -> Tab:
    return await tab.call(SignUpState, "submit", submitted={**FORM, **changed})


async def test_signing_up_mails_a_code_and_leads_to_the_page_that_asks_for_it(
    tab: Tab, database: Database, mailer: FakeMailer
) -> None:
    await submit(tab)

    token = tab.see(BrowserRegistration, "token")
    assert tab.redirects == ["/verify/Ann"]
    assert [mail.to for mail in mailer.mails] == ["ann@example.com"]
    assert await database["registrations"].find_one({"_id": hash_token(token)})
    assert tab.see(SignUpState, "errors", "failure", "busy") == ({}, "", False)
    assert tab.seen(SignUpState, "busy")[-2:] == [True, False]


async def test_the_notice_of_a_sign_up_shows_on_the_next_page_and_is_gone_on_the_one_after(tab: Tab) -> None:
    await submit(tab)
    left = tab.see(Notice, "text")
    await tab.navigate("/verify/Ann")
    shown = tab.see(Notice, "text")
    await tab.navigate("/sign-in")

    assert left == "", "the page that is being left would move for it"
    assert shown == "User registered successfully. Please verify your email"
    assert tab.see(Notice, "text") == ""


@pytest.mark.parametrize(
    ("changed", "errors"),
    [
        ({"username": "a"}, {"username": "Username must be at least 2 characters"}),
        ({"username": "a" * 21}, {"username": "Username must be no more than 20 characters"}),
        ({"username": "a b"}, {"username": "Username must not contain special characters"}),
        ({"username": "admin"}, {"username": "Username is already taken"}),
        ({"username": "TAKEN"}, {"username": "Username is already taken"}),
        ({"email": "ann"}, {"email": "Invalid email address"}),
        ({"email": "Taken@Example.com"}, {"email": "User already exist with this email"}),
        ({"password": "short"}, {"password": "Password must be at least 8 characters"}),
        (
            {"email": "x", "password": ""},
            {"email": "Invalid email address", "password": "Password must be at least 8 characters"},
        ),
        ({"username": {"$ne": None}}, {"username": "Username must be text"}),
    ],
)
async def test_each_broken_rule_is_said_by_its_field_and_the_first_bad_field_gets_the_focus(
    tab: Tab, people: People, database: Database, changed: dict[str, object], errors: dict[str, str]
) -> None:
    await people.verified("taken")

    await submit(tab, **changed)

    assert tab.see(SignUpState, "errors", "failure", "busy") == (errors, "", False)
    assert tab.focused == [next(iter(errors))]
    assert tab.redirects == []
    assert await database["registrations"].count_documents({}) == 0


async def test_what_is_missing_altogether_is_said_by_its_field(tab: Tab) -> None:
    await tab.call(SignUpState, "submit", submitted={"extra": "x"})

    assert tab.see(SignUpState, "errors") == {
        "username": "Username is required",
        "email": "Email is required",
        "password": "Password is required",
    }


async def test_a_mail_that_cannot_be_sent_is_said_and_the_person_can_try_again(
    tab: Tab, mailer: FakeMailer, database: Database
) -> None:
    mailer.failure = "The mail server refused this address."
    await submit(tab)
    refused = tab.see(SignUpState, "errors", "failure", "busy")
    left = await database["registrations"].count_documents({})
    mailer.failure = ""
    await submit(tab)

    assert refused == ({}, "The mail server refused this address.", False)
    assert left == 0
    assert tab.see(SignUpState, "failure") == ""
    assert tab.redirects == ["/verify/Ann"]


async def test_pressing_twice_signs_up_once(tab: Tab, mailer: FakeMailer, database: Database) -> None:
    await tab.post(SignUpState, "submit", submitted=FORM)
    await tab.post(SignUpState, "submit", submitted=FORM)
    await tab.settle()

    assert len(mailer.mails) == await database["registrations"].count_documents({}) == 1
    assert tab.redirects == ["/verify/Ann"]


async def test_coming_back_to_the_page_begins_anew(tab: Tab, mailer: FakeMailer) -> None:
    await submit(tab)
    await tab.navigate("/sign-up")
    await submit(tab, username="Ann2")

    assert tab.redirects == ["/verify/Ann", "/verify/Ann2"]
    assert len(mailer.mails) == 2


async def test_who_is_signed_in_is_sent_to_the_dashboard(site: Site, people: People) -> None:
    await people.verified("ann")

    tab = await site.tab(await people.session("ann")).connect("/sign-up")

    assert tab.redirects == ["/dashboard"]


@pytest.mark.parametrize("cookie", ["forged", "a.b.c"])
async def test_a_forged_cookie_is_nobodys(site: Site, cookie: str) -> None:
    tab = await site.tab(cookie).connect("/sign-up")

    assert tab.redirects == []


async def test_a_bug_frees_the_button_and_shows_a_number_that_the_log_knows(
    tab: Tab, services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def break_down(form: object, client: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(services.accounts, "sign_up", break_down)
    await submit(tab)

    said = tab.see(Notice, "text")
    assert said.startswith("Something went wrong. If it happens again, tell us this number: ")
    assert said[-8:] in caplog.text
    assert PASSWORD not in caplog.text
    assert tab.see(SignUpState, "busy") is False


# The live check of the name


@pytest.mark.parametrize(
    ("typed", "verdict", "is_free"),
    [
        ("Ann", "Username is unique", True),
        ("taken", "Username is already taken", False),
        ("settings", "Username is already taken", False),
        ("a", "Username must be at least 2 characters", False),
        ("a" * 21, "Username must be no more than 20 characters", False),
        ("a-b", "Username must not contain special characters", False),
        ("", "", False),
    ],
)
async def test_the_check_says_what_is_true_of_the_name(
    tab: Tab, people: People, typed: str, verdict: str, is_free: bool
) -> None:
    await people.verified("Taken")

    await tab.call(SignUpState, "check_username", username=typed)

    assert tab.see(SignUpState, "name_verdict", "name_is_free") == (verdict, is_free)
    assert ("Checking…" in tab.seen(SignUpState, "name_verdict")) is bool(typed)


async def test_a_newer_check_does_not_wait_for_an_older_one_whose_answer_never_shows(
    tab: Tab, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, go_on, answered, check = asyncio.Event(), asyncio.Event(), [], services.accounts.check_username

    async def slow(username: str, client: str) -> None:
        if username == "slow":
            started.set()
            await go_on.wait()
        await check(username, client)
        answered.append(username)

    monkeypatch.setattr(services.accounts, "check_username", slow)
    await tab.post(SignUpState, "check_username", username="slow")
    await asyncio.wait_for(started.wait(), 5)
    await tab.post(SignUpState, "check_username", username="admin")
    await asyncio.wait_for(tab.settle(), 5)
    go_on.set()
    await tab.settle()

    assert answered == []
    assert tab.see(SignUpState, "name_verdict", "name_is_free") == ("Username is already taken", False)


async def test_emptying_the_field_silences_a_check_that_is_under_way(
    tab: Tab, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = asyncio.Event()

    async def never(username: str, client: str) -> None:
        started.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(services.accounts, "check_username", never)
    await tab.post(SignUpState, "check_username", username="slow")
    await asyncio.wait_for(started.wait(), 5)
    await tab.post(SignUpState, "check_username", username="")
    await asyncio.wait_for(tab.settle(), 5)

    assert tab.see(SignUpState, "name_verdict", "name_is_free") == ("", False)


# The notice


@pytest.mark.parametrize("number", ["", "0123456", "<b>12345", "0123456g", "0" * 9, "01234567\n"])
async def test_what_is_no_fault_number_is_not_shown(tab: Tab, number: str) -> None:
    await tab.call(Notice, "show_fault", number=number)

    assert tab.see(Notice, "text") == ""


async def test_errors_of_the_mailer_are_no_bugs(tab: Tab, mailer: FakeMailer, caplog: pytest.LogCaptureFixture) -> None:
    mailer.failure = MailNotSent.sentence
    await submit(tab)

    assert tab.see(Notice, "text") == ""
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
