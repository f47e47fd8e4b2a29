"""Pages while the database is away: a plain sentence, nothing lost, and everything works when it is back."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from anonmsg import bootstrap
from anonmsg.bootstrap import Services
from anonmsg.errors import Unavailable
from anonmsg.models import User
from anonmsg.send_form import LEAST_TIME
from anonmsg.settings import Settings
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.notice import Notice
from anonmsg.states.send import SendState
from anonmsg.states.sign_in import SignInState
from anonmsg.states.sign_up import SignUpState
from anonmsg.states.verify import VerifyState
from anonmsg.storage import database as database_module
from anonmsg.storage.database import Database
from tests.conftest import FakeClock, FakeMailer
from tests.integration.conftest import PASSWORD, SECRETS, People, SignedUp
from tests.integration.state_client import Site, Tab

AWAY = Unavailable.sentence
Switch = Callable[[], None]


@pytest.fixture
async def dead(
    settings: Settings, mailer: FakeMailer, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Services]:
    """The services over a socket that nobody listens on."""
    client = database_module.AsyncMongoClient

    def impatient(uri: str, **options: Any) -> Any:
        return client(uri, **{**options, "serverSelectionTimeoutMS": 1, "timeoutMS": 20})

    with monkeypatch.context() as patch:
        patch.setattr(database_module, "AsyncMongoClient", impatient)
        database = Database(f"mongodb://{quote(str(tmp_path / 'nobody.sock'), safe='')}")
    yield bootstrap.build_services(settings, SECRETS, database, mailer, clock, password_cost=4)
    await database.close()


@pytest.fixture
def go_away(dead: Services, monkeypatch: pytest.MonkeyPatch) -> Switch:
    return lambda: monkeypatch.setattr(bootstrap, "_running", dead)


@pytest.fixture
def come_back(services: Services, monkeypatch: pytest.MonkeyPatch) -> Switch:
    return lambda: monkeypatch.setattr(bootstrap, "_running", services)


@pytest.fixture(autouse=True)
def _no_errors(caplog: pytest.LogCaptureFixture) -> Any:
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelname == "ERROR"] == []


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


@pytest.fixture
async def waiting(people: People) -> SignedUp:
    return await people.sign_up("Bob")


async def dashboard(site: Site, people: People) -> Tab:
    return await site.tab(await people.session("ann")).connect("/dashboard")


async def test_signing_up_says_so_and_works_when_it_is_back(site: Site, go_away: Switch, come_back: Switch) -> None:
    form = {"username": "Ann", "email": "ann@example.com", "password": PASSWORD}
    tab = await site.tab().connect("/sign-up")
    go_away()
    await tab.call(SignUpState, "submit", submitted=form)
    said = tab.see(SignUpState, "failure", "errors", "busy")
    await tab.call(SignUpState, "check_username", username="Ann")
    verdict = tab.see(SignUpState, "name_verdict", "name_is_free")
    come_back()
    await tab.call(SignUpState, "submit", submitted=form)

    assert said == (AWAY, {}, False)
    assert verdict == (AWAY, False)
    assert tab.redirects == ["/verify/Ann"]


async def test_verifying_says_so_and_works_when_it_is_back(
    site: Site, go_away: Switch, come_back: Switch, waiting: SignedUp
) -> None:
    tab = await site.tab().connect("/verify/Bob", token=waiting.token)
    go_away()
    await tab.call(VerifyState, "submit", submitted={"code": waiting.code})
    said = tab.see(VerifyState, "failure", "busy")
    await tab.call(VerifyState, "resend_code", password="", hint="")
    not_sent = tab.see(VerifyState, "failure", "sent")
    come_back()
    await tab.call(VerifyState, "submit", submitted={"code": waiting.code})

    assert (said, not_sent) == ((AWAY, False), (AWAY, ""))
    assert tab.redirects == ["/sign-in"]


async def test_signing_in_says_so_and_works_when_it_is_back(
    site: Site, go_away: Switch, come_back: Switch, ann: User
) -> None:
    form = {"identifier": "ann", "password": PASSWORD}
    tab = await site.tab().connect("/sign-in")
    go_away()
    await tab.call(SignInState, "submit", submitted=form)
    said = tab.see(SignInState, "failure", "ticket", "busy")
    come_back()
    await tab.call(SignInState, "submit", submitted=form)

    assert said == (AWAY, "", False)
    assert tab.see(SignInState, "ticket")


async def test_sending_says_so_and_works_when_it_is_back(
    site: Site, go_away: Switch, come_back: Switch, ann: User, services: Services, clock: FakeClock
) -> None:
    tab = await site.tab().connect("/u/ann")
    clock.advance(LEAST_TIME)
    go_away()
    await tab.call(SendState, "submit", submitted={"content": "hello"})
    said = tab.see(SendState, "failure", "is_sent", "busy", "inbox")
    come_back()
    await tab.call(SendState, "submit", submitted={"content": "hello"})

    assert said == (AWAY, False, False, "open")
    assert tab.see(SendState, "is_sent", "failure") == (True, "")
    assert len((await services.inbox.list_messages(ann, "", 20)).messages) == 1


async def test_a_share_link_that_is_opened_meanwhile_waits_and_then_shows(
    site: Site, go_away: Switch, come_back: Switch, ann: User
) -> None:
    go_away()
    tab = await site.tab().connect("/u/ann")
    waits = tab.see(SendState, "failure", "inbox")
    come_back()
    await tab.call(SendState, "load")

    assert waits == (AWAY, "")
    assert tab.see(SendState, "failure", "inbox", "username") == ("", "open", "Ann")


@pytest.mark.parametrize("address", ["/sign-up", "/sign-in", "/verify/Bob"])
async def test_pages_for_strangers_open_and_say_so_when_a_signed_in_person_comes(
    site: Site, people: People, go_away: Switch, ann: User, address: str
) -> None:
    cookie = await people.session("ann")
    go_away()

    tab = await site.tab(cookie).connect(address)

    state = {"/sign-up": SignUpState, "/sign-in": SignInState, "/verify/Bob": VerifyState}[address]
    assert tab.see(state, "failure") == AWAY
    assert tab.redirects == []


async def test_the_verify_page_opens_when_it_is_back(
    site: Site, go_away: Switch, come_back: Switch, waiting: SignedUp
) -> None:
    go_away()
    tab = await site.tab().connect("/verify/Bob", token=waiting.token)
    waits = tab.see(VerifyState, "is_loaded", "failure")
    come_back()
    await tab.call(VerifyState, "load")

    assert waits == (False, AWAY)
    assert tab.see(VerifyState, "is_loaded", "is_own", "failure") == (True, True, "")


async def test_an_inbox_that_is_opened_meanwhile_waits_and_then_shows(
    site: Site, people: People, go_away: Switch, come_back: Switch, ann: User
) -> None:
    cookie = await people.session("ann")
    go_away()
    tab = await site.tab(cookie).connect("/dashboard")
    waits = tab.see(DashboardState, "status", "failure", "is_waiting")
    come_back()
    await tab.call(DashboardState, "load")

    assert waits == ("", AWAY, True)
    assert tab.see(DashboardState, "status", "failure", "is_waiting", "username") == ("ready", "", False, "Ann")


@pytest.mark.parametrize(
    ("handler", "arguments"),
    [
        ("load", {}),
        ("load_more", {}),
        ("delete_message", {"message_id": "0" * 24}),
        ("undo_last", {"act_id": "0" * 24}),
        ("set_accepting", {"accepts_messages": False}),
    ],
)
async def test_an_open_inbox_keeps_what_it_shows_and_says_so(
    site: Site, people: People, go_away: Switch, ann: User, handler: str, arguments: dict[str, object]
) -> None:
    tab = await dashboard(site, people)
    go_away()

    await tab.call(DashboardState, handler, **arguments)

    assert tab.see(DashboardState, "failure", "status", "username") == (AWAY, "ready", "Ann")
    assert tab.see(DashboardState, "accepts_messages", "is_waiting") == (True, False)
    assert tab.see(Notice, "text") == ""


async def test_a_tab_that_comes_back_meanwhile_gets_nothing_private_until_it_is_known_whose_it_is(
    site: Site, people: People, go_away: Switch, come_back: Switch, ann: User
) -> None:
    tab = await dashboard(site, people)
    await tab.leave()
    go_away()
    tab.screen.clear()
    await tab.connect("/dashboard")
    meanwhile = tab.see(DashboardState, "username", "is_waiting", "failure")
    come_back()
    await tab.call(DashboardState, "load")

    assert meanwhile == ("", True, AWAY)
    assert tab.see(DashboardState, "username", "status") == ("Ann", "ready")
