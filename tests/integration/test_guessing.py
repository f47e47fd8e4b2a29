"""A hundred clients at once guess codes, passwords and session tokens; each try counts before it is compared."""

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import Coroutine
from datetime import timedelta
from types import NoneType
from typing import Any

import pytest
from httpx import AsyncClient

from anonmsg.bootstrap import Services, build_services
from anonmsg.errors import AnonmsgError, Busy, IncorrectPassword, MailNotSent, ResetNotFound, TooManyAttempts
from anonmsg.models import Mail
from anonmsg.passwords import PasswordHasher
from anonmsg.schemas import (
    ClaimForm,
    ConfirmForm,
    EmailCodeForm,
    ForgotForm,
    NewEmailForm,
    ResetForm,
    SignInForm,
    VerifyForm,
    parse,
)
from anonmsg.services.accounts import ATTEMPTS_PER_CODE, CODES_PER_REGISTRATION, RESEND_COOLDOWN
from anonmsg.settings import Settings
from anonmsg.storage.database import Database
from anonmsg.storage.resets import ResetRepository
from anonmsg.tokens import VerificationCodes, new_secret_token
from tests.conftest import CLIENT, FakeClock, FakeMailer
from tests.integration.api_client import connect, everything_in
from tests.integration.conftest import PASSWORD, SECRETS, People

CLIENTS = 100
RESETS = 60
"""So often one network may ask for a link or use one, in an hour."""

