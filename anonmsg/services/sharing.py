"""Sharing: what a stranger with somebody's link may know and do."""

from datetime import datetime
from typing import Protocol

from anonmsg.clock import Clock
from anonmsg.errors import InboxClosed, UserNotFound
from anonmsg.models import Message, User
from anonmsg.schemas import MessageForm, is_username


class Users(Protocol):
    """The verified people."""

    async def get_by_username(self, username: str) -> User | None: ...


class Messages(Protocol):
    """The stored messages."""

    async def add(self, recipient_id: str, content: str, created_at: datetime) -> Message: ...


class Sharing:
    """The sender's side. Nothing about a sender comes in here, so nothing can be kept."""

    def __init__(self, users: Users, messages: Messages, clock: Clock) -> None:
        self._users = users
        self._messages = messages
        self._clock = clock

    async def recipient(self, username: str) -> User:
        """Return whose link this is.

        Raises:
            UserNotFound: If it is nobody's.
        """
        user = await self._users.get_by_username(username) if is_username(username) else None
        if user is None:
            raise UserNotFound
        return user

    async def send(self, form: MessageForm) -> None:
        """Deliver a message; once this returns, it is on disk.

        Raises:
            UserNotFound: If the name is nobody's.
            InboxClosed: If the recipient takes no messages now.
        """
        recipient = await self.recipient(form.username)
        if not recipient.accepts_messages:
            raise InboxClosed
        await self._messages.add(recipient.id, form.content, self._clock())
