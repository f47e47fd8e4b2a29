"""Confirming with the password: for whom it holds, for how long, and how often it may be tried."""

from datetime import timedelta

import pytest

from anonmsg.bootstrap import Services
from anonmsg.errors import IncorrectPassword, InvalidInput, NotAuthenticated, PasswordNeeded, TooManyAttempts
from anonmsg.models import User
from anonmsg.schemas import ConfirmForm, parse
from anonmsg.services.confirming import CONFIRMED_TTL
from anonmsg.storage.database import Database
from tests.conftest import FakeClock
from tests.integration.conftest import PASSWORD, People


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


def password(text: str = PASSWORD) -> ConfirmForm:
    return parse(ConfirmForm, {"current_password": text})


async def confirm(services: Services, token: str, text: str = PASSWORD) -> None:
    await services.confirmation.confirm(await services.sessions.identify(token), password(text))


async def is_confirmed(services: Services, token: str) -> bool:
    try:
        services.confirmation.require(await services.sessions.identify(token))
    except PasswordNeeded:
        return False
    return True


async def test_signing_in_alone_confirms_nothing(services: Services, people: People, ann: User) -> None:
    assert not await is_confirmed(services, await people.session("ann"))


async def test_the_password_confirms_one_session_for_five_minutes_to_the_moment(
    services: Services, people: People, ann: User, clock: FakeClock
) -> None:
    token, other = await people.session("ann"), await people.session("ann")

    await confirm(services, token)

    assert await is_confirmed(services, token)
    assert not await is_confirmed(services, other)
    clock.advance(CONFIRMED_TTL - timedelta(milliseconds=1))
    assert await is_confirmed(services, token)
    clock.advance(timedelta(milliseconds=1))
    assert not await is_confirmed(services, token)


async def test_a_wrong_password_confirms_nothing(services: Services, people: People, ann: User) -> None:
    token = await people.session("ann")

    with pytest.raises(IncorrectPassword):
        await confirm(services, token, "not the one")

    assert not await is_confirmed(services, token)


@pytest.mark.parametrize("text", [None, 5, "", "x" * 129, {"$ne": ""}, ["x"], "\ud800"])
def test_what_is_no_password_is_not_compared(text: object) -> None:
    with pytest.raises(InvalidInput):
        parse(ConfirmForm, {"current_password": text})


async def test_tries_are_counted_for_the_account_in_all_sessions_and_the_right_one_starts_anew(
    services: Services, people: People, ann: User
) -> None:
    tokens = [await people.session("ann") for _ in range(2)]
    for number in range(4):
        with pytest.raises(IncorrectPassword):
            await confirm(services, tokens[number % 2], "not the one")
    await confirm(services, tokens[0])

    for number in range(5):
        with pytest.raises(IncorrectPassword):
            await confirm(services, tokens[number % 2], "not the one")
    with pytest.raises(TooManyAttempts):
        await confirm(services, tokens[0])


async def test_parallel_tries_are_never_compared_more_often_than_the_limit_allows(
    services: Services, people: People, ann: User
) -> None:
    import asyncio

    token = await people.session("ann")

    tries = await asyncio.gather(*(confirm(services, token, f"guess {n}") for n in range(30)), return_exceptions=True)

    assert sum(isinstance(one, IncorrectPassword) for one in tries) == 5
    assert sum(isinstance(one, TooManyAttempts) for one in tries) == 25


async def test_somebody_elses_password_confirms_nothing(services: Services, people: People, ann: User) -> None:
    await people.verified("Bob", password="the password of Bob")
    token = await people.session("ann")

    with pytest.raises(IncorrectPassword):
        await confirm(services, token, "the password of Bob")


async def test_whose_account_is_gone_is_nobody(
    services: Services, people: People, ann: User, database: Database
) -> None:
    token = await people.session("ann")
    await database["users"].delete_many({})

    with pytest.raises(NotAuthenticated):
        await confirm(services, token)
