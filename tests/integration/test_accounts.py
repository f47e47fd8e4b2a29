"""Signing up and verifying: every rule, every race, and everybody who would like another person's name or address."""

import asyncio
from datetime import timedelta

import pytest

from anonmsg.bootstrap import Services
from anonmsg.errors import (
    CodeAttemptsUsedUp,
    CodeExpired,
    CodesUsedUp,
    EmailTaken,
    IncorrectCode,
    IncorrectPassword,
    MailNotSent,
    NotVerified,
    RegistrationNotFound,
    SeveralRegistrations,
    TooManyAttempts,
    Unavailable,
    UsernameTaken,
    UserNotFound,
)
from anonmsg.mail.mailer import Mail
from anonmsg.models import User
from anonmsg.schemas import ClaimForm, SignInForm, SignUpForm, VerifyForm, parse
from anonmsg.services.accounts import Accounts
from anonmsg.storage.database import Database
from anonmsg.storage.registrations import RegistrationRepository
from tests.conftest import CLIENT, FakeClock, FakeMailer
from tests.integration.conftest import PASSWORD, People, SignedUp


@pytest.fixture
def accounts(services: Services) -> Accounts:
    return services.accounts


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 10**6:06d}"


def claim(username: str, password: str = PASSWORD, hint: str = "") -> ClaimForm:
    return parse(ClaimForm, {"username": username, "password": password, "hint": hint})


async def count(database: Database, name: str) -> int:
    return await database[name].count_documents({})


# Choosing a name


async def test_a_name_is_free_until_somebody_verified_has_it_in_any_case(accounts: Accounts, people: People) -> None:
    await accounts.check_username("bob", CLIENT)
    await people.verified("Bob")

    for spelling in ("Bob", "bob", "BOB"):
        with pytest.raises(UsernameTaken):
            await accounts.check_username(spelling, CLIENT)


async def test_a_name_that_only_waits_for_its_code_is_free(accounts: Accounts, people: People) -> None:
    await people.sign_up("bob")

    await accounts.check_username("bob", CLIENT)


@pytest.mark.parametrize("name", ["admin", "Admin", "support", "dashboard"])
async def test_a_name_that_the_site_keeps_is_taken(accounts: Accounts, people: People, name: str) -> None:
    waiting = await people.sign_up("bob")

    with pytest.raises(UsernameTaken):
        await accounts.check_username(name, CLIENT)
    with pytest.raises(UsernameTaken):
        await people.sign_up(name)
    with pytest.raises(UsernameTaken):
        await accounts.verify(waiting.registration_id, name, waiting.code, CLIENT)


# Signing up


async def test_a_sign_up_mails_one_code_and_keeps_the_name_as_typed(people: People, mailer: FakeMailer) -> None:
    waiting = await people.sign_up("BoB", "Bob@Example.COM")

    assert [mail.to for mail in mailer.mails] == ["Bob@Example.COM"]
    assert len(waiting.code) == 6
    assert waiting.code in mailer.mails[0].text
    assert f"/verify/BoB#code={waiting.code}&sign-up={waiting.registration_id}" in mailer.mails[0].text


async def test_the_mail_never_holds_the_proof_that_a_browser_signed_up(people: People, mailer: FakeMailer) -> None:
    waiting = await people.sign_up("bob")

    assert waiting.token not in mailer.mails[0].text + mailer.mails[0].html + mailer.mails[0].subject


@pytest.mark.parametrize("spelling", ["bob", "Bob", "BOB"])
async def test_nobody_signs_up_with_a_verified_persons_name(
    people: People, mailer: FakeMailer, database: Database, spelling: str
) -> None:
    await people.verified("Bob")

    with pytest.raises(UsernameTaken):
        await people.sign_up(spelling, "other@example.com")

    assert len(mailer.mails) == 1
    assert await count(database, "registrations") == 0


@pytest.mark.parametrize("spelling", ["a@x.com", "A@x.com", "a@X.com", " A@X.COM "])
async def test_nobody_signs_up_with_a_verified_persons_address(people: People, spelling: str) -> None:
    await people.verified("bob", "A@x.com")

    with pytest.raises(EmailTaken):
        await people.sign_up("eve", spelling)


