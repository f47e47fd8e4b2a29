"""Confirming: what could harm its owner is done only by somebody who typed the password a moment ago."""

from datetime import datetime, timedelta
from typing import Protocol

from anonmsg.clock import Clock
from anonmsg.errors import IncorrectPassword, NotAuthenticated, PasswordNeeded
from anonmsg.models import Session
from anonmsg.passwords import PasswordHasher
from anonmsg.schemas import ConfirmForm
from anonmsg.services.sessions import TICKET_TTL, Identity
from anonmsg.services.throttling import Throttle

CONFIRMED_TTL = timedelta(minutes=5)


class Users(Protocol):
    """The verified people."""

    async def get_password_hash(self, user_id: str) -> str | None: ...


class StoredSessions(Protocol):
    """The sessions that are alive."""

    async def get_by_id(self, session_id: str, user_id: str, now: datetime) -> Session | None: ...
    async def update_confirmed(self, session_id: str, user_id: str, now: datetime, until: datetime) -> None: ...


class Confirmation:
    """Asks for the password again (OWASP Authentication Cheat Sheet, "Reauthentication After Risk Events")."""

    def __init__(
        self, users: Users, sessions: StoredSessions, passwords: PasswordHasher, throttle: Throttle, clock: Clock
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._passwords = passwords
        self._throttle = throttle
        self._clock = clock

    async def confirm(self, identity: Identity, form: ConfirmForm) -> None:
        """Note in somebody's session that the password was typed now.

        Raises:
            IncorrectPassword: If it is another.
            TooManyAttempts: If it was tried too often.
            NotAuthenticated: If the account is gone.
        """
        await self._compare(identity, form.current_password)
        now = self._clock()
        # A session that waits for another to take its place gets none: the password may have been replaced since.
        await self._sessions.update_confirmed(identity.session_id, identity.user_id, now, now + TICKET_TTL)

    async def check_password(self, identity: Identity, password: str) -> str:
        """Compare a password, having counted the try, and return the hash that it fits.

        Raises:
            IncorrectPassword: If it is another.
            TooManyAttempts: If it was tried too often.
            NotAuthenticated: If the account is gone, or the session was ended meanwhile.
        """
        password_hash = await self._compare(identity, password)
        if await self._sessions.get_by_id(identity.session_id, identity.user_id, self._clock()) is None:
            raise NotAuthenticated
        return password_hash

    async def _compare(self, identity: Identity, password: str) -> str:
        await self._throttle.count({"confirm per account": identity.user_id})
        password_hash = await self._users.get_password_hash(identity.user_id)
        if password_hash is None:
            raise NotAuthenticated
        if not await self._passwords.verify(password, password_hash):
            raise IncorrectPassword
        await self._throttle.forget({"confirm per account": identity.user_id})
        return password_hash

    def require(self, identity: Identity) -> None:
        """Let pass who confirmed lately; `identity` must have been asked for just now.

        Raises:
            PasswordNeeded: If the password was not typed in this session within `CONFIRMED_TTL`.
        """
        confirmed_at = identity.confirmed_at
        if confirmed_at is None or confirmed_at + CONFIRMED_TTL <= self._clock():
            raise PasswordNeeded