OTHER_CLIENT = "the guesser's network"
COMMON = ["123456", "password", "letmein", "qwerty", "dragon"]
PATIENCE = 10


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a code and a password were really compared."""
    counted: Counter[str] = Counter()
    matches, verify = VerificationCodes.matches, PasswordHasher.verify

    def counting_matches(self: VerificationCodes, *arguments: Any) -> bool:
        counted["code"] += 1
        return matches(self, *arguments)

    async def counting_verify(self: PasswordHasher, *arguments: Any) -> bool:
        counted["password"] += 1
        return await verify(self, *arguments)

    monkeypatch.setattr(VerificationCodes, "matches", counting_matches)
    monkeypatch.setattr(PasswordHasher, "verify", counting_verify)
    return counted


async def at_once(api: AsyncClient, path: str, bodies: list[dict[str, str]]) -> Counter[tuple[int, str]]:
    """Send all bodies together, and count the answers."""
    answers = await asyncio.gather(*(api.post(f"/api/{path}", json=body) for body in bodies))
    return Counter((answer.status_code, answer.json()["message"]) for answer in answers)


def wrong_codes(right: str) -> list[str]:
    return [f"{(int(right) + 1 + step) % 10**6:06d}" for step in range(CLIENTS)]


async def test_a_mailed_code_is_compared_five_times_whoever_asks(
    api: AsyncClient, people: People, compared: Counter[str]
) -> None:
    waiting = await people.sign_up("Ann")
    guesses = [{"username": "Ann", "code": code, "registration": waiting.token} for code in wrong_codes(waiting.code)]

    answers = await at_once(api, "verify-code", guesses)
    late = await api.post("/api/verify-code", json={**guesses[0], "code": waiting.code})

    assert compared["code"] == ATTEMPTS_PER_CODE
    assert answers[400, "Incorrect verification code"] == ATTEMPTS_PER_CODE
    assert sum(answers.values()) == CLIENTS
    assert late.status_code != 200, "the right code came too late"


async def test_a_registration_gets_five_codes_and_so_twenty_five_tries_ever(
    api: AsyncClient, people: People, mailer: FakeMailer, clock: FakeClock, compared: Counter[str]
) -> None:
    waiting = await people.sign_up("Ann")
    resent = Counter[int]()
    for _ in range(CODES_PER_REGISTRATION + 2):
        guesses = [{"username": "Ann", "code": c, "registration": waiting.token} for c in wrong_codes(mailer.code)[:30]]
        await at_once(api, "verify-code", guesses)
        clock.advance(RESEND_COOLDOWN + timedelta(seconds=1))
        asked = await asyncio.gather(
            *(api.post("/api/resend-code", json={"registration": waiting.token}) for _ in range(10))
        )
        resent.update(answer.status_code for answer in asked)

    assert resent[200] == CODES_PER_REGISTRATION - 1, "the first came with the sign-up"
    assert resent.keys() == {200, 429}
    assert compared["code"] == ATTEMPTS_PER_CODE * CODES_PER_REGISTRATION


class FailingMailService:
    """A mail service that takes no mail. One that hangs says so only when it is told to."""

    def __init__(self, *, hangs: bool) -> None:
        self.asked, self.fail = asyncio.Event(), asyncio.Event()
        self._hangs = hangs

    async def send(self, _mail: Mail) -> None:
        self.asked.set()
        if self._hangs:
            await asyncio.wait_for(self.fail.wait(), PATIENCE)
        raise MailNotSent("No mails today.")


async def until_mailing(service: FailingMailService, asking: "list[asyncio.Task[Any]]") -> None:
    """Wait until one of those who ask waits for the mail service."""
    asked = asyncio.create_task(service.asked.wait())
    await asyncio.wait([asked, *asking], return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
    asked.cancel()


@pytest.mark.parametrize("hangs", [False, True], ids=["fails", "hangs, then fails"])
async def test_mails_that_fail_give_a_registration_no_tries(
    services: Services,
    people: People,
    mailer: FakeMailer,
    clock: FakeClock,
    compared: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
    hangs: bool,
) -> None:
    """A stranger can have mails refused at will, by asking for all that an address gets within an hour."""
    waiting = await people.sign_up("Ann")
    accounts, wrong = services.accounts, iter(wrong_codes(waiting.code))

    async def guess() -> None:
        with contextlib.suppress(AnonmsgError):
            await accounts.verify(waiting.registration_id, "Ann", next(wrong), OTHER_CLIENT)

    async def resend() -> None:
        with contextlib.suppress(AnonmsgError):
            await accounts.resend_code(waiting.registration_id, OTHER_CLIENT)

    for _ in range(4):
        service = FailingMailService(hangs=hangs)
        clock.advance(RESEND_COOLDOWN)
        with monkeypatch.context() as broken:
            broken.setattr(mailer, "send", service.send)
            at_once = [asyncio.create_task(act()) for _ in range(5) for act in (resend, guess)]
            await until_mailing(service, at_once)
            await asyncio.gather(*(guess() for _ in range(8)))
            service.fail.set()
            await asyncio.gather(*at_once)
            await asyncio.gather(*(guess() for _ in range(8)))
    assert compared["code"] == ATTEMPTS_PER_CODE

    clock.advance(timedelta(hours=1))  # until the address may get mails again
    await accounts.resend_code(waiting.registration_id, CLIENT)
    user = await accounts.verify(waiting.registration_id, "Ann", mailer.code, CLIENT)
    assert user.username == "Ann", "codes that were not mailed used none up"


async def test_a_code_that_an_address_is_not_mailed_any_more_is_never_there_to_be_guessed(
    services: Services, people: People, compared: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else somebody without the mailbox could sign up with an address and guess, as often as names are free."""
    for number in range(5):
        await people.sign_up(f"name{number}", "ann@example.com")
    registrations: Any = services.accounts._registrations
    add = registrations.add

    async def add_and_guess(registration: Any) -> None:
        await add(registration)
        form = parse(VerifyForm, {"username": registration.username, "code": "123456"})
        for _ in range(ATTEMPTS_PER_CODE):
            with contextlib.suppress(AnonmsgError):
                await services.accounts.verify_form(form, OTHER_CLIENT)

    monkeypatch.setattr(registrations, "add", add_and_guess)
    for number in range(5, 10):
        with pytest.raises(TooManyAttempts):
            await people.sign_up(f"name{number}", "ann@example.com")

    assert compared["code"] == 0