async def test_a_taken_name_is_told_before_a_taken_address(people: People) -> None:
    await people.verified("bob", "a@x.com")
    await people.verified("eve", "e@x.com")

    with pytest.raises(UsernameTaken):
        await people.sign_up("bob", "a@x.com")
    with pytest.raises(UsernameTaken):
        await people.sign_up("bob", "e@x.com")


async def test_signing_up_again_with_the_same_name_and_address_works(
    accounts: Accounts, people: People, database: Database
) -> None:
    first = await people.sign_up("bob", password="first password")
    second = await people.sign_up("bob", password="second password")

    user = await accounts.verify(second.registration_id, "bob", second.code, CLIENT)

    assert user.username == "bob"
    assert await people.session("bob", "second password")
    with pytest.raises((UsernameTaken, EmailTaken)):
        await accounts.verify(first.registration_id, "bob", first.code, CLIENT)


async def test_a_name_cannot_be_squatted_by_who_never_verifies(accounts: Accounts, people: People) -> None:
    for number in range(10):
        await people.sign_up("bob", f"squatter{number}@example.com")

    bob = await people.verified("bob", "bob@example.com")

    assert bob.username == "bob"


@pytest.mark.parametrize(
    "failure", [MailNotSent("The key was refused."), OSError("disk full"), asyncio.CancelledError()]
)
async def test_a_sign_up_whose_mail_cannot_be_sent_leaves_nothing_behind(
    people: People, mailer: FakeMailer, database: Database, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    async def fail(_: Mail) -> None:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(mailer, "send", fail)
        with pytest.raises(type(failure)) as caught:
            await people.sign_up("bob")

    assert str(caught.value) == str(failure)
    assert await count(database, "registrations") == 0
    assert (await people.verified("bob")).username == "bob"


# Verifying


async def test_the_right_code_makes_a_user_and_ends_the_sign_up(
    accounts: Accounts, people: People, database: Database, clock: FakeClock
) -> None:
    waiting = await people.sign_up("Bob")

    user = await accounts.verify(waiting.registration_id, "Bob", waiting.code, CLIENT)

    assert user == User(user.id, "Bob", accepts_messages=True, created_at=clock.now)
    assert await count(database, "registrations") == 0
    assert await count(database, "keys") == 1


async def test_a_code_works_once(accounts: Accounts, people: People) -> None:
    waiting = await people.sign_up("bob")
    await accounts.verify(waiting.registration_id, "bob", waiting.code, CLIENT)

    with pytest.raises(RegistrationNotFound):
        await accounts.verify(waiting.registration_id, "bob", waiting.code, CLIENT)


async def test_an_account_whose_sign_up_could_not_be_tidied_away_is_there_all_the_same(
    accounts: Accounts, people: People, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable

    waiting = await people.sign_up("bob")
    monkeypatch.setattr(RegistrationRepository, "delete", away)

    user = await accounts.verify(waiting.registration_id, "bob", waiting.code, CLIENT)

    assert await count(database, "registrations") == 1
    for name, refusal in (("bob", UsernameTaken), ("robert", EmailTaken)):
        with pytest.raises(refusal):
            await accounts.verify(waiting.registration_id, name, waiting.code, CLIENT)
    assert await count(database, "users") == await count(database, "keys") == 1
    assert await people.session(user.username)


async def test_pressing_verify_twice_makes_one_user(accounts: Accounts, people: People, database: Database) -> None:
    waiting = await people.sign_up("bob")

    outcomes = await asyncio.gather(
        *(accounts.verify(waiting.registration_id, "bob", waiting.code, CLIENT) for _ in range(2)),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, User) for outcome in outcomes) == 1
    assert await count(database, "users") == await count(database, "keys") == 1


async def test_a_code_is_dead_after_five_wrong_tries(accounts: Accounts, people: People, database: Database) -> None:
    waiting = await people.sign_up("bob")
    for _ in range(5):
        with pytest.raises(IncorrectCode):
            await accounts.verify(waiting.registration_id, "bob", wrong(waiting.code), CLIENT)

    for code in (wrong(waiting.code), waiting.code):
        with pytest.raises(CodeAttemptsUsedUp):
            await accounts.verify(waiting.registration_id, "bob", code, CLIENT)

    assert await count(database, "users") == 0


async def test_the_fifth_try_may_be_the_right_one(accounts: Accounts, people: People) -> None:
    waiting = await people.sign_up("bob")
    for _ in range(4):
        with pytest.raises(IncorrectCode):
            await accounts.verify(waiting.registration_id, "bob", wrong(waiting.code), CLIENT)

    assert (await accounts.verify(waiting.registration_id, "bob", waiting.code, CLIENT)).username == "bob"


async def test_fifty_guesses_at_once_are_no_more_than_five_tries(accounts: Accounts, people: People) -> None:
    waiting = await people.sign_up("bob")
    guesses = [f"{number:06d}" for number in range(50) if f"{number:06d}" != waiting.code]

    outcomes = await asyncio.gather(
        *(accounts.verify(waiting.registration_id, "bob", guess, CLIENT) for guess in guesses), return_exceptions=True
    )

    assert sum(isinstance(outcome, IncorrectCode) for outcome in outcomes) == 5
    assert sum(isinstance(outcome, CodeAttemptsUsedUp) for outcome in outcomes) == len(guesses) - 5


async def test_a_code_is_valid_for_fifteen_minutes(accounts: Accounts, people: People, clock: FakeClock) -> None:
    early, late = await people.sign_up("early"), await people.sign_up("late")

    clock.advance(timedelta(minutes=15, milliseconds=-1))
    await accounts.verify(early.registration_id, "early", early.code, CLIENT)
    clock.advance(timedelta(milliseconds=1))

    with pytest.raises(CodeExpired):
        await accounts.verify(late.registration_id, "late", late.code, CLIENT)


async def test_a_sign_up_lives_for_a_day_even_if_nobody_tidied_it(
    accounts: Accounts, people: People, clock: FakeClock, database: Database
) -> None:
    waiting = await people.sign_up("bob")
    clock.advance(timedelta(hours=24))

    with pytest.raises(RegistrationNotFound):
        await accounts.verify(waiting.registration_id, "bob", waiting.code, CLIENT)
    with pytest.raises(RegistrationNotFound):
        await accounts.resend_code(waiting.registration_id, CLIENT)
    with pytest.raises(RegistrationNotFound):
        await accounts.find_by_password(claim("bob"), CLIENT)
    with pytest.raises(UserNotFound):
        await people.session("bob")
    assert await accounts.find_registration(waiting.token, "bob") is None
    assert await count(database, "registrations") == 1


async def test_a_code_verifies_only_the_sign_up_it_was_mailed_for(
    accounts: Accounts, people: People, database: Database
) -> None:
    first = await people.sign_up("bob", "one@example.com")
    second = await people.sign_up("bob", "two@example.com")
    while second.code == first.code:
        second = await people.sign_up("bob", "two@example.com")

    with pytest.raises(IncorrectCode):
        await accounts.verify(first.registration_id, "bob", second.code, CLIENT)

    assert await count(database, "users") == 0


@pytest.mark.parametrize("registration_id", ["", "0" * 40, "\x00", "x" * 10_000])
async def test_a_sign_up_that_does_not_exist_is_not_found(accounts: Accounts, registration_id: str) -> None:
    with pytest.raises(RegistrationNotFound):
        await accounts.verify(registration_id, "bob", "123456", CLIENT)
    with pytest.raises(RegistrationNotFound):
        await accounts.resend_code(registration_id, CLIENT)


# Races


async def race(accounts: Accounts, *entries: tuple[SignedUp, str]) -> list[User | BaseException]:
    return await asyncio.gather(
        *(accounts.verify(waiting.registration_id, name, waiting.code, CLIENT) for waiting, name in entries),
        return_exceptions=True,
    )


async def test_of_two_who_race_for_a_name_one_gets_it_and_the_other_takes_another_with_the_same_code(
    accounts: Accounts, people: People, database: Database
) -> None:
    first = await people.sign_up("bob", "one@example.com", "password of one")
    second = await people.sign_up("BOB", "two@example.com", "password of two")

    outcomes = await race(accounts, (first, "bob"), (second, "BOB"))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["User", "UsernameTaken"]
    assert await count(database, "users") == await count(database, "keys") == 1
    loser = first if isinstance(outcomes[0], UsernameTaken) else second
    user = await accounts.verify(loser.registration_id, "robert", loser.code, CLIENT)
    assert user.username == "robert"
    assert await count(database, "registrations") == 0


async def test_of_ten_who_race_for_a_name_exactly_one_gets_it(
    accounts: Accounts, people: People, database: Database
) -> None:
    waiting = [await people.sign_up("bob", f"{number}@example.com") for number in range(10)]

    outcomes = await race(accounts, *((one, "bob") for one in waiting))

    assert sum(isinstance(outcome, User) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, UsernameTaken) for outcome in outcomes) == 9
    assert await count(database, "users") == await count(database, "keys") == 1


