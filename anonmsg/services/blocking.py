"""Blocking: how a recipient defends an inbox against a sender, or a burst, without learning who it is."""

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


class Messages(Protocol):
    """The stored messages."""

    async def list_by_ids(self, recipient_id: str, message_ids: list[str]) -> list[Message]: ...


class Tags(Protocol):
    """The stored tags."""

    async def get_pseudonym(self, recipient_id: str, message_id: str, now: datetime) -> bytes: ...
    async def list_burst(self, recipient_id: str, message_id: str, now: datetime) -> list[tuple[datetime, str]]: ...


class Blocks(Protocol):
    """The stored blocks."""

    async def add(self, user_id: str, block: Block) -> bool: ...
    async def delete(self, user_id: str, block_id: str) -> Block | None: ...
    async def list_blocks(self, user_id: str) -> list[Block]: ...


class Blocking:
    """Blocks senders and clears bursts. Each call carries the recipient's id."""

    def __init__(self, messages: Messages, tags: Tags, blocks: Blocks, sorting: Sorting, clock: Clock) -> None:
        self._messages = messages
        self._tags = tags
        self._blocks = blocks
        self._sorting = sorting
        self._clock = clock

    async def block_sender(self, user_id: str, message_id: str) -> str:
        """Put aside what else a message's sender writes, delete this one, and return the id of the block and the act.

        Raises:
            MessageNotFound: If the person has no such message.
            CannotBlock: If nothing is known of its sender, or not any more.
            TooManyBlocks: If the list is full.
        """
        message = next(iter(await self._messages.list_by_ids(user_id, [message_id])), None)
        if message is None:
            raise MessageNotFound
        now = self._clock()
        pseudonym = await self._tags.get_pseudonym(user_id, message_id, now)
        if not pseudonym:
            raise CannotBlock
        act_id = await self._sorting.delete_message(user_id, message_id)
        excerpt = (message.content or "").replace("\n", " ")[:EXCERPT]
        if not await self._blocks.add(user_id, Block(act_id, pseudonym, excerpt, now)):
            await self._sorting.undo(user_id, act_id)
            raise TooManyBlocks
        return act_id

    async def unblock(self, user_id: str, block_id: str) -> Block | None:
        """Forget a block and return it, None if there was none."""
        return await self._blocks.delete(user_id, block_id)

    async def block_again(self, user_id: str, block: Block) -> None:
        """Put back a block that was removed a moment ago.

        Raises:
            TooManyBlocks: If the list is full.
        """
        if not await self._blocks.add(user_id, block):
            raise TooManyBlocks

    async def list_blocks(self, user_id: str) -> list[Block]:
        """Return whom a person has blocked, the newest first."""
        return await self._blocks.list_blocks(user_id)

    async def burst_of(self, user_id: str, message_id: str) -> list[str]:
        """Return the ids of the burst that a message is part of, none if there is no burst around it."""
        found = await self._tags.list_burst(user_id, message_id, self._clock())
        times = [at for at, _ in found]
        is_burst = any(later - at <= BURST_TIME for at, later in zip(times, times[BURST_SIZE - 1 :], strict=False))
        return [other for _, other in found] if is_burst else []

    async def delete_burst(self, user_id: str, message_id: str) -> tuple[str, int]:
        """Delete all messages of a burst; return the id of the act, which can be undone, and their number.

        Raises:
            NoBurst: If the message is part of none, for whatever reason.
        """
        burst = await self.burst_of(user_id, message_id)
        if not burst:
            raise NoBurst
        return await self._sorting.act_on(user_id, burst, "delete"), len(burst)