@pytest.mark.parametrize("hangs", [False, True], ids=["fails", "hangs, then fails"])
@pytest.mark.parametrize("mailed", [0, 1], ids=["no code was mailed", "a code was mailed"])
async def test_mails_that_fail_give_a_change_of_address_no_tries(
    services: Services,
    people: People,
    mailer: FakeMailer,
    clock: FakeClock,
    compared: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
    mailed: int,
    hangs: bool,
) -> None:
    await people.verified("Ann")
    token, sessions = await people.session("ann"), services.sessions
    compared.clear()
    form = parse(NewEmailForm, {"email": "somebody.elses@example.org"})

    async def confirmed() -> Any:
        password = parse(ConfirmForm, {"current_password": PASSWORD})
        await services.confirmation.confirm(await sessions.identify(token), password)
        return await sessions.identify(token)

    async def guess() -> None:
        with contextlib.suppress(AnonmsgError):
            await services.emails.finish(await sessions.identify(token), parse(EmailCodeForm, {"code": next(wrong)}))

    async def start() -> None:
        with contextlib.suppress(AnonmsgError):
            await services.emails.start(await sessions.identify(token), form)

    await confirmed()
    if mailed:
        await start()
    wrong = iter(wrong_codes(mailer.code or "0"))
    for _ in range(2):
        service = FailingMailService(hangs=hangs)
        clock.advance(RESEND_COOLDOWN)
        await confirmed()
        with monkeypatch.context() as broken:
            broken.setattr(mailer, "send", service.send)
            at_once = [asyncio.create_task(act()) for _ in range(2) for act in (start, guess)]
            await until_mailing(service, at_once)
            await asyncio.gather(*(guess() for _ in range(8)))
            service.fail.set()
            await asyncio.gather(*at_once)
            await asyncio.gather(*(guess() for _ in range(8)))
    assert compared["code"] == ATTEMPTS_PER_CODE * mailed

    await services.emails.start(await confirmed(), form)
    await services.emails.finish(await confirmed(), parse(EmailCodeForm, {"code": mailer.code}))


@pytest.mark.parametrize("identifiers", [["ann"], ["ann", "ANN", "ann@example.com", " Ann "]])
async def test_a_password_is_compared_a_few_times_then_the_guesser_waits(
    api: AsyncClient, people: People, compared: Counter[str], identifiers: list[str]
) -> None:
    await people.verified("Ann")
    guesses = [
        {"identifier": identifiers[n % len(identifiers)], "password": f"{COMMON[n % 5]} {n}"} for n in range(CLIENTS)
    ]

    answers = await at_once(api, "sign-in", guesses)
    late = await api.post("/api/sign-in", json={"identifier": "ann", "password": PASSWORD})

    assert compared["password"] == 5
    assert answers[401, "Incorrect password"] == 5
    assert {status for status, _ in answers} == {401, 429}
    assert late.status_code == 429
    assert int(late.headers["retry-after"]) > 0


async def test_the_wait_grows_with_every_round_of_guesses(
    api: AsyncClient, people: People, clock: FakeClock, compared: Counter[str]
) -> None:
    clock.now = clock.now.replace(hour=0, minute=1)  # hours before buckets change
    clock.now = clock.now.replace(hour=0, minute=0) + timedelta(days=1)  # at midnight every network gets another bucket
    await people.verified("Ann")
    waits = []
    for _ in range(12):
        await at_once(api, "sign-in", [{"identifier": "ann", "password": f"guess number {n}"} for n in range(10)])
        refused = await api.post("/api/sign-in", json={"identifier": "ann", "password": "one more guess"})
        waits.append(int(refused.headers["retry-after"]))
        clock.advance(timedelta(seconds=waits[-1]))

    assert waits[:3] == [60, 540, 3000], "a minute, the rest of ten minutes, the rest of an hour"
    assert max(waits) > 70_000, "at last the rest of a day"
    assert sum(waits) > 86_400
    assert compared["password"] <= 40, "twenty a day"


async def test_somebody_elses_guesses_leave_the_owner_time_to_come_in(
    services: Services, people: People, compared: Counter[str]
) -> None:
    await people.verified("Ann")
    guess = parse(SignInForm, {"identifier": "ann", "password": "a wild guess"})
    for _ in range(CLIENTS):
        with pytest.raises((IncorrectPassword, TooManyAttempts)):
            await services.sessions.sign_in(guess, "", OTHER_CLIENT)

    assert await people.session("ann")


