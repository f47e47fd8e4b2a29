"""The section of the settings page about blocked senders."""

import reflex as rx

from anonmsg.errors import AnonmsgError
from anonmsg.models import Block
from anonmsg.schemas import UndoForm, parse
from anonmsg.states.settings import SettingsSection

UNBLOCKED = "Unblocked. New messages from there come to your inbox again."


class BlocksState(SettingsSection, rx.State):
    """Unblocks senders, and takes that back.

    Attributes:
        done: A sentence after it worked.
        can_undo: Whether the last one can be blocked again.
    """

    done: rx.Field[str] = rx.field("")
    can_undo: rx.Field[bool] = rx.field(False)
    _last: Block | None = None

    @rx.event
    async def unblock(self, block_id: str):
        """Let a sender's messages into the inbox again."""
        self._start()
        try:
            identity = await self._owner()
            form = parse(UndoForm, {"act_id": block_id})
            self._last = await self._services().blocking.unblock(identity.user_id, form.act_id)
            await self._show_blocks(identity.user_id)
        except AnonmsgError as error:
            return await self._refuse(error)
        self.can_undo = self._last is not None
        self.done = UNBLOCKED if self.can_undo else ""
        return None

    @rx.event
    async def block_again(self):
        """Take back the last unblocking."""
        last = self._last
        self._start()
        try:
            identity = await self._owner()
            if last is not None:
                await self._services().blocking.block_again(identity.user_id, last)
                await self._show_blocks(identity.user_id)
        except AnonmsgError as error:
            return await self._refuse(error)
        self.done = "Blocked again." if last else ""
        return None

    def _start(self) -> None:
        self._clear_errors()
        self.done, self.can_undo, self._last = "", False, None

    async def _show_blocks(self, user_id: str) -> None:
        (await self._page())._show_blocks(await self._services().blocking.list_blocks(user_id))
