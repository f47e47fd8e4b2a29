"""Muting: which words somebody does not want to read, and the going through what is there already."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from anonmsg.cursors import decode_cursor, encode_cursor
from anonmsg.errors import NotAuthenticated
from anonmsg.models import BulkAct, Message, MessagePage, Muting, User, View
from anonmsg.muting import holds_muted
from anonmsg.pacing import Pace

SLICE = 200
SLICES_A_TURN = 20
DUE_AT_ONCE = 20


class Users(Protocol):
    """The verified people."""

    async def get_by_id(self, user_id: str) -> User | None: ...


class Messages(Protocol):
    """The stored messages, to look at."""

    async def list_page(
        self, recipient_id: str, cursor: str, limit: int, view: View, acts: Sequence[BulkAct]
    ) -> MessagePage: ...


class Updates(Protocol):
    """The stored messages, to change."""

    async def update_filtered(self, recipient_id: str, message_ids: Sequence[str]) -> int: ...


class Lists(Protocol):
    """The stored words, and how far each inbox has been gone through."""

    async def update_words(self, user_id: str, words: Sequence[str], muting: Muting | None) -> bool: ...
    async def list_due(self, limit: int) -> list[str]: ...
    async def update_progress(self, user_id: str, before: Muting, after: Muting) -> bool: ...


class MutedLists:
    """Keeps the words of a signed-in person. New messages are sorted by `Sharing`."""

    def __init__(
        self, users: Users, messages: Messages, updates: Updates, lists: Lists, make_id: Callable[[], str]
    ) -> None:
        self._users = users
        self._messages = messages
        self._updates = updates
        self._lists = lists
        self._make_id = make_id

    async def change(self, user_id: str, words: Sequence[str]) -> User:
        """Replace the words; the inbox is gone through for those that are new, in the background.

        Returns:
            The owner as stored now.

        Raises:
            NotAuthenticated: If the account is gone.
        """
        owner = await self._users.get_by_id(user_id)
        if owner is None:
            raise NotAuthenticated
        muting = self._next(owner, words)
        if not await self._lists.update_words(user_id, words, muting):
            raise NotAuthenticated
        return replace(owner, muted=tuple(words), muting=muting)

    def _next(self, owner: User, words: Sequence[str]) -> Muting | None:
        """Return how the inbox is gone through next: for words that are new, and those that are not done yet."""
        now = owner.muting
        undone = now.words if now and not now.is_done else ()
        added = tuple(word for word in words if word not in owner.muted or word in undone)
        if not added:
            return None
        return now if added == undone else Muting(self._make_id(), added)

    async def go_through_due(self) -> None:
        """Go through all inboxes that are due, each a little at a time; what was interrupted goes on where it was."""
        while due := await self._lists.list_due(DUE_AT_ONCE):
            went_on = [await self._go_on(user_id) for user_id in due]
            if not any(went_on):
                return

    async def _go_on(self, user_id: str) -> bool:
        """Go through a part of an inbox; return whether there is more to do that can be done now."""
        for _ in range(SLICES_A_TURN):
            began = time.monotonic()
            owner = await self._users.get_by_id(user_id)
            # While something is done to a whole view, what is stored is not what is shown; that takes seconds.
            if owner is None or owner.acts or owner.muting is None or owner.muting.is_done:
                return False
            after = await self._slice(owner, owner.muting)
            if not await self._lists.update_progress(user_id, owner.muting, after) or after.is_done:
                return False
            await asyncio.sleep(time.monotonic() - began)  # others want the database too
        return True

    async def _slice(self, owner: User, muting: Muting) -> Muting:
        cursor = encode_cursor(muting.place) if muting.place else ""
        page = await self._messages.list_page(owner.id, cursor, SLICE, "inbox", owner.acts)
        found = await _matching(page.messages, muting.words)
        moved = await self._updates.update_filtered(owner.id, found) if found else 0
        return replace(
            muting,
            place=decode_cursor(page.next_cursor) if page.next_cursor else muting.place,
            searched=muting.searched + len(page.messages),
            moved=muting.moved + moved,
            is_done=not page.next_cursor,
        )


async def _matching(messages: Sequence[Message], words: tuple[str, ...]) -> list[str]:
    """Return the ids of messages that hold a word; what somebody starred was wanted."""
    found, pace = list[str](), Pace()
    for message in messages:
        if message.content and not message.is_starred and holds_muted(message.content, words):
            found.append(message.id)
        await pace.step()
    return found
