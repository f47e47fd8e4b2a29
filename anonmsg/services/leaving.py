"""Leaving: deleting an account with everything in it, however often that is interrupted."""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Protocol

from anonmsg.clock import Clock
from anonmsg.errors import NotAuthenticated
from anonmsg.models import LeavingUser
from anonmsg.schemas import DeleteAccountForm
from anonmsg.services.confirming import Confirmation
from anonmsg.services.credentials import Mailer, WriteNotice, send_notice
from anonmsg.services.sessions import Identity

RESERVED_TTL = timedelta(days=30)
RESUMED_AT_ONCE = 100

log = logging.getLogger(__name__)


class Users(Protocol):
    """The verified people."""

    async def update_leaving(self, user_id: str, now: datetime, password_hash: str = "") -> LeavingUser | None: ...
    async def list_leaving(self, limit: int) -> list[LeavingUser]: ...
    async def delete_key(self, user_id: str) -> None: ...
    async def delete_leaving(self, user_id: str) -> None: ...


class Traces(Protocol):
    """Whatever else belongs to somebody."""

    async def delete_small(self, user_id: str) -> None: ...
    async def delete_messages(self, user_id: str) -> None: ...


class ReservedNames(Protocol):
    """The names that nobody may take for a while."""

    async def add(self, username: str, expires_at: datetime) -> None: ...


class Leaving:
    """Deletes accounts: first who it is, then the key, then the rest.

    The mark that the user is leaving is written first and removed last, together with the user, so
    that a deletion that was interrupted anywhere is found and done again. Each step may be done twice.
    """

    def __init__(
        self,
        users: Users,
        traces: Traces,
        reserved_names: ReservedNames,
        confirmation: Confirmation,
        mailer: Mailer,
        write_notice: WriteNotice,
        clock: Clock,
    ) -> None:
        self._users = users
        self._traces = traces
        self._reserved_names = reserved_names
        self._confirmation = confirmation
        self._mailer = mailer
        self._write_notice = write_notice
        self._clock = clock
        self._clearing: dict[str, asyncio.Task[None]] = {}

    async def leave(self, identity: Identity, form: DeleteAccountForm) -> None:
        """Delete somebody's account. When this returns nothing can be read or reached any more.

        The messages, unreadable from then on, are cleared away in the background.

        Raises:
            IncorrectPassword: If the password is another.
            TooManyAttempts: If it was tried too often.
            NotAuthenticated: If the account is gone, or meanwhile the session was ended or the password replaced.
        """
        password_hash = await self._confirmation.check_password(identity, form.password)
        user = await self._users.update_leaving(identity.user_id, self._clock(), password_hash)
        if user is None:
            raise NotAuthenticated
        try:
            await self._users.delete_key(user.id)
            await self._traces.delete_small(user.id)
        finally:
            self._clear_in_background(user)
        if user.email:
            await send_notice(self._mailer, self._write_notice(user.email, user.username, user.leaving_at))

    async def resume(self) -> None:
        """Go on with deletions that were interrupted, and wait until they are done."""
        for user in await self._users.list_leaving(RESUMED_AT_ONCE):
            self._clear_in_background(user)
        await self.finished()

    async def finished(self) -> None:
        """Wait until nothing is being cleared away."""
        await asyncio.gather(*self._clearing.values(), return_exceptions=True)

    async def close(self) -> None:
        """Stop clearing; what is left is done after the next start."""
        for task in self._clearing.values():
            task.cancel()
        await self.finished()

    def _clear_in_background(self, user: LeavingUser) -> None:
        if user.id not in self._clearing:
            task = self._clearing[user.id] = asyncio.create_task(self._clear(user))
            task.add_done_callback(lambda done: self._cleared(user.id, done))

    def _cleared(self, user_id: str, task: asyncio.Task[None]) -> None:
        self._clearing.pop(user_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("Deleting an account was interrupted (%s); it goes on later.", type(error).__name__)

    async def _clear(self, user: LeavingUser) -> None:
        await self._users.delete_key(user.id)
        await self._traces.delete_messages(user.id)
        await self._reserved_names.add(user.username, user.leaving_at + RESERVED_TTL)
        # Once more: while the mark was written somebody may have been signing in, and somebody else sending.
        await self._traces.delete_small(user.id)
        await self._traces.delete_messages(user.id)
        await self._users.delete_leaving(user.id)
