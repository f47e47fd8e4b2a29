"""Signing in and out, and that a cookie is somebody only while the database agrees."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from anonmsg import bootstrap
from anonmsg.bootstrap import Secrets, Services
from anonmsg.errors import IncorrectPassword, NotAuthenticated, NotVerified, UserNotFound
from anonmsg.schemas import SignInForm, parse
from anonmsg.services.sessions import Sessions
from anonmsg.settings import Settings
from anonmsg.storage.database import Database
from anonmsg.tokens import SessionClaims, SessionTokens, hash_token
from tests.conftest import CLIENT, FakeClock, FakeMailer
from tests.integration.conftest import PASSWORD, SECRETS, People


@pytest.fixture
def sessions(services: Services) -> Sessions:
    return services.sessions


def sign_in(identifier: str, password: str = PASSWORD) -> SignInForm:
    return parse(SignInForm, {"identifier": identifier, "password": password})


async def stored(database: Database) -> list[dict[str, Any]]:
    return await database["sessions"].find().to_list()


# Who may come in


@pytest.mark.parametrize("identifier", ["Bob", "bob", "BOB", "Bob@x.com", "bob@X.COM", " bob "])
async def test_a_verified_person_signs_in_by_name_or_address_in_any_case(
    people: People, sessions: Sessions, identifier: str
) -> None:
    bob = await people.verified("Bob", "Bob@x.com")

    identity = await sessions.identify(await people.session(identifier))

    assert (identity.user_id, identity.username) == (bob.id, "Bob")


async def test_who_is_unknown_not_verified_or_has_another_password_is_told_so(people: People) -> None:
    await people.verified("bob")
    await people.sign_up("eve")

    with pytest.raises(UserNotFound):
        await people.session("nobody")
    with pytest.raises(UserNotFound):
        await people.session("nobody@example.com")
    with pytest.raises(NotVerified):
        await people.session("eve")
    with pytest.raises(IncorrectPassword):
        await people.session("bob", "another password")


async def test_a_verified_person_decides_over_later_sign_ups_of_the_same_name(
    people: People, services: Services, database: Database
) -> None:
    waiting = await people.sign_up("bob", "late@example.com", "password of the late one")
    await people.verified("bob")

    assert await people.session("bob")
    with pytest.raises(IncorrectPassword):
        await people.session("bob", "password of the late one")
    with pytest.raises(NotVerified):
        await people.session("late@example.com", "password of the late one")
    assert await services.accounts.find_registration(waiting.token, "bob")


@pytest.mark.parametrize("identifier", ["@", "a@b@c", "$where", "bob\x00", "*", ".*", "{'$ne': 1}"])
async def test_an_odd_identifier_is_nobody(people: People, identifier: str) -> None:
    await people.verified("bob")

    with pytest.raises(UserNotFound):
        await people.session(identifier)


# What a session is


async def test_signing_in_twice_gives_two_sessions(people: People, sessions: Sessions) -> None:
    await people.verified("bob")

    first, second = await people.session("bob"), await people.session("bob")

    assert first != second
    assert (await sessions.identify(first)).session_id != (await sessions.identify(second)).session_id


async def test_signing_out_ends_this_session_at_once_and_no_other(people: People, sessions: Sessions) -> None:
    await people.verified("bob")
    first, second = await people.session("bob"), await people.session("bob")

    await sessions.sign_out(first)

    with pytest.raises(NotAuthenticated):
        await sessions.identify(first)
    assert await sessions.identify(second)


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c"])
async def test_signing_out_without_a_session_changes_nothing(
    people: People, sessions: Sessions, database: Database, token: str
) -> None:
    await people.verified("bob")
    await people.session("bob")

    await sessions.sign_out(token)

    assert len(await stored(database)) == 1


async def test_signing_out_twice_is_no_failure(people: People, sessions: Sessions) -> None:
    await people.verified("bob")
    token = await people.session("bob")

    await sessions.sign_out(token)
    await sessions.sign_out(token)

    assert sessions.reads(token)


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "\ud800", "x" * 100_000])
async def test_what_is_no_token_is_nobody(sessions: Sessions, token: str) -> None:
    with pytest.raises(NotAuthenticated):
        await sessions.identify(token)
    assert not sessions.reads(token)


async def test_a_token_for_another_persons_session_is_nobody(
    people: People, sessions: Sessions, clock: FakeClock
) -> None:
    """Even with our key: the stored session must be that person's."""
    bob, eve = await people.verified("bob"), await people.verified("eve")
    secret = await secret_of(await people.session("bob"))
    forged = our_tokens().sign(SessionClaims(eve.id, "eve", secret), clock.now, clock.now + timedelta(days=1))
    honest = our_tokens().sign(SessionClaims(bob.id, "bob", secret), clock.now, clock.now + timedelta(days=1))

    with pytest.raises(NotAuthenticated):
        await sessions.identify(forged)
    await sessions.sign_out(forged)
    assert (await sessions.identify(honest)).username == "bob"