async def test_of_two_who_race_for_an_address_one_gets_it(
    accounts: Accounts, people: People, database: Database
) -> None:
    first = await people.sign_up("bob", "a@x.com")
    second = await people.sign_up("rob", "A@X.com")

    outcomes = await race(accounts, (first, "bob"), (second, "rob"))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["EmailTaken", "User"]
    assert await count(database, "users") == await count(database, "keys") == 1


async def test_who_lost_a_name_may_try_as_many_other_names_as_it_takes(accounts: Accounts, people: People) -> None:
    waiting = await people.sign_up("bob", "late@example.com")
    for name in ("bob", "bob1", "bob2", "bob3", "bob4", "bob5", "bob6"):
        await people.verified(name)
        with pytest.raises(UsernameTaken):
            await accounts.verify(waiting.registration_id, name, waiting.code, CLIENT)

    assert (await accounts.verify(waiting.registration_id, "robert", waiting.code, CLIENT)).username == "robert"


async def test_trying_other_names_gives_no_tries_to_guess_a_code(accounts: Accounts, people: People) -> None:
    waiting = await people.sign_up("bob", "late@example.com")
    await people.verified("rob")
    for _ in range(5):
        with pytest.raises(IncorrectCode):
            await accounts.verify(waiting.registration_id, "rob", wrong(waiting.code), CLIENT)

    with pytest.raises(CodeAttemptsUsedUp):
        await accounts.verify(waiting.registration_id, "rob", waiting.code, CLIENT)


