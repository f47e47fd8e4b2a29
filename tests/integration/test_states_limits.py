"""Limits at the doors of the pages: a sentence with the waiting time, nothing touched, and nobody forges a network."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import reflex as rx
from reflex.config import get_config

from anonmsg.bootstrap import Services, build_services
from anonmsg.errors import Busy
from anonmsg.passwords import PasswordHasher
from anonmsg.services.accounts import RESEND_COOLDOWN
from anonmsg.settings import Settings
from anonmsg.states.sign_in import SignInState
from anonmsg.states.sign_up import SignUpState
from anonmsg.states.verify import VerifyState
from anonmsg.storage.database import Database
from tests.conftest import FakeClock, FakeMailer
from tests.integration.conftest import PASSWORD, SECRETS, People
from tests.integration.state_client import Site, Tab, serve

WAIT = "Please wait 60 seconds and try again."
LIMITS = dict.fromkeys(
    ("check per client", "sign-up per client", "verify per client", "resend per client", "sign-in per client"),
    "2/minute",
)


@pytest.fixture
def tight(settings: Settings, database: Database, mailer: FakeMailer, clock: FakeClock) -> Services:
    chosen = settings.model_copy(update={"limits": LIMITS})
    return build_services(chosen, SECRETS, database, mailer, clock, password_cost=4)


@pytest.fixture
async def site(tight: Services, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with serve(tight, monkeypatch) as site:
        yield site


async def sign_in(tab: Tab) -> tuple[str, bool]:
    await tab.call(SignInState, "submit", submitted={"identifier": "nobody", "password": PASSWORD})
    failure, errors, busy = tab.see(SignInState, "failure", "errors", "busy")
    return failure or errors["identifier"], busy


async def test_signing_in(site: Site) -> None:
    tab = await site.tab().connect("/sign-in")
    answers = [await sign_in(tab) for _ in range(3)]

    assert answers == [("User not found", False), ("User not found", False), (WAIT, False)]
    assert tab.told("_set_value") == []


async def test_signing_up(site: Site, mailer: FakeMailer) -> None:
    said: list[Any] = []
    for number in range(3):
        tab = await site.tab().connect("/sign-up")
        form = {"username": f"ann{number}", "email": f"ann{number}@example.com", "password": PASSWORD}
        await tab.call(SignUpState, "submit", submitted=form)
        said.append((tab.see(SignUpState, "failure", "busy"), tab.redirects))

    assert said == [(("", False), ["/verify/ann0"]), (("", False), ["/verify/ann1"]), ((WAIT, False), [])]
    assert len(mailer.mails) == 2


async def test_looking_for_a_name(site: Site) -> None:
    tab = await site.tab().connect("/sign-up")
    said: list[Any] = []
    for name in ("ann1", "ann2", "ann3"):
        await tab.call(SignUpState, "check_username", username=name)
        said.append(tab.see(SignUpState, "name_verdict", "name_is_free"))

    assert said == [("Username is unique", True), ("Username is unique", True), (WAIT, False)]


async def test_entering_codes(site: Site, people: People) -> None:
    waiting = await people.sign_up("Ann")
    tab = await site.tab().connect("/verify/Ann", token=waiting.token)
    said: list[Any] = []
    for _ in range(3):
        await tab.call(VerifyState, "submit", submitted={"code": "000000", "hint": ""})
        said.append(tab.see(VerifyState, "failure", "errors", "busy"))

    wrong = ("", {"code": "Incorrect verification code"}, False)
    assert said == [wrong, wrong, (WAIT, {}, False)]


async def test_asking_for_codes(site: Site, people: People, clock: FakeClock) -> None:
    tabs = [
        await site.tab().connect(f"/verify/ann{n}", token=(await people.sign_up(f"ann{n}")).token) for n in range(3)
    ]
    clock.advance(2 * RESEND_COOLDOWN)
    for tab in tabs:
        await tab.call(VerifyState, "resend_code", password="", hint="")

    assert [tab.see(VerifyState, "failure") for tab in tabs] == ["", "", WAIT]
    assert [bool(tab.see(VerifyState, "sent")) for tab in tabs] == [True, True, False]
    assert tabs[-1].see(VerifyState, "resend_seconds") == 60


async def test_too_many_passwords_at_once_are_said_plainly(
    site: Site, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.verified("Ann")

    async def full(*_: object) -> bool:
        raise Busy

    monkeypatch.setattr(PasswordHasher, "verify", full)
    tab = await site.tab().connect("/sign-in")
    await tab.call(SignInState, "submit", submitted={"identifier": "ann", "password": PASSWORD})

    assert tab.see(SignInState, "failure", "errors", "busy", "ticket") == (Busy.sentence, {}, False, "")


# Networks


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Say how many proxies of ours stand in front."""

    def behind(hops: int) -> None:
        monkeypatch.setattr(get_config(), "trusted_proxy_hops", hops)

    return behind


async def sentences(site: Site, *forwarded: list[str], state: type[rx.State] = SignInState) -> list[str]:
    """What people see who try once each, with these lines of `X-Forwarded-For`."""
    said: list[str] = []
    for lines in forwarded:
        tab = site.tab()
        tab.headers = [(b"x-forwarded-for", line.encode()) for line in lines]
        await tab.connect("/sign-in")
        said.append((await sign_in(tab))[0])
    return said


async def test_a_forged_header_makes_nobody_somebody_else(site: Site) -> None:
    forged = [[f"203.0.{number}.1"] for number in range(3)]

    assert await sentences(site, *forged) == ["User not found", "User not found", WAIT]


async def test_behind_a_proxy_of_ours_each_network_counts_for_itself(site: Site, behind: Callable[[int], None]) -> None:
    behind(1)
    honest = [[f"203.0.{number}.1"] for number in range(3)]

    assert await sentences(site, *honest) == ["User not found"] * 3


@pytest.mark.parametrize("separate", [False, True])
async def test_what_stands_before_our_proxies_entry_is_not_believed(
    site: Site, behind: Callable[[int], None], separate: bool
) -> None:
    behind(1)
    entries = [[f"203.0.{number}.1", "198.51.100.7"] for number in range(3)]
    lies = entries if separate else [[", ".join(entry)] for entry in entries]

    assert await sentences(site, *lies) == ["User not found", "User not found", WAIT]
