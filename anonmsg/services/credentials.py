"""Credentials: another password, another address."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from anonmsg.clock import Clock
from anonmsg.errors import (
    AnonmsgError,
    CodeAttemptsUsedUp,
    CodeExpired,
    EmailChangeNotFound,
    EmailCodesUsedUp,
    EmailTaken,
    IncorrectCode,
    InvalidInput,
    NotAuthenticated,
    SameEmail,
    TooManyAttempts,
)
from anonmsg.models import EmailChange, Mail
from anonmsg.passwords import PasswordHasher
from anonmsg.rules import email_key
from anonmsg.schemas import EmailCodeForm, NewEmailForm, NewPasswordForm
from anonmsg.services.accounts import ATTEMPTS_PER_CODE, CODE_TTL, RESEND_COOLDOWN
from anonmsg.services.confirming import Confirmation
from anonmsg.services.sessions import Identity, Sessions
from anonmsg.services.throttling import Scope
from anonmsg.strength import refusal
from anonmsg.tokens import VerificationCodes

CODES_PER_DAY = 5
EMAIL_CHANGE_TTL = timedelta(days=1)

log = logging.getLogger(__name__)


class Users(Protocol):
    """The verified people."""

    async def get_email(self, user_id: str) -> str | None: ...
    async def get_password_hash(self, user_id: str) -> str | None: ...
    async def is_email_taken(self, email: str) -> bool: ...
    async def update_email(self, user_id: str, email: str) -> str | None: ...
    async def update_password(self, user_id: str, password_hash: str, replacing: str = "") -> bool: ...


class EmailChanges(Protocol):
    """The new addresses that wait for their code."""

    async def get_by_user(self, user_id: str, now: datetime) -> EmailChange | None: ...
    async def update_sent(
        self, user_id: str, now: datetime, *, change_ttl: timedelta, cooldown: timedelta, most: int
    ) -> bool: ...
    async def update_code(
        self, user_id: str, email: str, code_hash: str, sent_at: datetime, code_ttl: timedelta
    ) -> None: ...
    async def restore_sent(self, user_id: str, sent_at: datetime) -> None: ...
    async def count_attempt(self, user_id: str, now: datetime) -> EmailChange | None: ...
    async def delete(self, user_id: str, code_hash: str) -> None: ...


class Resets(Protocol):
    """The permissions to choose a new password."""

    async def delete_all(self, user_id: str) -> None: ...


class Limits(Protocol):
    """What says no to what comes too often."""

    async def count(self, counted: Mapping[Scope, str]) -> None: ...


class Mailer(Protocol):
    """What sends mails."""

    async def send(self, mail: Mail) -> None: ...


WriteNotice = Callable[[str, str, datetime], Mail]
"""Makes the mail that says what has happened: to an address, for a username, when."""

WriteCode = Callable[[str, str, str], Mail]
"""Makes the mail that brings a code: to an address, for a username, the code."""


async def send_notice(mailer: Mailer, mail: Mail) -> None:
    """Send a mail about something that is done; if that fails, it is done all the same."""
    try:
        await mailer.send(mail)
    except AnonmsgError as error:
        log.warning("A notice could not be mailed (%s).", type(error).__name__)


class Passwords:
    """Changes passwords."""

    def __init__(
        self,
        users: Users,
        sessions: Sessions,
        resets: Resets,
        confirmation: Confirmation,
        hasher: PasswordHasher,
        mailer: Mailer,
        write_notice: WriteNotice,
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._resets = resets
        self._confirmation = confirmation
        self._hasher = hasher
        self._mailer = mailer
        self._write_notice = write_notice
        self._limits = limits
        self._clock = clock

    async def change(self, identity: Identity, form: NewPasswordForm, device: str) -> str:
        """Change a password and return the ticket for this browser's new session; other devices are signed out.

        The present session of this browser lasts until the new one is used, so that its other tabs never stand
        without one; if that does not happen, it ends with the ticket.

        Raises:
            PasswordNeeded: If the present password was not typed lately.
            InvalidInput: If the new one is the person's name or address.
            TooManyAttempts: If that was asked too often.
            NotAuthenticated: If the account is gone, or meanwhile the session was ended or the password replaced.
        """
        self._confirmation.require(identity)
        hash_before = await self._users.get_password_hash(identity.user_id)
        email = await self._users.get_email(identity.user_id)
        if hash_before is None:
            raise NotAuthenticated
        if sentence := refusal(form.new_password, identity.username, email or ""):
            raise InvalidInput({"new_password": sentence})
        await self._limits.count({"password change per account": identity.user_id})
        password_hash = await self._hasher.hash(form.new_password)
        # Nothing may stop half-way: a browser that was closed must not keep other sessions alive.
        return await asyncio.shield(self._replace(identity, hash_before, password_hash, device, email or ""))

    async def _replace(self, identity: Identity, hash_before: str, password_hash: str, device: str, email: str) -> str:
        """Replace a password, unless hashing it took so long that the session or the password is another by now.

        The other sessions end before, so that none outlives the password if the database goes away in between, and
        once more afterwards with those that were opened meanwhile.
        """
        if not await self._sessions.is_alive(identity.user_id, identity.session_id):
            raise NotAuthenticated
        await self._sessions.end_others(identity)
        if not await self._users.update_password(identity.user_id, password_hash, replacing=hash_before):
            raise NotAuthenticated
        try:
            ticket = await self._sessions.replace(identity, device, password_hash)
            await self._resets.delete_all(identity.user_id)
            return ticket
        except NotAuthenticated:
            if await self._users.update_password(identity.user_id, hash_before, replacing=password_hash):
                email = ""  # nothing has changed
            raise
        finally:
            if email:
                await send_notice(self._mailer, self._write_notice(email, identity.username, self._clock()))


class Emails:
    """Changes addresses. The old one works until the code that was mailed to the new one has come back."""

    def __init__(
        self,
        users: Users,
        sessions: Sessions,
        changes: EmailChanges,
        resets: Resets,
        confirmation: Confirmation,
        codes: VerificationCodes,
        mailer: Mailer,
        write_code: WriteCode,
        write_notice: WriteNotice,
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._changes = changes
        self._resets = resets
        self._confirmation = confirmation
        self._codes = codes
        self._mailer = mailer
        self._write_code = write_code
        self._limits = limits
        self._write_notice = write_notice
        self._clock = clock

    async def present(self, user_id: str) -> str:
        """Return somebody's address, for their own eyes.

        Raises:
            NotAuthenticated: If the account is gone.
        """
        email = await self._users.get_email(user_id)
        if email is None:
            raise NotAuthenticated
        return email

    async def waiting(self, user_id: str) -> EmailChange | None:
        """Return the change that waits for its code."""
        return await self._changes.get_by_user(user_id, self._clock())

    def cooldown_left(self, change: EmailChange) -> timedelta:
        """Return how long it takes until another code may be asked for."""
        return max(change.sent_at + RESEND_COOLDOWN - self._clock(), timedelta(0))

    async def start(self, identity: Identity, form: NewEmailForm) -> None:
        """Mail a code to a new address; a code that was mailed before is dead from now on.

        Raises:
            PasswordNeeded: If the present password was not typed lately.
            SameEmail: If it is the present address.
            EmailTaken: If somebody else verified has it.
            TooManyAttempts: If the last mail is too recent, or it was asked too often (`retry_after` says how long).
            EmailCodesUsedUp: If all codes of a day were mailed.
            MailNotSent: With the mailer's reason; then all is as it was.
        """
        self._confirmation.require(identity)
        await self._limits.count({"email change per account": identity.user_id})
        if email_key(form.email) == email_key(await self.present(identity.user_id)):
            raise SameEmail
        if await self._users.is_email_taken(form.email):
            raise EmailTaken
        await self._mail_code(identity, form.email)

    async def resend_code(self, identity: Identity) -> None:
        """Mail another code to the address that waits for one.

        Raises:
            EmailChangeNotFound: If none waits.
            AnonmsgError: As `start`.
        """
        self._confirmation.require(identity)
        change = await self.waiting(identity.user_id)
        if change is None:
            raise EmailChangeNotFound
        await self._mail_code(identity, change.email)

    async def _mail_code(self, identity: Identity, email: str) -> None:
        now, user_id = self._clock(), identity.user_id
        counted = await self._changes.update_sent(
            user_id, now, change_ttl=EMAIL_CHANGE_TTL, cooldown=RESEND_COOLDOWN, most=CODES_PER_DAY
        )
        if not counted:
            raise self._refusal(await self.waiting(user_id), now)
        code = self._codes.new()
        try:
            await self._mailer.send(self._write_code(email, identity.username, code))
        except BaseException:  # whatever it was, a bug or a cancelled request too
            await asyncio.shield(self._changes.restore_sent(user_id, now))
            raise
        # Only now: a code that nobody was mailed must not be there to be guessed.
        code_hash = self._codes.hash(code, _purpose(user_id, email))
        await asyncio.shield(self._changes.update_code(user_id, email, code_hash, now, CODE_TTL))

    def _refusal(self, waiting: EmailChange | None, now: datetime) -> TooManyAttempts:
        if waiting and waiting.codes_sent >= CODES_PER_DAY:
            return EmailCodesUsedUp(waiting.expires_at - now)
        # The first mail may still be on its way, or another one have failed meanwhile: then the whole time is left.
        return TooManyAttempts((self.cooldown_left(waiting) if waiting else timedelta(0)) or RESEND_COOLDOWN)

    async def finish(self, identity: Identity, form: EmailCodeForm) -> None:
        """Make an address the account's, whose mailed code this is, and tell the old one.

        Raises:
            EmailChangeNotFound: If none waits.
            CodeExpired: If the code is too old.
            CodeAttemptsUsedUp: If its tries are used up.
            IncorrectCode: If it is another.
            EmailTaken: If somebody was quicker with the address.
            NotAuthenticated: If the account is gone, or the session was ended meanwhile.
        """
        now, user_id = self._clock(), identity.user_id
        change = await self._changes.count_attempt(user_id, now)
        if change is None:
            raise EmailChangeNotFound
        self._check_code(change, form.code, now)
        try:
            before = await self._users.update_email(user_id, change.email)
        except EmailTaken:
            await self._changes.delete(user_id, change.code_hash)
            raise
        if before is None:
            raise NotAuthenticated
        await self._changes.delete(user_id, change.code_hash)
        if not await self._sessions.is_alive(user_id, identity.session_id):
            if before:
                await self._users.update_email(user_id, before)
            raise NotAuthenticated
        await self._resets.delete_all(user_id)  # the links went to a mailbox that is not the account's any more
        if before and email_key(before) != email_key(
            change.email
        ):  # else it was pressed twice, and the first press told them
            await send_notice(self._mailer, self._write_notice(before, identity.username, now))

    def _check_code(self, change: EmailChange, code: str, now: datetime) -> None:
        if change.code_expires_at <= now:
            raise CodeExpired
        if change.attempts > ATTEMPTS_PER_CODE:
            raise CodeAttemptsUsedUp
        if not self._codes.matches(code, _purpose(change.user_id, change.email), change.code_hash):
            raise IncorrectCode


def _purpose(user_id: str, email: str) -> str:
    """Return what a code is bound to: no code for one address or user opens another's change."""
    return f"email change:{user_id}:{email_key(email)}"