# Sending another code


async def test_a_new_code_can_be_asked_for_once_a_minute(
    accounts: Accounts, people: People, clock: FakeClock, mailer: FakeMailer
) -> None:
    waiting = await people.sign_up("bob")
    clock.advance(timedelta(seconds=59))

    with pytest.raises(TooManyAttempts) as refused:
        await accounts.resend_code(waiting.registration_id, CLIENT)
    clock.advance(timedelta(seconds=1))
    wait = await accounts.resend_code(waiting.registration_id, CLIENT)

    assert refused.value.seconds == 1
    assert wait == timedelta(seconds=60)
    assert len(mailer.mails) == 2


async def test_the_time_until_the_next_code_can_be_shown(accounts: Accounts, people: People, clock: FakeClock) -> None:
    waiting = await people.sign_up("bob")
    registration = await accounts.find_registration(waiting.token, "bob")
    assert registration

    left = []
    for _ in range(3):
        left.append(accounts.cooldown_left(registration).total_seconds())
        clock.advance(timedelta(seconds=45))

    assert left == [60, 15, 0]


async def test_a_new_code_kills_the_old_one_and_gives_five_new_tries(
    accounts: Accounts, people: People, clock: FakeClock, mailer: FakeMailer
) -> None:
    waiting = await people.sign_up("bob")
    for _ in range(6):
        with pytest.raises((IncorrectCode, CodeAttemptsUsedUp)):
            await accounts.verify(waiting.registration_id, "bob", wrong(waiting.code), CLIENT)
    clock.advance(timedelta(minutes=14))
    await accounts.resend_code(waiting.registration_id, CLIENT)
    clock.advance(timedelta(minutes=14))

    if mailer.code != waiting.code:
        with pytest.raises(IncorrectCode):
            await accounts.verify(waiting.registration_id, "bob", waiting.code, CLIENT)
    assert (await accounts.verify(waiting.registration_id, "bob", mailer.code, CLIENT)).username == "bob"


async def test_a_new_code_revives_a_sign_up_whose_code_is_too_old(
    accounts: Accounts, people: People, clock: FakeClock, mailer: FakeMailer
) -> None:
    waiting = await people.sign_up("bob")
    clock.advance(timedelta(hours=2))
    await accounts.resend_code(waiting.registration_id, CLIENT)

    assert (await accounts.verify(waiting.registration_id, "bob", mailer.code, CLIENT)).username == "bob"


