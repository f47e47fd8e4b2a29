"""Searching: through decrypted messages, a little at a time, so that nobody else waits."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from anonmsg.acts import applied, cell_of, is_in
from anonmsg.matching import holds, search_words
from anonmsg.models import BulkAct, Message, MessagePage, User, View
from anonmsg.pacing import Pace

SLICE = 100
"""So many come in one answer of the database."""

REST = 1 / 3
"""For so much of the time that a slice took nothing is done: whoever came meanwhile is served without a break."""


class Messages(Protocol):
    """The stored messages."""

    async def list_page(
        self, recipient_id: str, cursor: str, limit: int, view: View, acts: Sequence[BulkAct]
    ) -> MessagePage: ...
    async def list_by_ids(self, recipient_id: str, message_ids: Sequence[str]) -> list[Message]: ...


@dataclass(frozen=True, slots=True)
class Step:
    """What a search found in some more messages.

    Attributes:
        found: The newest first.
        searched: How many messages have been looked at in all.
    """

    found: tuple[Message, ...]
    searched: int


class Searching:
    """Finds words in what a person received. Nothing is indexed: an index of secrets would tell them."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    async def search(self, owner: User, view: View, query: str) -> AsyncGenerator[Step]:
        """Yield what holds all words of a query, the newest first, slice by slice until the end."""
        words, cursor, searched = search_words(query), "", 0
        while True:
            began = time.monotonic()
            page = await self._messages.list_page(owner.id, cursor, SLICE, view, owner.acts)
            searched += len(page.messages)
            yield Step(await _holding(page.messages, words), searched)
            cursor = page.next_cursor
            if not cursor:
                return
            await asyncio.sleep((time.monotonic() - began) * REST)

    async def list_found(self, owner: User, view: View, message_ids: Sequence[str]) -> list[Message]:
        """Return messages that were found and are still in a view, the newest first."""
        found = [applied(owner.acts, message) for message in await self.list_stored(owner, message_ids)]
        return [message for message in found if message is not None and is_in(view, cell_of(message))]

    async def list_stored(self, owner: User, message_ids: Sequence[str]) -> list[Message]:
        """Return those of some messages that are there, without what bulk acts will do to them, the newest first."""
        found = await self._messages.list_by_ids(owner.id, message_ids)
        return sorted(found, key=lambda message: message.place, reverse=True)


async def _holding(messages: Sequence[Message], words: tuple[str, ...]) -> tuple[Message, ...]:
    """Return those of some messages that hold all words."""
    found, pace = list[Message](), Pace()
    for message in messages:
        if message.content and holds(message.content, words):
            found.append(message)
        await pace.step()
    return tuple(found)
