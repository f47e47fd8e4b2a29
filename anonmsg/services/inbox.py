"""The inbox, as its owner reads it: pages of each view, counts, and whether it is open."""

from collections.abc import Sequence
from typing import Protocol

from anonmsg.errors import NotAuthenticated
from anonmsg.models import BulkAct, Counts, Message, MessagePage, Place, User, View


class Users(Protocol):
    """The verified people."""

    async def get_by_id(self, user_id: str) -> User | None: ...
    async def update_accepts_messages(self, user_id: str, accepts_messages: bool) -> bool: ...
    async def update_coarse_dates(self, user_id: str, has_coarse_dates: bool) -> bool: ...


class Messages(Protocol):
    """The stored messages."""

    async def list_page(
        self, recipient_id: str, cursor: str, limit: int, view: View, acts: Sequence[BulkAct]
    ) -> MessagePage: ...
    async def list_newer(
        self, recipient_id: str, place: Place, limit: int, view: View, acts: Sequence[BulkAct]
    ) -> tuple[Message, ...]: ...
    async def count(self, recipient_id: str, acts: Sequence[BulkAct]) -> Counts: ...


class Inbox:
    """What a signed-in person reads. Each call carries that person's id, or the person as read just before."""

    def __init__(self, users: Users, messages: Messages) -> None:
        self._users = users
        self._messages = messages

    async def owner(self, user_id: str) -> User:
        """Return the owner as stored now.

        Raises:
            NotAuthenticated: If the account is gone.
        """
        user = await self._users.get_by_id(user_id)
        if user is None:
            raise NotAuthenticated
        return user

    async def list_messages(self, owner: User, cursor: str, limit: int, view: View = "inbox") -> MessagePage:
        """Return a part of a view, the newest first."""
        return await self._messages.list_page(owner.id, cursor, limit, view, owner.acts)

    async def list_newer(self, owner: User, place: Place, limit: int, view: View) -> tuple[Message, ...]:
        """Return what comes just before a place in a view, the newest first."""
        return await self._messages.list_newer(owner.id, place, limit, view, owner.acts)

    async def count(self, owner: User) -> Counts:
        """Return how many messages each view holds, up to a bound."""
        return await self._messages.count(owner.id, owner.acts)

    async def set_accepting(self, user_id: str, accepts_messages: bool) -> None:
        """Open or close the inbox; a pause ends with that.

        Raises:
            NotAuthenticated: If the account is gone.
        """
        if not await self._users.update_accepts_messages(user_id, accepts_messages):
            raise NotAuthenticated

    async def set_coarse_dates(self, user_id: str, has_coarse_dates: bool) -> None:
        """Choose whether the exact times of messages are hidden.

        Raises:
            NotAuthenticated: If the account is gone.
        """
        if not await self._users.update_coarse_dates(user_id, has_coarse_dates):
            raise NotAuthenticated
