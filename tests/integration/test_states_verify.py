"""The page that asks for the mailed code, in the browser that signed up and in others."""

from datetime import timedelta

import pytest

from anonmsg.bootstrap import Services
from anonmsg.services.accounts import ATTEMPTS_PER_CODE, CODE_TTL, CODES_PER_REGISTRATION, RESEND_COOLDOWN
from anonmsg.states.notice import Notice
from anonmsg.states.registration import BrowserRegistration
from anonmsg.states.verify import VerifyState
from anonmsg.storage.database import Database
from tests.conftest import FakeClock, FakeMailer
from tests.integration.conftest import PASSWORD, People, SignedUp
from tests.integration.state_client import Site, Tab

NOT_FOUND = "This sign-up was not found. Please sign up again."
ON_ITS_WAY = "A new code is on its way. The old one no longer works."


@pytest.fixture
async def waiting(people: People) -> SignedUp:
    return await people.sign_up("Ann")


@pytest.fixture
async def own(site: Site, waiting: SignedUp) -> Tab:
    """The page in the browser that signed up."""
    return await site.tab().connect("/verify/Ann", token=waiting.token)


@pytest.fixture
async def other(site: Site, waiting: SignedUp) -> Tab:
    """The page in a browser that did not."""
    return await site.tab().connect("/verify/Ann")


async def submit(tab: Tab, code: str, **more: str) -> Tab:
    return await tab.call(VerifyState, "submit", submitted={"code": code, "hint": "", **more})


async def resend(tab: Tab, password: str = "", hint: str = "") -> Tab:
    return await tab.call(VerifyState, "resend_code", password=password, hint=hint)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def is_verified(services: Services, username: str) -> bool:
    return await services.users.get_by_username(username) is not None


async def test_the_right_code_makes_the_account_and_leads_to_sign_in(
    own: Tab, waiting: SignedUp, services: Services
) -> None:
    await submit(own, waiting.code)
    await own.navigate("/sign-in")

    assert await is_verified(services, "Ann")
    assert own.redirects == ["/sign-in"]
    assert own.see(Notice, "text") == "Account verified successfully"
    assert ("_set_value", {"ref": "ref_identifier", "value": "Ann"}) in own.events
    assert own.see(BrowserRegistration, "token") == ""
    assert own.see(VerifyState, "errors", "failure", "busy") == ({}, "", False)
    assert own.seen(VerifyState, "busy")[-2:] == [True, False]


async def test_opening_the_page_changes_nothing(own: Tab, database: Database) -> None:
    assert own.see(VerifyState, "username", "is_loaded", "is_own", "needs_other_name") == ("Ann", True, True, False)
    assert await database["users"].count_documents({}) == 0


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12 34 5", "-12345"])
async def test_what_is_no_code_is_said_and_costs_no_try(own: Tab, database: Database, code: str) -> None:
    await submit(own, code)

    registration = await database["registrations"].find_one({})
    assert registration is not None
    assert registration["attempts"] == 0
    assert own.see(VerifyState, "errors", "busy") == ({"code": "Verification code must be 6 digits"}, False)
    assert own.focused == ["code"]


async def test_a_wrong_code_is_said_until_the_tries_are_used_up(own: Tab, waiting: SignedUp) -> None:
    for _ in range(ATTEMPTS_PER_CODE):
        await submit(own, wrong(waiting.code))
    said = own.see(VerifyState, "errors")
    await submit(own, waiting.code)

    assert said == {"code": "Incorrect verification code"}
    assert own.see(VerifyState, "errors") == {"code": "Too many attempts. Request a new code."}
    assert own.redirects == []


async def test_an_old_code_is_said_to_be_old(own: Tab, waiting: SignedUp, clock: FakeClock) -> None:
    clock.advance(CODE_TTL)

    await submit(own, waiting.code)

    assert own.see(VerifyState, "errors") == {"code": "Verification code has expired. Request a new code."}
    assert own.focused == ["code"]


async def test_pressing_twice_verifies_once(own: Tab, waiting: SignedUp, services: Services) -> None:
    await own.post(VerifyState, "submit", submitted={"code": waiting.code})
    await own.post(VerifyState, "submit", submitted={"code": waiting.code})
    await own.settle()

    assert await is_verified(services, "Ann")
    assert own.redirects == ["/sign-in"]
    assert own.see(VerifyState, "errors", "failure") == ({}, "")


async def test_who_is_signed_in_is_sent_to_the_dashboard(site: Site, people: People) -> None:
    await people.verified("bob")

    tab = await site.tab(await people.session("bob")).connect("/verify/bob")

    assert tab.redirects == ["/dashboard"]


