"""The section of the settings page about blocked senders."""

import dataclasses

import reflex as rx

from anonmsg.errors import AnonmsgError
from anonmsg.models import Block
from anonmsg.schemas import UndoForm, parse
from anonmsg.states.settings import SettingsSection


@dataclasses.dataclass(frozen=True)
class BlockRow:
    """A blocked sender, as the page shows it: by what was written, for nothing else is known.

    Attributes:
        blocked_at: ISO 8601, UTC.
    """

    id: str
    excerpt: str
    blocked_at: str


def to_block_row(block: Block) -> BlockRow:
    """Return the row that shows a block."""
    return BlockRow(block.id, block.excerpt, block.blocked_at.isoformat(timespec="milliseconds"))


class BlocksState(SettingsSection, rx.State):
    """Shows and removes blocks.

    Attributes:
        blocks: The newest first.
        is_loaded: Whether they are known.
        has_removed: Whether the last removal can be taken back.
        done: A sentence after it worked.
    """

    blocks: rx.Field[list[BlockRow]] = rx.field(default_factory=list)
    is_loaded: rx.Field[bool] = rx.field(False)
    has_removed: rx.Field[bool] = rx.field(False)
    done: rx.Field[str] = rx.field("")
    _removed: Block | None = None

    @rx.event
    async def look(self):
        """Show whom the person has blocked."""
        self._clear_errors()
        try:
            await self._look((await self._owner()).user_id)
        except AnonmsgError as error:
            return await self._refuse(error)
        return None

    @rx.event
    async def unblock(self, block_id: str):
        """Let a sender's messages into the inbox again."""
        self._clear_errors()
        try:
            identity = await self._owner()
            form = parse(UndoForm, {"act_id": block_id})
            self._removed = await self._services().blocking.unblock(identity.user_id, form.act_id)
            await self._look(identity.user_id)
        except AnonmsgError as error:
            return await self._refuse(error)
        self.has_removed, self.done = self._removed is not None, "Unblocked." if self._removed else ""
        return None

    @rx.event
    async def block_again(self):
        """Take back the last removal."""
        self._clear_errors()
        try:
            identity = await self._owner()
            if self._removed is not None:
                await self._services().blocking.block_again(identity.user_id, self._removed)
            await self._look(identity.user_id)
        except AnonmsgError as error:
            return await self._refuse(error)
        self.has_removed, self._removed, self.done = False, None, "Blocked again."
        return None

    async def _look(self, user_id: str) -> None:
        blocks = await self._services().blocking.list_blocks(user_id)
        self.blocks, self.is_loaded = [to_block_row(block) for block in blocks], True
