"""Resetting a forgotten password: who gets a link, for how long it works, and what it ends."""

import asyncio
import itertools
import logging
import re
from datetime import timedelta
from typing import Any

import pytest

from anonmsg import bootstrap
from anonmsg.bootstrap import Services
from anonmsg.errors import (
    Busy,
    IncorrectPassword,
    InvalidInput,
    NotAuthenticated,
    ResetNotFound,
    TooManyAttempts,
    Unavailable,
)
from anonmsg.schemas import ConfirmForm, ForgotForm, ResetForm, SignInForm, parse
from anonmsg.services.recovery import PENDING_MAX, RESET_TTL
from anonmsg.settings import Settings
from anonmsg.storage.database import Database
from anonmsg.strength import OWN_NAME
from anonmsg.tokens import hash_token, new_secret_token
from tests.conftest import CLIENT, FakeClock, FakeMailer
from tests.integration.api_client import everything_in
from tests.integration.command_log import CommandLog, open_logged_database
from tests.integration.conftest import PASSWORD, SECRETS, People

NEW = "quite another long one"
EMAIL = "ann@example.com"
PATIENCE = 10


async def request(services: Services, email: str = EMAIL, client: str = CLIENT) -> None:
    """Ask for a link, and wait until its mail was sent or not."""
    await services.recovery.request(parse(ForgotForm, {"email": email}), client)
    await services.recovery.finish()


async def asked(services: Services, mailer: FakeMailer, email: str = EMAIL, client: str = CLIENT) -> str:
    """Ask for a link and return the token in it."""
    await request(services, email, client)
    return mailer.mails[-1].link.rpartition("/")[2]


async def reset(services: Services, token: str, password: str = NEW, client: str = CLIENT) -> None:
    await services.recovery.reset(parse(ResetForm, {"token": token, "password": password}), client)


async def sign_in(services: Services, password: str, identifier: str = "ann", client: str = CLIENT) -> str:
    form = parse(SignInForm, {"identifier": identifier, "password": password})
    return await services.sessions.sign_in(form, "Firefox on Linux", client)


# Asking


async def test_the_mailed_link_lets_somebody_choose_a_new_password(
    services: Services, people: People, mailer: FakeMailer
) -> None:
    await people.verified("Ann", "Ann@Example.com")

    await request(services, " ann@EXAMPLE.com ")
    mail = mailer.mails[-1]
    link = re.fullmatch(r"http://localhost:3000/reset-password/([\w-]{32})", mail.link)
    assert link
    await reset(services, link[1])

    assert (mail.to, mail.subject) == ("Ann@Example.com", "Reset your anonmsg password")
    assert mail.link in mail.text
    assert mail.link in mail.html
    assert await sign_in(services, NEW)
    with pytest.raises(IncorrectPassword):
        await sign_in(services, PASSWORD)


async def test_an_unknown_address_gets_the_same_answer_and_no_mail(
    services: Services, people: People, mailer: FakeMailer, database: Database
) -> None:
    await people.sign_up("waiting", "waiting@example.com")
    before, mails = await everything_in(database), len(mailer.mails)

    for email in ("nobody@example.com", "waiting@example.com"):
        await request(services, email)

    assert len(mailer.mails) == mails
    assert await everything_in(database) == before


