"""The two pages of a password reset as their events: what they say, and what they never tell."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from anonmsg.bootstrap import Services
from anonmsg.errors import NotAuthenticated, Unavailable
from anonmsg.schemas import SignInForm, parse
from anonmsg.services.recovery import RESET_TTL
from anonmsg.states.forgot_password import SENT, ForgotPasswordState
from anonmsg.states.notice import Notice
from anonmsg.states.reset_password import ResetPasswordState
from anonmsg.states.sign_up import SignUpState
from anonmsg.storage.database import Database
from anonmsg.strength import OWN_NAME, TOO_COMMON
from tests.conftest import CLIENT, FakeClock, FakeMailer
from tests.integration.api_client import everything_in
from tests.integration.conftest import PASSWORD, People
from tests.integration.state_client import Site, Tab, serve

NEW = "quite another long one"
EMAIL = "ann@example.com"
OVER = "This link is no longer valid. Ask for a new one."


@pytest.fixture
async def site(services: Services, people: People, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    await people.verified("Ann")
    async with serve(services, monkeypatch) as site:
        yield site
    await services.recovery.finish()


@pytest.fixture
async def link(site: Site, services: Services, mailer: FakeMailer) -> str:
    """The path of the link that Ann was mailed."""
    await ask(await site.tab().connect("/forgot-password"))
    await services.recovery.finish()
    return mailer.mails[-1].link.removeprefix("http://localhost:3000")


async def ask(tab: Tab, email: object = EMAIL) -> Tab:
    return await tab.call(ForgotPasswordState, "submit", submitted={"email": email})


async def choose(tab: Tab, password: object = NEW) -> Tab:
    return await tab.call(ResetPasswordState, "submit", submitted={"password": password})


# Asking for a link


async def test_known_and_unknown_addresses_get_the_same_answer(
    site: Site, services: Services, people: People, mailer: FakeMailer
) -> None:
    await people.sign_up("waiting", "waiting@example.com")
    before = len(mailer.mails)
    tabs = [await site.tab().connect("/forgot-password") for _ in range(3)]

    for tab, email in zip(tabs, (EMAIL, "nobody@example.com", "waiting@example.com"), strict=True):
        await ask(tab, email)
    await services.recovery.finish()

    wires = {tab.wire.replace(tab.token, "").replace(tab.sid, "") for tab in tabs}
    assert [tab.see(ForgotPasswordState, "sent", "errors", "busy") for tab in tabs] == [(SENT, {}, False)] * 3
    assert SENT == "If that address has an account, a mail is on its way"
    assert len(wires) == 1
    assert [mail.to for mail in mailer.mails[before:]] == ["Ann@example.com"]


@pytest.mark.parametrize("email", ["", " ", "nope", "a@b", "ann", "x" * 300 + "@example.com", "a\u200b@example.com"])
async def test_what_is_no_address_is_said_by_the_field(site: Site, email: str) -> None:
    tab = await site.tab().connect("/forgot-password")

    await ask(tab, email)

    assert tab.see(ForgotPasswordState, "errors", "sent", "busy") == ({"email": "Invalid email address"}, "", False)
    assert tab.focused == ["email"]


async def test_asking_too_often_is_said_below_the_form(site: Site) -> None:
    tab = await site.tab().connect("/forgot-password")
    for _ in range(60):
        await ask(tab, "nobody@example.com")

    await ask(tab, "nobody@example.com")

    assert tab.see(ForgotPasswordState, "failure").startswith("Please wait ")
    assert tab.see(ForgotPasswordState, "sent") == ""


async def test_somebody_signed_in_may_ask_too(
    site: Site, people: People, services: Services, mailer: FakeMailer
) -> None:
    tab = await site.tab(await people.session("ann")).connect("/forgot-password")

    await ask(tab)
    await services.recovery.finish()

    assert tab.redirects == []
    assert mailer.mails[-1].link


# Using it


async def test_a_new_password_leads_to_sign_in_and_says_so(site: Site, services: Services, link: str) -> None:
    tab = await site.tab().connect(link)

    await choose(tab)
    await tab.navigate("/sign-in")

    assert tab.redirects == ["/sign-in"]
    assert tab.see(Notice, "text") == "Your password was changed. Sign in with the new one."
    assert await services.sessions.sign_in(parse(SignInForm, {"identifier": "ann", "password": NEW}), "", CLIENT)


async def test_the_own_browser_is_signed_out_too(site: Site, people: People, services: Services, link: str) -> None:
    cookie = await people.session("ann")
    tab = await site.tab(cookie).connect(link)
    await choose(tab)

    await tab.navigate("/sign-in")

    assert tab.redirects == ["/sign-in"]  # and not on to the dashboard
    with pytest.raises(NotAuthenticated):
        await services.sessions.identify(cookie)


async def test_opening_the_link_changes_nothing_and_shows_the_form(site: Site, database: Database, link: str) -> None:
    before = await everything_in(database)

    for _ in range(3):
        tab = await site.tab().connect(link)
        assert tab.see(ResetPasswordState, "is_loaded", "is_over") == (True, False)

    assert await everything_in(database) == before


@pytest.mark.parametrize(
    "path",
    ["/reset-password/x", "/reset-password/" + "a" * 32, "/reset-password/%24ne", "/reset-password/%F0%9F%98%80",
     "/reset-password/" + "a" * 5000, "/reset-password/..%2F..", "/reset-password/%ED%A0%80"],
    ids=lambda path: path[:30],
)  # fmt: skip
async def test_a_link_that_never_was_is_said_to_be_over_at_once(site: Site, database: Database, path: str) -> None:
    tab = await site.tab().connect(path)
    shown = tab.see(ResetPasswordState, "is_loaded", "is_over")
    before = await everything_in(database)

    await choose(tab)

    assert shown == (True, True)
    assert tab.see(ResetPasswordState, "failure", "busy") == (OVER, False)
    assert await everything_in(database) == before


async def test_a_link_that_runs_out_while_the_page_is_open_is_over_then(
    site: Site, clock: FakeClock, link: str
) -> None:
    tab = await site.tab().connect(link)
    clock.advance(RESET_TTL + timedelta(seconds=1))

    await choose(tab)

    assert tab.see(ResetPasswordState, "is_over") is True
    assert tab.redirects == []


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "Password must be at least 8 characters"),
        ("x" * 129, "Password must be no more than 128 characters"),
        ("Password1", TOO_COMMON),
        ("ann@example.com", OWN_NAME),
        ({"$ne": None}, "Password must be text"),
        ("\ud800" * 9, "There is a character in it that can't be used"),
    ],
)
async def test_a_password_that_cannot_be_is_said_by_its_field_and_the_link_still_works(
    site: Site, link: str, password: object, sentence: str
) -> None:
    tab = await site.tab().connect(link)

    await choose(tab, password)
    refused = tab.see(ResetPasswordState, "errors", "is_over", "busy")
    await choose(tab)

    assert refused == ({"password": sentence}, False, False)
    assert tab.focused == ["password"]
    assert tab.redirects == ["/sign-in"]


async def test_a_second_press_does_nothing(site: Site, link: str) -> None:
    tab = await site.tab().connect(link)

    await choose(tab)
    await choose(tab)

    assert tab.redirects == ["/sign-in"]
    assert tab.see(ResetPasswordState, "is_over") is False


async def test_a_database_that_is_away_is_said_and_asked_again(
    site: Site, services: Services, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(token: str) -> bool:
        raise Unavailable

    with monkeypatch.context() as patch:
        patch.setattr(services.recovery, "is_open", away)
        tab = await site.tab().connect(link)
        shown = tab.see(ResetPasswordState, "failure", "is_loaded", "is_over")
    await tab.call(ResetPasswordState, "load")

    assert shown == (Unavailable.sentence, False, False)
    assert tab.see(ResetPasswordState, "failure", "is_loaded", "is_over") == ("", True, False)


async def test_neither_password_nor_token_nor_address_comes_back_or_is_logged(
    site: Site, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    tab = await site.tab().connect(link)
    caplog.set_level("DEBUG", "anonmsg")

    await tab.call(ResetPasswordState, "rate_password", password=NEW, username="", email="")
    await choose(tab)

    changed = str([value for _, name, value in tab.changes if "router" not in name and "reset_token" not in name])
    for secret in (NEW, EMAIL, link.rpartition("/")[2]):
        assert secret not in changed
        assert secret not in caplog.text


# How good a password is


async def rate(tab: Tab, password: object, username: str = "", email: str = "") -> tuple[int, str]:
    await tab.call(SignUpState, "rate_password", password=password, username=username, email=email)
    return tab.see(SignUpState, "password_score", "password_verdict")


async def test_the_verdict_follows_what_is_typed(site: Site) -> None:
    tab = await site.tab().connect("/sign-up")

    assert await rate(tab, "short") == (0, "Weak. Too short so far.")
    assert await rate(tab, "password1") == (0, "Weak. People guess this one first.")
    assert await rate(tab, "annabelle!", "Annabelle") == (0, "Weak. It is your name or email.")
    assert await rate(tab, "ann@example.com", "", EMAIL) == (0, "Weak. It is your name or email.")
    assert await rate(tab, PASSWORD) == (4, "Strong")
    assert await rate(tab, "") == (-1, "")


async def test_a_new_page_has_no_verdict(site: Site) -> None:
    tab = await site.tab().connect("/sign-up")
    await rate(tab, PASSWORD)

    await tab.call(SignUpState, "load")

    assert tab.see(SignUpState, "password_score", "password_verdict") == (-1, "")


async def test_what_was_typed_is_nowhere_in_the_state(site: Site) -> None:
    tab = await site.tab().connect("/sign-up")

    await rate(tab, "a very special sequence", "special_name", "special@example.com")

    kept = str(site.app.state_manager.__dict__) + tab.wire
    root = next(iter(site.app.state_manager.states.values()))  # pyright: ignore[reportAttributeAccessIssue]
    state = await root.get_state(SignUpState)
    assert "special" not in kept
    assert "special" not in str(vars(state))