@pytest.mark.parametrize("user_id", ["", "x", "0" * 24, "\x00", "é" * 24])
async def test_a_token_with_an_odd_user_id_is_nobody(
    people: People, sessions: Sessions, clock: FakeClock, user_id: str
) -> None:
    await people.verified("bob")
    secret = await secret_of(await people.session("bob"))
    forged = our_tokens().sign(SessionClaims(user_id, "bob", secret), clock.now, clock.now + timedelta(days=1))

    with pytest.raises(NotAuthenticated):
        await sessions.identify(forged)


def our_tokens() -> SessionTokens:
    import hashlib
    import hmac

    return SessionTokens(hmac.digest(SECRETS.secret_key, b"anonmsg/v1/session token", hashlib.sha256))


async def secret_of(token: str) -> str:
    import jwt

    return jwt.decode(token, options={"verify_signature": False})["sid"]


async def test_another_secret_key_signs_everybody_out_and_nothing_else(
    people: People, settings: Settings, database: Database, mailer: FakeMailer, clock: FakeClock
) -> None:
    await people.verified("bob")
    token = await people.session("bob")
    secrets = Secrets(SECRETS.master_key, b"t" * 32)

    rotated = bootstrap.build_services(settings, secrets, database, mailer, clock, password_cost=4)

    with pytest.raises(NotAuthenticated):
        await rotated.sessions.identify(token)
    assert await rotated.sessions.sign_in(sign_in("bob"), "", CLIENT)


# How long it lasts


async def test_a_session_ends_after_thirty_days_however_much_it_is_used(
    people: People, sessions: Sessions, clock: FakeClock
) -> None:
    await people.verified("bob")
    token = await people.session("bob")
    for _ in range(3):
        clock.advance(timedelta(days=9, hours=23))
        await sessions.identify(token)

    clock.advance(timedelta(hours=2))
    await sessions.identify(token)
    clock.advance(timedelta(hours=1))

    with pytest.raises(NotAuthenticated):
        await sessions.identify(token)
    assert not sessions.reads(token)


async def test_the_stored_session_ends_too_even_if_nobody_tidied_it(
    people: People, sessions: Sessions, clock: FakeClock, database: Database
) -> None:
    bob = await people.verified("bob")
    secret = await secret_of(await people.session("bob"))
    clock.advance(timedelta(days=13))
    token = our_tokens().sign(SessionClaims(bob.id, "bob", secret), clock.now, clock.now + timedelta(days=365))
    await sessions.identify(token)
    clock.advance(timedelta(days=13))
    await sessions.identify(token)
    clock.advance(timedelta(days=4))

    with pytest.raises(NotAuthenticated):
        await sessions.identify(token)
    assert len(await stored(database)) == 1


async def test_a_session_ends_after_fourteen_days_without_use(
    people: People, sessions: Sessions, clock: FakeClock
) -> None:
    await people.verified("bob")
    kept, idle = await people.session("bob"), await people.session("bob")
    clock.advance(timedelta(days=14, milliseconds=-1))
    await sessions.identify(kept)
    clock.advance(timedelta(milliseconds=1))

    assert await sessions.identify(kept)
    with pytest.raises(NotAuthenticated):
        await sessions.identify(idle)