async def test_nobody_is_looked_up_before_the_answer(
    services: Services, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the time would tell who has an account."""
    await people.verified("Ann")
    looked: list[str] = []

    async def look(email: str) -> None:
        looked.append(email)

    monkeypatch.setattr(services.users, "get_addressee_by_email", look)
    await services.recovery.request(parse(ForgotForm, {"email": EMAIL}), CLIENT)
    before_the_answer = list(looked)
    await services.recovery.finish()

    assert (before_the_answer, looked) == ([], [EMAIL])


async def test_a_mail_that_cannot_be_sent_tells_nothing_and_leaves_nothing(
    services: Services,
    people: People,
    mailer: FakeMailer,
    database: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await people.verified("Ann")
    mailer.failure = f"{EMAIL} is full"

    await request(services)

    assert await database["resets"].count_documents({}) == 0
    assert "A mail of a password reset was not sent (MailNotSent)." in caplog.messages
    assert EMAIL not in caplog.text


async def test_a_bug_while_mailing_is_logged_without_the_address(
    services: Services, people: People, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await people.verified("Ann")

    async def break_down(mail: object) -> None:
        raise ValueError(f"{EMAIL} breaks it")

    monkeypatch.setattr(services.recovery, "_mailer", type("Broken", (), {"send": staticmethod(break_down)}))
    await request(services)

    assert "A mail of a password reset failed" in caplog.text
    assert EMAIL not in caplog.text


async def test_mails_that_would_wait_without_end_are_refused(
    services: Services, people: People, mailer: FakeMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.verified("Ann")
    gate = asyncio.Event()

    async def wait(mail: object) -> None:
        await asyncio.wait_for(gate.wait(), PATIENCE)

    monkeypatch.setattr(services.recovery, "_mailer", type("Slow", (), {"send": staticmethod(wait)}))
    form = parse(ForgotForm, {"email": EMAIL})
    for number in range(PENDING_MAX):
        await services.recovery.request(form, f"bucket {number}")
    with pytest.raises(Busy):
        await services.recovery.request(form, "one more")
    gate.set()
    await services.recovery.finish()

    await services.recovery.request(form, "one more")
    await services.recovery.finish()


async def test_thirty_people_of_one_network_can_all_choose_a_new_password(
    services: Services, people: People, mailer: FakeMailer, clock: FakeClock
) -> None:
    names = [f"pupil{number}" for number in range(30)]
    for name in names:
        await people.verified(name)
        clock.advance(timedelta(seconds=2))  # as many sign-ups as a minute lets through

    for name in names:
        await reset(services, await asked(services, mailer, f"{name}@example.com"))

    for name in names:
        assert await people.session(name, NEW)


async def test_one_network_may_ask_only_so_often(services: Services, people: People, mailer: FakeMailer) -> None:
    await people.verified("Ann")

    for _ in range(60):
        await request(services, "nobody@example.com")
    with pytest.raises(TooManyAttempts):
        await request(services, "nobody@example.com")
    with pytest.raises(TooManyAttempts):
        await reset(services, new_secret_token())

    await reset(services, await asked(services, mailer, client="another bucket"), client="another bucket")


# How long a link works


async def test_a_link_works_once(services: Services, people: People, mailer: FakeMailer) -> None:
    await people.verified("Ann")
    token = await asked(services, mailer)
    await reset(services, token)

    assert not await services.recovery.is_open(token)
    with pytest.raises(ResetNotFound):
        await reset(services, token, "a third password then")
    assert await sign_in(services, NEW)


async def test_of_many_who_use_one_link_at_once_one_wins(
    services: Services, people: People, mailer: FakeMailer
) -> None:
    await people.verified("Ann")
    token = await asked(services, mailer)
    passwords = [f"long password number {n}" for n in range(8)]

    answers = await asyncio.gather(*(reset(services, token, word) for word in passwords), return_exceptions=True)

    assert [type(answer) for answer in answers].count(ResetNotFound) == 7
    assert await sign_in(services, passwords[answers.index(None)])


async def test_a_link_is_valid_for_half_an_hour(
    services: Services, people: People, mailer: FakeMailer, clock: FakeClock
) -> None:
    await people.verified("Ann")
    token = await asked(services, mailer)

    clock.advance(RESET_TTL - timedelta(milliseconds=1))
    assert await services.recovery.is_open(token)
    clock.advance(timedelta(milliseconds=1))

    assert timedelta(minutes=30) == RESET_TTL
    assert not await services.recovery.is_open(token)
    with pytest.raises(ResetNotFound):
        await reset(services, token)
    assert await sign_in(services, PASSWORD)


async def test_a_link_that_runs_out_while_the_password_is_hashed_is_too_old(
    services: Services, people: People, mailer: FakeMailer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.verified("Ann")
    token = await asked(services, mailer)

    async def hash_slowly(password: str) -> str:
        clock.advance(RESET_TTL)
        return "v1$never stored"

    with monkeypatch.context() as patch:
        patch.setattr(services.recovery._passwords, "hash", hash_slowly)
        with pytest.raises(ResetNotFound):
            await reset(services, token)
    assert await sign_in(services, PASSWORD)


async def test_a_newer_link_makes_the_older_one_dead(
    services: Services, people: People, mailer: FakeMailer, clock: FakeClock
) -> None:
    await people.verified("Ann")
    older = await asked(services, mailer)
    clock.advance(timedelta(seconds=1))
    newer = await asked(services, mailer)

    with pytest.raises(ResetNotFound):
        await reset(services, older)
    await reset(services, newer)


async def test_of_links_asked_for_at_once_one_works(
    services: Services, people: People, mailer: FakeMailer, database: Database
) -> None:
    await people.verified("Ann")

    await asyncio.gather(*(services.recovery.request(parse(ForgotForm, {"email": EMAIL}), CLIENT) for _ in range(4)))
    await services.recovery.finish()

    tokens = [mail.link.rpartition("/")[2] for mail in mailer.mails if mail.link]
    assert len(tokens) == 4
    assert [await services.recovery.is_open(token) for token in tokens].count(True) == 1
    assert await database["resets"].count_documents({}) == 1


async def test_a_link_that_could_not_be_mailed_leaves_the_earlier_one_alive(
    services: Services, people: People, mailer: FakeMailer, clock: FakeClock
) -> None:
    """Else whoever keeps asking in somebody's name would kill the links that they get."""
    await people.verified("Ann")
    token = await asked(services, mailer)
    clock.advance(timedelta(seconds=1))
    mailer.failure = "One mail too many"
    await request(services)
    mailer.failure = ""

    await reset(services, token)


async def test_a_link_to_an_address_that_is_replaced_meanwhile_opens_nothing(
    services: Services, people: People, mailer: FakeMailer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mailbox that it goes to is not the account's any more."""
    ann = await people.verified("Ann")
    resets: Any = services.recovery._resets
    add, sent = resets.add, len(mailer.mails)

    async def add_late(stored: Any) -> None:
        await services.users.update_email(ann.id, "new.ann@example.org")
        await resets.delete_all(ann.id)
        await add(stored)

    monkeypatch.setattr(resets, "add", add_late)
    await request(services)

    assert await database["resets"].count_documents({}) == 0
    assert len(mailer.mails) == sent


async def test_somebody_elses_link_stays(services: Services, people: People, mailer: FakeMailer) -> None:
    await people.verified("Ann")
    await people.verified("Bob")
    anns, bobs = await asked(services, mailer), await asked(services, mailer, "bob@example.com")

    await reset(services, anns)

    await reset(services, bobs, "bob has a long one too")
    assert await sign_in(services, NEW)
    assert await sign_in(services, "bob has a long one too", "bob")


async def test_looking_at_a_link_changes_nothing(
    services: Services, people: People, mailer: FakeMailer, database: Database
) -> None:
    await people.verified("Ann")
    token = await asked(services, mailer)
    before = await everything_in(database)

    for candidate in (token, token, token[:-1], token.upper(), "", new_secret_token()):
        await services.recovery.is_open(candidate)

    assert await everything_in(database) == before
    await reset(services, token)


HOSTILE: list[Any] = [
    "", " ", "x", "\x00", "../..", "$gt", "a" * 65, "a" * 10_000, "\ud800", "é" * 20, "%00", "' || 1", "[object]",
    None, 5, True, {"$ne": None}, {"$gt": ""}, ["a"], b"a",
]  # fmt: skip


@pytest.mark.parametrize("token", HOSTILE, ids=lambda token: repr(token)[:20])
async def test_what_is_no_token_opens_nothing(
    services: Services, people: People, database: Database, token: Any, mailer: FakeMailer
) -> None:
    await people.verified("Ann")
    await asked(services, mailer)
    before = await everything_in(database)

    with pytest.raises((InvalidInput, ResetNotFound)):
        await reset(services, token)
    if isinstance(token, str):
        assert not await services.recovery.is_open(token)
    assert await everything_in(database) == before


async def test_the_stored_id_is_not_the_key(services: Services, people: People, mailer: FakeMailer) -> None:
    await people.verified("Ann")
    token = await asked(services, mailer)

    assert not await services.recovery.is_open(hash_token(token))


# What a reset ends


async def test_all_sessions_end_also_those_that_wait_for_their_cookie(
    services: Services, people: People, mailer: FakeMailer
) -> None:
    await people.verified("Ann")
    await people.verified("Bob")
    sessions, bobs = [await people.session("ann") for _ in range(3)], await people.session("bob")
    form = parse(SignInForm, {"identifier": "ann", "password": PASSWORD})
    ticket = await services.sessions.sign_in_with_ticket(form, "Firefox on Linux", CLIENT)

    await reset(services, await asked(services, mailer))

    for token in sessions:
        with pytest.raises(NotAuthenticated):
            await services.sessions.identify(token)
    with pytest.raises(NotAuthenticated):
        await services.sessions.exchange(ticket)
    assert (await services.sessions.identify(bobs)).username == "Bob"


@pytest.mark.parametrize("way", ["sign_in", "sign_in_with_ticket"])
async def test_somebody_who_signs_in_with_the_old_password_meanwhile_stays_outside(
    services: Services, people: People, mailer: FakeMailer, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Checking a password takes a while: the old one may be found right just before it is replaced."""
    await people.verified("Ann")
    token, verify = await asked(services, mailer), services.sessions._passwords.verify

    async def verify_slowly(password: str, password_hash: str) -> bool:
        right = await verify(password, password_hash)
        await reset(services, token)
        return right

    form = parse(SignInForm, {"identifier": "ann", "password": PASSWORD})
    monkeypatch.setattr(services.sessions._passwords, "verify", verify_slowly)
    with pytest.raises(IncorrectPassword):
        await getattr(services.sessions, way)(form, "Firefox on Linux", CLIENT)

    assert await count_sessions(services) == 0


async def test_a_ticket_that_is_exchanged_meanwhile_opens_nothing(
    services: Services, people: People, mailer: FakeMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that is stored under its final id after all were ended must not be left over."""
    await people.verified("Ann")
    token = await asked(services, mailer)
    form = parse(SignInForm, {"identifier": "ann", "password": PASSWORD})
    ticket = await services.sessions.sign_in_with_ticket(form, "Firefox on Linux", CLIENT)
    sessions: Any = services.sessions._sessions
    insert = sessions._collection.insert_one

    async def insert_late(document: Any) -> None:
        await reset(services, token)
        await insert(document)

    monkeypatch.setattr(sessions._collection, "insert_one", insert_late)
    with pytest.raises(NotAuthenticated):
        await services.sessions.exchange(ticket)

    assert await count_sessions(services) == 0


async def count_sessions(services: Services) -> int:
    return await services.database["sessions"].count_documents({})


async def test_after_a_reset_earlier_tries_keep_the_owner_from_nothing(
    services: Services, people: People, mailer: FakeMailer
) -> None:
    """Neither own mistypes nor what a thief with a stolen cookie typed in the settings."""
    await people.verified("Ann")
    thief = await services.sessions.identify(await people.session("ann"))
    guess = parse(ConfirmForm, {"current_password": "a wild guess"})
    for number in range(40):
        with pytest.raises((IncorrectPassword, TooManyAttempts)):
            await services.confirmation.confirm(thief, guess)
        with pytest.raises((IncorrectPassword, TooManyAttempts)):
            await sign_in(services, "a wild guess", client=CLIENT if number < 6 else f"network {number}")
    with pytest.raises(TooManyAttempts):
        await sign_in(services, PASSWORD, client="one more network")

    await reset(services, await asked(services, mailer))

    owner = await services.sessions.identify(await sign_in(services, NEW))
    await services.confirmation.confirm(owner, parse(ConfirmForm, {"current_password": NEW}))


async def test_a_reset_that_fails_forgets_no_tries(services: Services, people: People, mailer: FakeMailer) -> None:
    await people.verified("Ann")
    token = await asked(services, mailer)
    for _ in range(5):
        with pytest.raises(IncorrectPassword):
            await sign_in(services, "a wild guess")

    with pytest.raises(InvalidInput):
        await reset(services, token, EMAIL)
    with pytest.raises(ResetNotFound):
        await reset(services, new_secret_token())

    with pytest.raises(TooManyAttempts):
        await sign_in(services, PASSWORD)


async def test_the_owner_is_told(services: Services, people: People, mailer: FakeMailer, clock: FakeClock) -> None:
    await people.verified("Ann", "Ann@Example.com")
    await reset(services, await asked(services, mailer))
    await services.recovery.finish()

    notice = mailer.mails[-1]
    assert (notice.to, notice.subject) == ("Ann@Example.com", "Your anonmsg password was changed")
    assert f"{clock.now:%Y-%m-%d %H:%M} UTC" in notice.text
    assert "http://localhost:3000/forgot-password" in notice.text
    assert (notice.link, notice.code) == ("", "")
    assert NEW not in notice.text + notice.html


async def test_a_notice_that_cannot_be_sent_does_not_undo_the_reset(
    services: Services, people: People, mailer: FakeMailer
) -> None:
    await people.verified("Ann")
    token = await asked(services, mailer)
    mailer.failure = "no"

    await reset(services, token)
    await services.recovery.finish()

    assert await sign_in(services, NEW)


@pytest.mark.parametrize("password", ["Ann@Example.com", "annabelle_2024", "Annabelle_!"])
async def test_the_password_must_not_be_the_owners_name_or_address_and_the_link_still_works(
    services: Services, people: People, mailer: FakeMailer, password: str
) -> None:
    await people.verified("Annabelle", EMAIL)
    token = await asked(services, mailer)

    with pytest.raises(InvalidInput) as refused:
        await reset(services, token, password)

    assert refused.value.errors == {"password": OWN_NAME}
    await reset(services, token)


async def test_a_busy_server_does_not_use_up_the_link(
    services: Services, people: People, mailer: FakeMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.verified("Ann")
    token = await asked(services, mailer)

    async def refuse(password: str) -> str:
        raise Busy

    with monkeypatch.context() as patch:
        patch.setattr(services.recovery._passwords, "hash", refuse)
        with pytest.raises(Busy):
            await reset(services, token)

    await reset(services, token)


async def test_closing_the_browser_in_the_midst_leaves_no_session_alive(
    services: Services, people: People, mailer: FakeMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.verified("Ann")
    session, token = await people.session("ann"), await asked(services, mailer)
    update, begun, closed, ended = services.users.update_password, asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def update_slowly(user_id: str, password_hash: str) -> bool:
        begun.set()
        await closed.wait()
        return await update(user_id, password_hash)

    async def end(user_id: str) -> None:
        ended.set()

    monkeypatch.setattr(services.users, "update_password", update_slowly)
    monkeypatch.setattr(services.recovery._resets, "delete_all", end)
    pressing = asyncio.create_task(reset(services, token))
    await begun.wait()
    pressing.cancel()
    await asyncio.gather(pressing, return_exceptions=True)
    closed.set()
    await asyncio.wait_for(ended.wait(), PATIENCE)

    with pytest.raises(NotAuthenticated):
        await services.sessions.identify(session)


@pytest.mark.parametrize("step", ["_sessions.delete_all", "_resets.delete_live", "_users.update_password"])
async def test_a_database_that_goes_away_in_the_midst_leaves_no_session_alive_that_the_link_was_used_up_for(
    services: Services, people: People, mailer: FakeMailer, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    await people.verified("Ann")
    session, token = await people.session("ann"), await asked(services, mailer)
    room, name = step.split(".")

    async def go_away(*_: object) -> None:
        raise Unavailable

    with monkeypatch.context() as patch:
        patch.setattr(getattr(services.recovery, room), name, go_away)
        with pytest.raises(Unavailable):
            await reset(services, token)

    if not await services.recovery.is_open(token):
        with pytest.raises(NotAuthenticated):
            await services.sessions.identify(session)
    assert await sign_in(services, PASSWORD)


async def test_sessions_that_cannot_be_ended_after_the_change_were_ended_before_and_the_owner_is_told(
    services: Services, people: People, mailer: FakeMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.verified("Ann")
    session, token = await people.session("ann"), await asked(services, mailer)
    sessions: Any = services.recovery._sessions
    calls, delete_all = itertools.count(1), sessions.delete_all

    async def fail_the_second_time(user_id: str) -> None:
        if next(calls) == 2:
            raise Unavailable
        await delete_all(user_id)

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "delete_all", fail_the_second_time)
        with pytest.raises(Unavailable):
            await reset(services, token)
        await services.recovery.finish()

    with pytest.raises(NotAuthenticated):
        await services.sessions.identify(session)
    assert mailer.mails[-1].subject == "Your anonmsg password was changed"
    assert await sign_in(services, NEW)


# What is left behind, and what it costs


async def test_neither_database_nor_log_holds_token_or_address(
    services: Services, people: People, mailer: FakeMailer, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="anonmsg")
    await people.verified("Ann")
    token = await asked(services, mailer)
    (stored,) = (await everything_in(database))["resets"]

    await reset(services, token)
    await services.recovery.finish()

    assert set(stored) == {"_id", "user_id", "created_at", "expires_at"}
    assert token not in str(stored)
    for secret in (token, EMAIL, NEW):
        assert secret not in caplog.text
    assert (await everything_in(database))["resets"] == []


async def test_round_trips(
    services: Services,
    settings: Settings,
    people: People,
    mailer: FakeMailer,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await people.verified("Ann")
    log = CommandLog()
    database = open_logged_database(settings, log, monkeypatch)
    await database.ping()
    logged = bootstrap.build_services(settings, SECRETS, database, mailer, clock, password_cost=4)

    log.clear()
    token = await asked(logged, mailer)
    asking = log.trips
    log.clear()
    await logged.recovery.is_open(token)
    looking = log.trips
    log.clear()
    await reset(logged, token)
    resetting = log.trips
    await logged.recovery.finish()
    await database.close()

    assert asking == ["find users", "insert resets", "find users", "delete resets"]
    assert looking == ["find resets"]
    assert resetting == [
        "find resets", "find users",
        "delete sessions", "findAndModify resets", "update users", "delete sessions", "delete resets",
    ]  # fmt: skip