async def test_a_submit_that_overtakes_the_opening_of_the_page_still_verifies(
    site: Site, waiting: SignedUp, services: Services
) -> None:
    tab = await site.tab().connect("/verify/Ann", boot="")

    await submit(tab, waiting.code, password=PASSWORD)

    assert await is_verified(services, "Ann")


# Another browser


async def test_another_browser_is_asked_for_the_password(
    other: Tab, waiting: SignedUp, services: Services, database: Database
) -> None:
    asked = other.see(VerifyState, "is_own", "is_loaded", "resend_seconds")
    await submit(other, waiting.code)
    without = other.see(VerifyState, "errors")
    await submit(other, waiting.code, password="")
    empty = other.see(VerifyState, "errors")
    await submit(other, waiting.code, password="another password")
    refused = other.see(VerifyState, "errors")

    assert asked == (False, True, 0)
    assert without == {"password": "Password is required"}
    assert empty == {"password": "Enter your password"}
    assert refused == {"password": "Incorrect password"}
    assert other.focused == ["password"] * 3
    assert not await is_verified(services, "Ann")
    assert [document["attempts"] async for document in database["registrations"].find()] == [0]


async def test_another_browser_verifies_with_the_password(other: Tab, waiting: SignedUp, services: Services) -> None:
    await submit(other, waiting.code, password=PASSWORD)

    assert await is_verified(services, "Ann")
    assert other.redirects == ["/sign-in"]


async def test_a_stranger_who_signed_up_with_somebodys_address_never_gets_it_confirmed(
    site: Site, people: People, services: Services
) -> None:
    stranger = await people.sign_up("Ann", "ann@example.com", "the stranger's password")

    victim = await site.tab().connect("/verify/Ann")
    await submit(victim, stranger.code, password=PASSWORD, hint=stranger.registration_id)

    assert victim.see(VerifyState, "errors") == {"password": "Incorrect password"}
    assert not await is_verified(services, "Ann")


async def test_the_mailed_hint_says_which_of_several_sign_ups_is_meant(
    site: Site, people: People, services: Services
) -> None:
    first = await people.sign_up("Ann", "first@example.com")
    await people.sign_up("Ann", "second@example.com")
    tab = await site.tab().connect("/verify/Ann")

    await submit(tab, first.code, password=PASSWORD, hint=first.registration_id)

    assert await is_verified(services, "Ann")


async def test_the_hint_of_another_name_is_no_use(site: Site, people: People, waiting: SignedUp) -> None:
    bob = await people.sign_up("Bob")
    tab = await site.tab().connect("/verify/Ann")

    await submit(tab, bob.code, password=PASSWORD, hint=bob.registration_id)

    assert tab.see(VerifyState, "errors") == {"code": "Incorrect verification code"}


@pytest.mark.parametrize("hint", ["no hint at all", "x" * 65])
async def test_a_broken_hint_is_said_where_it_can_be_read(other: Tab, waiting: SignedUp, hint: str) -> None:
    await submit(other, waiting.code, password=PASSWORD, hint=hint)

    assert other.see(VerifyState, "errors", "failure") == ({}, NOT_FOUND)
    assert other.focused == []


@pytest.mark.parametrize("name", ["nobody", "x", "a%20b", "%F0%9F%98%80", "x" * 200])
async def test_a_name_that_nobody_waits_under_is_said_where_it_can_be_read(site: Site, name: str) -> None:
    tab = await site.tab().connect(f"/verify/{name}")

    await submit(tab, "123456", password=PASSWORD)

    errors, failure, busy = tab.see(VerifyState, "errors", "failure", "busy")
    assert (errors, bool(failure), busy) == ({}, True, False)


async def test_a_browsers_own_sign_up_is_for_one_name_only(site: Site, waiting: SignedUp, people: People) -> None:
    await people.sign_up("Bob")

    tab = await site.tab().connect("/verify/Bob", token=waiting.token)

    assert tab.see(VerifyState, "is_own") is False


# Somebody was quicker


async def test_who_lost_the_name_picks_another_one_and_the_same_code_works(
    own: Tab, waiting: SignedUp, people: People, services: Services
) -> None:
    await people.verified("ANN", "quicker@example.com")
    await submit(own, waiting.code)
    lost = own.see(VerifyState, "errors", "needs_other_name", "busy")
    await submit(own, waiting.code, username="ANN")
    again = own.see(VerifyState, "errors", "needs_other_name")
    await submit(own, waiting.code, username="x")
    broken = own.see(VerifyState, "errors")
    await submit(own, waiting.code, username="Ann2")

    assert lost == ({"username": "Username is already taken"}, True, False)
    assert again == ({"username": "Username is already taken"}, True)
    assert broken == {"username": "Username must be at least 2 characters"}
    assert own.focused == ["username"] * 3
    assert await is_verified(services, "Ann2")
    assert own.redirects == ["/sign-in"]