async def test_a_sign_up_is_mailed_five_codes_at_most(
    accounts: Accounts, people: People, clock: FakeClock, mailer: FakeMailer
) -> None:
    waiting = await people.sign_up("bob")
    for _ in range(4):
        clock.advance(timedelta(minutes=1))
        await accounts.resend_code(waiting.registration_id, CLIENT)
    clock.advance(timedelta(minutes=1))

    with pytest.raises(CodesUsedUp):
        await accounts.resend_code(waiting.registration_id, CLIENT)

    assert len(mailer.mails) == 5
    assert (await accounts.verify(waiting.registration_id, "bob", mailer.code, CLIENT)).username == "bob"


async def test_asking_twenty_times_at_once_mails_one_code(
    accounts: Accounts, people: People, clock: FakeClock, mailer: FakeMailer
) -> None:
    waiting = await people.sign_up("bob")
    clock.advance(timedelta(minutes=1))

    outcomes = await asyncio.gather(
        *(accounts.resend_code(waiting.registration_id, CLIENT) for _ in range(20)), return_exceptions=True
    )

    assert len(mailer.mails) == 2
    refused = [outcome for outcome in outcomes if isinstance(outcome, TooManyAttempts)]
    assert len(refused) == 19
    assert {one.seconds for one in refused} == {60}


@pytest.mark.parametrize("failure", [MailNotSent("No."), OSError("disk full"), asyncio.CancelledError()])
async def test_a_new_code_whose_mail_cannot_be_sent_leaves_the_old_one_alive(
    accounts: Accounts,
    people: People,
    clock: FakeClock,
    mailer: FakeMailer,
    monkeypatch: pytest.MonkeyPatch,
    failure: BaseException,
) -> None:
    async def fail(_: Mail) -> None:
        raise failure

    waiting = await people.sign_up("bob")
    for _ in range(4):
        with pytest.raises(IncorrectCode):
            await accounts.verify(waiting.registration_id, "bob", wrong(waiting.code), CLIENT)
    clock.advance(timedelta(minutes=1))
    before = await accounts.find_registration(waiting.token, "bob")

    with monkeypatch.context() as patch:
        patch.setattr(mailer, "send", fail)
        with pytest.raises(type(failure)):
            await accounts.resend_code(waiting.registration_id, CLIENT)

    assert await accounts.find_registration(waiting.token, "bob") == before
    assert (await accounts.verify(waiting.registration_id, "bob", waiting.code, CLIENT)).username == "bob"


async def test_a_name_chosen_later_does_not_change_who_is_mailed(
    accounts: Accounts, people: People, clock: FakeClock, mailer: FakeMailer
) -> None:
    waiting = await people.sign_up("bob", "Bob@Example.com")
    clock.advance(timedelta(minutes=1))

    await accounts.resend_code(waiting.registration_id, CLIENT)

    assert [mail.to for mail in mailer.mails] == ["Bob@Example.com"] * 2
    assert "/verify/bob#" in mailer.mails[1].text


# Whose sign-up it is


async def test_a_browser_finds_its_own_sign_up_by_its_token(accounts: Accounts, people: People) -> None:
    waiting = await people.sign_up("Bob")

    found = await accounts.find_registration(waiting.token, "bob")

    assert found
    assert found.id == waiting.registration_id
    assert await accounts.find_registration(waiting.token, "eve") is None
    assert await accounts.find_registration("another token", "bob") is None
    assert await accounts.find_registration("", "bob") is None
    assert await accounts.find_registration(waiting.registration_id, "bob") is None


async def test_another_browser_finds_a_sign_up_by_the_password_chosen_there(accounts: Accounts, people: People) -> None:
    first = await people.sign_up("bob", "one@example.com", "password of one")
    second = await people.sign_up("BOB", "two@example.com", "password of two")

    assert (await accounts.find_by_password(claim("Bob", "password of one"), CLIENT)).id == first.registration_id
    assert (await accounts.find_by_password(claim("bob", "password of two"), CLIENT)).id == second.registration_id
    with pytest.raises(IncorrectPassword):
        await accounts.find_by_password(claim("bob", "password of three"), CLIENT)
    with pytest.raises(RegistrationNotFound):
        await accounts.find_by_password(claim("eve", "password of one"), CLIENT)


