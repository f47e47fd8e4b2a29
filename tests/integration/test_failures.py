"""While the database is away, everything says so in one way; what is a bug stays a bug."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from bson import ObjectId
from pymongo.errors import (
    AutoReconnect,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from anonmsg import bootstrap
from anonmsg.bootstrap import Services
from anonmsg.clock import utc_now
from anonmsg.errors import Unavailable
from anonmsg.models import User
from anonmsg.schemas import ClaimForm, MessageForm, SignInForm, SignUpForm, parse
from anonmsg.settings import Settings
from anonmsg.storage.database import Database
from anonmsg.storage.embedded import embedded_uri
from anonmsg.storage.failures import is_away, raises_unavailable
from tests.conftest import CLIENT, FakeClock, FakeMailer
from tests.integration.command_log import impatient_client
from tests.integration.conftest import PASSWORD, SECRETS, People


@pytest.fixture
async def cut_off(
    settings: Settings, tmp_path: Path, mailer: FakeMailer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Services]:
    """Services whose database is not there, and who give up sooner than in life."""
    impatient_client(monkeypatch)
    database = Database(embedded_uri(tmp_path))
    yield bootstrap.build_services(settings, SECRETS, database, mailer, clock, password_cost=4)
    await database.close()


async def test_every_flow_says_that_the_database_is_away(cut_off: Services, mailer: FakeMailer) -> None:
    sign_up = parse(SignUpForm, {"username": "bob", "email": "bob@example.com", "password": PASSWORD})
    sign_in = parse(SignInForm, {"identifier": "bob", "password": PASSWORD})
    claim = parse(ClaimForm, {"username": "bob", "password": PASSWORD})
    message = parse(MessageForm, {"username": "bob", "content": "hi"})
    user_id = str(ObjectId())

    outcomes = await asyncio.gather(
        cut_off.accounts.check_username("bob", CLIENT),
        cut_off.accounts.sign_up(sign_up, CLIENT),
        cut_off.accounts.resend_code("id", CLIENT),
        cut_off.accounts.verify("id", "bob", "123456", CLIENT),
        cut_off.accounts.find_by_password(claim, CLIENT),
        cut_off.accounts.find_registration("token", "bob"),
        cut_off.sessions.sign_in(sign_in, "", CLIENT),
        cut_off.sessions.sign_in_with_ticket(sign_in, "", CLIENT),
        cut_off.sessions.exchange("ticket"),
        cut_off.sharing.recipient("bob"),
        cut_off.sharing.send(message, CLIENT),
        cut_off.inbox.owner(user_id),
        cut_off.inbox.list_messages(User(user_id, "bob", accepts_messages=True, created_at=utc_now()), "", 20),
        cut_off.sorting.delete_message(user_id, user_id),
        cut_off.sorting.undo(user_id, user_id),
        cut_off.inbox.set_accepting(user_id, True),
        cut_off.database.ping(),
        cut_off.database.create_indexes(),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes] == [Unavailable] * len(outcomes)
    assert mailer.mails == []


async def test_a_sign_up_whose_second_half_fails_mails_nothing(
    services: Services, people: People, mailer: FakeMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> None:
        raise Unavailable

    monkeypatch.setattr(services.accounts._registrations, "add", fail)  # between two queries

    with pytest.raises(Unavailable):
        await people.sign_up("bob")

    assert mailer.mails == []


@pytest.mark.parametrize(
    "error",
    [
        AutoReconnect("x"),
        NotPrimaryError("x"),
        ServerSelectionTimeoutError("x"),
        WTimeoutError("x"),
        OperationFailure("time limit", code=50),
    ],
    ids=repr,
)
def test_lost_connections_and_time_limits_mean_away(error: PyMongoError) -> None:
    assert is_away(error)
    assert not is_away(OperationFailure("bad query", code=2))


def failing(error: Exception) -> Callable[[], Awaitable[None]]:
    @raises_unavailable
    class Repository:
        constant = 1

        async def find(self) -> None:
            raise error

        def plain(self) -> None:
            raise error

    repository = Repository()
    with pytest.raises(type(error)):
        repository.plain()
    return repository.find


async def test_away_becomes_unavailable_with_its_cause() -> None:
    error = AutoReconnect("lost")

    with pytest.raises(Unavailable) as caught:
        await failing(error)()

    assert caught.value.__cause__ is error
    assert "lost" not in str(caught.value)


@pytest.mark.parametrize("error", [OperationFailure("bad query", code=2), ValueError("bug")])
async def test_what_we_did_wrong_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        await failing(error)()

    assert caught.value is error
