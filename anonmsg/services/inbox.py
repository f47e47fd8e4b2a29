"""The inbox, as its owner sees it: reading, deleting, undoing, opening and closing."""

from datetime import datetime, timedelta
from typing import Protocol

from anonmsg.clock import Clock
from anonmsg.errors import MessageNotFound, NotAuthenticated
from anonmsg.models import Folder, Message, MessagePage, User

UNDO_TTL = timedelta(seconds=10)
UNDO_GRACE = timedelta(seconds=5)
"""A click at the last moment may take a while on a slow network; the promise is kept."""


class Users(Protocol):
    """The verified people."""

    async def get_by_id(self, user_id: str) -> User | None: ...
    async def update_accepts_messages(self, user_id: str, accepts_messages: bool) -> bool: ...


class Messages(Protocol):
    """The stored messages."""

    async def list_page(self, recipient_id: str, cursor: str, limit: int, folder: Folder) -> MessagePage: ...
    async def update_deleted(self, message_id: str, recipient_id: str, deleted_at: datetime) -> bool: ...
    async def update_undeleted(self, message_id: str, recipient_id: str, deleted_after: datetime) -> Message | None: ...


class Inbox:
    """What a signed-in person does with what was received. Each call carries that person's id."""

    def __init__(self, users: Users, messages: Messages, clock: Clock) -> None:
        self._users = users
        self._messages = messages
        self._clock = clock

    async def owner(self, user_id: str) -> User:
        """Return the owner as stored now.

        Raises:
            NotAuthenticated: If the account is gone.
        """
        user = await self._users.get_by_id(user_id)
        if user is None:
            raise NotAuthenticated
        return user

    async def list_messages(self, user_id: str, cursor: str, limit: int, folder: Folder = "inbox") -> MessagePage:
        """Return a part of a folder, the newest first."""
        return await self._messages.list_page(user_id, cursor, limit, folder)

    async def delete_message(self, user_id: str, message_id: str) -> None:
        """Delete a message at once; `undo_delete` brings it back for a while.

        Raises:
            MessageNotFound: If the person has no such message.
        """
        if not await self._messages.update_deleted(message_id, user_id, self._clock()):
            raise MessageNotFound

    async def undo_delete(self, user_id: str, message_id: str) -> Message:
        """Bring a message back that was deleted a moment ago.

        Raises:
            MessageNotFound: If it was not, or the time is over.
        """
        deleted_after = self._clock() - UNDO_TTL - UNDO_GRACE
        message = await self._messages.update_undeleted(message_id, user_id, deleted_after)
        if message is None:
            raise MessageNotFound
        return message

    async def set_accepting(self, user_id: str, accepts_messages: bool) -> None:
        """Open or close the inbox.

        Raises:
            NotAuthenticated: If the account is gone.
        """
        if not await self._users.update_accepts_messages(user_id, accepts_messages):
            raise NotAuthenticated