async def test_a_guessed_session_token_is_nobodys(api: AsyncClient, people: People, services: Services) -> None:
    await people.verified("Ann")
    token = await people.session("ann")
    head, body, signature = token.split(".")
    forged = [f"{head}.{body}.{secrets.token_urlsafe(32)}" for _ in range(CLIENTS)]
    forged += [
        secrets.token_urlsafe(24),
        f"{head}.{body}.",
        f"{head}.{signature}.{body}",
        token[:-1] + "A",
        token + "A",
    ]

    answers = await asyncio.gather(*(api.get("/api/session", headers={"Cookie": f"anonmsg={t}"}) for t in forged))
    own = await api.get("/api/session", headers={"Cookie": f"anonmsg={token}"})

    assert own.status_code == 200
    assert {answer.status_code for answer in answers if answer.status_code != 200} == {401}
    assert sum(answer.status_code == 200 for answer in answers) <= 1, "the last character holds bits that nobody reads"


async def ask_for_a_link(services: Services, mailer: FakeMailer) -> str:
    """Have a link mailed to Ann, and return the token in it."""
    await services.recovery.request(parse(ForgotForm, {"email": "ann@example.com"}), "her own network")
    await services.recovery.finish()
    return mailer.mails[-1].link.rpartition("/")[2]