async def test_the_last_use_is_written_at_most_once_an_hour(
    people: People, sessions: Sessions, clock: FakeClock, database: Database
) -> None:
    await people.verified("bob")
    token = await people.session("bob")
    seen = []
    for _ in range(5):
        clock.advance(timedelta(minutes=25))
        await sessions.identify(token)
        seen.append((await stored(database))[0]["last_seen_at"])

    started = clock.now - timedelta(minutes=125)
    minutes = [(moment - started) // timedelta(minutes=1) for moment in seen]
    assert minutes == [0, 0, 75, 75, 75]


# Tickets


async def test_a_ticket_is_exchanged_for_a_session(people: People, sessions: Sessions, database: Database) -> None:
    bob = await people.verified("bob")

    ticket = await sessions.sign_in_with_ticket(sign_in("bob"), "Firefox on Linux", CLIENT)
    identity = await sessions.identify(await sessions.exchange(ticket))

    assert identity.user_id == bob.id
    (session,) = await stored(database)
    assert session["_id"] == identity.session_id
    assert session["device"] == "Firefox on Linux"
    assert "ticket_hash" not in session


async def test_a_ticket_for_a_wrong_password_does_not_exist(
    people: People, sessions: Sessions, database: Database
) -> None:
    await people.verified("bob")

    with pytest.raises(IncorrectPassword):
        await sessions.sign_in_with_ticket(sign_in("bob", "another password"), "", CLIENT)

    assert await stored(database) == []


async def test_a_ticket_works_once_even_for_ten_at_the_same_time(
    people: People, sessions: Sessions, database: Database
) -> None:
    await people.verified("bob")
    ticket = await sessions.sign_in_with_ticket(sign_in("bob"), "", CLIENT)

    outcomes = await asyncio.gather(*(sessions.exchange(ticket) for _ in range(10)), return_exceptions=True)

    assert sum(isinstance(outcome, str) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, NotAuthenticated) for outcome in outcomes) == 9
    assert len(await stored(database)) == 1


async def test_a_ticket_is_valid_for_a_minute(people: People, sessions: Sessions, clock: FakeClock) -> None:
    await people.verified("bob")
    early = await sessions.sign_in_with_ticket(sign_in("bob"), "", CLIENT)
    late = await sessions.sign_in_with_ticket(sign_in("bob"), "", CLIENT)
    clock.advance(timedelta(seconds=60, milliseconds=-1))
    await sessions.exchange(early)
    clock.advance(timedelta(milliseconds=1))

    with pytest.raises(NotAuthenticated):
        await sessions.exchange(late)


@pytest.mark.parametrize("ticket", ["", "unknown", "\ud800", "$ne", "x" * 100_000])
async def test_what_is_no_ticket_gives_no_session(
    people: People, sessions: Sessions, database: Database, ticket: str
) -> None:
    await people.verified("bob")
    await people.session("bob")

    with pytest.raises(NotAuthenticated):
        await sessions.exchange(ticket)

    assert len(await stored(database)) == 1


async def test_a_session_whose_ticket_was_not_exchanged_is_nobody(
    people: People, sessions: Sessions, database: Database, clock: FakeClock
) -> None:
    bob = await people.verified("bob")
    ticket = await sessions.sign_in_with_ticket(sign_in("bob"), "", CLIENT)
    (waiting,) = await stored(database)
    secret = "guessed"
    await database["sessions"].delete_one({"_id": waiting["_id"]})
    await database["sessions"].insert_one({**waiting, "_id": hash_token(secret)})
    token = our_tokens().sign(SessionClaims(bob.id, "bob", secret), clock.now, clock.now + timedelta(days=1))

    with pytest.raises(NotAuthenticated):
        await sessions.identify(token)
    assert ObjectId(bob.id) == waiting["user_id"]
    assert await sessions.exchange(ticket)


async def test_a_ticket_that_nobody_fetches_is_tidied_within_minutes(
    people: People, sessions: Sessions, database: Database, clock: FakeClock
) -> None:
    await people.verified("bob")

    ticket = await sessions.sign_in_with_ticket(sign_in("bob"), "", CLIENT)
    (waiting,) = await stored(database)
    await sessions.exchange(ticket)
    (claimed,) = await stored(database)

    assert waiting["expires_at"] <= clock.now + timedelta(minutes=5)
    assert claimed["expires_at"] == clock.now + timedelta(days=30)
