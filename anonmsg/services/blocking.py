"""Blocking: how a recipient defends an inbox against a sender, or a burst, without learning who it is."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from anonmsg.clock import Clock
from anonmsg.errors import CannotBlock, MessageNotFound, NoBurst, TooManyBlocks
from anonmsg.models import Block, Message
from anonmsg.services.sorting import Sorting

EXCERPT = 80
"""So many code points of a message stand in the list of blocks."""

BURST_SIZE = 20
BURST_TIME = timedelta(hours=1)
"""From so many within so long on it is a burst: of fewer, nothing may be told about single messages."""

BLOCK = "block-"
"""How the ids of blocks begin; each is also that of the act which deleted the message."""


class Messages(Protocol):
    """The stored messages."""

    async def list_by_ids(self, recipient_id: str, message_ids: list[str]) -> list[Message]: ...


class Tags(Protocol):
    """The stored tags."""

    async def get_pseudonym(self, recipient_id: str, message_id: str, now: datetime) -> bytes: ...
    async def list_burst(self, recipient_id: str, message_id: str, now: datetime) -> list[tuple[datetime, str]]: ...


class Blocks(Protocol):
    """The stored blocks."""

    async def add(self, user_id: str, block: Block, now: datetime) -> bool: ...
    async def delete(self, user_id: str, block_id: str) -> Block | None: ...
    async def list_blocks(self, user_id: str, now: datetime) -> list[Block]: ...
    async def delete_over(self, now: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class Defence:
    """What a recipient can do about a message.

    Attributes:
        can_block: Whether its sender can be told from others.
        is_burst: Whether it came with many others.
    """

    can_block: bool
    is_burst: bool


class Blocking:
    """Blocks senders and clears bursts. Each call carries the recipient's id."""

    def __init__(
        self,
        messages: Messages,
        tags: Tags,
        blocks: Blocks,
        sorting: Sorting,
        clock: Clock,
        make_id: Callable[[], str],
    ) -> None:
        self._messages = messages
        self._tags = tags
        self._blocks = blocks
        self._sorting = sorting
        self._clock = clock
        self._make_id = make_id

    async def look(self, user_id: str, message_id: str) -> Defence:
        """Return what can be done about a message; nothing about one that is not there."""
        pseudonym, burst = await asyncio.gather(
            self._tags.get_pseudonym(user_id, message_id, self._clock()), self.burst_of(user_id, message_id)
        )
        return Defence(bool(pseudonym), bool(burst))

    async def block_sender(self, user_id: str, message_id: str) -> str:
        """Put aside what else a message's sender writes, delete this one, and return the id by which `undo` knows it.

        The sender's other messages stay: to touch them would tell which they are.

        Raises:
            MessageNotFound: If the person has no such message.
            CannotBlock: If nothing is known of its sender, or not any more.
            TooManyBlocks: If the list is full.
        """
        message = next(iter(await self._messages.list_by_ids(user_id, [message_id])), None)
        if message is None:
            raise MessageNotFound
        now, block_id = self._clock(), BLOCK + self._make_id()
        pseudonym = await self._tags.get_pseudonym(user_id, message_id, now)
        if not pseudonym:
            raise CannotBlock
        # The block comes first: if the rest fails, the message is still there, and so is the way to block it.
        block = Block(block_id, pseudonym, excerpt_of(message.content or ""), now)
        if not await self._blocks.add(user_id, block, now):
            raise TooManyBlocks
        return await self._sorting.act_on(user_id, [message_id], "delete", block_id)

    async def undo(self, user_id: str, act_id: str) -> list[str]:
        """Take back what was done a moment ago as `Sorting.undo` does, and the block with it if it was one.

        Raises:
            MessageNotFound: If there was no such act, or the time is over.
        """
        undone = await self._sorting.undo(user_id, act_id)
        if act_id.startswith(BLOCK):
            await self._blocks.delete(user_id, act_id)
        return undone

    async def unblock(self, user_id: str, block_id: str) -> Block | None:
        """Forget a block and return it, None if there was none."""
        return await self._blocks.delete(user_id, block_id)

    async def block_again(self, user_id: str, block: Block) -> None:
        """Put back a block that was removed a moment ago.

        Raises:
            TooManyBlocks: If the list is full.
        """
        if not await self._blocks.add(user_id, block, self._clock()):
            raise TooManyBlocks

    async def list_blocks(self, user_id: str) -> list[Block]:
        """Return whom a person has blocked, the newest first, without blocks that are over."""
        return await self._blocks.list_blocks(user_id, self._clock())

    async def forget_over(self) -> None:
        """Forget blocks that are over, some people's at a time for others' sake."""
        began = time.monotonic()
        while await self._blocks.delete_over(self._clock()):
            await asyncio.sleep(time.monotonic() - began)
            began = time.monotonic()

    async def burst_of(self, user_id: str, message_id: str) -> list[str]:
        """Return the ids of all that came in bursts from a message's place within a day, none unless it did so too.

        What came from there singly is left out: it would be told from what came from elsewhere.
        """
        found = await self._tags.list_burst(user_id, message_id, self._clock())
        ids = [found[number][1] for number in in_bursts([at for at, _ in found])]
        return ids if message_id in ids else []

    async def delete_burst(self, user_id: str, message_id: str) -> str:
        """Delete what came in bursts from the same place within a day; return the id of the act that undoes it.

        Raises:
            NoBurst: If the message is part of none, for whatever reason.
            MessageNotFound: If all of them are deleted already.
        """
        burst = await self.burst_of(user_id, message_id)
        if not burst:
            raise NoBurst
        return await self._sorting.act_on(user_id, burst, "delete")


def excerpt_of(content: str) -> str:
    """Return the beginning of a message in one line."""
    line = " ".join(content.split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1].rstrip() + "…"


def in_bursts(times: Sequence[datetime]) -> list[int]:
    """Return which of some moments, in their order, are among so many so close together that it is a burst."""
    found = list[int]()
    for start, last in enumerate(range(BURST_SIZE - 1, len(times))):
        if times[last] - times[start] <= BURST_TIME:
            found.extend(range(max(start, found[-1] + 1 if found else 0), last + 1))
    return found