def tokens_like(token: str) -> list[str]:
    """Guesses that are well formed: half of them differ in one letter, half are new."""
    places = range(CLIENTS // 2)
    near = [f"{token[: n % len(token)]}{'-' if n < len(token) else '_'}{token[n % len(token) + 1 :]}" for n in places]
    return [guess for guess in near if guess != token] + [new_secret_token() for _ in places]


def trying(services: Services, token: str, password: str, client: str) -> Coroutine[Any, Any, None]:
    return services.recovery.reset(parse(ResetForm, {"token": token, "password": password}), client)


async def test_a_reset_token_is_not_found_by_guessing_from_everywhere_at_once(
    services: Services, people: People, mailer: FakeMailer, database: Database
) -> None:
    await people.verified("Ann")
    token, before = await ask_for_a_link(services, mailer), await everything_in(database)
    guesses = tokens_like(token)

    answers = await asyncio.gather(
        *(trying(services, guess, "the guesser's own", f"network {n}") for n, guess in enumerate(guesses)),
        return_exceptions=True,
    )

    assert len(guesses) >= CLIENTS - 2
    assert {type(answer) for answer in answers} == {ResetNotFound}
    assert await everything_in(database) == before
    await trying(services, token, "what she chose herself", "her own network")
    assert await people.session("ann", "what she chose herself")


async def test_a_network_that_guesses_tokens_is_stopped_before_they_are_looked_up(
    services: Services, people: People, mailer: FakeMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.verified("Ann")
    token, looked_up = await ask_for_a_link(services, mailer), 0
    find = ResetRepository.get_user_id

    async def counting_find(self: ResetRepository, *arguments: Any) -> str | None:
        nonlocal looked_up
        looked_up += 1
        return await find(self, *arguments)

    monkeypatch.setattr(ResetRepository, "get_user_id", counting_find)
    answers = await asyncio.gather(
        *(trying(services, guess, "the guesser's own", OTHER_CLIENT) for guess in tokens_like(token)),
        return_exceptions=True,
    )
    with pytest.raises(TooManyAttempts):
        await trying(services, token, "the guesser's own", OTHER_CLIENT)

    assert looked_up == RESETS
    assert Counter(map(type, answers)) == {ResetNotFound: RESETS, TooManyAttempts: len(answers) - RESETS}
    await trying(services, token, "what she chose herself", "her own network")


async def test_of_a_hundred_who_hold_the_same_link_one_chooses_the_password(
    services: Services, people: People, mailer: FakeMailer
) -> None:
    await people.verified("Ann")
    token = await ask_for_a_link(services, mailer)

    answers = await asyncio.gather(
        *(trying(services, token, f"password of number {n}", f"network {n}") for n in range(CLIENTS)),
        return_exceptions=True,
    )

    assert [type(answer) for answer in answers].count(NoneType) == 1
    assert {type(answer) for answer in answers} <= {NoneType, ResetNotFound, Busy}
    assert await people.session("ann", f"password of number {answers.index(None)}")


async def test_a_strangers_own_sign_up_does_not_let_the_stranger_go_on_guessing(
    services: Services, people: People, compared: Counter[str]
) -> None:
    """Both wait under one name; the password of one must not wipe the tries for the other."""
    hers, own = await people.sign_up("Ann"), await people.sign_up("Ann", "eve@example.com", "the stranger's own")
    found: Counter[str] = Counter()
    for number in range(40):
        for hint, password in ((hers.registration_id, f"guess {number}"), ("", f"guess {number}")):
            claim = parse(ClaimForm, {"username": "Ann", "password": password, "hint": hint})
            with pytest.raises((IncorrectPassword, TooManyAttempts)) as refused:
                await services.accounts.find_by_password(claim, "the stranger's network")
            found[refused.typename] += 1
        for hint in (own.registration_id, ""):
            mine = parse(ClaimForm, {"username": "Ann", "password": "the stranger's own", "hint": hint})
            with contextlib.suppress(TooManyAttempts):
                await services.accounts.find_by_password(mine, "the stranger's network")

    assert found["IncorrectPassword"] <= 10


async def test_each_hash_that_a_claim_costs_counts(
    services: Services, people: People, clock: FakeClock, compared: Counter[str]
) -> None:
    """Else one network could keep the hashing of passwords busy with five sign-ups of each of many names."""
    names = [f"name{number}" for number in range(20)]
    for name in names:
        for sign_up in range(5):
            await people.sign_up(name, f"{name}_{sign_up}@example.com")
            clock.advance(timedelta(seconds=2))
    for name in names:
        for _ in range(5):
            with pytest.raises((IncorrectPassword, TooManyAttempts)):
                await services.accounts.find_by_password(
                    parse(ClaimForm, {"username": name, "password": "a wild guess"}), OTHER_CLIENT
                )

    assert compared["password"] == 60


async def test_one_guesser_in_a_classroom_keeps_nobody_from_signing_in(services: Services, people: People) -> None:
    await people.verified("Ann")
    await people.verified("Bob")
    guess = parse(SignInForm, {"identifier": "ann", "password": "a wild guess"})
    for _ in range(CLIENTS):
        with pytest.raises((IncorrectPassword, TooManyAttempts)):
            await services.sessions.sign_in(guess, "", CLIENT)

    assert await people.session("bob")


async def test_who_signs_in_forgets_own_tries_only(services: Services, people: People, compared: Counter[str]) -> None:
    await people.verified("Ann")
    await people.verified("Eve")
    guess = parse(SignInForm, {"identifier": "ann", "password": "a wild guess"})
    for _ in range(20):
        with pytest.raises((IncorrectPassword, TooManyAttempts)):
            await services.sessions.sign_in(guess, "", CLIENT)
        await people.session("eve")

    assert compared["password"] == 5 + 20


# Storms


async def test_a_storm_of_sign_ins_leaves_time_for_others(
    settings: Settings, database: Database, mailer: FakeMailer, clock: FakeClock
) -> None:
    busy = build_services(settings, SECRETS, database, mailer, clock, password_cost=10)
    await People(busy, mailer).verified("Ann")
    form = parse(SignInForm, {"identifier": "ann", "password": "a wild guess"})
    storm = [asyncio.create_task(busy.sessions.sign_in(form, "", f"network {number}")) for number in range(20)]
    for _ in range(20):
        await busy.accounts.check_username("somebody", CLIENT)
    waiting = sum(not task.done() for task in storm)
    await asyncio.gather(*storm, return_exceptions=True)

    assert waiting > 10, "or the checks waited for the passwords"


async def test_a_queue_that_is_full_is_said_plainly(
    settings: Settings, database: Database, mailer: FakeMailer, clock: FakeClock
) -> None:
    roomy = settings.model_copy(update={"limits": dict.fromkeys(["sign-up per client", "sign-up"], "1000/minute")})
    busy = build_services(roomy, SECRETS, database, mailer, clock, password_cost=10)
    async with connect(busy) as program:
        bodies = [
            {"username": f"ann{number}", "email": f"ann{number}@example.com", "password": PASSWORD}
            for number in range(CLIENTS)
        ]
        answers = await at_once(program, "sign-up", bodies)

    refused = answers[503, Busy.sentence]
    assert refused > 0
    assert answers[201, "User registered successfully. Please verify your email"] == CLIENTS - refused >= 64
    assert await database["registrations"].count_documents({}) == CLIENTS - refused
