"""Accounts: choosing a name, signing up, and verifying the address."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from anonmsg.clock import Clock
from anonmsg.errors import (
    CodeAttemptsUsedUp,
    CodeExpired,
    CodesUsedUp,
    EmailTaken,
    IncorrectCode,
    IncorrectPassword,
    RegistrationNotFound,
    SeveralRegistrations,
    TooManyAttempts,
    Unavailable,
    UsernameTaken,
)
from anonmsg.models import Mail, Registration, User
from anonmsg.passwords import PasswordHasher
from anonmsg.rules import is_reserved, username_key
from anonmsg.schemas import ClaimForm, SignUpForm, VerifyForm
from anonmsg.services.throttling import Scope, Throttle
from anonmsg.tokens import VerificationCodes, hash_token, new_secret_token

CODE_TTL = timedelta(minutes=15)
REGISTRATION_TTL = timedelta(hours=24)
RESEND_COOLDOWN = timedelta(seconds=60)
ATTEMPTS_PER_CODE = 5
CODES_PER_REGISTRATION = 5
CANDIDATES = 5
"""How many sign-ups of one name are tried with a password; each costs a bcrypt."""


class Users(Protocol):
    """The verified people."""

    async def add(self, registration: Registration, username: str, created_at: datetime) -> User: ...
    async def is_name_taken(self, username: str, now: datetime) -> bool: ...
    async def check_free(self, username: str, email: str, now: datetime) -> None: ...


class Registrations(Protocol):
    """The sign-ups that wait for their code."""

    async def add(self, registration: Registration) -> None: ...
    async def get_by_id(self, registration_id: str, now: datetime) -> Registration | None: ...
    async def list_by_username(self, username: str, now: datetime, limit: int) -> list[Registration]: ...
    async def count_attempt(self, registration_id: str, now: datetime) -> Registration | None: ...
    async def uncount_attempt(self, registration: Registration) -> None: ...
    async def update_sent(
        self, registration_id: str, now: datetime, *, cooldown: timedelta, most: int
    ) -> Registration | None: ...
    async def update_code(
        self, registration_id: str, code_hash: str, sent_at: datetime, code_ttl: timedelta
    ) -> None: ...
    async def restore_sent(self, before: Registration, sent_at: datetime) -> None: ...
    async def delete(self, registration_id: str) -> None: ...


class Mailer(Protocol):
    """What sends mails."""

    async def send(self, mail: Mail) -> None: ...
    async def count(self, mail: Mail) -> None: ...
    async def send_counted(self, mail: Mail) -> None: ...


WriteVerificationMail = Callable[[Registration, str], Mail]
"""Makes the mail for a registration and its code."""


@dataclass(frozen=True, slots=True)
class SignUp:
    """What a browser keeps of its sign-up.

    Attributes:
        token: Names the registration; proof that this browser signed up, so kept from others.
    """

    token: str
    username: str


class Accounts:
    """Turns strangers into users.

    A `client` is the address bucket that a request came from; whatever it asks for is counted first.
    """

    def __init__(
        self,
        users: Users,
        registrations: Registrations,
        passwords: PasswordHasher,
        codes: VerificationCodes,
        mailer: Mailer,
        write_mail: WriteVerificationMail,
        throttle: Throttle,
        clock: Clock,
    ) -> None:
        self._users = users
        self._registrations = registrations
        self._passwords = passwords
        self._codes = codes
        self._mailer = mailer
        self._write_mail = write_mail
        self._throttle = throttle
        self._clock = clock

    async def check_username(self, username: str, client: str) -> None:
        """Look whether a well-formed name is free. A courtesy: `verify` decides.

        Raises:
            UsernameTaken: If a verified user has or lately had it in any case, or the site keeps it.
            TooManyAttempts: If that was asked too often.
        """
        await self._throttle.count({"check per client": client})
        if is_reserved(username) or await self._users.is_name_taken(username, self._clock()):
            raise UsernameTaken

    async def sign_up(self, form: SignUpForm, client: str) -> SignUp:
        """Store a registration and mail its code; nothing stays behind if the mail can't be sent.

        Raises:
            UsernameTaken: If a verified user has the name, or the site keeps it.
            EmailTaken: If a verified user has the address.
            MailNotSent: With the mailer's reason.
            TooManyAttempts: If there were too many sign-ups, or mails to this address.
        """
        await self._throttle.count({"sign-up per client": client, "sign-up": ""})
        if is_reserved(form.username):
            raise UsernameTaken
        await self._users.check_free(form.username, form.email, self._clock())
        token, code = new_secret_token(), self._codes.new()
        password_hash = await self._passwords.hash(form.password)
        now, registration_id = self._clock(), hash_token(token)
        registration = Registration(
            id=registration_id,
            username=form.username,
            email=form.email,
            password_hash=password_hash,
            code_hash=self._codes.hash(code, registration_id),
            attempts=0,
            codes_sent=1,
            sent_at=now,
            code_expires_at=now + CODE_TTL,
            expires_at=now + REGISTRATION_TTL,
        )
        mail = self._write_mail(registration, code)
        await self._mailer.count(mail)  # first, or a code that its address gets no more mails for could be guessed
        await self._registrations.add(registration)
        try:
            await self._mailer.send_counted(mail)
        except BaseException:  # whatever it was, a bug or a cancelled request too
            await asyncio.shield(self._registrations.delete(registration_id))
            raise
        return SignUp(token, form.username)

    async def find_registration(self, token: str, username: str) -> Registration | None:
        """Return this browser's own live registration, if it is for `username`."""
        registration = await self._registrations.get_by_id(hash_token(token), self._clock()) if token else None
        if registration is None or username_key(registration.username) != username_key(username):
            return None
        return registration

    async def find_by_password(self, form: ClaimForm, client: str) -> Registration:
        """Return the registration of a name whose password this is.

        For a browser that did not sign up itself. Asking for the password keeps a stranger who
        signed up with somebody's address from having that person confirm the stranger's password.

        Raises:
            RegistrationNotFound: If nobody waits under this name.
            IncorrectPassword: If it is none of theirs.
            TooManyAttempts: If that was tried too often.
        """
        now = self._clock()
        candidates = await self._candidates(form.username, form.hint, now)
        if not candidates:
            await self._throttle.count({"verify per client": client})
            raise RegistrationNotFound
        is_one = len(candidates) == 1
        tried = f"registration {candidates[0].id if is_one else username_key(form.username)}"
        tries: dict[Scope, str] = {"sign-in per client and account": f"{client} {tried}", "sign-in per account": tried}
        await self._throttle.count(tries)
        for registration in candidates:
            await self._throttle.count({"sign-in per client": client})  # for each, because each costs a bcrypt
            if await self._passwords.verify(form.password, registration.password_hash):
                if is_one:  # else a stranger's own sign-up under this name would let the stranger go on guessing
                    await self._throttle.forget(tries)
                return registration
        raise IncorrectPassword

    async def _candidates(self, username: str, hint: str, now: datetime) -> list[Registration]:
        if hint:
            hinted = await self._registrations.get_by_id(hint, now)
            if hinted and username_key(hinted.username) == username_key(username):
                return [hinted]
        return await self._registrations.list_by_username(username, now, CANDIDATES)

    def cooldown_left(self, registration: Registration) -> timedelta:
        """Return how long it takes until another code may be asked for."""
        return max(registration.sent_at + RESEND_COOLDOWN - self._clock(), timedelta(0))

    async def resend_code(self, registration_id: str, client: str) -> timedelta:
        """Mail a new code; the old one is dead from now on. Return the time until the next may be asked for.

        Raises:
            RegistrationNotFound: If there is no such live registration.
            TooManyAttempts: If the last mail is too recent, or there were too many (`retry_after` says how long).
            CodesUsedUp: If all its codes were mailed.
            MailNotSent: With the mailer's reason; then the old code still counts.
        """
        await self._throttle.count({"resend per client": client})
        now = self._clock()
        before = await self._registrations.update_sent(
            registration_id, now, cooldown=RESEND_COOLDOWN, most=CODES_PER_REGISTRATION
        )
        if before is None:
            raise await self._refusal(registration_id, now)
        code = self._codes.new()
        try:
            await self._mailer.send(self._write_mail(before, code))
        except BaseException:  # whatever it was, a bug or a cancelled request too
            await asyncio.shield(self._registrations.restore_sent(before, now))
            raise
        # Only now: a code that nobody was mailed must not be there to be guessed.
        code_hash = self._codes.hash(code, registration_id)
        await asyncio.shield(self._registrations.update_code(registration_id, code_hash, now, CODE_TTL))
        return RESEND_COOLDOWN

    async def _refusal(self, registration_id: str, now: datetime) -> RegistrationNotFound | TooManyAttempts:
        registration = await self._registrations.get_by_id(registration_id, now)
        if registration is None:
            return RegistrationNotFound()
        if registration.codes_sent >= CODES_PER_REGISTRATION:
            return CodesUsedUp(registration.expires_at - now)
        # The mail of another tab may have failed after this one was refused: then the whole time is left.
        return TooManyAttempts(self.cooldown_left(registration) or RESEND_COOLDOWN)

    async def verify(self, registration_id: str, username: str, code: str, client: str) -> User:
        """Make a user of a registration whose mailed code this is.

        Several people may verify for one name or address; the first correct code wins. A loser
        whose name is gone may come again with another `username` and the same code.

        Raises:
            RegistrationNotFound: If there is no such live registration.
            CodeExpired: If the code is too old.
            CodeAttemptsUsedUp: If its tries are used up.
            IncorrectCode: If it is another.
            UsernameTaken: If somebody was quicker with the name.
            EmailTaken: If somebody was quicker with the address.
            TooManyAttempts: If too many codes came from there.
        """
        await self._throttle.count({"verify per client": client})
        return await self._verify(registration_id, username, code)

    async def _verify(self, registration_id: str, username: str, code: str) -> User:
        now = self._clock()
        registration = await self._registrations.count_attempt(registration_id, now)
        if registration is None:
            raise RegistrationNotFound
        self._check_code(registration, code, now)
        try:
            if is_reserved(username):
                raise UsernameTaken
            user = await self._users.add(registration, username, now)
        except (UsernameTaken, EmailTaken):
            await self._registrations.uncount_attempt(registration)
            raise
        # The account is there, and holds name and address against this sign-up, which the database tidies away.
        with contextlib.suppress(Unavailable):
            await self._registrations.delete(registration_id)
        return user

    def _check_code(self, registration: Registration, code: str, now: datetime) -> None:
        if registration.code_expires_at <= now:
            raise CodeExpired
        if registration.attempts > ATTEMPTS_PER_CODE:
            raise CodeAttemptsUsedUp
        if not self._codes.matches(code, registration.id, registration.code_hash):
            raise IncorrectCode

    async def verify_form(self, form: VerifyForm, client: str) -> User:
        """Verify as a program does it: by registration token, or by name while only one waits for it.

        Raises:
            SeveralRegistrations: If the name does not say which sign-up is meant.
            AnonmsgError: As `verify`.
        """
        await self._throttle.count({"verify per client": client})
        if form.registration:
            return await self._verify(hash_token(form.registration), form.username, form.code)
        waiting = await self._registrations.list_by_username(form.username, self._clock(), 2)
        if len(waiting) > 1:
            raise SeveralRegistrations
        if not waiting:
            raise RegistrationNotFound
        return await self._verify(waiting[0].id, waiting[0].username, form.code)
