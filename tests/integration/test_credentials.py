"""Changing the password and the address: who may, what it ends, and what it mails to whom."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from anonmsg.bootstrap import Services
from anonmsg.errors import (
    AnonmsgError,
    CodeAttemptsUsedUp,
    CodeExpired,
    EmailChangeNotFound,
    EmailCodesUsedUp,
    EmailTaken,
    IncorrectCode,
    IncorrectPassword,
    InvalidInput,
    MailNotSent,
    NotAuthenticated,
    PasswordNeeded,
    SameEmail,
    TooManyAttempts,
    Unavailable,
)
from anonmsg.models import Mail, User
from anonmsg.schemas import (
    ConfirmForm,
    EmailCodeForm,
    ForgotForm,
    NewEmailForm,
    NewPasswordForm,
    ResetForm,
    parse,
)
from anonmsg.services.confirming import CONFIRMED_TTL
from anonmsg.services.credentials import CODES_PER_DAY, EMAIL_CHANGE_TTL
from anonmsg.services.sessions import TICKET_TTL, Identity
from anonmsg.storage.database import Database
from tests.conftest import CLIENT, FakeClock, FakeMailer
from tests.integration.conftest import PASSWORD, People

NEW_PASSWORD = "another good password"
NEW_EMAIL = "New.Ann@Example.org"
MINUTE = timedelta(minutes=1)

Identify = Callable[[], Awaitable[Identity]]


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


@pytest.fixture
async def token(people: People, ann: User) -> str:
    return await people.session("ann")


@pytest.fixture
def confirmed(services: Services, token: str) -> Identify:
    """Who Ann is, having typed her password just now."""

    async def confirmed() -> Identity:
        form = parse(ConfirmForm, {"current_password": PASSWORD})
        await services.confirmation.confirm(await services.sessions.identify(token), form)
        return await services.sessions.identify(token)

    return confirmed


def new_password(text: str = NEW_PASSWORD) -> NewPasswordForm:
    return parse(NewPasswordForm, {"new_password": text})


def new_email(text: str = NEW_EMAIL) -> NewEmailForm:
    return parse(NewEmailForm, {"email": text})


def code(text: str) -> EmailCodeForm:
    return parse(EmailCodeForm, {"code": text})


def other_code(than: str) -> EmailCodeForm:
    return code(f"{(int(than) + 1) % 10**6:06d}")


async def lives(services: Services, token: str) -> bool:
    try:
        await services.sessions.identify(token)
    except NotAuthenticated:
        return False
    return True


# The password


async def test_after_a_change_the_new_password_opens_and_the_old_one_does_not(
    services: Services, people: People, confirmed: Identify
) -> None:
    await services.passwords.change(await confirmed(), new_password(), "Firefox on Linux")

    assert await people.session("ann", NEW_PASSWORD)
    with pytest.raises(IncorrectPassword):
        await people.session("ann", PASSWORD)


@pytest.mark.parametrize("minutes", [None, CONFIRMED_TTL])
async def test_without_a_fresh_confirmation_nothing_changes(
    services: Services,
    people: People,
    confirmed: Identify,
    token: str,
    clock: FakeClock,
    mailer: FakeMailer,
    minutes: timedelta | None,
) -> None:
    if minutes is not None:
        await confirmed()
        clock.advance(minutes)
    identity, sent = await services.sessions.identify(token), len(mailer.mails)

    with pytest.raises(PasswordNeeded):
        await services.passwords.change(identity, new_password(), "")
    with pytest.raises(PasswordNeeded):
        await services.emails.start(identity, new_email())
    with pytest.raises(PasswordNeeded):
        await services.emails.resend_code(identity)

    assert await people.session("ann", PASSWORD)
    assert len(mailer.mails) == sent


async def test_other_devices_end_at_once_and_this_one_when_its_new_session_is_used(
    services: Services, people: People, confirmed: Identify, token: str
) -> None:
    other = await people.session("ann")

    ticket = await services.passwords.change(await confirmed(), new_password(), "Firefox on Linux")
    assert not await lives(services, other)
    assert await lives(services, token)
    new = await services.sessions.exchange(ticket, token)
    assert await lives(services, token)
    identity = await services.sessions.identify(new)

    assert not await lives(services, token)
    assert (await services.sessions.identify(new)) == identity
    with pytest.raises(PasswordNeeded):
        services.confirmation.require(identity)


async def test_a_browser_that_does_not_come_for_its_new_session_is_signed_out_within_a_minute(
    services: Services, confirmed: Identify, token: str, clock: FakeClock
) -> None:
    await services.passwords.change(await confirmed(), new_password(), "")

    clock.advance(TICKET_TTL)

    assert not await lives(services, token)


async def test_the_old_session_can_do_nothing_that_needs_confirmation_after_the_change(
    services: Services, confirmed: Identify, token: str
) -> None:
    await services.passwords.change(await confirmed(), new_password(), "")

    with pytest.raises(PasswordNeeded):
        services.confirmation.require(await services.sessions.identify(token))


async def test_a_sign_in_that_waits_for_its_cookie_ends_too(
    services: Services, people: People, confirmed: Identify
) -> None:
    from anonmsg.schemas import SignInForm

    form = parse(SignInForm, {"identifier": "ann", "password": PASSWORD})
    waiting = await services.sessions.sign_in_with_ticket(form, "", CLIENT)
    await services.passwords.change(await confirmed(), new_password(), "")

    with pytest.raises(NotAuthenticated):
        await services.sessions.exchange(waiting)


async def test_a_notice_says_so_without_any_secret(
    services: Services, confirmed: Identify, mailer: FakeMailer, clock: FakeClock
) -> None:
    await services.passwords.change(await confirmed(), new_password(), "")

    mail = mailer.mails[-1]
    assert (mail.to, mail.subject, mail.code) == ("Ann@example.com", "Your anonmsg password was changed", "")
    for text in (mail.text, mail.html):
        assert f"{clock.now:%H:%M} UTC" in text
        assert NEW_PASSWORD not in text
        assert PASSWORD not in text


async def test_a_notice_that_cannot_be_mailed_takes_nothing_back(
    services: Services, people: People, confirmed: Identify, mailer: FakeMailer, caplog: pytest.LogCaptureFixture
) -> None:
    identity = await confirmed()
    mailer.failure = "No mails today."

    await services.passwords.change(identity, new_password(), "")

    assert await people.session("ann", NEW_PASSWORD)
    assert "A notice could not be mailed (MailNotSent)." in caplog.messages
    assert "ann@" not in caplog.text.lower()


@pytest.mark.parametrize("text", ["short", "x" * 129, 5, None, {"$set": 1}])
def test_a_password_that_breaks_the_rules_is_none(text: object) -> None:
    with pytest.raises(InvalidInput):
        parse(NewPasswordForm, {"new_password": text})


async def test_changes_at_once_hash_few_passwords_so_that_others_can_still_sign_in(
    services: Services, confirmed: Identify, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One confirmed session, used from many tabs, could fill the queue of passwords that wait to be hashed."""
    identity, hasher, hashed = await confirmed(), services.passwords._hasher, list[str]()
    hash_password = hasher.hash

    async def counting_hash(password: str) -> str:
        hashed.append(password)
        return await hash_password(password)

    monkeypatch.setattr(hasher, "hash", counting_hash)
    changes = (services.passwords.change(identity, new_password(f"good password {n}"), "") for n in range(30))
    outcomes = await asyncio.gather(*changes, return_exceptions=True)

    assert len(hashed) == 5
    assert sum(isinstance(one, TooManyAttempts) for one in outcomes) == 25
    assert sum(isinstance(one, str) for one in outcomes) == 1, "and one is the password now"