async def test_the_other_name_is_checked_while_it_is_typed(own: Tab, people: People) -> None:
    await people.verified("bob")

    await own.call(VerifyState, "check_username", username="Bob")

    assert own.see(VerifyState, "name_verdict", "name_is_free") == ("Username is already taken", False)


async def test_a_name_in_the_form_is_not_taken_while_the_name_of_the_address_can_be_had(
    own: Tab, waiting: SignedUp, services: Services
) -> None:
    await submit(own, waiting.code, username="Sneaky")

    assert await is_verified(services, "Ann")
    assert not await is_verified(services, "Sneaky")


async def test_an_address_that_somebody_else_verified_first_is_said_where_it_can_be_read(
    own: Tab, waiting: SignedUp, people: People
) -> None:
    await people.verified("Quick", "ann@example.com")

    await submit(own, waiting.code)

    assert own.see(VerifyState, "errors", "failure") == ({}, "User already exist with this email")


# A new code


async def test_a_new_code_can_be_asked_for_when_the_cool_down_is_over(
    own: Tab, waiting: SignedUp, clock: FakeClock, mailer: FakeMailer, services: Services
) -> None:
    opened = own.see(VerifyState, "resend_seconds", "resend_stamp")
    await resend(own)
    early = own.see(VerifyState, "failure", "resend_seconds", "sent")
    clock.advance(RESEND_COOLDOWN)
    await resend(own)
    sent = own.see(VerifyState, "failure", "resend_seconds", "sent")
    await submit(own, mailer.code)

    assert opened == (60, 1)
    assert early == ("Please wait 60 seconds and try again.", 60, "")
    assert sent == ("", 60, ON_ITS_WAY)
    assert len(set(own.seen(VerifyState, "resend_stamp"))) == len(own.seen(VerifyState, "resend_stamp"))
    assert own.focused == ["code"]
    assert len(mailer.mails) == 2
    assert await is_verified(services, "Ann")


async def test_a_page_that_opens_later_counts_the_rest_of_the_cool_down(
    site: Site, waiting: SignedUp, clock: FakeClock
) -> None:
    clock.advance(timedelta(seconds=45))

    tab = await site.tab().connect("/verify/ann", token=waiting.token)

    assert tab.see(VerifyState, "resend_seconds") == 15


async def test_no_more_codes_are_sent_than_a_sign_up_may_have(own: Tab, clock: FakeClock, mailer: FakeMailer) -> None:
    for _ in range(CODES_PER_REGISTRATION):
        clock.advance(RESEND_COOLDOWN)
        await resend(own)

    assert own.see(VerifyState, "failure") == "No more codes can be sent for this sign-up. Please sign up again."
    assert len(mailer.mails) == CODES_PER_REGISTRATION


async def test_another_browser_gets_a_new_code_only_with_the_password(
    other: Tab, waiting: SignedUp, clock: FakeClock, mailer: FakeMailer
) -> None:
    clock.advance(RESEND_COOLDOWN)
    await resend(other, "another password", waiting.registration_id)
    refused = other.see(VerifyState, "errors", "sent")
    await resend(other, PASSWORD, waiting.registration_id)

    assert refused == ({"password": "Incorrect password"}, "")
    assert other.see(VerifyState, "errors", "sent") == ({}, ON_ITS_WAY)
    assert len(mailer.mails) == 2


async def test_a_new_code_that_cannot_be_mailed_is_said_and_the_old_one_still_works(
    own: Tab, waiting: SignedUp, clock: FakeClock, mailer: FakeMailer, services: Services
) -> None:
    clock.advance(RESEND_COOLDOWN)
    mailer.failure = "The mail server is away."
    await resend(own)
    said = own.see(VerifyState, "failure", "sent")
    await submit(own, waiting.code)

    assert said == ("The mail server is away.", "")
    assert await is_verified(services, "Ann")


async def test_a_sign_up_that_is_gone_is_said(own: Tab, waiting: SignedUp, database: Database) -> None:
    await database["registrations"].delete_many({})

    await resend(own, PASSWORD)

    assert own.see(VerifyState, "failure", "is_own") == (NOT_FOUND, False)
