"""Pausing: an inbox that is closed until a moment, or closes after some messages."""

from datetime import datetime, timedelta
from typing import Protocol

from anonmsg.choice_forms import CloseAfterForm, PauseForm
from anonmsg.clock import Clock
from anonmsg.errors import InvalidInput, NotAuthenticated

LONGEST_PAUSE = timedelta(days=366)


class Users(Protocol):
    """The verified people."""

    async def update_pause(self, user_id: str, opens_at: datetime | None, remaining: int | None) -> bool: ...


class Pausing:
    """Pauses inboxes. Nothing has to happen when a pause is over: whether an inbox is open is asked of the clock."""

    def __init__(self, users: Users, clock: Clock) -> None:
        self._users = users
        self._clock = clock

    async def pause(self, user_id: str, form: PauseForm) -> None:
        """Close an inbox until a moment, at which it opens whatever it was before.

        Raises:
            InvalidInput: If the moment is over, or too far away.
            NotAuthenticated: If the account is gone.
        """
        now = self._clock()
        if form.opens_at() <= now:
            raise InvalidInput({"until": "Choose a time that is still to come"})
        if form.opens_at() > now + LONGEST_PAUSE:
            raise InvalidInput({"until": "Choose a time within a year"})
        if not await self._users.update_pause(user_id, form.opens_at(), None):
            raise NotAuthenticated

    async def close_after(self, user_id: str, form: CloseAfterForm) -> None:
        """Leave an inbox open for some more messages, or open it for them.

        Raises:
            NotAuthenticated: If the account is gone.
        """
        if not await self._users.update_pause(user_id, None, form.messages):
            raise NotAuthenticated