# What comes between


class Interposed:
    """A method before which something else happens, the first time that it is called."""

    def __init__(self, method: Any, act: Callable[[], Awaitable[None]]) -> None:
        self._method = method
        self._act: Callable[[], Awaitable[None]] | None = act

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if (act := self._act) is not None:
            self._act = None
            await act()
        return await self._method(*args, **kwargs)


def interpose(services: Services, patch: pytest.MonkeyPatch, where: str, act: Callable[[], Awaitable[None]]) -> None:
    """Have something done before a step of a change of password, such as `_users.update_password`."""
    owner: Any = services.passwords
    *path, name = where.split(".")
    for part in path:
        owner = getattr(owner, part)
    patch.setattr(owner, name, Interposed(getattr(owner, name), act))


STEPS = [
    "_users.get_password_hash",
    "_hasher.hash",
    "_sessions._sessions.get_by_id",
    "_sessions._sessions.delete_all",
    "_users.update_password",
    "_sessions._sessions.add",
    "_sessions._sessions.update_ending",
]
"""What a change does, one after the other, until it has looked the last time whether its session lives."""


@pytest.mark.parametrize("step", [*STEPS, "_users.has_password"])
async def test_a_change_that_a_reset_overtakes_changes_nothing(
    services: Services,
    people: People,
    confirmed: Identify,
    mailer: FakeMailer,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    """A thief's change may have begun before the owner's reset, and hashing takes a while."""
    identity = await confirmed()
    await services.recovery.request(parse(ForgotForm, {"email": "ann@example.com"}), CLIENT)
    await services.recovery.finish()
    link = parse(ResetForm, {"token": mailer.mails[-1].link.rpartition("/")[2], "password": "the owner's new one"})

    with monkeypatch.context() as patch:

        async def reset() -> None:
            patch.undo()
            await services.recovery.reset(link, CLIENT)

        interpose(services, patch, step, reset)
        with pytest.raises(NotAuthenticated):
            await services.passwords.change(identity, new_password("the thief's new one"), "")

    assert await database["sessions"].count_documents({}) == 0
    assert await people.session("ann", "the owner's new one")
    with pytest.raises(IncorrectPassword):
        await people.session("ann", "the thief's new one")


@pytest.mark.parametrize("step", STEPS)
async def test_a_change_whose_session_is_ended_meanwhile_changes_nothing(
    services: Services,
    people: People,
    confirmed: Identify,
    mailer: FakeMailer,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    thief, owner = await confirmed(), await services.sessions.identify(await people.session("ann"))
    sent = len(mailer.mails)

    with monkeypatch.context() as patch:
        interpose(services, patch, step, lambda: services.sessions.end_others(owner))
        with pytest.raises(NotAuthenticated):
            await services.passwords.change(thief, new_password("the thief's new one"), "")

    assert not await lives(services, token)
    assert [one.id for one in await services.sessions.list_sessions(owner.user_id)] in ([owner.session_id], [])
    assert len(mailer.mails) == sent, "nothing has changed"
    assert await people.session("ann", PASSWORD)


@pytest.mark.parametrize("step", ["_sessions._sessions.add", "_sessions._sessions.update_ending"])
async def test_a_change_that_fails_half_way_leaves_no_other_device_signed_in_and_tells_the_owner(
    services: Services,
    people: People,
    confirmed: Identify,
    mailer: FakeMailer,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    other, identity, sent = await people.session("ann"), await confirmed(), len(mailer.mails)

    async def go_away() -> None:
        raise Unavailable

    with monkeypatch.context() as patch:
        interpose(services, patch, step, go_away)
        with pytest.raises(Unavailable):
            await services.passwords.change(identity, new_password(), "")

    assert not await lives(services, other)
    assert [mail.subject for mail in mailer.mails[sent:]] == ["Your anonmsg password was changed"]
    assert await people.session("ann", NEW_PASSWORD)


@pytest.mark.parametrize("call", [1, 2])
async def test_a_change_that_cannot_end_the_other_sessions_leaves_none_with_an_old_password(
    services: Services,
    people: People,
    confirmed: Identify,
    mailer: FakeMailer,
    monkeypatch: pytest.MonkeyPatch,
    call: int,
) -> None:
    other, identity, sent = await people.session("ann"), await confirmed(), len(mailer.mails)
    sessions: Any = services.sessions._sessions
    delete_all, calls = sessions.delete_all, itertools.count(1)

    async def fail_once(*args: Any) -> None:
        if next(calls) == call:
            raise Unavailable
        await delete_all(*args)

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "delete_all", fail_once)
        with pytest.raises(Unavailable):
            await services.passwords.change(identity, new_password(), "")

    has_changed = call == 2
    assert await people.session("ann", NEW_PASSWORD if has_changed else PASSWORD)
    assert await lives(services, other) != has_changed
    assert len(mailer.mails) == sent + has_changed


async def test_closing_the_browser_in_the_midst_of_a_change_leaves_no_other_device_signed_in(
    services: Services, people: People, confirmed: Identify, mailer: FakeMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, identity, sent = await people.session("ann"), await confirmed(), len(mailer.mails)
    begun, closed, told = asyncio.Event(), asyncio.Event(), asyncio.Event()
    send = mailer.send

    async def wait() -> None:
        begun.set()
        await closed.wait()

    async def send_and_tell(mail: Mail) -> None:
        await send(mail)
        told.set()

    monkeypatch.setattr(mailer, "send", send_and_tell)
    interpose(services, monkeypatch, "_users.update_password", wait)
    changing = asyncio.create_task(services.passwords.change(identity, new_password(), ""))
    await begun.wait()
    changing.cancel()
    await asyncio.gather(changing, return_exceptions=True)
    closed.set()
    await asyncio.wait_for(told.wait(), 10)

    assert not await lives(services, other)
    assert len(mailer.mails) == sent + 1


async def test_a_password_that_is_confirmed_too_late_confirms_nothing_in_a_session_that_ends(
    services: Services, confirmed: Identify, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old password may be found right just before it is replaced."""
    identity = await confirmed()
    form = parse(ConfirmForm, {"current_password": PASSWORD})

    async def change() -> None:
        await services.passwords.change(identity, new_password(), "")

    update: Any = services.confirmation._sessions
    monkeypatch.setattr(update, "update_confirmed", Interposed(update.update_confirmed, change))
    await services.confirmation.confirm(identity, form)

    with pytest.raises(PasswordNeeded):
        services.confirmation.require(await services.sessions.identify(token))


# The address


async def start(services: Services, identity: Identity, mailer: FakeMailer, email: str = NEW_EMAIL) -> str:
    await services.emails.start(identity, new_email(email))
    return mailer.code


async def test_the_old_address_works_until_the_code_is_right_and_is_told(
    services: Services, people: People, confirmed: Identify, ann: User, mailer: FakeMailer
) -> None:
    identity = await confirmed()
    mailed = await start(services, identity, mailer)
    assert mailer.mails[-1].to == NEW_EMAIL
    assert await people.session("ann@example.com")
    assert await services.emails.present(ann.id) == "Ann@example.com"

    await services.emails.finish(identity, code(mailed))

    assert await people.session(NEW_EMAIL.lower())
    assert await services.emails.present(ann.id) == NEW_EMAIL
    with pytest.raises(AnonmsgError):
        await people.session("ann@example.com")
    assert (mailer.mails[-1].to, mailer.mails[-1].subject) == ("Ann@example.com", "Your email address was changed")
    assert NEW_EMAIL not in mailer.mails[-1].text + mailer.mails[-1].html
    assert await services.emails.waiting(ann.id) is None


async def test_the_present_address_in_any_case_and_somebody_elses_are_refused(
    services: Services, people: People, confirmed: Identify, mailer: FakeMailer
) -> None:
    await people.verified("Bob")
    identity, sent = await confirmed(), len(mailer.mails)

    with pytest.raises(SameEmail):
        await services.emails.start(identity, new_email("ann@EXAMPLE.com"))
    with pytest.raises(EmailTaken):
        await services.emails.start(identity, new_email("BOB@example.com"))

    assert len(mailer.mails) == sent


async def test_asking_which_addresses_have_an_account_ends_after_ten_in_an_hour_and_thirty_in_a_day(
    services: Services, people: People, confirmed: Identify, clock: FakeClock
) -> None:
    await people.verified("Bob")
    clock.now = clock.now.replace(minute=0) + timedelta(days=1)

    async def ask() -> int:
        identity, answers = await confirmed(), 0
        for email in ["bob@example.com", "ann@example.com"] * 10:
            with pytest.raises((EmailTaken, SameEmail, TooManyAttempts)) as refused:
                await services.emails.start(identity, new_email(email))
            answers += refused.type is not TooManyAttempts
        return answers

    answers = []
    for _ in range(5):
        answers.append(await ask())
        clock.advance(timedelta(hours=1))

    assert answers[0] == 10
    assert sum(answers) == 30


async def test_what_one_person_asks_for_uses_up_nothing_of_anothers(
    services: Services, people: People, confirmed: Identify
) -> None:
    bob = await people.verified("Bob")
    for _ in range(10):
        await services.throttle.count({"email change per account": bob.id})

    await services.emails.start(await confirmed(), new_email())


@pytest.mark.parametrize("step", ["count_attempt", "update_email"])
async def test_a_change_of_address_whose_session_is_ended_meanwhile_changes_nothing(
    services: Services,
    people: People,
    confirmed: Identify,
    mailer: FakeMailer,
    ann: User,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    """Else a thief whom the owner has just shut out would get the links that reset the password."""
    thief, owner = await confirmed(), await services.sessions.identify(await people.session("ann"))
    mailed = await start(services, thief, mailer)
    room: Any = services.emails._users if step == "update_email" else services.emails._changes
    monkeypatch.setattr(room, step, Interposed(getattr(room, step), lambda: services.sessions.end_others(owner)))

    with pytest.raises(NotAuthenticated):
        await services.emails.finish(thief, code(mailed))

    assert await services.emails.present(ann.id) == "Ann@example.com"
    assert [mail.subject for mail in mailer.mails if mail.is_notice] == []


async def test_five_wrong_codes_end_it_also_when_they_come_at_once(
    services: Services, confirmed: Identify, mailer: FakeMailer, ann: User
) -> None:
    identity = await confirmed()
    mailed = await start(services, identity, mailer)
    wrong = other_code(mailed)

    tries = await asyncio.gather(*(services.emails.finish(identity, wrong) for _ in range(30)), return_exceptions=True)

    assert sum(isinstance(one, IncorrectCode) for one in tries) == 5
    assert sum(isinstance(one, CodeAttemptsUsedUp) for one in tries) == 25
    with pytest.raises(CodeAttemptsUsedUp):
        await services.emails.finish(identity, code(mailed))
    assert await services.emails.present(ann.id) == "Ann@example.com"


async def test_the_right_code_pressed_twice_tells_the_old_address_once(
    services: Services, confirmed: Identify, mailer: FakeMailer, ann: User
) -> None:
    identity = await confirmed()
    mailed = await start(services, identity, mailer)

    await asyncio.gather(*(services.emails.finish(identity, code(mailed)) for _ in range(2)), return_exceptions=True)

    assert [mail.to for mail in mailer.mails if "was changed" in mail.subject] == ["Ann@example.com"]


async def test_a_code_is_good_for_fifteen_minutes(
    services: Services, confirmed: Identify, mailer: FakeMailer, clock: FakeClock
) -> None:
    identity = await confirmed()
    mailed = await start(services, identity, mailer)

    clock.advance(15 * MINUTE)

    with pytest.raises(CodeExpired):
        await services.emails.finish(identity, code(mailed))


async def test_another_code_waits_a_minute_and_kills_the_one_before(
    services: Services, confirmed: Identify, mailer: FakeMailer, clock: FakeClock
) -> None:
    identity = await confirmed()
    first = await start(services, identity, mailer)
    for again in (services.emails.resend_code(identity), services.emails.start(identity, new_email("b@example.org"))):
        with pytest.raises(TooManyAttempts) as refused:
            await again
        assert refused.value.seconds == 60

    clock.advance(MINUTE)
    await services.emails.resend_code(await confirmed())

    if mailer.code != first:
        with pytest.raises(IncorrectCode):
            await services.emails.finish(identity, code(first))
    await services.emails.finish(identity, code(mailer.code))


async def test_five_codes_a_day_also_to_five_addresses_and_then_none(
    services: Services, confirmed: Identify, mailer: FakeMailer, clock: FakeClock
) -> None:
    for number in range(CODES_PER_DAY):
        await start(services, await confirmed(), mailer, f"new{number}@example.org")
        clock.advance(MINUTE)

    with pytest.raises(EmailCodesUsedUp):
        await start(services, await confirmed(), mailer, "one.more@example.org")
    clock.advance(EMAIL_CHANGE_TTL)
    identity = await confirmed()
    await services.emails.start(identity, new_email("next.day@example.org"))

    await services.emails.finish(identity, code(mailer.code_for("next.day@example.org")))


async def test_parallel_wishes_mail_one_code(services: Services, confirmed: Identify, mailer: FakeMailer) -> None:
    identity, sent = await confirmed(), len(mailer.mails)

    tries = await asyncio.gather(
        *(services.emails.start(identity, new_email(f"new{n}@example.org")) for n in range(10)), return_exceptions=True
    )

    assert [one for one in tries if one is not None and not isinstance(one, TooManyAttempts)] == []
    assert len(mailer.mails) == sent + 1


@pytest.mark.parametrize("error", [MailNotSent("No mails today."), TooManyAttempts(MINUTE), RuntimeError("a bug")])
async def test_a_mail_that_cannot_be_sent_leaves_all_as_it_was(
    services: Services,
    confirmed: Identify,
    mailer: FakeMailer,
    clock: FakeClock,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    async def fail(_mail: object) -> None:
        raise error

    identity = await confirmed()
    with monkeypatch.context() as broken:
        broken.setattr(mailer, "send", fail)
        with pytest.raises(type(error)):
            await services.emails.start(identity, new_email())
    assert await database["email_changes"].count_documents({}) == 0

    first = await start(services, identity, mailer)
    clock.advance(MINUTE)
    identity = await confirmed()
    with monkeypatch.context() as broken:
        broken.setattr(mailer, "send", fail)
        with pytest.raises(type(error)):
            await services.emails.start(identity, new_email("other@example.org"))

    await services.emails.finish(identity, code(first))
    assert await services.emails.present(identity.user_id) == NEW_EMAIL


async def test_of_two_people_who_want_one_address_the_first_right_code_gets_it(
    services: Services, people: People, confirmed: Identify, mailer: FakeMailer
) -> None:
    ann, bobs = await confirmed(), await people.verified("Bob")
    bob_token = await people.session("bob")
    await services.confirmation.confirm(
        await services.sessions.identify(bob_token), parse(ConfirmForm, {"current_password": PASSWORD})
    )
    bob = await services.sessions.identify(bob_token)
    ann_code = await start(services, ann, mailer)
    bob_code = await start(services, bob, mailer, NEW_EMAIL.upper())

    tries = await asyncio.gather(
        services.emails.finish(ann, code(ann_code)), services.emails.finish(bob, code(bob_code)), return_exceptions=True
    )

    assert [type(one) for one in tries if one is not None] == [EmailTaken]
    addresses = [await services.emails.present(user) for user in (ann.user_id, bobs.id)]
    assert sum(address.lower() == NEW_EMAIL.lower() for address in addresses) == 1


async def test_somebody_elses_code_opens_nothing(
    services: Services, people: People, confirmed: Identify, mailer: FakeMailer
) -> None:
    mailed = await start(services, await confirmed(), mailer)
    await people.verified("Bob")
    bob = await services.sessions.identify(await people.session("bob"))

    with pytest.raises(EmailChangeNotFound):
        await services.emails.finish(bob, code(mailed))


async def test_neither_address_nor_code_is_readable_in_the_database(
    services: Services, confirmed: Identify, mailer: FakeMailer, database: Database
) -> None:
    mailed = await start(services, await confirmed(), mailer)

    (stored,) = await database["email_changes"].find().to_list()
    raw = repr(stored).lower()
    assert mailed not in raw
    assert "new.ann" not in raw
    assert "example.org" not in raw


# What else the two end


@pytest.mark.parametrize("text", ["Ann@example.com", "ANN@EXAMPLE.COM"])
async def test_the_password_must_not_be_the_persons_address(
    services: Services, people: People, confirmed: Identify, text: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await services.passwords.change(await confirmed(), new_password(text), "")

    assert list(refused.value.errors) == ["new_password"]
    assert await people.session("ann", PASSWORD)


@pytest.mark.parametrize("change", ["password", "email"])
async def test_links_to_reset_the_password_die_with_a_change(
    services: Services, confirmed: Identify, mailer: FakeMailer, database: Database, change: str
) -> None:
    await services.recovery.request(parse(ForgotForm, {"email": "ann@example.com"}), CLIENT)
    await services.recovery.finish()
    assert await database["resets"].count_documents({}) == 1
    identity = await confirmed()

    if change == "password":
        await services.passwords.change(identity, new_password(), "")
    else:
        await services.emails.finish(identity, code(await start(services, identity, mailer)))

    assert await database["resets"].count_documents({}) == 0


async def test_mails_of_a_change_are_counted_for_their_address_and_one_too_many_leaves_nothing(
    services: Services, confirmed: Identify, database: Database
) -> None:
    for _ in range(5):
        await services.throttle.count({"mail per address": services.passwords._mailer._hash_address(NEW_EMAIL)})  # type: ignore[attr-defined]

    with pytest.raises(TooManyAttempts):
        await services.emails.start(await confirmed(), new_email())

    assert await database["email_changes"].count_documents({}) == 0
