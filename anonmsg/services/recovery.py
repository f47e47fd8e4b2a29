"""Recovery: a new password for somebody who forgot the old one, by a link that only their mailbox gets."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from anonmsg.clock import Clock
from anonmsg.errors import AnonmsgError, Busy, InvalidInput, ResetNotFound
from anonmsg.faults import report
from anonmsg.models import Addressee, Mail, Reset
from anonmsg.passwords import PasswordHasher
from anonmsg.rules import is_token
from anonmsg.schemas import ForgotForm, ResetForm
from anonmsg.services.throttling import Scope
from anonmsg.strength import refusal
from anonmsg.tokens import hash_token, new_secret_token

log = logging.getLogger(__name__)

RESET_TTL = timedelta(minutes=30)
PENDING_MAX = 100
"""How many mails may wait to be sent; each holds an address in memory."""

GRACE = timedelta(seconds=5)
"""How long the end of the app waits for mails that are on their way."""


class Users(Protocol):
    """The verified people."""

    async def get_addressee(self, user_id: str) -> Addressee | None: ...
    async def get_addressee_by_email(self, email: str) -> Addressee | None: ...
    async def has_email(self, user_id: str, email: str) -> bool: ...
    async def update_password(self, user_id: str, password_hash: str) -> bool: ...


class Resets(Protocol):
    """The permissions to choose a new password."""

    async def add(self, reset: Reset) -> None: ...
    async def get_user_id(self, reset_id: str, now: datetime) -> str | None: ...
    async def delete_live(self, reset_id: str, now: datetime) -> bool: ...
    async def delete(self, reset_id: str) -> None: ...
    async def delete_older(self, reset: Reset) -> None: ...
    async def delete_all(self, user_id: str) -> None: ...


class StoredSessions(Protocol):
    """The sessions that are alive."""

    async def delete_all(self, user_id: str, keep: str = "") -> None: ...


class Limits(Protocol):
    """What says no to what comes too often."""

    async def count(self, counted: Mapping[Scope, str]) -> None: ...
    async def forget(self, counted: Mapping[Scope, str]) -> None: ...


class Mailer(Protocol):
    """What sends mails."""

    async def send(self, mail: Mail) -> None: ...


WriteLink = Callable[[Addressee, str], Mail]
"""Makes the mail with the link for a secret token."""

WriteNotice = Callable[[Addressee, datetime], Mail]
"""Makes the mail that says that the password was changed, and when."""


class Recovery:
    """Mails links that let their reader choose a new password, once and within half an hour."""

    def __init__(
        self,
        users: Users,
        resets: Resets,
        sessions: StoredSessions,
        passwords: PasswordHasher,
        limits: Limits,
        mailer: Mailer,
        write_link: WriteLink,
        write_notice: WriteNotice,
        clock: Clock,
    ) -> None:
        self._users = users
        self._resets = resets
        self._sessions = sessions
        self._passwords = passwords
        self._limits = limits
        self._mailer = mailer
        self._write_link = write_link
        self._write_notice = write_notice
        self._clock = clock
        self._pending: set[asyncio.Task[None]] = set()

    async def request(self, form: ForgotForm, client: str) -> None:
        """Have a link mailed if the address has an account.

        Nobody is looked up before this returns, so that neither answer nor time tells whether
        there is an account (OWASP Forgot Password Cheat Sheet).

        Args:
            form: The address.
            client: The bucket of the network that asks.

        Raises:
            TooManyAttempts: If that network asks too often.
            Busy: If too many mails wait already.
        """
        await self._limits.count({"reset per client": client})
        self._start(self._mail_link(form.email))

    async def is_open(self, token: str) -> bool:
        """Return whether a link may still be used; nothing changes, because mail scanners open links too."""
        return is_token(token) and await self._resets.get_user_id(hash_token(token), self._clock()) is not None

    async def reset(self, form: ResetForm, client: str) -> None:
        """Change the password, end all sessions, forget earlier tries and tell the owner.

        Raises:
            TooManyAttempts: If that network tries too often.
            ResetNotFound: If the link was used, is too old, or a newer one was mailed.
            InvalidInput: If the password is the owner's name or address.
            Busy: If too many passwords wait to be hashed; then the link still works.
        """
        await self._limits.count({"reset per client": client})
        reset_id = hash_token(form.token)
        owner = await self._owner(reset_id)
        if sentence := refusal(form.password, owner.user.username, owner.email):
            raise InvalidInput({"password": sentence})
        password_hash = await self._passwords.hash(form.password)
        # Nothing may stop half-way: a browser that was closed must not keep a session alive.
        await asyncio.shield(self._change(reset_id, owner, password_hash))
        await self._forget_tries(owner.user.id, client)

    async def finish(self) -> None:
        """Wait for the mails that are on their way, but not for long."""
        if self._pending:
            _, late = await asyncio.wait(self._pending, timeout=GRACE.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _owner(self, reset_id: str) -> Addressee:
        user_id = await self._resets.get_user_id(reset_id, self._clock())
        owner = await self._users.get_addressee(user_id) if user_id else None
        if owner is None:
            raise ResetNotFound
        return owner

    async def _change(self, reset_id: str, owner: Addressee, password_hash: str) -> None:
        """Use up a link.

        All sessions end before, so that none outlives the password if the database goes away in between, and once more
        afterwards with those that were opened meanwhile.
        """
        await self._sessions.delete_all(owner.user.id)
        if not await self._resets.delete_live(reset_id, self._clock()):
            raise ResetNotFound
        if not await self._users.update_password(owner.user.id, password_hash):
            raise ResetNotFound
        self._start(self._mail_notice(owner, self._clock()), must=True)
        await self._sessions.delete_all(owner.user.id)
        await self._resets.delete_all(owner.user.id)

    async def _forget_tries(self, user_id: str, client: str) -> None:
        """Let the owner in with the new password, whoever mistyped or guessed the old one how often."""
        await self._limits.forget(
            {
                "sign-in per client and account": f"{client} {user_id}",
                "sign-in per account": user_id,
                "confirm per account": user_id,
            }
        )

    async def _mail_link(self, email: str) -> None:
        owner = await self._users.get_addressee_by_email(email)
        if owner is None:
            return
        token, now = new_secret_token(), self._clock()
        reset = Reset(hash_token(token), owner.user.id, now, now + RESET_TTL)
        await self._resets.add(reset)
        try:
            # Whoever replaces an address then removes all links. So this one is removed with them, or seen here.
            if not await self._users.has_email(owner.user.id, email):
                raise ResetNotFound
            await self._mailer.send(await asyncio.to_thread(self._write_link, owner, token))
        except BaseException:
            await asyncio.shield(self._resets.delete(reset.id))
            raise
        # Only now: else a stranger whose mail is refused as one too many would kill the link that the owner holds.
        await self._resets.delete_older(reset)

    async def _mail_notice(self, owner: Addressee, changed_at: datetime) -> None:
        await self._mailer.send(await asyncio.to_thread(self._write_notice, owner, changed_at))

    def _start(self, work: Coroutine[Any, Any, None], *, must: bool = False) -> None:
        if len(self._pending) >= PENDING_MAX and not must:
            work.close()
            raise Busy
        task = asyncio.create_task(_quietly(work))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    """Do something whose failure nobody waits for, and log it without the address."""
    try:
        await work
    except AnonmsgError as error:
        log.warning("A mail of a password reset was not sent (%s).", type(error).__name__)
    except Exception as error:
        report("A mail of a password reset", error)