async def test_the_mailed_link_says_which_of_many_sign_ups_is_meant(
    accounts: Accounts, people: People, clock: FakeClock
) -> None:
    mine = await people.sign_up("bob", "me@example.com", "my own password")
    clock.advance(timedelta(seconds=1))
    for number in range(6):
        await people.sign_up("bob", f"squatter{number}@example.com")

    with pytest.raises(IncorrectPassword):
        await accounts.find_by_password(claim("bob", "my own password"), CLIENT)
    found = await accounts.find_by_password(claim("bob", "my own password", mine.registration_id), CLIENT)

    assert found.id == mine.registration_id


async def test_a_hint_for_another_name_is_passed_over(accounts: Accounts, people: People) -> None:
    mine = await people.sign_up("bob", password="my own password")
    other = await people.sign_up("eve", password="eves password")

    assert (await accounts.find_by_password(claim("bob", "my own password", other.registration_id), CLIENT)).id == (
        mine.registration_id
    )
    with pytest.raises(IncorrectPassword):
        await accounts.find_by_password(claim("bob", "eves password", other.registration_id), CLIENT)


async def test_a_stranger_who_signs_up_with_my_address_cannot_make_me_confirm_their_password(
    accounts: Accounts, people: People, mailer: FakeMailer
) -> None:
    """Account pre-hijacking (Sudhodanan and Paverd 2022): the code reaches me, but not with their password."""
    theirs = await people.sign_up("ann", "me@example.com", "the strangers password")
    my_code = mailer.code_for("me@example.com")

    with pytest.raises(IncorrectPassword):
        await accounts.find_by_password(claim("ann", "my password", theirs.registration_id), CLIENT)
    mine = await people.sign_up("ann", "me@example.com", "my password")
    if my_code != mine.code:
        with pytest.raises(IncorrectCode):
            await accounts.verify(mine.registration_id, "ann", my_code, CLIENT)
    await accounts.verify(mine.registration_id, "ann", mine.code, CLIENT)

    assert await people.session("ann", "my password")
    with pytest.raises(IncorrectPassword):
        await people.session("ann", "the strangers password")
    with pytest.raises((UsernameTaken, EmailTaken)):
        await accounts.verify(theirs.registration_id, "ann", theirs.code, CLIENT)


# Programs


def form(username: str, code: str, registration: str = "") -> VerifyForm:
    return parse(VerifyForm, {"username": username, "code": code, "registration": registration})


async def test_a_program_may_verify_by_name_while_one_sign_up_has_it(accounts: Accounts, people: People) -> None:
    waiting = await people.sign_up("Bob")

    user = await accounts.verify_form(form("bob", waiting.code), CLIENT)

    assert user.username == "Bob"


async def test_a_program_must_say_which_sign_up_it_means_when_several_have_the_name(
    accounts: Accounts, people: People
) -> None:
    first = await people.sign_up("bob", "one@example.com")
    await people.sign_up("bob", "two@example.com")

    with pytest.raises(SeveralRegistrations):
        await accounts.verify_form(form("bob", first.code), CLIENT)
    user = await accounts.verify_form(form("bob", first.code, first.token), CLIENT)

    assert user.username == "bob"


async def test_a_program_cannot_verify_what_nobody_signed_up(accounts: Accounts, people: People) -> None:
    waiting = await people.sign_up("bob")

    with pytest.raises(RegistrationNotFound):
        await accounts.verify_form(form("eve", waiting.code), CLIENT)
    with pytest.raises(RegistrationNotFound):
        await accounts.verify_form(form("bob", waiting.code, "another-token"), CLIENT)
    with pytest.raises(RegistrationNotFound):
        await accounts.verify_form(form("bob", waiting.code, waiting.registration_id), CLIENT)


async def test_who_has_not_verified_cannot_sign_in(people: People) -> None:
    await people.sign_up("bob", "bob@example.com")

    for identifier in ("bob", "BOB", "bob@example.com", "Bob@Example.com"):
        with pytest.raises(NotVerified):
            await people.session(identifier)


async def test_a_form_with_a_decomposed_address_is_the_same_person(services: Services, people: People) -> None:
    await people.verified("jorg", "jo\u0308rg@example.com")

    with pytest.raises(EmailTaken):
        await services.accounts.sign_up(
            parse(SignUpForm, {"username": "other", "email": "JÖRG@example.com", "password": PASSWORD}), CLIENT
        )
    form = parse(SignInForm, {"identifier": "JÖRG@Example.com", "password": PASSWORD})
    assert await services.sessions.sign_in(form, "", CLIENT)
